"""Words of time that name a month, a season, a year, a decade or a century.

Example: "in December" in an article of 2020-01-10 is 2019-12-01 to 2019-12-31; in "2003 troops" there is no year.
"""

from __future__ import annotations

import re
from datetime import timedelta

from service.dates_calendar import MONTHS, SEASONS, month, season, years
from service.dates_reading import COUNTED, MONTH, YEAR, Point, Reading, rule, unknown

_DECADES = {
    name: 1900 + 10 * number
    for number, name in enumerate("twenties thirties forties fifties sixties seventies eighties nineties".split(), 2)
}
_CENTURIES = {"eighteenth": 18, "nineteenth": 19, "twentieth": 20}
_BEFORE_YEAR = re.compile(
    r"\b(?:in|since|by|until|till|during|from|to|of|before|after|between|through|early|late|mid|circa|"
    r"for|elections?|spring|summer|autumn|fall|winter)(?: |-)$|\($",
    re.IGNORECASE,
)
_BEFORE_NOUN = re.compile(r"\b(?:the|a|its|his|her|their|our|that|this|\w+['’]s?) $", re.IGNORECASE)
_NOUN = re.compile(r"[- ](?!and\b|or\b|to\b)(?:[a-z]|[A-Z]{2}|[A-Z][a-z]+ )")
_NO_YEAR = re.compile(COUNTED + r"|[-–/]?\d|s\b|[-–]year|[-–]strong", re.IGNORECASE)
_PART_OF_NUMBER = re.compile(r"(?:[\d$€£#.,]|(?<!mid)-)$", re.IGNORECASE)
_AFTER_YEAR = re.compile(r"['’]s\b|,? when\b")
_PEOPLE = re.compile(r" (?:[a-z]+ ){0,2}(?:people|troops|soldiers|homes|men|women|families)\b")
_OPENS = re.compile(r" (?:was|saw|is|will)\b")
_BEFORE_MONTH = re.compile(
    r"\b(?:in|since|until|till|during|last|next|this|early|late|mid|by|between|through|from|of)[ -]$", re.IGNORECASE
)
_EVERY = re.compile(r"\b(?:every|each) (?:year|spring|summer|autumn|fall|winter) in $", re.IGNORECASE)
_VERBS_OR_NAMES = frozenset("march may april june august".split())
_NAMES_TOO = _VERBS_OR_NAMES | frozenset("jan feb mar apr jun jul aug sep sept oct nov dec".split())
_PERHAPS_A_PERSON = re.compile(r"\b(?:of|by|this) $", re.IGNORECASE)
_PART_OF = re.compile(r"\b(?:start|beginning|end|middle|early|late|mid|month|days|weeks?|half|part|morning) of $")
_NAME = re.compile(r"(?:['’]s)? [A-Z][a-z]+")


def _month(reading: Reading, match: re.Match[str]) -> Point | None:
    name, how = match["m"].lower(), (match["how"] or "").lower()
    number, here = MONTHS[name], reading.reference
    if match["y"]:
        return Point(match.end(), month(int(match["y"]), number))
    if not _is_month(reading.text, match):
        return None
    if here is None:
        return unknown(match)
    if how == "last":
        year = here.year - (number >= here.month)
    elif how == "next":
        year = here.year + (number <= here.month)
    elif how == "this":
        year = here.year
    elif reading.looks_ahead(match):
        year = here.year + (number < here.month)
    else:
        year = here.year - (number > here.month)
    return Point(match.end(), month(year, number))


def _is_month(text: str, match: re.Match[str]) -> bool:
    """Whether it is a month, and neither a verb, nor a person, nor one of every year."""
    start, name = match.start(), match["m"].lower()
    before = text[max(0, start - 24) : start]
    if match["how"]:
        return match["m"][0].isupper() or name not in _NAMES_TOO
    if _EVERY.search(before):
        return False
    is_led = _BEFORE_MONTH.search(before) is not None
    if name not in _NAMES_TOO:
        return is_led or match["m"][0].isupper()
    if not is_led or not match["m"][0].isupper() or _NAME.match(text, match.end()):
        return False
    return name not in _VERBS_OR_NAMES or not _PERHAPS_A_PERSON.search(before) or bool(_PART_OF.search(before))


def _season(reading: Reading, match: re.Match[str]) -> Point | None:
    how, name = (match["how"] or "").lower(), match["season"].lower()
    if match["y"]:
        return Point(match.end(), season(name, int(match["y"])))
    if how not in {"last", "next", "this"}:
        return None
    if reading.reference is None:
        return unknown(match)
    here = reading.reference
    years_near = [here.year + i for i in range(-2, 3)]
    spans = [season(name, year) for year in years_near]
    if how == "last":
        found = max(span for span in spans if span.last and span.last < here)
    elif how == "next":
        found = min(span for span in spans if span.first and span.first > here)
    else:
        found = min(spans, key=lambda span: abs(((span.first or here) + timedelta(days=45) - here).days))
    return Point(match.end(), found)


def _year(reading: Reading, match: re.Match[str]) -> Point | None:
    text, start, year = reading.text, match.start(), int(match[0])
    before = text[max(0, start - 24) : start]
    if _NO_YEAR.match(text, match.end()) or _PART_OF_NUMBER.search(before):
        return None
    if _BEFORE_YEAR.search(before):
        is_year = not _PEOPLE.match(text, match.end())
    elif _BEFORE_NOUN.search(before) and year >= 1800:
        is_year = bool(_NOUN.match(text, match.end()) or _AFTER_YEAR.match(text, match.end()))
    else:
        is_year = bool(_AFTER_YEAR.match(text, match.end()) or (start == 0 and _OPENS.match(text, match.end())))
    return Point(match.end(), years(year, year)) if is_year else None


def _decade(_reading: Reading, match: re.Match[str]) -> Point | None:
    if match["word"]:
        first = _DECADES[match["word"].lower()]
    elif match["short"]:
        first = 1900 + int(match["short"])
    else:
        first = int(match["full"])
    return Point(match.end(), years(first, first + 9), anchors=False)


def _century(_reading: Reading, match: re.Match[str]) -> Point | None:
    number = int(match["n"]) if match["n"] else _CENTURIES[match["word"].lower()]
    return Point(match.end(), years(100 * number - 99, 100 * number), anchors=False)


RULES = (
    rule(
        f"{' '.join(MONTHS)} last next this",
        rf"(?:(?P<how>last|next|this) )?(?P<m>{MONTH})\b(?:\.?,? (?:of )?(?P<y>{YEAR})(?!\d|,\d))?(?! \d)",
        _month,
    ),
    rule(
        "0 the early late mid",
        rf"(?:the )?(?:(?P<full>(?:1[5-9]|20)\d0)s|['’](?P<short>\d0)s|(?P<word>{'|'.join(_DECADES)}))\b(?![-–]\w)",
        _decade,
    ),
    rule(
        f"0 the {' '.join(_CENTURIES)}",
        rf"(?:the )?(?:(?P<n>\d\d)(?:st|nd|rd|th)|(?P<word>{'|'.join(_CENTURIES)}))[ -]century\b",
        _century,
    ),
    rule(
        f"{' '.join(SEASONS)} last next this the",
        rf"(?:(?P<how>last|next|this|the) )?(?P<season>{'|'.join(SEASONS)})\b"
        rf"(?:,? (?:of )?(?P<y>{YEAR})(?:[-–/]\d\d\b)?)?",
        _season,
    ),
    rule("0", rf"{YEAR}(?!\d)", _year),
)
