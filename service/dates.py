"""Words of time in a text, and the days that they name as seen from the day on which it was written.

Example:
    `dates_in("They spoke on Thursday night.", date(2020, 1, 10))` is
    `[TimeWords(text="Thursday night", start=14, end=28, first=date(2020, 1, 9), last=date(2020, 1, 9))]`.

"Friday" is the Friday before (or that same day), unless its sentence looks ahead; `docs/time.md` has all rules. Nothing
is ever counted from the clock: without a reference, what needs one is found and not resolved.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

from service.dates_calendar import Span, month, quarter, shifted, third, years
from service.dates_points import point_at, starts_something
from service.dates_reading import CALENDAR, UNKNOWN, Point, Reading

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_WORD = re.compile(r"[A-Za-z]\w*|\d+|['’](?=\d0s)")
_BACK = 300  # characters before a sentence in which "the next day" finds the day that it follows
_SINCE = re.compile(r"since (?:at least |about |around )?", re.IGNORECASE)
_FROM = re.compile(r"(?P<from>from|between) ", re.IGNORECASE)
_TO = re.compile(r" (?:to|until|till|through)(?: the)? | ?[–—-] ?", re.IGNORECASE)
_AND = re.compile(r" and (?:the )?", re.IGNORECASE)
_THIRD = re.compile(
    r"(?:the )?(?:(?P<which>early|late|mid)(?: part of |[- ](?:in )?)"
    r"|(?P<part>start|beginning|first (?:few )?days|middle|end|close)(?: part)? of )"
    r"(?:the (?=week|month|year|decade|century))?",
    re.IGNORECASE,
)
_UNIT = re.compile(r"(?:week|month|year|decade|century)\b", re.IGNORECASE)
_THIRDS = {"late": "late", "end": "late", "close": "late", "mid": "mid", "middle": "mid"}
_PART = re.compile(
    r"(?:the )?(?:(?P<half>first|second) half|(?P<nth>first|second|third|fourth|last)(?: |-)quarter|(?P<nth2>Q[1-4]))"
    r"(?: of)? ",
    re.IGNORECASE,
)
_QUARTERS = {"first": 1, "second": 2, "third": 3, "fourth": 4, "last": 4, "q1": 1, "q2": 2, "q3": 3, "q4": 4}
_TWO_YEARS = re.compile(r"(?P<first>(?:1[5-9]|20)\d\d)[-–/](?P<last>(?:1[5-9]|20)?\d\d)(?![\d-])")
_COUNTS_FROM = re.compile(
    r"(?:the )?(?:next|following|previous|same|that|day|week|month|year) "
    r"|\w+ (?:day|week|month|year)s? (?:later|earlier)",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class TimeWords:
    """Words of time and the days they name, both inclusive; `None` is not known, or open ("since 2014").

    `start` and `end` index into the text that was read.
    """

    text: str
    start: int
    end: int
    first: date | None
    last: date | None


def dates_in(text: str, reference: date | None, start: int = 0, end: int | None = None) -> list[TimeWords]:
    """The words of time in `text[start:end]`, in their order.

    Args:
        reference: The day on which the text was written; `None` when that is not known.
    """
    end = len(text) if end is None else end
    reading = Reading(text, reference)
    found = list(_read(reading, start, end))
    if start and any(words.first is None and _COUNTS_FROM.match(words.text) for words in found):
        before = Reading(text, reference)
        for _ in _read(before, max(0, start - _BACK), start):
            pass
        found = list(_read(Reading(text, reference, before.anchor), start, end))
    return found


def _read(reading: Reading, start: int, end: int) -> Iterator[TimeWords]:
    at = start
    words = list(_WORD.finditer(reading.text, start, end))
    lowered = [word.group().lower() for word in words]
    if not any(word in CALENDAR or word[0].isdigit() for word in lowered):
        return
    for word, first_word in zip(words, lowered, strict=True):
        if word.start() < at or not (first_word in _LEADS or starts_something(first_word)):
            continue
        point = _phrase_at(reading, word.start(), first_word)
        if point is not None and point.end <= end:
            at = point.end
            if point.anchors and point.span.first is not None:
                reading.anchor = point.span
            yield TimeWords(reading.text[word.start() : at], word.start(), at, *point.span)


def _phrase_at(reading: Reading, at: int, first_word: str) -> Point | None:
    """Words of time of any kind at that place, the longest first."""
    try:
        for read in _LEADS.get(first_word, _NUMBERED if first_word[0].isdigit() else ()):
            point = read(reading, at)
            if point is not None:
                return point
        return _extended(reading, point_at(reading, at))
    except (ValueError, OverflowError):  # before the year 1 or after 9999
        return None


def _since(reading: Reading, at: int) -> Point | None:
    """As "since 2014": from its first day to the day of writing."""
    lead = _SINCE.match(reading.text, at)
    begin = _single(reading, lead.end()) if lead else None
    if begin is None or begin.span.first is None:
        return begin
    last = reading.reference
    return Point(begin.end, Span(begin.span.first, last if last and last >= begin.span.first else None), anchors=False)


def _range(reading: Reading, at: int) -> Point | None:
    """As "from Monday to Thursday", "between 2014 and 2018"."""
    lead = _FROM.match(reading.text, at)
    if lead is None:
        return None
    return _joined(reading, _single(reading, lead.end()), _AND if lead["from"].lower() == "between" else _TO)


def _extended(reading: Reading, begin: Point | None) -> Point | None:
    """As "Monday to Thursday", "Jan. 3 – Jan. 5"; the words alone when nothing of that kind follows."""
    return _joined(reading, begin, _TO) or begin


def _joined(reading: Reading, begin: Point | None, link: re.Pattern[str]) -> Point | None:
    between = link.match(reading.text, begin.end) if begin else None
    end = _single(reading, between.end()) if between else None
    if begin is None or end is None:
        return None
    (first, _), (_, last) = begin.span, end.span
    if first is None or last is None:
        return Point(end.end, UNKNOWN, anchors=False)
    if first > last and (last - first).days > -7:
        first -= timedelta(days=7)
    elif first > last:  # "from July to October 2008"
        first = _in_year(first, last.year)
        first = first if first <= last else _in_year(first, last.year - 1)
    return Point(end.end, Span(first, last), anchors=False) if first <= last else None


def _single(reading: Reading, at: int) -> Point | None:
    return _third(reading, at) or point_at(reading, at, in_range=True)


def _third(reading: Reading, at: int) -> Point | None:
    """As "early 2019", "the end of last month", "late in the year"."""
    lead = _THIRD.match(reading.text, at)
    unit = _UNIT.match(reading.text, lead.end()) if lead and lead[0].endswith("the ") else None
    if unit:
        here = reading.reference
        of: Point | None = Point(unit.end(), shifted(here, 0, unit[0].lower()) if here else UNKNOWN)
    else:
        of = point_at(reading, lead.end(), in_range=True) if lead else None
    if lead is None or of is None:
        return None
    which = _THIRDS.get((lead["which"] or lead["part"]).lower(), "early")
    if of.span.first == of.span.last:
        return None  # "early Monday" is that Monday
    return Point(of.end, third(which, of.span), anchors=False)


def _part_of_year(reading: Reading, at: int) -> Point | None:
    """As "the first quarter of 2019", "Q3 2019", "the second half of last year"."""
    lead = _PART.match(reading.text, at)
    of = point_at(reading, lead.end(), in_range=True) if lead else None
    if lead is None or of is None or of.span.first is None or of.span != years(of.span.first.year, of.span.first.year):
        return None
    year = of.span.first.year
    if lead["half"]:
        first = 1 if lead["half"].lower() == "first" else 7
        return Point(of.end, Span(month(year, first).first, month(year, first + 5).last))
    return Point(of.end, quarter(year, _QUARTERS[(lead["nth"] or lead["nth2"]).lower()]))


def _two_years(reading: Reading, at: int) -> Point | None:
    """As "2014-2018", "2019/20"."""
    match = _TWO_YEARS.match(reading.text, at)
    if match is None:
        return None
    first, last = int(match["first"]), int(match["last"])
    last = last if last > 99 else first // 100 * 100 + last
    return Point(match.end(), years(first, last), anchors=False) if first < last else None


def _in_year(of: date, year: int) -> date:
    return of.replace(year=year, day=min(of.day, 28) if of.month == 2 else of.day)


_THIRD_WORDS = ("early", "late", "mid", "start", "beginning", "middle", "end", "close")
_PART_WORDS = ("second", "third", "fourth", "q1", "q2", "q3", "q4")
_NUMBERED = (_two_years,)
_LEADS: dict[str, tuple[Callable[[Reading, int], Point | None], ...]] = {
    "since": (_since,),
    "from": (_range,),
    "between": (_range,),
    "the": (_third, _part_of_year),
    "first": (_third, _part_of_year),
    **dict.fromkeys(_THIRD_WORDS, (_third,)),
    **dict.fromkeys(_PART_WORDS, (_part_of_year,)),
}
