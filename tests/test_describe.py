"""What `describe` reads from an article about itself, and what it leaves unknown."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.clean import clean
from ingest.dates import read_date
from ingest.describe import describe
from ingest.load import load
from ingest.records import Document, RawArticle

SEEDS = Path("/work/shared/seeds")
FETCHED_AT = datetime(2026, 11, 22, tzinfo=UTC)
LEAD = "The ministry said on Tuesday that it would close three of its offices in the north by the end of the year."
DENIAL = "A spokesman said the plan had been agreed with the unions, but two of them denied it in a statement."


def described(text: str, **given: str) -> Document:
    raw = RawArticle("id", "uri", text, given=given)
    return describe(raw, clean(raw), FETCHED_AT)


def with_line(line: str) -> Document:
    return described(f"{line}\n\n{LEAD}\n\n{DENIAL}")


def test_what_is_not_stated_is_unknown() -> None:
    document = described(f"{LEAD}\n\n{DENIAL}")

    assert document.text == f"{LEAD}\n\n{DENIAL}"
    assert {
        document.title, document.outlet, document.byline, document.agency, document.dateline,
        document.published_on, document.updated_on, document.url, document.language,
    } == {None}  # fmt: skip
    assert document.fetched_at == FETCHED_AT


def test_given_fields_come_first() -> None:
    document = described(
        f"Another headline\nBy John Roe\n1 May 2019\n\nBEIRUT (AP) — {LEAD}\n\n{DENIAL}",
        title="Given", outlet="The Daily", byline="By Jane Doe", agency="AFP", published_on="2020-01-10T23:30:00-05:00",
        updated_on="Jan. 11, 2020", url="https://daily.example/a", language="en",
    )  # fmt: skip

    assert (document.title, document.outlet, document.byline, document.agency) == (
        "Given",
        "The Daily",
        "Jane Doe",
        "AFP",
    )
    assert (document.published_on, document.updated_on) == (date(2020, 1, 10), date(2020, 1, 11))
    assert (document.url, document.language, document.dateline) == ("https://daily.example/a", "en", "BEIRUT")


@pytest.mark.parametrize(
    "text",
    [
        "2020-01-10", "2020-01-10T23:30:00-05:00", "2020-01-10 10:15", "January 10, 2020", "10 January, 2020",
        "Jan. 10, 2020",        "10 Jan 2020", "Fri 10 Jan 2020 17.15 GMT", "10th of January 2020",
        "date 2020-01-10", "10-Jan-2020",
        "10. Januar 2020",
        "le 10 janvier 2020", "10 de enero de 2020", "2020/01/10", "January 10, 20204:31 PM ET",
    ],
)  # fmt: skip
def test_a_date_is_read_as_news_pages_print_it(text: str) -> None:
    assert read_date(text) == date(2020, 1, 10)


@pytest.mark.parametrize(
    "text",
    [
        "03/04/2020",
        "3.4.2020",
        "2020-13-45",
        "2020-02-30",
        "31/31/2020",
        "yesterday",
        "2 hours ago",
        "January 10",
        "2020",
        "",
        "20200110",
        "1578614400",
    ],
)
def test_a_date_that_is_ambiguous_impossible_or_incomplete_is_unknown(text: str) -> None:
    assert read_date(text) is None
    assert described(LEAD, published_on=text, updated_on=text).published_on is None


@pytest.mark.parametrize(
    ("text", "day"), [("25/12/2020", 25), ("12/25/2020", 25), ("05/05/2020", 5), ("1899-12-31", 31)]
)
def test_numbers_that_can_be_one_day_only_are_read(text: str, day: int) -> None:
    read = read_date(text)

    assert read is not None
    assert read.day == day


@pytest.mark.parametrize(
    ("line", "published", "updated"),
    [
        ("January 10, 2020", date(2020, 1, 10), None),
        ("Updated: Jan. 10, 2020", None, date(2020, 1, 10)),
        ("Published 10 January 2020 | Updated 11 January 2020", date(2020, 1, 10), date(2020, 1, 11)),
        ("Posted 3:45 PM, Jan 10, 2020 and last updated 5:00 PM, Jan 11, 2020", date(2020, 1, 10), date(2020, 1, 11)),
        ("Last modified on Sat 11 Jan 2020 09.02 GMT", None, date(2020, 1, 11)),
        ("date 2020-01-10 Loading...", date(2020, 1, 10), None),
        ("3 min read | 10 January 2020", date(2020, 1, 10), None),
        ("By Jane Doe | January 10, 2020", date(2020, 1, 10), None),
        ("03/04/2020", None, None),
    ],
)
def test_a_line_says_when_it_was_published_and_updated(line: str, published: date | None, updated: date | None) -> None:
    document = with_line(line)

    assert (document.published_on, document.updated_on) == (published, updated)


def test_dates_in_the_article_and_of_links_below_it_are_not_its_own() -> None:
    document = described(
        f"{LEAD} That was on May 1, 2019.\n\n{DENIAL}\n\nMore on this story\n\nUnions strike\n\n2 May 2019"
    )

    assert (document.published_on, document.updated_on) == (None, None)


@pytest.mark.parametrize(
    ("line", "byline", "agency"),
    [
        ("By Jane Doe and John Roe", "Jane Doe and John Roe", None),
        ("By JANE DOE, Associated Press", "JANE DOE", "AP"),
        ("By JANE DOE Associated Press", "JANE DOE", "AP"),
        ("By Jane Doe, BBC News", "Jane Doe", None),
        ("By Jane Doe in Springfield", "Jane Doe", None),
        ("By Jane Doe, John Roe and Ann Smith, CNN", "Jane Doe, John Roe and Ann Smith", "CNN"),
        ("By Jane Doe For The Daily Star", "Jane Doe", None),
        ("by Jane Doe | KXYZ", "Jane Doe", None),
        ("By Reuters Staff", None, "Reuters"),
        ("By The Associated Press", None, "AP"),
        ("Jane Doe, Middle East correspondent", "Jane Doe", None),
        ("Kowalski reported in Springfield.", "Kowalski", None),
        ("Reporting by Jane Doe; Editing by John Roe", "Jane Doe", None),
        ("Additional reporting by Jane Doe", None, None),
    ],
)
def test_a_byline_gives_names_only(line: str, byline: str | None, agency: str | None) -> None:
    for document in (with_line(line), described(f"{LEAD}\n\n{DENIAL}\n\n{line}")):
        assert (document.byline, document.agency) == (byline, agency)


@pytest.mark.parametrize(
    ("line", "agency"),
    [
        ("Agencies", "Agencies"),
        ("Source: Reuters", "Reuters"),
        ("Source: Al Jazeera and news agencies", "Agencies"),
        ("(Associated Press)", "AP"),
        ("- AFP", "AFP"),
        ("jd/rt (AFP, dpa)", "AFP, dpa"),
        ("With inputs from Reuters", "Reuters"),
        ("Copyright 2020 The Associated Press. All rights reserved.", "AP"),
        ("Source: National Statistics Office", None),
        ("The Associated Press contributed to this report.", None),
        ("The minister, according to the Associated Press, denied it.", None),
        ("The plan is final, Reuters reported.", None),
        ("The ministry at night [File: Jane Doe/Reuters]", None),
    ],
)
def test_an_agency_is_the_credit_of_the_whole_article(line: str, agency: str | None) -> None:
    assert described(f"{LEAD}\n\n{DENIAL}\n\n{line}").agency == agency


@pytest.mark.parametrize(
    ("dateline", "place", "agency"),
    [
        ("BAGHDAD – ", "BAGHDAD", None),
        ("BEIRUT (AP) — ", "BEIRUT", "AP"),
        ("WASHINGTON, Jan 10 (Reuters) - ", "WASHINGTON", "Reuters"),
        ("MOSUL, Iraq (Associated Press) — ", "MOSUL, Iraq", "AP"),
        ("SPRINGFIELD, Ill. (KXYZ) — ", "SPRINGFIELD, Ill.", None),
        ("(Reuters) - ", None, "Reuters"),
    ],
)
def test_a_dateline_gives_the_place_as_printed_and_the_agency(
    dateline: str, place: str | None, agency: str | None
) -> None:
    document = described(dateline + LEAD)

    assert (document.text, document.dateline, document.agency) == (LEAD, place, agency)


@pytest.mark.parametrize(
    ("line", "outlet"),
    [
        ("Join our brand new XYZ Telegram channel and get the news first!", "XYZ"),
        ("Sign up for the Springfield Times newsletter", "Springfield Times"),
        ("CLICK HERE TO GET THE DAILY NEWS APP", "DAILY NEWS"),
        ("Download the Sky News app for breaking news alerts", "Sky News"),
        ("Follow Al Jazeera English on Facebook", "Al Jazeera English"),
        ("© 2020 The Daily. All rights reserved.", "The Daily"),
        ("Copyright 2020 KXYZ. All rights reserved.", "KXYZ"),
        ("Copyright 2020 The Associated Press. All rights reserved.", None),
        ("Follow us on Twitter", None),
        ("Follow Jane Doe on Twitter", None),
        ("Join our Telegram channel", None),
        ("Sign up for our daily newsletter", None),
    ],
)
def test_an_outlet_is_read_only_from_what_the_page_says_of_itself(line: str, outlet: str | None) -> None:
    assert described(f"{LEAD}\n\n{DENIAL}\n\n{line}").outlet == outlet


def test_a_printed_headline_is_the_title() -> None:
    assert with_line("Ministry to close offices").title == "Ministry to close offices"
    assert with_line("# Ministry to close offices").title == "Ministry to close offices"


@settings(max_examples=100, deadline=None)
@given(
    st.dictionaries(
        st.sampled_from(["title", "byline", "agency", "published_on", "updated_on", "url"]), st.text(max_size=40)
    )
)
def test_no_given_field_makes_describe_raise(given_fields: dict[str, str]) -> None:
    document = described(LEAD, **given_fields)

    assert document.text == LEAD
    assert "" not in {document.title, document.byline, document.agency, document.url}


EXPECTED_SEEDS = {
    "000": (None, None, "Kullab", None, "BAGHDAD", date(2020, 1, 10)),
    "001": (None, None, None, "Agencies", None, None),
    "002": ("US refuses Baghdad request", None, None, None, None, date(2020, 1, 10)),
    "003": ("US rejects Iraq request", None, None, "Reuters", None, None),
    "004": ("Iraqi PM tells US", "AMN", None, None, None, date(2020, 1, 10)),
}


@pytest.mark.parametrize(("prefix", "expected"), EXPECTED_SEEDS.items())
def test_the_five_original_pages_are_described_as_a_person_would(prefix: str, expected: tuple[object, ...]) -> None:
    if not SEEDS.exists():
        pytest.skip(f"{SEEDS} is not here, so the original pages cannot be checked")
    (raw,) = load(list(SEEDS.glob(f"{prefix}_*.txt")), max_bytes=10**6)
    assert isinstance(raw, RawArticle)

    document = describe(raw, clean(raw), FETCHED_AT)

    assert (document.title or "").startswith(str(expected[0] or ""))
    assert (document.title is None) == (expected[0] is None)
    assert (document.outlet, document.byline, document.agency, document.dateline, document.published_on) == expected[1:]
