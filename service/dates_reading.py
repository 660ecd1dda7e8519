"""What all rules for words of time share: the text as it is read, what a rule is, and the words of the calendar.

Example: `rule("yesterday", "yesterday", read)` is tried only where "yesterday" stands, and `read` says which day it is.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from service.dates_calendar import MONTHS, SEASONS, WEEKDAYS, Span
from service.dates_tense import looks_ahead

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date

UNKNOWN = Span(None, None)
NUMBERS = {
    word: number
    for number, words in enumerate(
        "|a an one|two couple|three|four|five|six|seven|eight|nine|ten|eleven|twelve".split("|")
    )
    for word in words.split()
}
WEEKDAY = "|".join(WEEKDAYS)
MONTH = "|".join(sorted(MONTHS, key=len, reverse=True))
NUMBER = r"\d{1,3}|" + "|".join(NUMBERS)
YEAR = r"(?:1[5-9]|20)\d\d"
# What is counted, where a number could be a year or a day of a month.
COUNTED = (
    r"(?:[,.:]\d|[-– ]?(?:percent|per cent|%|million|billion|thousand|people|persons?|troops|soldiers|men|women|"
    r"children|"
    r"deaths|cases|dollars|euros|pounds|miles|km|kilomet\w+|met(?:er|re)s|feet|tons|tonnes|votes|seats|homes|houses|"
    r"workers|jobs|members|passengers|students|prisoners|protesters|vehicles|rockets|missiles|barrels|points|goals|"
    r"mph|kg|GMT|UTC|hours|hrs|years?|months?|weeks?|days|minutes|times|[ap]\.?m\b))"
)


# Without one of these, or a number, there are no words of time.
CALENDAR = frozenset(
    "yesterday today tonight tomorrow overnight ago morning afternoon evening night halloween christmas "
    "day days week weeks weekend month months quarter half year years decade decades century q1 q2 q3 q4 "
    "twenties thirties forties fifties sixties seventies eighties nineties".split()
).union(WEEKDAYS, MONTHS, SEASONS)


@dataclass(slots=True)
class Reading:
    """A text as it is read from left to right.

    Args:
        reference: The day it was written; `None` when that is not known.
        anchor: What it last named before the place being read, which "the next day" is counted from.
    """

    text: str
    reference: date | None
    anchor: Span | None = None

    def looks_ahead(self, match: re.Match[str]) -> bool | None:
        """Whether the words matched are of a time to come, as the sentence's verbs tell it."""
        return looks_ahead(self.text, match.start(), match.end())


class Point(NamedTuple):
    """Words of time up to `end`, the days that they name, and whether "the next day" may count from them."""

    end: int
    span: Span
    anchors: bool = True


class Rule(NamedTuple):
    """How some words of time are read; the function gives nothing when they are none after all."""

    starts: tuple[str, ...]
    pattern: re.Pattern[str]
    read: Callable[[Reading, re.Match[str]], Point | None]


def rule(starts: str, pattern: str, read: Callable[[Reading, re.Match[str]], Point | None]) -> Rule:
    """The rule.

    Args:
        starts: First words, in lower case; "0" stands for any number.
    """
    return Rule(tuple(starts.split()), re.compile(pattern, re.IGNORECASE), read)


def unknown(match: re.Match[str]) -> Point:
    """Words of time whose days are not known."""
    return Point(match.end(), UNKNOWN, anchors=False)


def number_of(word: str) -> int | None:
    """The number that a word is; nothing for "few"."""
    word = word.lower()
    return int(word) if word.isdigit() else NUMBERS.get(word)
