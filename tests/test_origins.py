"""Copies of one story have one origin, however they were changed; independent reports of one event have several."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pytest

from eval.origin_texts import REPORTS
from eval.origins import measure, variants
from ingest.origin import SAME, near, story, tie
from ingest.store import PassageIndex
from service.origins import origin_of, shown
from tests.invented import document, stored

if TYPE_CHECKING:
    from pathlib import Path

WIRE, FEATURE, MARKET = REPORTS["dam"]
ON = date(2024, 5, 7)


def made_of(report: str, how: str) -> str:
    return next(one.text for one in variants("dam", report) if one.how == how)


@pytest.mark.parametrize("how", ["abridged", "re-headlined", "reordered", "reworded", "reworded and reordered"])
def test_a_changed_copy_has_the_origin_of_its_story(how: str) -> None:
    assert tie(story(WIRE), story(made_of(WIRE, how))).likeness >= SAME


def test_reports_that_quote_the_same_statement_are_independent() -> None:
    found = tie(story(WIRE), story(FEATURE))

    assert found.likeness < SAME
    assert found.quotes == 2


def test_one_sentence_in_common_makes_no_copy_of_a_short_report() -> None:
    same = "The harbour bridge of Vell was closed on Monday after engineers found cracks in it."
    one = story(f"{same} Ferries carry the people of the old town until the council has found the money.")
    other = story(f"Snow fell all night in the hills above the lake, and schools stayed shut. {same}")

    assert tie(one, other).likeness < SAME
    assert tie(one, one).likeness >= SAME


def test_likeness_is_the_same_either_way_round() -> None:
    one, other = story(WIRE), story(made_of(WIRE, "reworded and abridged"))

    assert tie(one, other) == tie(other, one)


def test_a_text_without_words_is_like_nothing() -> None:
    assert tie(story(""), story("")).likeness == 0
    assert tie(story("“Only a quotation of some length is in it.”"), story(WIRE)).likeness == 0


def test_stories_far_apart_in_time_are_not_compared() -> None:
    assert near(ON, date(2024, 5, 17))
    assert near(None, ON)
    assert not near(ON, date(2024, 5, 18))


def test_copies_are_told_from_reports_and_a_threshold_that_takes_all_is_not_precise() -> None:
    events = {"dam": {str(number): text for number, text in enumerate(REPORTS["dam"])}}

    assert measure(events)["F1"] >= 0.9
    assert measure(events, 0.0)["precision"] < 0.5


@pytest.mark.parametrize("backwards", [False, True])
def test_a_document_shows_its_origin_whatever_came_first_and_after_removals(tmp_path: Path, *, backwards: bool) -> None:
    texts = {"wire": WIRE, "copy": made_of(WIRE, "reworded and reordered"), "feature": FEATURE, "market": MARKET}
    with PassageIndex.open(tmp_path / "library", create=True) as index:
        for id_ in sorted(texts, reverse=backwards):
            index.add([stored(document(texts[id_], id_, outlet=id_.title(), published_on=ON))])

        origin = shown(index, "wire")["origin"]
        assert origin["documents"] == 2
        (other,) = origin["others"]
        assert (other["document_id"], other["outlet"], other["quotes"]) == ("copy", "Copy", 2)
        assert origin_of(index, index.document("feature"))["others"] == []

        index.remove("copy")
        assert origin_of(index, index.document("wire")) == {"documents": 1, "others": []}
