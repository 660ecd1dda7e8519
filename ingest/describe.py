"""The document: an article's text with who printed it, who wrote it, where and when.

Third stage of ingest. A field is what the source states of itself, in its own fields, in the page's metadata, or in a
line that `clean` set aside. A credit inside the article's text belongs to that one statement, never to the document.

Example:
    The set-aside lines `By Jane Doe` and `Updated: Jan. 10, 2020` and the dateline `BEIRUT (AP) — ` become
    `Document(byline="Jane Doe", updated_on=date(2020, 1, 10), dateline="BEIRUT", agency="AP", outlet=None, …)`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ingest.dateline import dateline_day, dateline_in
from ingest.dates import StatedDates, read_date, read_date_line
from ingest.newspages import agencies_in, words
from ingest.records import Document

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date, datetime

    from ingest.clean import Cleaned
    from ingest.records import RawArticle

_HEAD = 600  # characters of the text, a standfirst and a lead, among which a page still states its date and authors
_DATED = ("date", "loading", "byline", "reading time")


def describe(raw: RawArticle, cleaned: Cleaned, fetched_at: datetime) -> Document:
    """The article as a document; what its source does not state is `None`."""
    given = {name: value.strip() for name, value in cleaned.given.items() if value.strip()}
    dates = _stated_dates(cleaned)
    place, dateline_agency = _dateline(cleaned)
    byline, byline_agency = _byline(given.get("byline", ""), cleaned)
    published_on = read_date(given["published_on"]) if "published_on" in given else dates.published_on
    updated_on = read_date(given["updated_on"]) if "updated_on" in given else dates.updated_on
    return Document(
        id=raw.id,
        uri=raw.uri,
        text=cleaned.text,
        title=given.get("title") or _first(cleaned, "headline"),
        outlet=given.get("outlet") or _outlet(cleaned),
        byline=byline,
        agency=given.get("agency") or dateline_agency or byline_agency or _agency(cleaned),
        dateline=place,
        published_on=published_on,
        updated_on=updated_on,
        url=given.get("url"),
        language=given.get("language"),
        fetched_at=fetched_at,
        set_aside=cleaned.set_aside,
        dateline_on=dateline_day(cleaned.set_aside, published_on or updated_on),
    )


def _pieces(cleaned: Cleaned, *reasons: str) -> Iterator[str]:
    return (piece.text.strip() for piece in cleaned.set_aside if piece.reason in reasons and len(piece.text) <= 1000)


def _about_the_whole(cleaned: Cleaned, *reasons: str) -> Iterator[str]:
    """The pieces that stand above or right below the article; those further down belong to links to other articles."""
    is_elsewhere = False
    for piece in cleaned.set_aside:
        is_below = piece.at >= len(cleaned.text)
        is_elsewhere = is_elsewhere or (is_below and piece.reason in {"related", "comments"})
        if is_elsewhere and piece.reason != "source":
            continue
        if (is_below or piece.at <= _HEAD) and piece.reason in reasons and len(piece.text) <= 1000:
            yield piece.text.strip()


def _first(cleaned: Cleaned, reason: str) -> str | None:
    line = next(_pieces(cleaned, reason), None)
    return re.sub(r"\A#{1,6}\s+", "", line) if line else None


# --- when ----------------------------------------------------------------------------------------------------------


def _stated_dates(cleaned: Cleaned) -> StatedDates:
    """The first publication and the first update that the set-aside lines state."""
    published: date | None = None
    updated: date | None = None
    for line in _about_the_whole(cleaned, *_DATED):
        stated = read_date_line(line)
        published = published or stated.published_on
        updated = updated or stated.updated_on
    return StatedDates(published, updated)


# --- where and by which agency -------------------------------------------------------------------------------------


def _dateline(cleaned: Cleaned) -> tuple[str | None, str | None]:
    """The place and the agency of the dateline, as printed and by its short name."""
    line = next(_pieces(cleaned, "dateline"), None)
    match = dateline_in(f"{line} A") if line else None
    if match is None:
        return None, None
    part = match.groupdict()
    agencies = agencies_in(part.get("agency") or part.get("only") or "")
    place = part.get("place")
    return None if place and _MONTH_DAY.match(place) else place, _joined(agencies)


_MONTH_DAY = re.compile(r"(?:Jan|Feb|Mar|Apr|May|June?|July?|Aug|Sept?|Oct|Nov|Dec)[a-z]{0,6}\.? \d{1,2}\Z")


def _joined(agencies: list[str]) -> str | None:
    return ", ".join(agencies) or None


_SOURCE_LABEL = re.compile(r"\A(?:sources?|quellen?|fuentes?|fonti?|المصدر)\s?[:：]\s?", re.IGNORECASE)
_WITH = re.compile(r"\A\(?(?:.{2,40} )?with (?:inputs? from |files from |material from )?", re.IGNORECASE)
_SIGNED = re.compile(r"\A[a-z]{2,5}(?:/[a-z]{2,5})*\s*\((.{2,40})\)\Z")
_OWNED = re.compile(
    r"(?:©|\(c\)|copyright)[\s©]*(?:\(c\)\s?)?(?:(?:19|20)\d\d)?[\s,]*(?:by\s)?(?P<name>[^.|\n]{2,60})", re.IGNORECASE
)


def _agency(cleaned: Cleaned) -> str | None:
    """The agency that a line of its own credits for the whole article."""
    for line in _about_the_whole(cleaned, "source"):
        signed = _SIGNED.match(line)
        credit = signed[1] if signed else _SOURCE_LABEL.sub("", line)
        agencies = agencies_in(credit) or agencies_in(_WITH.sub("", credit))
        if not agencies and credit.lower().endswith(("and news agencies", "and agencies", "& agencies")):
            agencies = ["Agencies"]
        if agencies:
            return _joined(agencies)
    owners = (owner for line in _pieces(cleaned, "copyright") if (owner := _owner(line)))
    return next((found for owner in owners if (found := _joined(agencies_in(owner)))), None)


# --- who -----------------------------------------------------------------------------------------------------------

_NOT_THE_AUTHOR = re.compile(
    r"contributed|\A\(?(?:additional|further|with|edit|translat|compil|produc|photo)", re.IGNORECASE
)
_LEAD = re.compile(
    r"\A\(?(?:(?:reporting|writing|written|story|text|words|report)\s+by|by|von|par|por|author|reporter)\s*[:：]?\s+",
    re.IGNORECASE,
)
_REPORTED = re.compile(r"\s(?:reported|reports|is reporting|was reporting)\s(?:from|in)\b")
_END_OF_NAMES = re.compile(
    r"\s*(?:[|•·;()\n]|\s[-–—]\s|\s(?i:in|for|at|on)\s[A-Z]|\d|\s(?:Published|Updated|Posted)\b).*", re.DOTALL
)


def _byline(given: str, cleaned: Cleaned) -> tuple[str | None, str | None]:
    """The names of the authors, and the agency that the byline puts beside them or in their place."""
    before = ""
    for printed in [given] if given else _about_the_whole(cleaned, "byline"):
        line = f"{before} {printed}".strip()
        before = line if line.endswith((" and", ",")) else ""  # `Jane Doe and`, and the other name on the next line
        if not given and (before or _NOT_THE_AUTHOR.search(line) or " " not in line.strip(" :")):
            continue
        names, agency = _split_names(line)
        if names or agency:
            return names, agency
    return None, None


def _split_names(line: str) -> tuple[str | None, str | None]:
    """The names in a byline without `By`, places, jobs and outlets; and the agency, if it is one."""
    reported = _REPORTED.split(line, maxsplit=1)
    text = reported[0] if len(reported) > 1 else _END_OF_NAMES.sub("", _LEAD.sub("", line))
    parts = [part.strip() for part in text.split(",") if part.strip()]
    agency = next((found for part in parts if (found := _staff_agency(part))), None)
    names = [part for part in parts if not _staff_agency(part) and not _is_job(part)]
    if len(names) > 1 and not re.search(r"\band\b|&", names[-1]) and " and " in names[0]:
        names = names[:1]  # the names, then their outlet
    if len(names) == 2 and not re.search(r"\band\b|&", text):
        names = names[:1]
    joined = ", ".join(names).strip(" .,:*_")
    parts = joined.split()
    for n_words in (3, 2, 1):  # `JANE DOE Associated Press`
        credited = agencies_in(" ".join(parts[-n_words:])) if len(parts) > n_words + 1 else []
        if credited:
            return " ".join(parts[:-n_words]), agency or _joined(credited)
    return joined or None, agency


def _staff_agency(part: str) -> str | None:
    """The agency, if the part of a byline names one, as in `Reuters Staff`."""
    return _joined(
        agencies_in(re.sub(r"\s(?:staff|news service|wire|writers?|reporters?)\Z", "", part, flags=re.IGNORECASE))
    )


_JOB = re.compile(
    r"(?:\b(?:correspondent|editor|reporter|writer|staff|bureau|chief|columnist|news|desk|team)s?\b)|\A(?:the )",
    re.IGNORECASE,
)


def _is_job(part: str) -> bool:
    return _JOB.search(part) is not None


# --- who printed it ------------------------------------------------------------------------------------------------

_CHANNEL = re.compile(
    r"(?P<name>(?:[A-Z][\w&.’'-]*\s){1,5}?)(?:new |verified |official |own |free |daily |weekly ){0,3}"
    r"(?:(?:on )?(?:Telegram|WhatsApp|YouTube|Facebook|Twitter|Instagram|TikTok)|on (?:X|Google News)\b|"
    r"(?i:newsletters?|app|apps|channel|podcast)\b)"
)
_IN_NAMES = frozenset({"the", "daily", "weekly", "morning", "evening"})
_MEDIA_WORD = re.compile(
    r"\b(?:news|times|post|daily|herald|tribune|journal|guardian|telegraph|star|press|media|radio|tv|today|jazeera|"
    r"observer|chronicle|gazette|standard|independent|monitor|network|broadcasting|mail|mirror|ledger|dispatch|bulletin|"
    r"examiner|inquirer|sun|globe|review|report|wire|arab|courier|record|register|sentinel|express|citizen|advertiser|"
    r"argus|echo|weekly|magazine)\b",
    re.IGNORECASE,
)


def _outlet(cleaned: Cleaned) -> str | None:
    """The outlet by what the page says of itself: its copyright line, or its own channel, newsletter or app."""
    for line in _pieces(cleaned, "copyright"):
        owner = _owner(line)
        if owner and not agencies_in(owner):
            return owner
    for line in _pieces(cleaned, "promotion", "share"):
        match = _CHANNEL.search(line)
        name = _own_name(match["name"]) if match else ""
        if name:
            return name
    return None


def _owner(line: str) -> str | None:
    """Whom a copyright line names."""
    match = _OWNED.search(line)
    if match is None:
        return None
    name = re.split(r"\s*(?:\ball rights\b|[-–—(]|\b(?:19|20)\d\d\b)", match["name"], maxsplit=1, flags=re.IGNORECASE)[
        0
    ].strip(" ,;:")
    is_name = name[:1].isupper() and name.count(" ") < 6 and name.lower() not in {"notice", "notices", "policy"}
    return name if is_name else None


def _own_name(text: str) -> str:
    """The name of a medium at the end of some capitalised words; empty if there is none."""
    parts = text.split()
    article = max((index for index, part in enumerate(parts) if part.lower() == "the"), default=None)
    if article is not None:  # `GET THE DAILY NEWS`
        parts = parts[article + (parts[article] == "THE") :]
    while article is None and parts and parts[0].lower() in words("no_outlets"):
        parts.pop(0)
    if not words("no_outlets").difference(_IN_NAMES).isdisjoint(part.lower() for part in parts):
        return ""
    name = " ".join(parts).removesuffix("’s").removesuffix("'s")
    is_initials = len(parts) == 1 and name.isupper() and 2 <= len(name) <= 6
    return name if is_initials or (len(parts) > 1 and _MEDIA_WORD.search(name)) else ""
