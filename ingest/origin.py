"""Which documents are one story: copies, abridged, reordered or reworded, and not two reports of one event.

Example: `tie(story(text), story(reworded)).likeness` is about 0.48 or more, that of two reports of one event about 0.3.
Sentences are compared outside of quotations, since independent reports quote the same statements: each of the
shorter story is looked for in the longer one by its words, wherever it stands there, and their order counts too.
"""

from __future__ import annotations

import re
from collections import Counter
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

SAME = 0.45  # likeness from which two stories have one origin; chosen and measured by `eval.origins`
DAYS = 10  # between the publication of two copies
_LONGEST = 80  # sentences of a story that are compared
_FEWEST = 4  # words that a sentence has to have to be compared
_ENOUGH, _SHORT = 5, 0.6  # a story of fewer sentences is less like another: one in common says little
_QUOTED = re.compile(r"[“\"„«][^“”\"»]{2,1200}[”\"“»]")
_BREAK = re.compile(r"(?<=[.!?…])\s+|\n+")
_WORD = re.compile(r"[^\W_]+")
_STOP = frozenset(
    "a about after all also an and any are as at be because been before but by can could did do for from had has have "
    "he her his i if in into is it its more not of on one or other out over said say says she so some than that the "
    "their them there they this to under up was we were what when where which while who will with would".split()
)


class Story(NamedTuple):
    """The words of a document by which copies of it are known.

    Args:
        sentences: The content words of each sentence, quotations left out.
        pairs: Neighbouring words, quotations left out.
        quotes: Quotations of eight words and more, in lower case, without marks.
    """

    sentences: tuple[frozenset[str], ...]
    pairs: frozenset[tuple[str, str]]
    quotes: frozenset[str]


class Tie(NamedTuple):
    """Why two documents have one origin, or have not.

    Args:
        likeness: In 0..1; from `SAME` on, they have one.
        words: Share of the shorter story's words that stand together in a sentence of the other.
        order: Share of its pairs of neighbouring words that the other has.
        quotes: How many longer quotations they share.
    """

    likeness: float
    words: float
    order: float
    quotes: int


def story(text: str) -> Story:
    """The words of a text by which copies of it are known."""
    own = _QUOTED.sub(" ", text)
    words = [_WORD.findall(one.lower()) for one in _BREAK.split(own)]
    sentences = (frozenset(_stem(word) for word in one if word not in _STOP) for one in words)
    flat = [_stem(word) for one in words for word in one]
    said = (" ".join(_WORD.findall(one.lower())) for one in _QUOTED.findall(text))
    return Story(
        tuple([one for one in sentences if len(one) >= _FEWEST][:_LONGEST]),
        frozenset(pairwise(flat)),
        frozenset(one for one in said if one.count(" ") >= 7),
    )


def tie(one: Story, other: Story) -> Tie:
    """How alike two stories are; the same either way round."""
    shorter, longer = sorted((one, other), key=lambda it: (len(it.pairs), sorted(it.pairs)[:1]))
    words = _found(shorter.sentences, longer.sentences)
    order = len(shorter.pairs & longer.pairs) / max(len(shorter.pairs), 1)
    sure = 1.0 if len(shorter.sentences) >= _ENOUGH else _SHORT
    return Tie(round(sure * (words + order) / 2, 3), round(words, 3), round(order, 3), len(one.quotes & other.quotes))


def near(one: date | None, other: date | None) -> bool:
    """Whether two days are so near each other that copies of one story may be of both; unknown days are."""
    return one is None or other is None or abs((one - other).days) <= DAYS


def _found(sentences: Sequence[frozenset[str]], among: Sequence[frozenset[str]]) -> float:
    """Share of the sentences' words that stand together in that sentence of the others that has most of them."""
    if not sentences or not among:
        return 0.0
    having: dict[str, list[int]] = {}
    for number, sentence in enumerate(among):
        for word in sentence:
            having.setdefault(word, []).append(number)
    kept = 0.0
    for sentence in sentences:
        counts = Counter(number for word in sentence for number in having.get(word, ()))
        kept += max(counts.values(), default=0)
    return kept / sum(map(len, sentences))


def _stem(word: str) -> str:
    """The word without the endings that a rewording changes most."""
    for ending in ("ing", "ed", "es", "s"):
        if word.endswith(ending) and len(word) - len(ending) >= 4:
            return word[: -len(ending)]
    return word
