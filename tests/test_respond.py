"""Answers and abstentions as a whole: what a reader gets, and its JSON."""

from __future__ import annotations

import json
import re
from datetime import date
from typing import TYPE_CHECKING, Any

import pytest

from ingest.store import PassageIndex
from service.errors import ModelNotConfiguredError, QuestionError
from service.pipeline import ask, search
from service.records import Abstention, Answer, Filters
from service.respond import as_json
from tests.invented import article

if TYPE_CHECKING:
    from collections.abc import Callable

    from ingest.embed import Encoder

    Make = Callable[..., PassageIndex]

WIRE = (
    "An explosion at the harbour of Vell killed 12 sailors on Tuesday, the coast guard said. The blast broke windows "
    "across the old town and was heard in Karsa, forty kilometres away. Captain Petar Osk said the crew of the ferry "
    "Ombria had been loading fuel when a pump caught fire. “We heard a hiss and then the whole pier was gone,” said "
    "Osk. Mayor Mira Dolan declared three days of mourning and promised an inquiry into the pier."
)
OTHER_FIGURE = WIRE.replace("12 sailors", "15 sailors")
BREAD = "The bakery of Torv won a prize on Sunday for its rye loaf, which Ilse Brandt bakes in a clay oven."
DEATHS = "How many sailors were killed in the explosion at the harbour of Vell?"

ANSWER_KEYS = {
    *("kind", "question", "query", "mode", "text", "claims", "disagreements", "cited", "considered", "timings_ms"),
    *("model", "prompt_version", "conversation_id", "turn", "usage", "note"),
    "confidence",  # beyond architecture.md
}
ABSTENTION_KEYS = ANSWER_KEYS - {"claims", "disagreements", "cited"} | {"reason", "closest", "readings"}
CLAIM_KEYS = {"text", "speaker", "support", "corroboration", "citations", "dates", "superseded_by"}
CITATION_KEYS = {
    *("marker", "document_id", "passage_id", "start", "end", "quote", "outlet", "title", "published_on", "url"),
}
PASSAGE_KEYS = {
    *("passage_id", "document_id", "start", "end", "text", "score", "outlet", "title", "published_on"),
    "url",  # beyond architecture.md
}


@pytest.fixture(scope="module")
def library(make: Make) -> PassageIndex:
    return make(
        article("wire", WIRE, outlet="The Vell Post", published_on="2021-03-02", url="https://vell.example/1"),
        article("copy", WIRE.replace("windows", "panes"), outlet="Karsa Daily", published_on="2021-03-03"),
        article("other", OTHER_FIGURE, outlet="The Torv Times", published_on="2021-03-04"),
        article("bread", BREAD, outlet="The Torv Times"),
    )


def answer_of(index: PassageIndex, encoder: Encoder, question: str, filters: Filters | None = None) -> Answer:
    result = ask(index, encoder, question, filters=filters or Filters())
    assert isinstance(result, Answer), result
    return result


def check_answer(index: PassageIndex, answer: Answer) -> None:
    """All that holds of any answer."""
    citations = [citation for claim in answer.claims for citation in claim.citations]
    assert [citation.marker for citation in citations] == list(range(1, len(citations) + 1))
    assert [int(marker) for marker in re.findall(r"\[(\d+)\]", answer.text)] == [c.marker for c in citations]
    for citation in citations:
        assert citation.quote
        assert index.document(citation.document_id).text[citation.start : citation.end] == citation.quote
    assert 1 <= len(answer.claims) <= 5
    assert len({claim.text for claim in answer.claims}) == len(answer.claims)
    for claim in answer.claims:
        assert claim.citations
        assert claim.text == claim.citations[0].quote
        assert claim.text in answer.text
        assert 0 <= claim.support.score <= 1
        assert claim.corroboration.documents == len({citation.document_id for citation in claim.citations})
        assert 1 <= claim.corroboration.origins <= claim.corroboration.documents
        assert set(claim.corroboration.outlets) <= {citation.outlet for citation in claim.citations}
    assert set(answer.cited) == {citation.document_id for citation in citations}
    assert not set(answer.cited) & set(answer.considered)
    assert 0 <= answer.confidence <= 1
    assert all(milliseconds >= 0 for milliseconds in answer.timings_ms.values())


