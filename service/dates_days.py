"""Words of time that name a day by its date, its weekday or its feast.

Example: "January 3" in an article of 2020-01-10 is 2020-01-03, "December 29" is 2019-12-29.
"""

from __future__ import annotations

import re
from datetime import date, timedelta

from service.dates_calendar import MONTHS, WEEKDAYS, Span, day, of_parts, week_of
from service.dates_reading import COUNTED, MONTH, WEEKDAY, YEAR, Point, Reading, rule, unknown

_FAR, _TOO_FAR = 270, 330  # days: a date without a year is rarely so long ago, and hardly ever longer
_TERROR = re.compile(r"(?:th)?,? (?:terror|attack|hijack)")
_PART = r"(?:(?: (?:early|late))? (?:mornings?|afternoon|evening|night|midday|noon|midnight|lunchtime)\b)?"
_CALLED = re.compile(
    r"(?:Times|Telegraph|Herald|Mirror|Express|Mail|People|Sun|Post|Independent|Tribune|World|[Ss]chool|Night Football|"
    r"Night Live|League|FC)\b"
)
_NAMED = re.compile(
    r"(?:bloody|black|good|super|ash|palm|easter|cyber|shrove|maundy|whit|sheffield|ruby) $", re.IGNORECASE
)
_RECURS = re.compile(r"\b(?:every|each|most|one|a|any|alternate) $", re.IGNORECASE)
_FEASTS = {
    "christmas eve": (12, 24), "christmas day": (12, 25), "christmas": (12, 25), "boxing day": (12, 26),
    "new year's eve": (12, 31), "new year's day": (1, 1), "valentine's day": (2, 14), "halloween": (10, 31),
}  # fmt: skip


def _numeric(_reading: Reading, match: re.Match[str]) -> Point | None:
    if match["iso"]:
        found = of_parts(int(match["y"]), int(match["m"]), int(match["d"]))
        return Point(match.end(), day(found)) if found else None
    if match["eleven"]:
        return Point(match.end(), day(date(2001, 9, 11)))
    first, second, year = int(match["a"]), int(match["b"]), int(match["yy"])
    if first > 12:
        first, second = second, first
    elif second <= 12 and first != second:
        return unknown(match)  # two days, by where the writer lives
    found = of_parts(year, first, second)
    return Point(match.end(), day(found)) if found else None


def _month_day(reading: Reading, match: re.Match[str]) -> Point | None:
    part = {name: value for name, value in match.groupdict().items() if value}
    number, first = MONTHS[(part.get("m") or part["n"]).lower()], int(part.get("d") or part["e"])
    last = int(part.get("d2") or part.get("e2") or first)
    weekday = part.get("w", "").lower()
    if match.end() < len(reading.text) and "y" not in part and re.match(COUNTED, reading.text[match.end() :]):
        return None
    if (number, first) == (9, 11) and "y" not in part and _TERROR.match(reading.text, match.end()):
        return Point(match.end(), day(date(2001, 9, 11)))
    if "y" in part:
        begin = of_parts(int(part["y"]), number, first)
    else:
        begin = _nearest(reading, match, number, first, weekday)
        if begin is None and of_parts(2000, number, first):
            return unknown(match)
    end = of_parts(begin.year, number, last) if begin else None
    return Point(match.end(), Span(begin, end)) if begin and end and begin <= end else None


def _nearest(reading: Reading, match: re.Match[str], number: int, of_month: int, weekday: str) -> date | None:
    """The day without a year: the last such day, or the next where the sentence looks ahead or the last is long ago."""
    if reading.reference is None:
        return None
    near = [of_parts(reading.reference.year + i, number, of_month) for i in range(-6, 7)]
    known = [one for one in near if one]
    if weekday:
        known = [one for one in known if one.weekday() == WEEKDAYS.index(weekday)] or known
    past = max((one for one in known if one <= reading.reference), default=None)
    coming = min((one for one in known if one >= reading.reference), default=None)
    if weekday or past is None or coming is None:
        return min(known, key=lambda one: abs((one - (reading.reference or one)).days), default=None)
    is_ahead = reading.looks_ahead(match)
    ago, ahead = (reading.reference - past).days, (coming - reading.reference).days
    if is_ahead:
        return coming if ahead <= _TOO_FAR else past
    return past if ago <= (_FAR if is_ahead is None else _TOO_FAR) else coming


