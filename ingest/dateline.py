"""The place, date and agency that open a news article: `BEIRUT (AP) — `; used by `clean`, `describe` and the catalog.

Example:
    `dateline_in("BEIRUT, Jan 10 (Reuters) - Iraq said …")` has the groups `place="BEIRUT"` and `agency="Reuters"`.
"""

from __future__ import annotations

import re
from datetime import date
from typing import TYPE_CHECKING

from ingest.dates import month_day
from ingest.newspages import agencies_in, cities, words

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ingest.records import SetAside

_MONTH = r"(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Sept|Oct|Nov|Dec)[a-z]{0,6}\.?"
_DAY = rf"(?:{_MONTH} \d{{1,2}}|\d{{1,2}} {_MONTH})(?:,? \d{{4}})?"
_CAPITALS = r"[^\W\d_a-z][^\W\d_a-z.’'-]+(?:[ /-][^\W\d_a-z.’'][^\W\d_a-z.’'-]*){0,4}"
_REGION = r"(?:, (?:[A-Z][\w.’'-]*)(?: (?:of |and |the )?[A-Z][\w.’'-]*){0,3})"
_NAME = r"[A-Z][\w.’'-]+(?: [A-Z][\w.’'-]+){0,2}"
_CREDIT = r"\((?P<agency>[A-Z][\w .,/&’'-]{1,40})\)"
_DASH = r"(?:\s*(?:--|[–—])\s*|\s+-\s+)"
_OPENS = r"(?=[\"“‘'(\[]?(?:[^\W_a-zß-öø-ÿ]|al-|el-|ash-|ad-))"
_DATELINE = re.compile(
    rf"(?:(?P<place>{_CAPITALS}{_REGION}?|{_NAME}{_REGION}?(?=,? (?:{_DAY},? )?\())"
    rf"(?P<date>,? {_DAY})?(?:,? ?{_CREDIT})?|{_CREDIT.replace('agency', 'only')})"
    rf"(?P<dash>{_DASH}|:\s+|\s*(?<=\)))?{_OPENS}"
)
_PLACED = re.compile(rf"(?P<place>[A-Z][\w’'-]+(?: [A-Z][\w’'-]+){{0,2}}{_REGION})\s+[–—]\s+{_OPENS}")
# Known by its agency, in any script and case.
_WIRED = re.compile(
    r"(?P<place>[^\s()]{2,30}(?: [^\s()]{2,30}){0,2}) ?\((?P<agency>[^()]{2,30})\)\.?\s*[-–—:]+\s*(?=\S)"
)
_MAX_DATELINE = 120
_ONLY_A_DAY = re.compile(_DAY)


def dateline_in(line: str) -> re.Match[str] | None:
    """The dateline at the start of a paragraph (groups `place`, and `agency` or `only`), if it has one."""
    start = line[: _MAX_DATELINE + 40]
    match = _DATELINE.match(start)
    if match is not None and match.end() <= _MAX_DATELINE and _is_dateline(match):
        return match
    wired = _WIRED.match(start)
    if wired is not None and agencies_in(wired["agency"]):
        return wired
    return _PLACED.match(start) if match is None else None


def dateline_day(set_aside: Iterable[SetAside], near: date | None) -> date | None:
    """The day that the article's own dateline states: `BAGHDAD, Jan 9 (Agency) – `.

    Args:
        near: When it was published or updated. A day printed without a year is the one nearest to it; `None`, and
            there is no day, for nothing says of which year it is.
    """
    line = next((piece.text.strip() for piece in set_aside if piece.reason == "dateline"), "")
    match = dateline_in(f"{line} A") if line else None
    stated = match.groupdict().get("date") if match else None
    if stated is None and match is not None and _ONLY_A_DAY.fullmatch(match.groupdict().get("place") or ""):
        stated = match["place"]
    return month_day(stated, near) if stated else None


def _is_dateline(match: re.Match[str]) -> bool:
    """Whether capitals, brackets or a dash at the start of a line are a dateline and not an acronym or a label."""
    place, dash = match["place"], match["dash"] or ""
    if match["only"]:
        return bool(agencies_in(match["only"]))
    if match["agency"]:
        is_station = bool(dash.strip(" :")) and place.split(",")[0].isupper() and _is_likely_place(place)
        return bool(agencies_in(match["agency"])) or is_station
    if ":" in dash:
        return bool(match["date"]) or _is_known_place(place)
    return bool(dash.strip()) and (bool(match["date"]) or _is_likely_place(place))


def _is_known_place(place: str) -> bool:
    return place.split(",")[0].lower() in cities() or ("," in place and _is_likely_place(place))


def _is_likely_place(place: str) -> bool:
    """Whether capitals before a dash are a place, and not an acronym or the name of a section."""
    parts = re.findall(r"[\w’']+", place.split(",")[0].lower())
    if not words("no_places").isdisjoint(parts):
        return False
    return len(parts) > 1 or len(parts[0]) > 5 or parts[0] in cities() or "," in place