@pytest.mark.parametrize(
    "question",
    [
        DEATHS,
        "What did Petar Osk say about the pier?",
        "Who declared days of mourning in Vell?",
        "Who bakes the rye loaf of Torv?",
        "When was the explosion at the harbour of Vell?",
    ],
)
def test_an_answer_is_whole(library: PassageIndex, encoder: Encoder, question: str) -> None:
    check_answer(library, answer_of(library, encoder, question))


def test_copies_are_counted_as_documents_of_one_origin(library: PassageIndex, encoder: Encoder) -> None:
    first = answer_of(library, encoder, DEATHS).claims[0]
    of_twelve = next(claim for claim in answer_of(library, encoder, DEATHS).claims if "12 sailors" in claim.text)

    assert "sailors" in first.text
    assert {citation.document_id for citation in of_twelve.citations} == {"wire", "copy"}
    assert set(of_twelve.corroboration.outlets) == {"The Vell Post", "Karsa Daily"}
    assert (of_twelve.corroboration.documents, of_twelve.corroboration.origins) == (2, 1)


def test_another_figure_is_another_claim(library: PassageIndex, encoder: Encoder) -> None:
    answer = answer_of(library, encoder, DEATHS)

    of_fifteen = next(claim for claim in answer.claims if "15 sailors" in claim.text)
    assert [citation.document_id for citation in of_fifteen.citations] == ["other"]


def test_a_sentence_that_two_newsrooms_wrote_has_two_origins(make: Make, encoder: Encoder) -> None:
    same = "The harbour bridge of Vell was closed on Monday after engineers found cracks in it."
    index = make(
        article("one", f"{same} Ferries will carry the people of the old town until the council has found the money."),
        article("two", f"Snow fell all night in the hills above the lake, and schools stayed shut. {same}"),
    )

    claim = answer_of(index, encoder, "Why was the harbour bridge of Vell closed?").claims[0]

    assert (claim.corroboration.documents, claim.corroboration.origins) == (2, 2)
    assert claim.corroboration.outlets == ()


def test_a_story_that_a_dozen_outlets_copied_leaves_room_for_others_and_is_counted(
    make: Make, encoder: Encoder
) -> None:
    other = "Divers said the sailors killed at the harbour of Vell had been asleep in the hold of the ferry."
    index = make(*(article(f"copy{i}", WIRE, outlet=f"Outlet {i}") for i in range(20)), article("other", other))

    answer = answer_of(index, encoder, "What became of the sailors killed in the explosion at the harbour of Vell?")

    assert "other" in answer.cited
    assert max(claim.corroboration.documents for claim in answer.claims) == 20


def test_filters_decide_what_an_answer_may_use(library: PassageIndex, encoder: Encoder) -> None:
    answer = answer_of(library, encoder, DEATHS, Filters(outlets=("The Torv Times",)))

    check_answer(library, answer)
    assert "15 sailors" in answer.claims[0].text
    assert {*answer.cited, *answer.considered} <= {"other", "bread"}
    assert answer_of(library, encoder, DEATHS, Filters(published_to=date(2021, 3, 2))).cited == ("wire",)


# Abstaining


def test_an_empty_library_is_a_reason_to_abstain(make: Make, encoder: Encoder) -> None:
    result = ask(make(), encoder, DEATHS)

    assert isinstance(result, Abstention)
    assert (result.reason, result.closest, result.considered) == ("empty_library", (), ())
    assert result.confidence == 0


def test_filters_that_nothing_passes_are_no_empty_library(library: PassageIndex, encoder: Encoder) -> None:
    result = ask(library, encoder, DEATHS, filters=Filters(outlets=("No Such Outlet",)))

    assert isinstance(result, Abstention)
    assert (result.reason, result.closest, result.considered) == ("no_evidence", (), ())


