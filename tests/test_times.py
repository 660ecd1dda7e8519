"""Times in questions and answers, over a library of invented articles."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pytest

from service.pipeline import ask
from service.records import Answer
from tests.invented import article

if TYPE_CHECKING:
    from collections.abc import Callable

    from ingest.embed import Encoder
    from ingest.store import PassageIndex

FIRST = (
    "A landslide buried the road to Torv on Tuesday. At least 25 people died when the landslide buried the road, the "
    "rescue service said. On Wednesday the army dug a path to the village of Torv."
)
REVISED = (
    "The rescue service revised the number of people who died in the landslide on the road to Torv to 27 from 25 on "
    "Thursday. Rain had fallen for a week."
)
OTHERWISE = "In the landslide on the road to Torv 31 people died, the mayor of Torv said in a speech on Friday."
UNDATED = (
    "VELL, May 4 2021 (AP) — The bridge at Vell was closed on Monday because of a crack in its pier, the town said."
)


@pytest.fixture(scope="module")
def library(make: Callable[..., PassageIndex]) -> PassageIndex:
    return make(
        article("first", FIRST, outlet="The Torv Times", published_on="2021-05-05"),
        article("revised", REVISED, outlet="Karsa Daily", published_on="2021-05-06"),
        article("otherwise", OTHERWISE, outlet="The Vell Post", published_on="2021-05-07"),
        article("undated", UNDATED, outlet="The Vell Post"),
    )


def answer_of(library: PassageIndex, encoder: Encoder, question: str) -> Answer:
    result = ask(library, encoder, question)
    assert isinstance(result, Answer), result
    return result


def test_a_claim_says_which_days_its_words_name(library: PassageIndex, encoder: Encoder) -> None:
    claim = answer_of(library, encoder, "When did a landslide bury the road to Torv?").claims[0]

    (words,) = claim.dates
    text = library.document(claim.citations[0].document_id).text
    assert text[words.start : words.end] == words.text == "Tuesday"
    assert (words.first, words.last) == (date(2021, 5, 4), date(2021, 5, 4))


def test_without_publication_the_dateline_says_when(library: PassageIndex, encoder: Encoder) -> None:
    claim = answer_of(library, encoder, "When was the bridge at Vell closed?").claims[0]

    assert claim.citations[0].published_on is None
    assert claim.dates[0].first == date(2021, 5, 3)


@pytest.mark.parametrize(
    ("question", "words"),
    [
        ("What did the army do in Torv on May 5?", "On Wednesday the army dug"),
        ("What happened on the road to Torv on Tuesday?", "buried the road to Torv on Tuesday"),
        ("What did the mayor say about Torv after May 6?", "on Friday"),
    ],
)
def test_sentences_of_the_time_asked_for_come_first(
    library: PassageIndex, encoder: Encoder, question: str, words: str
) -> None:
    assert words in answer_of(library, encoder, question).claims[0].text


def test_a_report_that_says_it_revises_supersedes_and_one_that_does_not_does_not(
    library: PassageIndex, encoder: Encoder
) -> None:
    claims = answer_of(library, encoder, "How many people died in the landslide on the road to Torv?").claims
    of = {claim.text: claim for claim in claims}
    former = next(claim for text, claim in of.items() if "25 people died" in text)

    assert former.superseded_by is not None
    assert former.superseded_by.document_id == "revised"
    quote = former.superseded_by.quote
    assert library.document("revised").text[former.superseded_by.start : former.superseded_by.end] == quote
    assert all(claim.superseded_by is None for text, claim in of.items() if "25 people died" not in text)
