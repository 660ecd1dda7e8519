"""The passages for a question: the right ones, each story once, within the filters."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import numpy as np
import pytest

from ingest.store import PassageIndex
from service.copies import same_story
from service.errors import QuestionError
from service.pipeline import search
from service.records import Filters
from service.retrieve import retrieve
from tests.invented import article

if TYPE_CHECKING:
    from collections.abc import Callable

    from ingest.embed import Encoder
    from ingest.records import RawArticle

    Make = Callable[..., PassageIndex]

BLAST = (
    "An explosion at the harbour of Vell killed 12 sailors on Tuesday, the coast guard said. The blast broke windows "
    "across the old town and was heard in Karsa, forty kilometres away. Captain Petar Osk said the crew of the ferry "
    "Ombria had been loading fuel when a pump caught fire. Mayor Mira Dolan declared three days of mourning and "
    "promised an inquiry into the safety of the pier, which was built by a company that no longer exists."
)
BREAD = "The bakery of Torv won a prize on Sunday for its rye loaf, which Ilse Brandt bakes in a clay oven."
TAX = "Parliament in Karsa voted on Friday to raise the tax on fuel by a tenth, Finance Minister Ana Lund said."
MUSEUM = "The museum of Torv opened a hall of ship models, and entry is free until May, its curator said."


def news() -> list[RawArticle]:
    return [
        article("blast", BLAST, outlet="The Vell Post", published_on="2021-03-02", title="Explosion at harbour"),
        article("bread", BREAD, outlet="The Torv Times", published_on="2021-03-07"),
        article("tax", TAX, outlet="Karsa Daily", published_on="2021-03-12"),
        article("museum", MUSEUM, outlet="The Torv Times"),
    ]


@pytest.fixture(scope="module")
def library(make: Make) -> PassageIndex:
    return make(*news())


def ids(index: PassageIndex, encoder: Encoder, query: str, filters: Filters | None = None, k: int = 10) -> list[str]:
    return [found.document_id for found in search(index, encoder, query, k=k, filters=filters or Filters()).passages]


@pytest.mark.parametrize(
    ("query", "best"),
    [
        ("How many sailors died at the harbour of Vell?", "blast"),
        ("Who bakes rye bread in Torv?", "bread"),
        ("levy on petrol", "tax"),
        ("EXPLOSION", "blast"),
        ("exhibition of boats in miniature", "museum"),
    ],
)
def test_the_best_passage_is_first_by_words_or_by_meaning(
    library: PassageIndex, encoder: Encoder, query: str, best: str
) -> None:
    assert ids(library, encoder, query)[0] == best


def test_a_passage_is_found_as_it_stands_in_its_document(library: PassageIndex, encoder: Encoder) -> None:
    result = search(library, encoder, "explosion at the harbour", k=2)

    assert result.query == "explosion at the harbour"
    assert len(result.passages) == 2
    assert set(result.timings_ms) >= {"embed", "search", "rank"}
    assert [found.score for found in result.passages] == sorted((f.score for f in result.passages), reverse=True)
    for found in result.passages:
        document = library.document(found.document_id)
        assert document.text[found.start : found.end] == found.text
        assert found.passage_id == f"{found.document_id}#0"
    best = result.passages[0]
    assert (best.outlet, best.title, best.published_on) == ("The Vell Post", "Explosion at harbour", date(2021, 3, 2))


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        (Filters(), {"blast", "bread", "tax", "museum"}),
        (Filters(outlets=("The Torv Times",)), {"bread", "museum"}),
        (Filters(outlets=("The Torv Times", "Karsa Daily")), {"bread", "museum", "tax"}),
        (Filters(published_from=date(2021, 3, 7)), {"bread", "tax"}),
        (Filters(published_to=date(2021, 3, 7)), {"blast", "bread"}),
        (Filters(("The Torv Times",), date(2021, 3, 1), date(2021, 3, 31)), {"bread"}),
        (Filters(outlets=("the torv times",)), set()),
        (Filters(published_from=date(2022, 1, 1)), set()),
        (Filters(published_from=date(2021, 3, 7), published_to=date(2021, 3, 1)), set()),
    ],
)
def test_only_what_passes_the_filters_is_found(
    library: PassageIndex, encoder: Encoder, filters: Filters, expected: set[str]
) -> None:
    assert set(ids(library, encoder, "harbour bakery tax museum", filters)) == expected


def test_an_empty_library_finds_nothing(make: Make, encoder: Encoder) -> None:
    assert ids(make(), encoder, "explosion") == []


def test_no_more_than_k_are_returned(library: PassageIndex, encoder: Encoder) -> None:
    assert len(ids(library, encoder, "harbour", k=1)) == 1
    assert len(ids(library, encoder, "harbour", k=100)) == 4


COPIES = {
    "the same words": BLAST,
    "one word changed": BLAST.replace("windows", "panes"),
    "a sentence cut": BLAST.split(" Mayor Mira Dolan")[0],
    "a sentence added": f"{BLAST} The ferry had been built in Torv.",
}
OTHERS = {
    "another figure": BLAST.replace("12", "15"),
    "another figure in words": BLAST.replace("12", "twelve").replace("forty", "fifty"),
    "another name": BLAST.replace("Petar Osk", "Ivo Marin"),
    "the same event in other words": (
        "Twelve seamen lost their lives in Vell when fuel exploded beside the ferry Ombria, officials reported."
    ),
}


@pytest.mark.parametrize("change", COPIES)
def test_a_copy_of_a_wire_story_is_returned_once(make: Make, encoder: Encoder, change: str) -> None:
    index = make(
        article("one", BLAST, outlet="The Vell Post"),
        article("two", COPIES[change], outlet="Karsa Daily"),
        article("bread", BREAD),
    )

    found = ids(index, encoder, "explosion at the harbour of Vell")

    assert len({"one", "two"} & set(found)) == 1
    copies = [ranked.copy_of for ranked in retrieve(index, encoder, "explosion at the harbour", Filters()).ranked]
    assert len(copies) == 3
    assert sorted(copy or "" for copy in copies)[:2] == ["", ""]
    assert sorted(copy or "" for copy in copies)[2] in {"one", "two"}


@pytest.mark.parametrize("change", OTHERS)
def test_another_figure_or_name_makes_it_another_story(make: Make, encoder: Encoder, change: str) -> None:
    one = BLAST.replace("12", "twelve") if change == "another figure in words" else BLAST
    index = make(article("one", one), article("two", OTHERS[change]))

    assert set(ids(index, encoder, "explosion at the harbour of Vell")) == {"one", "two"}


def test_a_denial_is_no_copy_of_what_it_denies(make: Make, encoder: Encoder) -> None:
    denial = BLAST.replace("the coast guard said", "the coast guard did not say")
    index = make(article("one", BLAST.replace("said. The", "did say. The")), article("two", denial))

    assert set(ids(index, encoder, "explosion at the harbour of Vell")) == {"one", "two"}


def test_many_copies_of_one_story_leave_room_for_others(make: Make, encoder: Encoder) -> None:
    other = "Divers in Vell found the pump of the burnt ferry, the harbour master said."
    index = make(*(article(f"copy{i}", BLAST) for i in range(60)), article("other", other))

    assert set(ids(index, encoder, "explosion at the harbour of Vell")) > {"other"}


def test_stories_are_the_same_when_most_of_their_sketches_are() -> None:
    assert same_story(frozenset(range(10)), frozenset(range(9)))
    assert not same_story(frozenset(range(10)), frozenset(range(5, 15)))
    assert not same_story(frozenset(), frozenset())


@pytest.mark.parametrize(
    "query",
    [
        'who"*?(NEAR/2 harbour:Vell AND -x^2 ~[a TO b]',
        "\x00 harbour \x1b[31m",
        "the of and?",
        "谁在港口？",
        "من في الميناء؟",
        "²½Ⅷ",
        "harbour " * 500,
        "e\u0301" * 300,
        "'; DROP TABLE documents; --",
        "a\u202eb\u200bc",
        "🎉 1",
    ],
)
def test_no_character_of_a_question_is_an_operator(library: PassageIndex, encoder: Encoder, query: str) -> None:
    retrieved = retrieve(library, encoder, query, Filters())

    assert len(retrieved.ranked) == 4
    assert all(np.isfinite(ranked.score) for ranked in retrieved.ranked)
    assert len(retrieved.words) == (retrieved.ranked[0].similarities.shape[1])
    assert len(ids(library, encoder, query)) == 4


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("", "no word"),
        (" \n", "no word"),
        ("?!…", "no word"),
        ("🎉", "no word"),
        ("_", "no word"),
        ("a" * 4_001, "4,001 characters"),
        ("who \ud800 left?", "half a character"),
    ],
)
def test_what_is_no_question_is_refused(library: PassageIndex, encoder: Encoder, query: str, message: str) -> None:
    with pytest.raises(QuestionError, match=message):
        search(library, encoder, query)
