"""The sentences that answer: what is asked for, whose words, and which sentences say the same."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from ingest.store import PassageIndex, PassageRow
from service import expect
from service.answer import Features, Sentence, draft
from service.merge import merge, say_the_same
from service.pipeline import ask
from service.records import Answer, Filters
from service.retrieve import retrieve
from tests.invented import article

if TYPE_CHECKING:
    from collections.abc import Callable

    from ingest.embed import Encoder
    from service.expect import Kind

    Make = Callable[..., PassageIndex]

SPEECHES = (
    "Engineers closed the harbour bridge of Vell on Monday after cracks were found. “The bridge is safe and it will "
    "open again before the summer,” Mayor Mira Dolan said. Captain Petar Osk disagreed. “Nobody should cross that "
    "bridge, it will fall in the next storm,” Osk told reporters. Minister Ana Lund said the bridge would be replaced "
    "next year."
)


@pytest.fixture(scope="module")
def speeches(make: Make) -> PassageIndex:
    return make(article("speeches", SPEECHES))


def claims(index: PassageIndex, encoder: Encoder, question: str) -> list[str]:
    result = ask(index, encoder, question)
    assert isinstance(result, Answer), result
    return [claim.text for claim in result.claims]


@pytest.mark.parametrize(
    ("question", "kind"),
    [
        ("How many sailors died?", "number"),
        ("How old is the bridge?", "number"),
        ("What is the population of Vell?", "number"),
        ("When did the bridge close?", "date"),
        ("On what day did the storm come?", "date"),
        ("Who closed the bridge?", "name"),
        ("Which company built the pier?", "name"),
        ("Where did the ferry sail?", "place"),
        ("In which city is the museum?", "place"),
        ("Why did the bridge close?", "reason"),
        ("What caused the fire?", "reason"),
        ("What did Mira Dolan say about the bridge?", "statement"),
        ("What has the minister announced?", "statement"),
        ("How did the mayor respond?", "statement"),
        ("What was the reaction of the council?", "statement"),
        ("What happened to the bridge?", "thing"),
        ("Tell me of Vell", "thing"),
    ],
)
def test_the_kind_of_thing_that_a_question_asks_for(question: str, kind: Kind) -> None:
    assert expect.kind(question) == kind


@pytest.mark.parametrize(
    ("question", "speaker"),
    [
        ("What did Mira Dolan say about the bridge?", "Mira Dolan"),
        ("What has the coast guard announced?", "the coast guard"),
        ("What was the reaction of the council?", "the council?"),
        ("What, according to Petar Osk, will fall?", "Petar Osk"),
        ("Who closed the bridge?", ""),
    ],
)
def test_whose_statement_is_asked_for(question: str, speaker: str) -> None:
    assert expect.speaker(question) == speaker


@pytest.mark.parametrize(
    ("kind", "sentence", "has"),
    [
        ("number", "At least 25 sailors died.", True),
        ("number", "Dozens of sailors died.", True),
        ("number", "Fourteen sailors died.", True),
        ("number", "Some sailors died.", False),
        ("date", "It closed on Monday.", True),
        ("date", "It closed in 1987.", True),
        ("date", "It closed soon.", False),
        ("name", "Then Mira Dolan left.", True),
        ("name", "Then the mayor of Vell left.", False),  # the question has it already
        ("place", "They sailed to Karsa.", True),
        ("place", "They sailed away.", False),
        ("reason", "It closed because of cracks.", True),
        ("reason", "It closed.", False),
        ("statement", "“It is safe,” she said.", True),
        ("statement", "It closed.", False),
        ("thing", "It closed.", True),
    ],
)
def test_whether_a_sentence_has_such_a_thing(kind: Kind, sentence: str, has: bool) -> None:
    assert expect.has(kind, sentence, {"vell", "who", "left"}) is has


@pytest.mark.parametrize(
    ("question", "words"),
    [
        ("What did Mira Dolan say about the bridge?", "open again before the summer"),
        ("What did Petar Osk say about the bridge?", "fall in the next storm"),
        ("What did Ana Lund say about the bridge?", "replaced next year"),
    ],
)
def test_the_words_of_who_is_asked_for_come_before_those_of_others(
    speeches: PassageIndex, encoder: Encoder, question: str, words: str
) -> None:
    assert words in claims(speeches, encoder, question)[0]


def test_the_best_sentence_of_a_passage_is_chosen(speeches: PassageIndex, encoder: Encoder) -> None:
    assert claims(speeches, encoder, "Why did engineers close the harbour bridge?")[0].endswith("cracks were found.")


def test_no_claim_repeats_another_and_none_is_of_more_than_five(make: Make, encoder: Encoder) -> None:
    bodies = [
        f"{lead} The harbour bridge of Vell was closed on Monday after cracks were found. Ferries carry the people "
        f"of Vell now, and the bridge stays closed. {number} workers repair the harbour bridge of Vell."
        for number, lead in enumerate(
            ("Snow fell.", "It rained.", "The sun shone.", "Wind blew.", "Fog came."), start=20
        )
    ]
    index = make(*(article(f"a{i}", body, outlet=f"Outlet {i}") for i, body in enumerate(bodies)))

    texts = claims(index, encoder, "What happened to the harbour bridge of Vell?")

    assert 1 <= len(texts) <= 5
    assert len(set(texts)) == len(texts)
    assert sum("cracks were found" in text for text in texts) <= 1


def test_what_several_articles_say_is_one_draft_with_each_of_them(make: Make, encoder: Encoder) -> None:
    same = "The harbour bridge of Vell was closed on Monday after engineers found cracks in it."
    index = make(article("one", f"{same} Ferries sail."), article("two", f"Snow fell all night. {same}"))

    best = draft(index, "Why was the bridge of Vell closed?", retrieve(index, encoder, "bridge of Vell", Filters()))[0]

    assert {sentence.row.document_id for sentence in best.sentences} == {"one", "two"}
    assert [found.score for found in best.sentences] == sorted((found.score for found in best.sentences), reverse=True)


def test_the_features_of_a_sentence_are_shares(speeches: PassageIndex, encoder: Encoder) -> None:
    question = "What did Mira Dolan say about the bridge?"

    drafts = draft(speeches, question, retrieve(speeches, encoder, question, Filters()))

    assert len(drafts) == 3  # of five sentences two are said by others
    for found in drafts:
        (only,) = found.sentences
        assert "Osk told" not in only.text
        assert "Lund said" not in only.text
        assert only.text == SPEECHES[only.start : only.end]
        assert all(-0.5 <= value <= 1.001 for value in only.features)


def test_nothing_retrieved_is_nothing_drafted(make: Make, encoder: Encoder) -> None:
    index = make()

    assert draft(index, "Who left?", retrieve(index, encoder, "Who left?", Filters())) == []


# Saying the same


def sentence(text: str, document_id: str = "a", index: PassageIndex | None = None) -> Sentence:
    row = PassageRow(
        key=1,
        document_key=1,
        document_id=document_id,
        ordinal=0,
        start=0,
        end=len(text),
        text=text,
        sentences=np.array([[0, len(text), 0, 0]], np.int32),
        stems="",
        tokens_at=0,
        n_tokens=0,
        sketch=np.array([], np.uint64),
        title=None,
        outlet=None,
        published_on=None,
        url=None,
    )
    stems = frozenset(index.terms(text)) if index else frozenset(text.lower().split())
    features = Features(*[0.0] * len(Features._fields))
    return Sentence(row, 0, len(text), text, stems, stems, features, 0.0)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("The mayor of Vell closed the old harbour bridge.", "The mayor of Vell closed the old harbour bridge."),
        (
            "The mayor of Vell closed the old harbour bridge on Monday.",
            "On Monday the mayor of Vell closed the old harbour bridge, officials said.",
        ),
        (
            "“We will rebuild the harbour bridge before the summer,” Dolan said.",
            "Speaking at noon, the mayor told radio: “We will rebuild the harbour bridge before the summer.”",
        ),
        (
            "The old harbour bridge of Vell was built in 1987.",
            "The old harbour bridge of Vell was built in 1987, officials said.",
        ),
        ("It closed.", "It closed."),
        ("Dolan met Ana Lund-Osk at the old harbour.", "Dolan met Ana Lund-Osk at the old harbour."),
    ],
)
def test_these_say_the_same(speeches: PassageIndex, one: str, other: str) -> None:
    assert say_the_same(sentence(one, "a", speeches), sentence(other, "b", speeches))
    assert say_the_same(sentence(other, "b", speeches), sentence(one, "a", speeches))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("The blast killed 12 sailors of the ferry Ombria.", "The blast killed 15 sailors of the ferry Ombria."),
        (
            "The blast killed twelve sailors of the ferry Ombria.",
            "The blast killed nineteen sailors of the ferry Ombria.",
        ),
        ("The mayor of Vell will resign from the board.", "The mayor of Vell will not resign from the board."),
        ("The mayor of Vell did resign from the board.", "The mayor of Vell didn’t resign from the board."),
        (
            "“We lost 25 sailors in the explosion at the harbour,” Osk said.",
            "“We lost 35 sailors in the explosion at the harbour,” Osk said.",
        ),
        (
            "“We will rebuild the harbour bridge of Vell,” Dolan said.",
            "“We will not rebuild the harbour bridge of Vell,” Dolan said.",
        ),
        ("“The old bridge is safe,” Dolan said.", "Dolan said the old bridge is safe."),
        (
            "Mira Dolan accused Petar Osk of hiding the report on the explosion.",
            "Petar Osk accused Mira Dolan of hiding the report on the explosion.",
        ),
        (
            "Mira Dolan wants the old harbour bridge of Vell replaced before the summer.",
            "Petar Osk wants the old harbour bridge of Vell replaced before the summer.",
        ),
        ("It closed.", "It opened."),
        ("The bakery of Torv won a prize for its rye loaf.", "The mayor of Vell closed the old harbour bridge."),
    ],
)
def test_these_do_not_say_the_same(speeches: PassageIndex, one: str, other: str) -> None:
    assert not say_the_same(sentence(one, "a", speeches), sentence(other, "b", speeches))
    assert not say_the_same(sentence(other, "b", speeches), sentence(one, "a", speeches))


@pytest.mark.xfail(strict=True, reason="sentences are compared as sets of words, of which a quarter may differ")
@pytest.mark.parametrize(
    ("one", "other"),
    [
        (
            "Exports from the harbour of Vell rose last year, the ministry of trade said.",
            "Exports from the harbour of Vell fell last year, the ministry of trade said.",
        ),
    ],
    ids=["opposite"],
)
def test_these_contradict_each_other(speeches: PassageIndex, one: str, other: str) -> None:
    assert not say_the_same(sentence(one, "a", speeches), sentence(other, "b", speeches))


def test_merging_keeps_the_order_and_one_sentence_of_each_document() -> None:
    texts = [
        ("The mayor of Vell closed the old harbour bridge.", "a"),
        ("The bakery of Torv won a prize for its loaf.", "b"),
        ("The mayor of Vell closed the old harbour bridge.", "b"),
        ("The mayor of Vell closed the old harbour bridge.", "a"),
    ]

    groups = merge([sentence(text, document_id) for text, document_id in texts])

    assert [[found.row.document_id for found in group] for group in groups] == [["a", "b"], ["b"]]
    assert merge([]) == []


def test_a_sentence_that_goes_on_with_he_is_not_asked_for_the_name_again(make: Make, encoder: Encoder) -> None:
    lead = "Jamal Zeller was found guilty of fraud by a court in Vell on Monday."
    index = make(article("trial", f"{lead} The room was full. He was seized at the airport of Karsa, said the police."))
    question = "Where did the police seize Jamal Zeller?"

    drafts = draft(index, question, retrieve(index, encoder, question, Filters()))
    of = {one.sentences[0].text: one.sentences[0].features for one in drafts}
    told, asked = of[lead], next(features for text, features in of.items() if text.startswith("He was seized"))

    assert asked.asked > asked.interaction
    assert told.asked < told.interaction


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (
            "The United Kingdom answered the raid with a wave of strikes on rebel camps, killing at least 25 people.",
            "The UK replied to the raid with a wave of strikes on the rebels’ camps, killing at least 25 people.",
        ),
        (
            "Gen. Ada Quill, chair of the Joint Staff, and Defence Secretary Bo Rand said they had no plans to go.",
            "General Ada Quill, who chairs the Joint Staff, and Secretary of Defense Bo Rand had no plan to go.",
        ),
    ],
    ids=["countries", "offices"],
)
def test_what_two_outlets_say_in_other_words_is_one_claim_of_both(
    make: Make, encoder: Encoder, one: str, other: str
) -> None:
    index = make(article("a", one), article("b", f"Markets fell on Monday. {other}"))

    drafts = draft(index, one, retrieve(index, encoder, one, Filters()))

    assert {found.row.document_id for found in drafts[0].sentences} == {"a", "b"}


@pytest.mark.parametrize(
    ("said", "instead", "other"),
    [
        ("Quill called Rand about the bridge late at night.", "Quill called Rand", "Rand called Quill"),
        ("The strikes on the bases killed at least 25 people there.", "25", "31"),
        ("The ferry left the harbour of Vell on Monday morning with cars.", "Monday", "Sunday"),
        ("He was seized at the airport with a ticket in May by officers.", "He", "She"),
        ("The mayor of Vell opened the bridge before a large crowd.", "Vell", "Karsa"),
        ("French planes met the German army at night.", "French planes met the German", "German planes met the French"),
    ],
    ids=["who called whom", "figure", "day", "person", "place", "countries"],
)  # fmt: skip
def test_what_is_alike_and_another_thing_is_not_one_claim(
    make: Make, encoder: Encoder, said: str, instead: str, other: str
) -> None:
    index = make(article("a", said), article("b", said.replace(instead, other)))

    drafts = draft(index, said, retrieve(index, encoder, said, Filters()))

    assert [len(found.sentences) for found in drafts] == [1, 1]
