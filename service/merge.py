"""Within the second stage of a question: sentences that say the same become one group.

Example: the sentence that three outlets print with other words around a quotation is one group of three.
"""

from __future__ import annotations

import re
from itertools import permutations
from typing import TYPE_CHECKING, NamedTuple

from ingest.names import countries, name_key
from ingest.people import NAME, NO_PERSON, OFFICES, TITLES
from service import expect

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from service.answer import Sentence

_TELLING = 5  # words, below which only the same words are the same statement
_SHARED = 0.75  # of the shorter sentence's words
_LEAST = 0.3  # of the longer one's length
_NO_WORDS = frozenset({""})
_WORD = re.compile(r"\w+")
_DAY = re.compile(
    r"\b(?:(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day|January|February|March|April|May|June|July|August|September"
    r"|October|November|December)\b"
)
_NO_NAMES = TITLES | OFFICES | NO_PERSON | {"defense", "defence", "foreign", "interior", "deputy"}
# Figures, in digits or in words, and negations: without regard to these, a denial would count as corroboration.
_APART = re.compile(
    rf"\d[\d,.]*|{expect.NUMBER.pattern}|\b(?:not|no|nor|never|neither|cannot)\b|n[’']t\b", re.IGNORECASE
)


def merge(sentences: Sequence[Sentence], most: int | None = None) -> list[list[Sentence]]:
    """Sentences that say the same as one group, in the order of their best.

    Args:
        sentences: Best first.
        most: Groups, after which what would begin another is left out; all when `None`.
    """
    groups: list[list[Sentence]] = []
    heads = _Heads()
    of_text: dict[str, int | None] = {}  # what is printed word for word goes where it went before
    for sentence in sentences:
        if sentence.text not in of_text:
            saying = _Saying.of(sentence)
            of_text[sentence.text] = heads.first_alike(saying)
            if of_text[sentence.text] is None and (most is None or len(groups) < most):
                of_text[sentence.text] = len(groups)
                heads.add(saying)
                groups.append([sentence])
                continue
        group = of_text[sentence.text]
        if group is not None and all(sentence.row.document_id != other.row.document_id for other in groups[group]):
            groups[group].append(sentence)
    return groups


def say_the_same(one: Sentence, other: Sentence) -> bool:
    """Whether two sentences share nearly all words of the shorter, and no number or negation sets them apart.

    Quotations are compared by what stands inside the marks: outlets cut and introduce the same words differently.
    A quotation and a report of it are two things.
    """
    a, b = _Saying.of(one), _Saying.of(other)
    return a.may_be(b, len(a.words & b.words)) and a.is_that_of(b)


def nothing_apart(one: str, other: str) -> bool:
    """Whether two sentences that are alike may be one statement: no figure, name, day or negation sets them apart."""
    quotes = [expect.quoted(text) for text in (one, other)]
    if any(quotes):
        return all(quotes) and _apart(quotes[0]) == _apart(quotes[1])
    return _apart(one) == _apart(other) and not _is_of_another(one, other) and _of_the_same_people(one, other)


class _Saying(NamedTuple):
    """What a sentence is compared by.

    Args:
        words: Of its quotation if that is most of it, else its stems; never empty.
    """

    text: str
    quote: str
    words: frozenset[str]

    @classmethod
    def of(cls, sentence: Sentence) -> _Saying:
        quote = expect.quoted(sentence.text)
        words = frozenset(_WORD.findall(quote.lower())) if quote else sentence.stems
        return cls(sentence.text, quote, words or _NO_WORDS)

    def may_be(self, other: _Saying, n_shared: int) -> bool:
        """Whether enough words are shared, of those which both have `n_shared`."""
        mine, its = len(self.words), len(other.words)
        shorter, longer = min(mine, its), max(mine, its)
        if bool(self.quote) != bool(other.quote):
            return False
        if shorter < _TELLING:
            return shorter == longer == n_shared
        return n_shared >= _SHARED * shorter and shorter >= _LEAST * longer

    def is_that_of(self, other: _Saying) -> bool:
        """Whether nothing sets the two apart, given that the words are shared."""
        return nothing_apart(self.text, other.text)


class _Heads:
    """The first sentences of groups, found by their words: comparing every pair took half of the time of an answer."""

    def __init__(self) -> None:
        self._sayings: list[_Saying] = []
        self._having: dict[str, list[int]] = {}  # by word
        self._enough: list[float] = []  # shared words, below which a longer sentence does not say the same

    def add(self, saying: _Saying) -> None:
        """Takes another one in."""
        for word in saying.words:
            self._having.setdefault(word, []).append(len(self._sayings))
        self._sayings.append(saying)
        self._enough.append(_SHARED * len(saying.words))

    def first_alike(self, saying: _Saying) -> int | None:
        """The number of the first one that says the same, counted from 0."""
        n_shared: dict[int, int] = {}
        for word in saying.words:
            for head in self._having.get(word, ()):
                n_shared[head] = n_shared.get(head, 0) + 1
        enough = _SHARED * len(saying.words)
        for head in sorted(head for head, n in n_shared.items() if n >= enough or n >= self._enough[head]):
            other = self._sayings[head]
            if saying.may_be(other, n_shared[head]) and saying.is_that_of(other):
                return head
        return None


def _of_the_same_people(one: str, other: str) -> bool:
    """Whether the names that both have come in one order (who called whom), and not each has one of its own."""
    names = [_names(text) for text in (one, other)]
    shared = names[0].keys() & names[1].keys()
    if any(_comes_first(a, b, names[0]) and _comes_first(b, a, names[1]) for a, b in permutations(shared, 2)):
        return False
    words = [name_key(text) | countries(text) for text in (one, other)]
    firsts = [name_key(text.split(" ", 1)[0]) for text in (one, other)]  # capital, and yet often no name
    own = [names[i].keys() - words[1 - i] - firsts[i] for i in (0, 1)]
    return not all(own)


def _comes_first(one: str, other: str, names: Mapping[str, list[int]]) -> bool:
    return names[one][-1] < names[other][0]


def _names(text: str) -> dict[str, list[int]]:
    """Where each name stands, by its words in one spelling; countries for their people, and no offices and days."""
    found: dict[str, list[int]] = {}
    for match in NAME.finditer(text):
        words = [word for word in match[0].split(" ") if not countries(word) and _plain(word) not in _NO_NAMES]
        for name in countries(match[0]) | name_key(" ".join(words)):
            found.setdefault(name, []).append(match.start())
    return found


def _plain(word: str) -> str:
    return re.sub(r"[’']s?$", "", word.strip(".,").lower())


def _is_of_another(one: str, other: str) -> bool:
    """Whether each names days or months, and none is one of the other's; or one is of a man and one of a woman."""
    days = [set(_DAY.findall(text)) for text in (one, other)]
    return (all(days) and not days[0] & days[1]) or {text.split(" ", 1)[0] for text in (one, other)} == {"He", "She"}


def _apart(text: str) -> set[str]:
    return {match.group().lower().rstrip(".,") for match in _APART.finditer(text)}
