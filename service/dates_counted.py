"""Words of time that are counted from the day of writing, or from the day that the text named before.

Example: in an article of 2020-01-10 "last week" is 2019-12-30 to 2020-01-05, and "two days ago" is 2020-01-08.
"""

from __future__ import annotations

import re
from datetime import date, timedelta

from service.dates_calendar import Span, day, month, shifted, weekend_of
from service.dates_reading import NUMBER, NUMBERS, UNKNOWN, Point, Reading, number_of, rule, unknown

_NEAR = {
    "yesterday": -1, "today": 0, "tonight": 0, "tomorrow": 1, "last night": -1, "overnight": -1,
    "the day before yesterday": -2, "the day after tomorrow": 2,
}  # fmt: skip
_PARTS_OF_DAY = frozenset({"morning", "afternoon", "evening", "night"})
_ENDS = re.compile(r"\s*(?:[.,;:!?)”\"—–]|$)")
_OF = re.compile(r" of\b")


def _near(reading: Reading, match: re.Match[str]) -> Point | None:
    words, here = " ".join(match[0].lower().split()), reading.reference
    if here is None:
        return unknown(match)
    days = _NEAR.get(words, _NEAR.get(words.split()[0], 0))
    found = here + timedelta(days=days)
    return Point(match.end(), Span(found, here) if words == "overnight" else day(found))


def _period(reading: Reading, match: re.Match[str]) -> Point | None:
    """As "last week", "earlier this month", "next year", "over the weekend"."""
    here = reading.reference
    unit, which, when = match["unit"].lower(), match["which"].lower(), (match["when"] or "").lower()
    is_other = _OF.match(reading.text, match.end()) or (unit == "day" and not which.endswith(("past", "last")))
    if is_other:  # "the last week of August", "to this day"
        return None
    if here is None:
        return unknown(match)
    if which in {"past", "the past", "this past", "the last"} and unit != "weekend":
        first = {"day": 1, "week": 7}.get(unit)
        begin = here - timedelta(days=first) if first else _same_day(here, -1, unit)
        return Point(match.end(), Span(begin, here), anchors=False)
    if unit == "weekend" and which in {"the", "past", "the past", "this past", "last", "the last"}:
        ahead = which == "the" and reading.looks_ahead(match)
        span = weekend_of(here)
        if not ahead and span.last and span.last >= here and here.weekday() < 5:
            span = shifted(here, -1, "weekend")
        return Point(match.end(), span)
    if which == "the":
        return None
    n = {"last": -1, "this": 0, "next": 1, "the coming": 1, "coming": 1, "the previous": -1}.get(which)
    if n is None:
        return None
    span = shifted(here, n, unit)
    if when == "earlier":
        span = Span(span.first, min(here, span.last or here))
    elif when == "later":
        span = Span(max(here, span.first or here), span.last)
    return Point(match.end(), span)


def _same_day(here: date, n: int, unit: str) -> date:
    """The same day of another month, quarter, year or decade, or the last day of a month that lacks it."""
    months = n * {"month": 1, "quarter": 3, "year": 12, "decade": 120, "century": 1200}[unit]
    span = month(here.year, here.month + months)
    return min(span.last or here, (span.first or here) + timedelta(days=here.day - 1))


def _ago(reading: Reading, match: re.Match[str]) -> Point | None:
    """As "two days ago", "a month from now"; weeks, months and years ago are whole ones."""
    number = number_of(match["n"])
    if number is None or reading.reference is None or match["unit"].lower() == "decade":
        return unknown(match)
    sign = -1 if match["way"].lower() == "ago" else 1
    return Point(match.end(), shifted(reading.reference, sign * number, match["unit"].lower()))


def _in_time(reading: Reading, match: re.Match[str]) -> Point | None:
    """As "in two weeks", where the sentence looks ahead: otherwise it is how long something took."""
    number = number_of(match["n"])
    is_ahead = bool(match["time"]) or reading.looks_ahead(match)
    if number is None or not is_ahead or _OF.match(reading.text, match.end()):
        return None
    if reading.reference is None:
        return unknown(match)
    return Point(match.end(), shifted(reading.reference, number, match["unit"].lower()))


