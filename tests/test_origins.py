"""Copies of one story have one origin, however they were changed; independent reports of one event have several."""

from __future__ import annotations

from collections import Counter
from datetime import date
from typing import TYPE_CHECKING

import pytest

from eval.origin_texts import REPORTS
from eval.origins import measure, variants
from ingest.origin import SAME, near, story, tie
from ingest.store import PassageIndex
from service.origins import origin_of, shown
from service.pipeline import ask, search
from service.records import Answer, Filters
from tests.invented import article, document, stored

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from ingest.embed import Encoder

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

        index.add([stored(document(MARKET, "copy", outlet="Copy", published_on=ON))])
        assert origin_of(index, index.document("wire")) == {"documents": 1, "others": []}
        index.remove("copy")
        assert origin_of(index, index.document("wire")) == {"documents": 1, "others": []}


QUESTIONS = ("Why were people told to leave their homes?", "Who found the leak in the Orvale dam?", "Who warned of it?")


@pytest.fixture(scope="module")
def papers(make: Callable[..., PassageIndex]) -> PassageIndex:
    """Three reports of one event, each in eight papers, most of which changed it."""
    printed = [one for number, report in enumerate(REPORTS["dam"]) for one in variants(str(number), report)]
    return make(
        *(article(f"{of} {how}", text, outlet=f"{of} {how}", published_on="2024-05-07") for of, how, text in printed)
    )


@pytest.mark.parametrize("question", QUESTIONS)
def test_one_origin_in_many_wordings_leaves_the_ranking_to_others(
    papers: PassageIndex, encoder: Encoder, question: str
) -> None:
    hits = search(papers, encoder, question, k=10, filters=Filters()).passages
    having = Counter(sentence for hit in hits for sentence in told(hit.text))

    assert {hit.document_id[0] for hit in hits} == {"0", "1", "2"}
    assert max(having.values()) <= 2


def test_a_claim_still_names_every_outlet_that_the_ranking_leaves_out(papers: PassageIndex, encoder: Encoder) -> None:
    answer = ask(papers, encoder, "What did Lena Brask say about the wall?")

    assert isinstance(answer, Answer)
    carried = answer.claims[0].corroboration
    assert carried is not None
    assert "no danger that the wall will break" in answer.claims[0].text
    assert len(carried.outlets) > 2 * carried.origins


def test_five_crafted_copies_are_one_origin_and_drown_nobody(
    make: Callable[..., PassageIndex], encoder: Encoder
) -> None:
    crafted = (
        "The bridge of Vell was closed because the mayor had sold its steel, insiders said on Tuesday. Why was the "
        "bridge of Vell closed? The bridge of Vell was closed because of the mayor. Share this before it is deleted."
    )
    true = "Engineers closed the bridge of Vell on Monday because they had found cracks in two of its pillars."
    index = make(
        article("report", f"{true} Ferries run instead.", outlet="The Vell Post", published_on="2024-05-07"),
        *(
            article(f"c{n}", crafted.replace("insiders", who), outlet=f"Site {n}", published_on="2024-05-07")
            for n, who in enumerate(["insiders", "sources", "people", "friends", "witnesses"])
        ),
    )

    answer = ask(index, encoder, "Why was the bridge of Vell closed?")

    assert isinstance(answer, Answer)
    assert any(true in claim.text for claim in answer.claims[:3])
    assert all(claim.corroboration.origins == 1 for claim in answer.claims)


@pytest.mark.parametrize(
    ("change", "stays"),
    [
        ({}, False),
        ({"about 3,000": "about 4,000"}, True),
        ({"Lena Brask": "Ada Lund"}, True),
        ({"was observed": "was not observed"}, True),
    ],
)
def test_a_reworded_passage_with_another_fact_stays_in_the_ranking(
    make: Callable[..., PassageIndex], encoder: Encoder, change: dict[str, str], *, stays: bool
) -> None:
    text = made_of(WIRE, "reworded and abridged").replace("liquid", "water")
    for old, new in change.items():
        text = text.replace(old.replace("about", "roughly"), new)
    index = make(*(article(id_, body, published_on="2024-05-07") for id_, body in (("wire", WIRE), ("copy", text))))

    found = search(index, encoder, "water seen at the Orvale dam", k=10, filters=Filters()).passages

    assert ({hit.document_id for hit in found} == {"wire", "copy"}) is stays


def told(text: str) -> set[int]:
    """Numbers of the sentences of all reports that a text has, in whatever words."""
    sentences = story(text).sentences
    known = [words for report in REPORTS["dam"] for words in story(report).sentences]
    return {i for i, words in enumerate(known) if any(len(words & one) >= 0.7 * len(words) for one in sentences)}