def _weekday(reading: Reading, match: re.Match[str]) -> Point | None:
    text, start = reading.text, match.start()
    before = text[max(0, start - 12) : start]
    is_named = not match["how"] and (_NAMED.search(before) or _RECURS.search(before))
    if is_named or _CALLED.match(text, match.end() + 1) or before.endswith("Mail on "):
        return None
    if reading.reference is None:
        return unknown(match)
    number = WEEKDAYS.index(match["w"].lower())
    how, week = (match["how"] or "").lower(), (match["week"] or "").lower()
    back = timedelta(days=(reading.reference.weekday() - number) % 7)
    ahead = timedelta(days=(number - reading.reference.weekday()) % 7)
    if week:
        monday = week_of(reading.reference).first or reading.reference
        found = monday + timedelta(days=number) + timedelta(weeks={"last": -1, "this": 0, "next": 1}[week])
    elif how == "last" or how.endswith("past"):
        found = reading.reference - (back or timedelta(days=7))
    elif how in {"next", "this coming", "coming"}:
        found = reading.reference + (ahead or timedelta(days=7))
    elif how == "this":
        monday = week_of(reading.reference).first or reading.reference
        found = monday + timedelta(days=number)
    else:
        found = reading.reference + ahead if reading.looks_ahead(match) else reading.reference - back
    return Point(match.end(), day(found))


def _feast(reading: Reading, match: re.Match[str]) -> Point | None:
    number, of_month = _FEASTS[match["name"].lower().replace("’", "'")]
    if match["y"]:
        return Point(match.end(), day(date(int(match["y"]), number, of_month)))
    if match["name"].lower() == "christmas" and re.match(r" [a-z]+", reading.text[match.end() :]) and not match["at"]:
        return None
    found = _nearest(reading, match, number, of_month, "")
    return Point(match.end(), day(found)) if found else unknown(match)


_OF_MONTH = r"[0-3]?\d"
_ST = r"(?:st|nd|rd|th)?"
_OF_YEAR = rf"(?: ?,? (?P<y>{YEAR})(?!\d))?"
_MONTHS = " ".join(MONTHS)
_WEEKDAYS = " ".join(WEEKDAYS)
RULES = (
    rule(
        "0",
        r"(?P<iso>(?P<y>\d{4})[-/](?P<m>\d\d?)[-/](?P<d>\d\d?))(?![\d/-])|(?P<eleven>9/11)\b"
        r"|(?P<a>\d\d?)[/.](?P<b>\d\d?)[/.](?P<yy>\d{4})(?!\d)",
        _numeric,
    ),
    rule(
        f"{_MONTHS} {_WEEKDAYS}",
        rf"(?:(?P<w>{WEEKDAY}){_PART},? \(?(?:the )?)?"
        rf"(?:(?P<m>{MONTH})\.? (?P<d>{_OF_MONTH}){_ST}"
        rf"(?:(?:[-–—]| to | and | through )(?P<d2>{_OF_MONTH}){_ST}(?!\d|,\d| [a-z]+s\b| {MONTH}))?"
        rf"|(?P<e>{_OF_MONTH}){_ST} (?P<n>{MONTH})\b)(?!\d){_OF_YEAR}",
        _month_day,
    ),
    rule(
        "0 the",
        rf"(?:the )?(?P<e>{_OF_MONTH}){_ST}(?:(?:[-–—]| to | and )(?P<e2>{_OF_MONTH}){_ST})?(?: of)? "
        rf"(?P<n>{MONTH})\b(?:\.? ?,? (?P<y>{YEAR})(?!\d))?(?P<m>)(?P<w>)(?P<d>)(?P<d2>)",
        _month_day,
    ),
    rule(
        f"{_WEEKDAYS} last next this coming",
        rf"(?:(?P<how>this past|this coming|last|next|this|coming) )?(?P<w>{WEEKDAY})\b{_PART}"
        r"(?: (?:of )?(?P<week>last|next|this) week\b)?",
        _weekday,
    ),
    rule("last this next", rf"(?P<week>last|this|next) week['’]s (?P<w>{WEEKDAY})\b(?P<how>)", _weekday),
    rule(
        "christmas new boxing valentine halloween at",
        r"(?P<at>at )?(?P<name>Christmas Eve|Christmas Day|New Year['’]s Eve|New Year['’]s Day|Boxing Day"
        r"|Valentine['’]s Day|Christmas|Halloween)\b(?:,? (?P<y>(?:19|20)\d\d))?",
        _feast,
    ),
)
