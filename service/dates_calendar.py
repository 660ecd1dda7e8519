"""Arithmetic of the calendar for words of time: days, weeks, months and years as first and last day.

Example: `week_of(date(2020, 1, 10))` is `Span(date(2020, 1, 6), date(2020, 1, 12))`; weeks begin on Monday (ISO 8601).
"""

from __future__ import annotations

from calendar import monthrange
from datetime import date, timedelta
from typing import NamedTuple

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_MONTH_NAMES = (
    "january jan",
    "february feb",
    "march mar",
    "april apr",
    "may",
    "june jun",
    "july jul",
    "august aug",
    "september sept sep",
    "october oct",
    "november nov",
    "december dec",
)
MONTHS = {name: number for number, names in enumerate(_MONTH_NAMES, 1) for name in names.split()}
SEASONS = {"spring": 3, "summer": 6, "autumn": 9, "fall": 9, "winter": 12}  # first month, as meteorologists count
_THIRDS = {"early": 0, "mid": 1, "late": 2}
_OF_A_WEEK = {"early": (0, 2), "mid": (1, 3), "late": (3, 6)}  # days from Monday; "late last week" is mostly a Thursday


class Span(NamedTuple):
    """A first and a last day, both inclusive; `None` where it is open."""

    first: date | None
    last: date | None


def day(of: date) -> Span:
    """That day alone."""
    return Span(of, of)


def week_of(of: date) -> Span:
    """The week, Monday to Sunday, that a day is in."""
    first = of - timedelta(days=of.weekday())
    return Span(first, first + timedelta(days=6))


def weekend_of(of: date) -> Span:
    """Saturday and Sunday of the week that a day is in."""
    sunday = of + timedelta(days=6 - of.weekday())
    return Span(sunday - timedelta(days=1), sunday)


def month(year: int, number: int) -> Span:
    """A month; numbers below 1 and above 12 count on into the years beside."""
    year, number = year + (number - 1) // 12, (number - 1) % 12 + 1
    return Span(date(year, number, 1), date(year, number, monthrange(year, number)[1]))


def quarter(year: int, number: int) -> Span:
    """Three months; quarters are 1 to 4, and others count on into the years beside."""
    return Span(month(year, 3 * number - 2).first, month(year, 3 * number).last)


def years(first: int, last: int) -> Span:
    """Whole years, from the first day of one to the last day of another."""
    return Span(date(first, 1, 1), date(last, 12, 31))


def season(name: str, year: int) -> Span:
    """A season of the northern half of the earth; the winter of a year begins in its December."""
    first = SEASONS[name]
    return Span(month(year, first).first, month(year, first + 2).last)


def shifted(of: date, n: int, unit: str) -> Span:
    """The day, week, month, year or decade that is `n` of them after that of a day, before it when `n` is negative.

    Raises:
        OverflowError, ValueError: That is before the year 1 or after 9999.
    """
    if unit == "day":
        return day(of + timedelta(days=n))
    if unit == "week":
        return week_of(of + timedelta(weeks=n))
    if unit == "weekend":
        return weekend_of(of + timedelta(weeks=n))
    if unit == "month":
        return month(of.year, of.month + n)
    if unit == "quarter":
        return quarter(of.year, (of.month + 2) // 3 + n)
    if unit == "decade":
        first = (of.year // 10 + n) * 10
        return years(first, first + 9)
    if unit == "century":
        first = ((of.year - 1) // 100 + n) * 100 + 1
        return years(first, first + 99)
    return years(of.year + n, of.year + n)


def third(which: str, span: Span) -> Span:
    """The early, mid or late third of a span."""
    if span.first is None or span.last is None:
        return span
    n, part = (span.last - span.first).days + 1, _THIRDS[which]
    if n == 7:
        first, last = _OF_A_WEEK[which]
        return Span(span.first + timedelta(days=first), span.first + timedelta(days=last))
    if span.first.day == 1 and 300 < n < 400:  # of a year: four months
        return Span(month(span.first.year, 4 * part + 1).first, month(span.first.year, 4 * part + 4).last)
    if span.first.day == 1 and n > 3_000:  # of a decade or more: whole years
        n_years = span.last.year - span.first.year + 1
        cuts = [span.first.year + round(n_years * i / 3) for i in range(4)]
        return years(cuts[part], cuts[part + 1] - 1)
    cuts = [round(n * i / 3) for i in range(4)]
    return Span(span.first + timedelta(days=cuts[part]), span.first + timedelta(days=cuts[part + 1] - 1))


def of_parts(year: int, month_number: int, day_number: int) -> date | None:
    """The day, or `None` when there is no such day."""
    try:
        return date(year, month_number, day_number)
    except ValueError:
        return None
