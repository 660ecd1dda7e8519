"""Citations: no quote leaves the service that does not stand in its article."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

import pytest

from ingest.pipeline import ingest
from ingest.store import PassageIndex
from service.answer import draft
from service.cite import check, cite
from service.errors import CitationError
from service.records import Citation, Filters
from service.retrieve import retrieve
from tests.invented import article

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from ingest.embed import Encoder
    from service.answer import Draft

TEXT = "🎉 Zoë Lund said “no”. The bridge of Vell is shut. قال نعم."
CITATION = Citation(
    marker=1,
    document_id="a",
    passage_id="a#0",
    start=22,
    end=49,
    quote="The bridge of Vell is shut.",
    outlet=None,
    title=None,
    published_on=None,
    url=None,
)
BODY = (
    "The harbour bridge of Vell was closed on Monday after engineers found cracks in it. Ferries carry the people now."
)


def test_a_quote_that_stands_where_it_is_said_to_stand_passes() -> None:
    assert TEXT[22:49] == CITATION.quote

    check(CITATION, TEXT)


@pytest.mark.parametrize(
    "changes",
    [
        {"quote": "The bridge of Vell is open."},
        {"quote": "The bridge of Vell is shut"},
        {"quote": "the bridge of Vell is shut."},
        {"quote": ""},
        {"start": 21},
        {"end": 48},
        {"start": 23, "end": 50},
        {"start": 0, "end": 0, "quote": ""},
    ],
    ids=str,
)
def test_a_tampered_citation_is_refused(changes: dict[str, object]) -> None:
    with pytest.raises(CitationError, match="citation 1 does not stand in 'a' as quoted"):
        check(replace(CITATION, **changes), TEXT)  # type: ignore[arg-type]  # one field or another


@pytest.mark.parametrize("text", [None, "", TEXT.removeprefix("🎉 "), TEXT.replace("shut", "open")])
def test_a_citation_of_an_article_that_changed_or_is_gone_is_refused(text: str | None) -> None:
    with pytest.raises(CitationError):
        check(CITATION, text)


@pytest.fixture
def index(tmp_path: Path, encoder: Encoder) -> Iterator[PassageIndex]:
    """Two articles that say the same, and one that does not."""
    articles = [
        article(
            "one",
            BODY,
            outlet="The Vell Post",
            title="Bridge shut",
            published_on="2021-03-02",
            url="https://vell.example/1",
        ),
        article("two", f"🎉 Snow fell all night. {BODY}"),
        article("bread", "The bakery of Torv won a prize for its rye loaf on Sunday."),
    ]
    with PassageIndex.open(tmp_path / "library", create=True) as opened:
        assert ingest(articles, opened, lambda: encoder).added == 3
        yield opened


def drafts_of(index: PassageIndex, encoder: Encoder) -> list[Draft]:
    question = "Why was the harbour bridge of Vell closed?"
    return draft(index, question, retrieve(index, encoder, question, Filters()))


def test_markers_run_through_the_answer_and_each_quote_is_the_articles_own(
    index: PassageIndex, encoder: Encoder
) -> None:
    drafts = drafts_of(index, encoder)

    cited = cite(index, drafts)

    assert len(cited) == len(drafts)
    citations = [citation for of_claim in cited for citation in of_claim]
    assert [citation.marker for citation in citations] == list(range(1, len(citations) + 1))
    for citation in citations:
        text = index.document(citation.document_id).text
        assert text[citation.start : citation.end] == citation.quote
        assert citation.passage_id == f"{citation.document_id}#0"
    assert {citation.document_id for citation in cited[0]} == {"one", "two"}
    (one,) = [citation for citation in cited[0] if citation.document_id == "one"]
    assert (one.outlet, one.title, one.published_on) == ("The Vell Post", "Bridge shut", date(2021, 3, 2))
    assert one.url == "https://vell.example/1"


@pytest.mark.parametrize("change", ["removed", "edited"])
def test_an_article_that_changes_while_it_is_cited_stops_the_answer(
    index: PassageIndex, encoder: Encoder, change: str
) -> None:
    drafts = drafts_of(index, encoder)
    if change == "removed":
        index.remove("one")
    else:
        ingest([article("one", f"Correction: {BODY}")], index, lambda: encoder)

    with pytest.raises(CitationError, match="ask again"):
        cite(index, drafts)


def test_no_draft_is_no_citation(index: PassageIndex) -> None:
    assert cite(index, []) == []
