"""Within the comparison of outlets: when a sentence says that something happened, and another otherwise.

Example: "The ferry sank on Friday." in an article of Monday 10 January 2022 is a `When` of 2022-01-07. One of 8 January
that has "sank on January 7" says the same, and "sank on Thursday" another thing. The day on which somebody said it is
none on which it happened, and "in January" contradicts no day of that month.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from service import expect
from service.dates_tense import looks_ahead
from service.event_dates import dates_of

if TYPE_CHECKING:
    from datetime import date

    from ingest.store import PassageIndex
    from service.answer import Sentence

_SHARED, _FEWEST = 0.5, 2  # of the words of the shorter clause, for two clauses to tell of one event
_LONGEST = 400  # characters; what is longer is a list or a page's frame, and no sentence of one event
_NEAR = 5  # characters by which two forms of a word are known as one
_CLAUSE = re.compile(r"[,;:—–(){}\[\]“”\"]| (?:and|but|when|while|after|before|which|who|as|because|since|days?) ")
_WORD = re.compile(r"[^\W\d_][\w’'-]*")
_SAID_BEFORE = re.compile(rf"(?:{expect.SAID.pattern})\w*(?:\s+\S+){{0,2}}\s*$", re.IGNORECASE)
_SAID_AFTER = re.compile(rf"^,?(?:\s+[^\s,]+){{0,4}}?\s+(?:{expect.SAID.pattern})", re.IGNORECASE)
_ANOTHER = re.compile(
    r"\b(?:another|again|earlier|later|previous|first|second|third|next|last|new|follow\w+|anniversary|every|each)\b",
    re.IGNORECASE,
)
_SMALL = frozenset(
    "about after also because been before being between during early eight five four from have into late more most "
    "nine only other over seven since some than that their them then there these they this those three under until "
    "were what when where which while will with would your last next".split()
)


class When(NamedTuple):
    """The day or the period of what a clause tells.

    Args:
        words: The clause's longer words, cut to so many letters that their forms are one, in its order.
        is_ahead: Whether it is told as to come; `None` when no verb tells.
    """

    first: date
    last: date
    words: tuple[str, ...]
    is_ahead: bool | None

    @property
    def told(self) -> str:
        """The day, or the first and the last of a period."""
        return f"{self.first}" if self.first == self.last else f"{self.first}/{self.last}"

    def contradicts(self, other: When) -> bool:
        """Whether both tell of one event and no day is of both."""
        if self.first <= other.last and other.first <= self.last:
            return False
        shared = set(self.words) & set(other.words)
        enough = _SHARED * min(len(set(self.words)), len(set(other.words)))
        return len(shared) >= max(_FEWEST, enough) and self.is_ahead == other.is_ahead


def when(index: PassageIndex, sentence: Sentence) -> When | None:
    """When the sentence says that something happened; nothing when it names no day, several, or that of a statement."""
    text, start = sentence.text, sentence.start
    if len(text) > _LONGEST or _ANOTHER.search(text):
        return None
    named = [
        (one.start - start, one.end - start, one.first, one.last)
        for one in dates_of(index, sentence)
        if one.first and one.last and not _is_of_saying(text, one.start - start, one.end - start)
    ]
    if len(named) != 1:
        return None
    first_at, last_at, first, last = named[0]
    if first is None or last is None:
        return None
    return When(first, last, _clause(text, first_at, last_at), looks_ahead(text, first_at, last_at))


def _is_of_saying(text: str, start: int, end: int) -> bool:
    """Whether the words of time say when something was said: "he said on Friday", "on Friday the ministry said"."""
    before = _CLAUSE.split(text[:start])[-1]
    return bool(_SAID_BEFORE.search(before) or _SAID_AFTER.search(text[end:])) or _is_quoted(text, start)


def _is_quoted(text: str, at: int) -> bool:
    return any(match.start() < at < match.end() for match in expect.QUOTED.finditer(text))


def _clause(text: str, start: int, end: int) -> tuple[str, ...]:
    """The longer words of the clause around the words of time, without these."""
    before, after = text[:start], text[end:]
    if not _long(own := _CLAUSE.split(before)[-1]) and before.rstrip().endswith(","):
        own = ""  # "On Friday, the ferry sank": what follows the comma is of the same clause
    rest = _CLAUSE.split(after.lstrip(" ,"))[0] if not _long(own) else _CLAUSE.split(after)[0]
    return tuple(dict.fromkeys((*_long(own), *_long(rest))))


def _long(text: str) -> list[str]:
    words = (word.lower() for word in _WORD.findall(text))
    return [word[:_NEAR] for word in words if len(word) > 3 and word not in _SMALL]
