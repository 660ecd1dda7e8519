"""Single days and periods as English names them, each read at one place of a text.

Example: `point_at(reading, 3)` in "On Jan. 3 a strike …" is the words up to 9 and the day 2020-01-03. A rule is tried
only where one of its first words stands, which keeps reading a sentence below a tenth of a millisecond.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from service import dates_counted, dates_days, dates_periods
from service.dates_calendar import years
from service.dates_reading import YEAR, Point

if TYPE_CHECKING:
    from service.dates_reading import Reading, Rule

_FIRST = re.compile(r"\w+")
_YEAR = re.compile(rf"{YEAR}(?!\d|[,.]\d)")


def point_at(reading: Reading, start: int, *, in_range: bool = False) -> Point | None:
    """What the words at that place name; nothing when they are no words of time.

    Args:
        in_range: Whether they follow "from … to" and the like, where a bare number is a year.
    """
    word = _FIRST.match(reading.text, start)
    if word is None:
        return None
    for one in _STARTING.get(word.group().lower(), _STARTING["0"] if word.group()[0].isdigit() else ()):
        match = one.pattern.match(reading.text, start)
        point = one.read(reading, match) if match else None
        if point is not None:
            return point
    if in_range and (year := _YEAR.match(reading.text, start)):
        return Point(year.end(), years(int(year[0]), int(year[0])))
    return None


def starts_something(word: str) -> bool:
    """Whether words of time may begin with that word, in lower case."""
    return word in _STARTING or word[0].isdigit()


def _by_first_word() -> dict[str, tuple[Rule, ...]]:
    starting: dict[str, tuple[Rule, ...]] = {}
    for one in (*dates_days.RULES, *dates_counted.RULES, *dates_periods.RULES):
        for word in one.starts:
            starting[word] = (*starting.get(word, ()), one)
    return starting


_STARTING = _by_first_word()
