"""Within the first stage of a question: whether a passage tells in other words what passages of other articles tell.

Example: of a wire story that four papers reword, the best ranked passage stands for the others. Their articles are
near each other in time and have a fifth of their sketches in common, which two reports of one event seldom have, and
no sentence that both tell has a name, a number or a denial in only one. `docs/answers.md` has what was measured.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from ingest.origin import near
from service import expect

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ingest.store import PassageRow

ORIGIN = 0.2  # share of sketches in common from which two articles may be one story, reworded
_MOST = 0.5  # share of a passage's words that stand together in a sentence of the other
_SAME = 0.6  # of a sentence's words, from which the two are one sentence
_REMEMBERED = 2_048  # passages
_NAME = re.compile(r"(?<![.!?“\"'‘’”—:] )(?<![“\"‘\n])(?<!^)\b[A-Z]\w+")
_NUMBER = re.compile(rf"\d[\d,.]*|{expect.NUMBER.pattern}", re.IGNORECASE)
_DENIAL = re.compile(r"\b(?:not|no|never|nor|neither|cannot|denie[sd])\b|n[’']t\b", re.IGNORECASE)
_WORD = re.compile(r"\w+")


class _Said(NamedTuple):
    """A sentence: its stems, and what may not differ in another one that says the same."""

    stems: frozenset[str]
    words: frozenset[str]
    names: frozenset[str]
    numbers: frozenset[str]
    denies: bool

    @classmethod
    def of(cls, text: str, stems: str) -> _Said:
        return cls(
            frozenset(stems.split()),
            frozenset(_WORD.findall(text)),
            frozenset(_NAME.findall(text)),
            frozenset(found.group().lower().rstrip(".,") for found in _NUMBER.finditer(text)),
            bool(_DENIAL.search(text)),
        )

    def differs(self, other: _Said) -> bool:
        """Whether the shorter of the two has a name or a number of its own, or only one of them a denial."""
        shorter, longer = (self, other) if len(self.words) < len(other.words) else (other, self)
        return self.denies != other.denies or not (shorter.numbers <= longer.numbers and shorter.names <= longer.words)


def reworded_of(passage: PassageRow, better: Sequence[PassageRow]) -> PassageRow | None:
    """That of the better ranked passages which tells what the passage tells; nothing when the passage has more.

    Args:
        better: Of articles whose sketches are alike enough; several together may tell it, where paragraphs were moved.
    """
    if passage.published_on is None:  # of pages without a day, nothing but their words says that they are one story
        return None
    near_ones = [one for one in better if one.published_on and near(one.published_on, passage.published_on)]
    mine, told = _told(passage), [_told(one) for one in near_ones]
    for row, its in zip(near_ones, told, strict=True):
        if _is_in(*sorted((mine, its), key=lambda one: one.size)):
            return row
    return near_ones[0] if len(told) > 1 and _is_in(mine, _together(told)) else None


class _Told(NamedTuple):
    """What a passage tells: its sentences, their stems counted, and all stems."""

    sentences: tuple[_Said, ...]
    size: int
    stems: frozenset[str]


def _is_in(one: _Told, other: _Told) -> bool:
    """Whether most of what one tells stands in the other, and nothing of it differently."""
    enough = _MOST * one.size
    if sum(len(said.stems & other.stems) for said in one.sentences) < enough:
        return False  # told in a fraction of the time, and of most pairs
    kept = 0
    for said in one.sentences:
        n, best = max((len(said.stems & its.stems), -i) for i, its in enumerate(other.sentences))
        kept += n
        if n >= _SAME * len(said.stems) and said.differs(other.sentences[-best]):
            return False
    return kept >= enough > 0


def _together(told: Sequence[_Told]) -> _Told:
    return _Told(
        tuple(said for one in told for said in one.sentences),
        sum(one.size for one in told),
        frozenset().union(*(one.stems for one in told)),
    )


def _told(row: PassageRow) -> _Told:
    return _read(row.text, row.stems, row.start, row.sentences.tobytes())


@lru_cache(maxsize=_REMEMBERED)
def _read(text: str, stems: str, start: int, sentences: bytes) -> _Told:
    """What a passage tells, read once for many questions."""
    places = (np.frombuffer(sentences, np.int32).reshape(-1, 4)[:, :2] - start).tolist()
    lines = stems.split("\n")[1:]
    said = tuple(_Said.of(text[first:last], line) for (first, last), line in zip(places, lines, strict=True))
    return _Told(said, sum(len(one.stems) for one in said), frozenset().union(*(one.stems for one in said)))
