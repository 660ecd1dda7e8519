"""Times in questions and answers, over a library of invented articles."""

from __future__ import annotations

import json
from datetime import date
from typing import TYPE_CHECKING

import pytest

from onrecord.render import dated
from service.answer import candidates
from service.event_dates import dates_of
from service.pipeline import ask
from service.records import Answer, Filters
from service.retrieve import retrieve
from service.supersede import says_it_corrects
from service.timeline import Wanted, timeline
from tests import commands
from tests.invented import article

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

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


def test_a_timeline_lists_what_happened_oldest_first_and_the_same_event_once(
    index: PassageIndex, encoder: Encoder
) -> None:
    found = timeline(index, encoder, Wanted("Soleimani"))

    assert [event.first for event in found.events] == sorted(event.first for event in found.events)
    strike = next(event for event in found.events if event.first == date(2020, 1, 3) and "last Friday" in event.words)
    assert strike.corroboration.documents == len(strike.citations) == 2
    assert {citation.published_on for citation in strike.citations} == {date(2020, 1, 10)}
    citations = [citation for event in found.events for citation in event.citations]
    assert [citation.marker for citation in citations] == list(range(1, len(citations) + 1))
    for citation in citations:
        assert index.document(citation.document_id).text[citation.start : citation.end] == citation.quote


def test_a_timeline_keeps_other_figures_apart(library: PassageIndex, encoder: Encoder) -> None:
    found = timeline(library, encoder, Wanted("landslide on the road to Torv"))

    of = {event.text: event for event in found.events}
    assert all(event.corroboration.documents == 1 for event in of.values())
    assert [event.first.day for event in found.events] == [4, 5, 6, 7]


def test_a_timeline_is_bounded_by_days_and_outlets(index: PassageIndex, encoder: Encoder) -> None:
    bounded = timeline(index, encoder, Wanted("US troops in Iraq", (), date(2020, 1, 6), date(2020, 1, 9)))
    of_outlet = timeline(index, encoder, Wanted("US troops in Iraq", ("The Gulf Ledger",)))
    few = timeline(index, encoder, Wanted("US troops in Iraq", limit=2))

    assert bounded.events
    assert all(event.first <= date(2020, 1, 9) and event.last >= date(2020, 1, 6) for event in bounded.events)
    assert {name for event in of_outlet.events for name in event.corroboration.outlets} == {"The Gulf Ledger"}
    assert len(few.events) == 2 < few.total


def test_a_topic_of_which_nothing_is_said_has_no_events(index: PassageIndex, encoder: Encoder) -> None:
    assert timeline(index, encoder, Wanted("flooding in Lagos")).events == ()


def test_the_command_line_lists_a_timeline_of_an_own_and_of_a_served_library(own_library: Path) -> None:
    asked = ("timeline", "Soleimani", "--to", "2020-01-05", "--outlet", "The Gulf Ledger", "--library", own_library)
    code, shown, _ = commands.run(*asked)
    own = json.loads(commands.run(*asked, "--json")[1])
    server = commands.start("serve", "--port", "0", "--library", own_library)
    try:
        commands.address(server)
        served = json.loads(commands.run(*asked, "--json")[1])
    finally:
        server.terminate()
        commands.finish(server)

    assert (code, shown.splitlines()[0][:24]) == (0, "2020-01-03  A strike las")
    assert served["events"] == own["events"] != []
    assert commands.run("timeline", "x", "--from", "2020-01-02", "--to", "2020-01-01")[0] == 2


def test_words_of_time_are_shown_with_their_days() -> None:
    day = {"text": "Friday", "start": 3, "end": 9, "first": "2020-01-10", "last": "2020-01-10"}

    assert dated(day) == "Friday (2020-01-10)"
    assert dated(day | {"last": "2020-01-12"}) == "Friday (2020-01-10 to 2020-01-12)"
    assert dated(day | {"last": None}) == "Friday (from 2020-01-10)"
    assert dated(day | {"first": None, "last": None}) == ""


@pytest.mark.parametrize(
    ("text", "corrects"),
    [
        ("The ministry revised the toll to 27 from 25.", True),
        ("An earlier version of this report misstated the date of the vote.", True),
        ("The agency corrected its earlier report that 25 people had died.", True),
        ("Police updated their earlier figure of 25 wounded to 31.", True),
        ("Officials said 27 people died, not 25 as previously reported.", True),
        ("The ministry retracted its claim that the convoy was hit.", True),
        ("An initial count of 25 was wrong, the mayor said.", True),
        ("The minister said the law should be corrected by parliament.", False),
        ("The company updated its software to version 25.", False),
        ("Iraq revised its constitution in 2005.", False),
        ("The ministry plans to revise prices upward.", False),
        ("In an earlier report the UN counted 25 dead.", False),
        ("The teacher corrected 25 essays.", False),
    ],
)
def test_a_correction_is_told_by_its_words(text: str, *, corrects: bool) -> None:
    assert says_it_corrects(text) == corrects


def test_an_article_that_is_removed_meanwhile_has_no_day(make: Callable[..., PassageIndex], encoder: Encoder) -> None:
    index = make(article("undated", UNDATED))
    question = "When was the bridge at Vell closed?"
    sentences = candidates(index, question, retrieve(index, encoder, question, Filters()), 1)
    index.remove("undated")

    assert {words.first for words in dates_of(index, sentences[0])} == {None}
