"""What a reader begins with: articles found by words and dates, the outlets, and questions to press."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pytest
from starlette.testclient import TestClient

from ingest.records import Shelf
from ingest.settings import Settings
from ingest.store import PassageIndex
from service.api.app import create_app
from service.examples import examples
from service.pipeline import ask
from service.records import Answer
from tests.invented import document, stored

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from ingest.embed import Encoder


@pytest.fixture(scope="module")
def shelves(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PassageIndex]:
    with PassageIndex.open(tmp_path_factory.mktemp("shelves") / "library", create=True) as index:
        index.add(
            [
                stored(
                    document("One.", "a", title="Harbour strike ends", outlet="Daily", published_on=date(2020, 1, 1))
                ),
                stored(
                    document("Two.", "b", title="Airport STRIKE goes on", outlet="Daily", published_on=date(2020, 1, 2))
                ),
                stored(document("Three.", "c", title="100% rain", outlet="Weekly", published_on=date(2020, 1, 3))),
                stored(document("Four.", "strike.txt")),
            ]
        )
        yield index


@pytest.mark.parametrize(
    ("shelf", "ids"),
    [
        (Shelf(words="strike"), ["b", "a", "strike.txt"]),
        (Shelf(words="  Strike daily "), ["b", "a"]),
        (Shelf(words="100%"), ["c"]),
        (Shelf(words="_"), []),
        (Shelf(first=date(2020, 1, 2)), ["c", "b"]),
        (Shelf(last=date(2020, 1, 2), words="strike"), ["b", "a"]),
        (Shelf("Weekly", first=date(2020, 1, 3), last=date(2020, 1, 3)), ["c"]),
    ],
)
def test_articles_are_found_by_words_outlet_and_dates(shelves: PassageIndex, shelf: Shelf, ids: list[str]) -> None:
    found, total = shelves.documents(limit=10, offset=0, shelf=shelf)

    assert [one.id for one in found] == ids
    assert total == len(ids)


def test_outlets_come_with_how_many_articles_they_have(shelves: PassageIndex) -> None:
    assert shelves.outlets() == [("Daily", 2), ("Weekly", 1)]


def test_examples_are_questions_that_the_library_answers(index: PassageIndex, encoder: Encoder) -> None:
    found = examples(index)

    assert len(found) == 4
    assert all(isinstance(ask(index, encoder, question), Answer) for question in found)


def test_the_start_says_what_there_is(index: PassageIndex, encoder: Encoder) -> None:
    client = TestClient(create_app(index, encoder, Settings(_env_file=None)), base_url="http://127.0.0.1")

    start = client.get("/v1/start").json()
    listed = client.get("/v1/documents", params={"query": "pompeo", "from": "2020-01-10", "to": "2020-01-10"}).json()

    assert start["documents"] == 5
    assert len(start["outlets"]) == 5
    assert start["examples"] == examples(index)
    assert listed["total"] == 1


def test_an_empty_library_has_no_examples(tmp_path: Path) -> None:
    with PassageIndex.open(tmp_path / "library", create=True) as index:
        assert examples(index) == []
        assert index.outlets() == []
