"""Words of time, and the days that they name."""

from __future__ import annotations

from datetime import date
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eval.times import Case, read, score
from ingest.clean import clean
from ingest.describe import describe
from ingest.records import RawArticle
from service.dates import TimeWords, dates_in
from tests.invented import FETCHED_AT

FRIDAY = date(2020, 1, 10)
WORDS = st.sampled_from(
    "on Friday last May 3 the 2019 of 31 February 9999 year decade ago in since from to between and next day 02 "
    "March . , - – early end week months two later '90s 13/13/2020 0000-00-00 9/11 Q4 half century 99th before".split()
)


@pytest.mark.parametrize("case", read(), ids=lambda case: case.text[:40])
def test_labels_stand_in_their_sentences(case: Case) -> None:
    assert case.half in {"tune", "report", "fresh"}
    assert all(case.text[one.start : one.end] == one.text for one in case.labels)


@pytest.mark.parametrize(("part", "least"), [("tune", 0.97), ("report", 0.97), ("fresh", 0.95)])
def test_words_of_time_are_found_and_resolved(part: str, least: float) -> None:
    scores, wrong = score(case for case in read() if case.half == part)

    assert scores.right_days >= least * scores.labelled, wrong


@pytest.mark.parametrize(
    ("text", "words", "first", "last"),
    [
        ("They spoke on Thursday night.", "Thursday night", "2020-01-09", "2020-01-09"),
        ("They will speak on Thursday.", "Thursday", "2020-01-16", "2020-01-16"),
        ("It burned on December 29.", "December 29", "2019-12-29", "2019-12-29"),
        ("It passed last week.", "last week", "2019-12-30", "2020-01-05"),
        ("They came early in 2014.", "early in 2014", "2014-01-01", "2014-04-30"),
        ("In May 2019, they came.", "May 2019", "2019-05-01", "2019-05-31"),
        ("From June 2012 to May 2013, he served.", "From June 2012 to May 2013", "2012-06-01", "2013-05-31"),
        ("It fell from July to October 2008, they said.", "from July to October 2008", "2008-07-01", "2008-10-31"),
        ("It came in the last week of August.", "August", "2019-08-01", "2019-08-31"),
        ("They came at the end of December.", "the end of December", "2019-12-22", "2019-12-31"),
    ],
)
def test_days_are_counted_from_the_day_of_writing(text: str, words: str, first: str, last: str) -> None:
    (found,) = dates_in(text, FRIDAY)

    assert (found.text, found.first, found.last) == (words, date.fromisoformat(first), date.fromisoformat(last))


def test_nothing_is_counted_from_the_clock() -> None:
    (found,) = dates_in("They spoke on Thursday.", None)

    assert found == TimeWords("Thursday", 14, 22, None, None)


def test_the_next_day_follows_the_day_of_an_earlier_sentence() -> None:
    text = "The storm came on January 3. The next day it was gone."

    (found,) = dates_in(text, FRIDAY, start=29)

    assert (found.text, found.first) == ("The next day", date(2020, 1, 4))


@given(st.lists(WORDS, max_size=12), st.none() | st.dates(), st.sampled_from(["", " "]))
def test_any_words_can_be_read(words: list[str], reference: date | None, glue: str) -> None:
    text = f"{glue} ".join(words)
    found = dates_in(text, reference)

    assert all(text[one.start : one.end] == one.text for one in found)
    assert all(one.first <= one.last for one in found if one.first and one.last)
    assert all(one.end <= other.start for one, other in pairwise(found))


@pytest.mark.parametrize(
    ("dateline", "published_on", "day"),
    [
        ("BAGHDAD, Jan 9 (Reuters) - ", "2020-01-10", date(2020, 1, 9)),
        ("BAGHDAD, Dec 31 (Reuters) - ", "2020-01-01", date(2019, 12, 31)),
        ("BAGHDAD, Jan 9 2020 (Reuters) - ", "", date(2020, 1, 9)),
        ("BAGHDAD, Jan 9 (Reuters) - ", "", None),
        ("BAGHDAD (AP) — ", "2020-01-10", None),
    ],
)
def test_the_day_of_a_dateline_is_a_field_of_its_own(dateline: str, published_on: str, day: date | None) -> None:
    body = "The ministry said it would close three of its offices in the north by the end of the year."
    raw = RawArticle("id", "uri", f"{dateline}{body}\n\n{body}", given={"published_on": published_on})
    document = describe(raw, clean(raw), FETCHED_AT)

    assert document.dateline_on == day
    assert document.published_on == (date.fromisoformat(published_on) if published_on else None)
