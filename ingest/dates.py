"""Dates as news pages print them; used by `clean` to know a date line and by `describe` to read it.

A date is read only when it can mean one day: `03/04/2020`, `Friday` and `2 hours ago` give none.

Example:
    `read_date("Updated: Jan. 10, 2020 5:15 PM ET")` is `date(2020, 1, 10)`.
"""

from __future__ import annotations

import re
from datetime import date
from typing import TYPE_CHECKING, NamedTuple

from ingest.newspages import words

if TYPE_CHECKING:
    from collections.abc import Iterator

_MONTH_NAMES = (
    "jan january januar janvier enero januari gennaio",
    "feb february februar février fevrier febrero februari febbraio",
    "mar march märz marz mars marzo maart",
    "apr april avril abril aprile",
    "may mai mayo mei maggio",
    "jun june juni juin junio giugno",
    "jul july juli juillet julio luglio",
    "aug august août aout agosto augustus",
    "sep sept september septembre septiembre settembre",
    "oct october oktober octobre octubre ottobre okt",
    "nov november novembre noviembre",
    "dec december dezember décembre decembre diciembre dicembre dez",
)
_MONTHS = {name: number for number, names in enumerate(_MONTH_NAMES, 1) for name in names.split()}
_MONTH = "|".join(sorted(_MONTHS, key=len, reverse=True))

DATE = re.compile(
    r"(?<!\d)(?:"
    r"(?P<y1>\d{4})-(?P<m1>\d{1,2})-(?P<d1>\d{1,2})"
    r"|(?P<y2>\d{4})/(?P<m2>\d{1,2})/(?P<d2>\d{1,2})"
    rf"|\b(?P<m3>{_MONTH})\b\.?\s{{0,3}}(?P<d3>\d{{1,2}})(?:st|nd|rd|th)?,?\s{{0,3}}(?P<y3>\d{{4}})"
    rf"|(?P<d4>\d{{1,2}})(?:st|nd|rd|th|er|º)?\.?[\s-]{{0,3}}(?:of\s|de\s)?(?P<m4>{_MONTH})\b\.?,?[\s-]{{0,3}}(?:de\s|del\s)?(?P<y4>\d{{4}})"
    r"|(?P<a5>\d{1,2})[/.](?P<b5>\d{1,2})[/.](?P<y5>\d{4})"
    r")(?!\d(?!\d?:\d\d))",  # some pages print year and time without a blank: `20204:31 PM`
    re.IGNORECASE,
)
_MONTH_DAY = re.compile(
    rf"\b(?P<m1>{_MONTH})\b\.?\s(?P<d1>\d{{1,2}})\b|\b(?P<d2>\d{{1,2}})\s(?P<m2>{_MONTH})\b", re.IGNORECASE
)
_TIME = re.compile(
    r"\b\d{1,2}[:.h]\d{2}(?:[:.]\d{2})?(?:\.\d+)?|\b\d{1,4}\s?(?=[ap]\.?m\b)|(?<=\d)t(?=\d)", re.IGNORECASE
)
_AGO = re.compile(
    r"\b(?:(?:\d{1,3}|an?|one)\s(?:seconds?|mins?|minutes?|hrs?|hours?|days?|weeks?|months?|years?)\s){1,3}ago\b",
    re.IGNORECASE,
)
_UPDATED = re.compile(r"updated?|modified|edited|revised|aktualisiert|mis à jour|actualizado|aggiornato", re.IGNORECASE)
_PUBLISHED = re.compile(
    r"publish|posted|issued|first|created|veröffentlicht|publié|publicado|pubblicato", re.IGNORECASE
)
_WORD = re.compile(r"[^\W\d_]+(?:\.[^\W\d_])?")
_MAX_LINE = 160


class StatedDates(NamedTuple):
    """The days that a line states; `None` for what it does not."""

    published_on: date | None
    updated_on: date | None


def read_date(text: str) -> date | None:
    """The first day in the text that can be read in one way only."""
    return next((day for _, day in _days(text[:500])), None)


def month_day(text: str, near: date | None) -> date | None:
    """The day that `Jan 9`, `9 January` or `Jan. 9, 2020` is; without a year, the one nearest to `near`, if known."""
    day = read_date(text)
    match = None if day else _MONTH_DAY.search(text)
    if match is None or near is None:
        return day
    name, number = match["m1"] or match["m2"], match["d1"] or match["d2"]
    days = [_valid(str(near.year + i), _MONTHS[name.lower()], int(number)) for i in (-1, 0, 1)]
    return min((one for one in days if one), key=lambda one: abs((one - near).days), default=None)


def read_date_line(line: str) -> StatedDates:
    """When the line says it was published and updated; a date without a word counts as the publication."""
    published, updated, read_up_to = None, None, 0
    for position, day in _days(line[:500]):
        lead = line[read_up_to:position]
        read_up_to = position
        if _UPDATED.search(lead) and not _PUBLISHED.search(lead, max(m.end() for m in _UPDATED.finditer(lead))):
            updated = updated or day
        elif published is None:
            published = day
    return StatedDates(published, updated)


def is_date_line(line: str) -> bool:
    """Whether a line holds a date or time of publication and nothing else."""
    if len(line) > _MAX_LINE or not any(character.isdigit() for character in line):
        return False
    if "|" in line and not line.lower().startswith("by "):  # `TNN | Jan 10, 2020, 08:12 IST`
        parts = [part.strip() for part in line.split("|") if part.strip()]
        named = [part for part in parts if not _is_dated(part)]
        return len(named) < len(parts) and all(_is_short_name(part) for part in named)
    return _is_dated(line)


def _is_short_name(text: str) -> bool:
    return len(text) <= 30 and text.count(" ") < 4 and not text.endswith((".", "?", "!")) and text[0].isupper()


def _is_dated(line: str) -> bool:
    rest, n_dates = DATE.subn(" ", line)
    rest, n_ago = _AGO.subn(" ", rest)
    rest, n_times = _TIME.subn(" ", rest)
    printed = [word.lower() for word in _WORD.findall(rest)]
    if any(character.isdigit() for character in rest) or not words("date_line").issuperset(printed):
        return False
    return n_dates > 0 or n_ago > 0 or (n_times > 0 and bool(_UPDATED.search(line) or _PUBLISHED.search(line)))


def _days(text: str) -> Iterator[tuple[int, date]]:
    for match in DATE.finditer(text):
        day = _day(match)
        if day is not None:
            yield match.start(), day


def _day(match: re.Match[str]) -> date | None:
    """The day of a printed date; `None` when there is no such day or it could be two."""
    part = match.groupdict()
    for n in "1234":
        if part[f"y{n}"]:
            month = part[f"m{n}"].lower()
            return _valid(part[f"y{n}"], _MONTHS.get(month) or int(month), int(part[f"d{n}"]))
    first, second = int(part["a5"]), int(part["b5"])
    if first != second and first <= 12 and second <= 12:
        return None
    day, month_number = (first, second) if first > 12 else (second, first)
    return _valid(part["y5"], month_number, day)


def _valid(year: str, month: int, day: int) -> date | None:
    try:
        return date(int(year), month, day)
    except ValueError:
        return None