def test_what_the_articles_do_not_say_is_not_answered(library: PassageIndex, encoder: Encoder) -> None:
    result = ask(library, encoder, "Which striker won the football cup of Narn in 1974?")

    assert isinstance(result, Abstention)
    assert result.reason == "no_evidence"
    assert 1 <= len(result.closest) <= 3
    assert len({found.document_id for found in result.closest} & {"wire", "copy"}) <= 1
    assert set(result.considered) >= {found.document_id for found in result.closest}


# Questions


@pytest.mark.parametrize(
    "question",
    [
        'sailors"*?(NEAR/2 harbour:Vell AND -x^2 ~[a TO b]',
        "\x00sailors\x1b[31m of Vell?",
        "<script>alert('sailors')</script> [1][2] explosion?",
        "من قتل البحارة في ميناء Vell؟",
        "e\u0301" * 200 + " sailors",
        "🎉 How many sailors [99]?",
        "the of and?",
        "harbour " * 450,
    ],
)
def test_odd_questions_get_an_answer_or_an_abstention(library: PassageIndex, encoder: Encoder, question: str) -> None:
    result = ask(library, encoder, question)

    assert result.question == question
    if isinstance(result, Answer):
        check_answer(library, result)
    json.dumps(as_json(result), allow_nan=False)


@pytest.mark.parametrize("question", ["", "?", "a" * 4_001, "who \udcff left?"])
def test_what_is_no_question_is_refused(library: PassageIndex, encoder: Encoder, question: str) -> None:
    with pytest.raises(QuestionError):
        ask(library, encoder, question)


def test_a_model_is_asked_for_in_vain(library: PassageIndex, encoder: Encoder) -> None:
    with pytest.raises(ModelNotConfiguredError):
        ask(library, encoder, DEATHS, mode="model")


# JSON


def check_plain(value: Any) -> None:
    """Only what JSON has, exactly: a subclass such as numpy's float would pass `json.dumps` and fail elsewhere."""
    assert type(value) in {dict, list, str, int, float, bool, type(None)}, (type(value), value)
    if isinstance(value, dict):
        assert all(type(name) is str for name in value)
        check_plain(list(value.values()))
    elif isinstance(value, list):
        for item in value:
            check_plain(item)


def test_the_json_of_an_answer_is_as_documented(library: PassageIndex, encoder: Encoder) -> None:
    answer = as_json(answer_of(library, encoder, DEATHS))

    check_plain(answer)
    assert json.loads(json.dumps(answer, allow_nan=False)) == answer
    assert set(answer) == ANSWER_KEYS
    assert (answer["kind"], answer["mode"], answer["model"]) == ("answer", "extractive", None)
    for claim in answer["claims"]:
        assert set(claim) == CLAIM_KEYS
        assert set(claim["support"]) == {"score", "verdict", "reason"}
        assert set(claim["corroboration"]) == {"outlets", "origins", "documents"}  # documents: beyond architecture.md
        assert all(set(citation) == CITATION_KEYS for citation in claim["citations"])
    assert "2021-03-02" in {citation["published_on"] for claim in answer["claims"] for citation in claim["citations"]}


def test_the_json_of_an_abstention_is_as_documented(library: PassageIndex, encoder: Encoder) -> None:
    result = as_json(ask(library, encoder, "Which striker won the football cup of Narn in 1974?"))

    check_plain(result)
    assert set(result) == ABSTENTION_KEYS
    assert (result["kind"], result["reason"]) == ("abstention", "no_evidence")
    assert all(set(passage) == PASSAGE_KEYS for passage in result["closest"])


def test_the_json_of_a_search_is_as_documented(library: PassageIndex, encoder: Encoder) -> None:
    result = as_json(search(library, encoder, "explosion", k=2))

    check_plain(result)
    assert set(result) == {"query", "passages", "timings_ms"}
    assert all(set(passage) == PASSAGE_KEYS for passage in result["passages"])


def test_the_json_of_a_document_is_plain(library: PassageIndex) -> None:
    result = as_json(library.document("wire"))

    check_plain(result)
    assert result["published_on"] == "2021-03-02"
    assert result["set_aside"] == []