def _stretch(reading: Reading, match: re.Match[str]) -> Point | None:
    """As "the last three days", "the next two weeks": up to the day of writing, or from it."""
    number, here, unit = number_of(match["n"]), reading.reference, match["unit"].lower()
    if number is None or here is None:
        return unknown(match)
    sign = -1 if match["way"].lower() in {"last", "past", "previous"} else 1
    if unit in {"day", "week"}:
        other = here + timedelta(days=sign * number * (7 if unit == "week" else 1))
    else:
        other = _same_day(here, sign * number, unit)
    return Point(match.end(), Span(min(here, other), max(here, other)), anchors=False)


def _following(reading: Reading, match: re.Match[str]) -> Point | None:
    """As "the next day", "that night", "the day before": counted from the day that was named before."""
    which, unit = match["which"].lower(), match["unit"].lower()
    if which in {"before", "after"} and not _ENDS.match(reading.text, match.end()):
        return None  # "the day after the strike" names no day
    n = {"previous": -1, "before": -1, "same": 0, "that": 0}.get(which, 1)
    return Point(match.end(), _from_anchor(reading, n, "day" if unit in _PARTS_OF_DAY else unit))


def _later(reading: Reading, match: re.Match[str]) -> Point | None:
    """As "two days later", "a week earlier"."""
    n = number_of(match["n"]) or 0
    return Point(
        match.end(), _from_anchor(reading, -n if match["way"].lower() == "earlier" else n, match["unit"].lower())
    )


def _from_anchor(reading: Reading, n: int, unit: str) -> Span:
    anchor = reading.anchor
    if anchor is None or anchor.first is None or (unit == "day" and anchor.first != anchor.last):
        return UNKNOWN
    return shifted(anchor.first, n, unit)


_UNIT = r"day|week|weekend|month|quarter|year|decade|century"
_NUMBERS = f"{' '.join(NUMBERS)} several some few many 0"
RULES = (
    rule(
        "yesterday today tonight tomorrow last overnight this the",
        r"(?:yesterday|tomorrow)(?: (?:morning|afternoon|evening|night))?\b|today\b|tonight\b|last night\b|overnight\b"
        r"|this (?:morning|afternoon|evening)\b|the day (?:before yesterday|after tomorrow)\b",
        _near,
    ),
    rule(
        "earlier later last next this past the coming",
        r"(?:(?P<when>earlier|later) )?(?P<which>this past|the past|the last|the coming|the previous|last|next|this"
        rf"|past|coming|the) (?P<unit>{_UNIT})\b",
        _period,
    ),
    rule(
        "the",
        rf"the (?P<way>last|past|next|coming|previous) (?P<n>{NUMBER}|few|several)(?: of)? "
        r"(?P<unit>day|week|month|year|decade)s\b",
        _stretch,
    ),
    rule(
        _NUMBERS,
        rf"(?:a )?(?P<n>{NUMBER}|few|several|some|many)(?: of)? (?P<unit>day|week|month|year|decade)s? "
        r"(?P<way>ago|from now)\b",
        _ago,
    ),
    rule("days weeks months years decades", r"(?P<n>)(?P<unit>day|week|month|year|decade)s (?P<way>ago)\b", _ago),
    rule("in", rf"in (?P<n>{NUMBER}) (?P<unit>day|week|month|year)s?(?P<time>['’]s? time)?\b", _in_time),
    rule(
        "the that",
        r"(?:the )?(?P<which>next|following|previous|same|that) "
        r"(?P<unit>day|morning|afternoon|evening|night|week|month|year)\b",
        _following,
    ),
    rule("the", r"the (?P<unit>day|week|month|year) (?P<which>before|after)\b", _following),
    rule(_NUMBERS, rf"(?P<n>{NUMBER}) (?P<unit>day|week|month|year)s? (?P<way>later|earlier)\b(?! than)", _later),
)
