"""Generated libraries: the same every time, as mixed as promised, of any length."""

from __future__ import annotations

import itertools
import json
import tracemalloc
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from eval.data import DataError
from eval.generate import FILTERS, SETS, Run, articles, questions, read_runs, write
from ingest.split import split
from tests.invented import document

if TYPE_CHECKING:
    from collections.abc import Iterator

    from eval.generate import Article


@pytest.fixture(scope="module")
def sources(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that looks like the one of the source texts."""
    data = tmp_path_factory.mktemp("data")
    for name in SETS:
        (data / name).mkdir()
        lines = [json.dumps({"text": _text(f"{name} {number}")}) for number in range(20)]
        (data / name / "corpus.jsonl").write_text("\n".join(lines), encoding="utf-8")
        asked = [json.dumps({"question": f"Who asked number {number} of {name}?"}) for number in range(30)]
        (data / name / "questions.jsonl").write_text("\n".join(asked), encoding="utf-8")
    return data


@pytest.fixture(scope="module")
def runs(sources: Path) -> list[Run]:
    return read_runs(sources)


def _text(topic: str) -> str:
    return " ".join(f"The mayor of Porto Alegre spoke of {topic} for the {turn}th time." for turn in range(4, 15))


def _taken(made: Iterator[Article], n: int) -> list[Article]:
    return list(itertools.islice(made, n))


def test_the_same_seed_gives_the_same_articles(sources: Path, runs: list[Run]) -> None:
    again = _taken(articles(read_runs(sources)), 50)

    assert _taken(articles(runs), 50) == again


def test_another_seed_gives_other_articles(sources: Path, runs: list[Run]) -> None:
    others = _taken(articles(read_runs(sources, seed=1), seed=1), 50)

    assert {article["text"] for article in _taken(articles(runs), 50)}.isdisjoint(one["text"] for one in others)


def test_a_large_library_begins_with_a_small_one(tmp_path: Path, runs: list[Run]) -> None:
    small, large = tmp_path / "small.jsonl", tmp_path / "large.jsonl"

    write(small, articles(runs), 40)
    write(large, articles(runs), 400)

    assert large.read_text(encoding="utf-8").startswith(small.read_text(encoding="utf-8"))


def test_no_two_articles_are_equal_down_to_the_last_one() -> None:
    few = [Run(f"{name} came first. Then came others.", 9) for name in ("Ada", "Ben", "Cleo", "Dan", "Eve")]

    texts = [article["text"] for article in articles(few)]

    assert len(texts) == len(set(texts)) == 5 * 4


@pytest.mark.parametrize(("name", "of_a_thousand"), [("half", 500), ("1 %", 10)])
def test_filters_match_what_they_promise(runs: list[Run], name: str, of_a_thousand: int) -> None:
    made = _taken(articles(runs), 1000)
    outlets = Counter(article["outlet"] for article in made)
    dates = FILTERS[f"dates, {name}"]
    first, last = str(dates["published_from"]), str(dates.get("published_to", "9999"))
    wanted = FILTERS[f"outlet, {name}"]["outlets"]

    assert isinstance(wanted, list)
    assert sum(outlets[outlet] for outlet in wanted) == of_a_thousand
    assert sum(first <= article["published_on"] <= last for article in made) == of_a_thousand


def test_an_article_has_the_length_of_news(runs: list[Run]) -> None:
    n_passages = [len(split(document(article["text"]))) for article in _taken(articles(runs), 60)]

    assert min(n_passages) >= 2
    assert max(n_passages) <= 7
    assert 3 <= sum(n_passages) / len(n_passages) <= 6


def test_sentences_stay_together_as_they_were(sources: Path, runs: list[Run]) -> None:
    source = "\n".join(path.read_text(encoding="utf-8") for path in sources.glob("*/corpus.jsonl"))

    paragraphs = {part for article in _taken(articles(runs), 100) for part in article["text"].split("\n\n")}

    assert all(paragraph in source and paragraph.count(".") in range(2, 5) for paragraph in paragraphs)


def test_writing_ten_times_as_much_takes_no_more_memory(tmp_path: Path, runs: list[Run]) -> None:
    peaks = []
    for n_passages in (300, 3000):
        made = articles(runs)
        tracemalloc.start()
        write(tmp_path / "articles.jsonl", made, n_passages)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()

    assert peaks[1] < peaks[0] + 100_000


def test_questions_are_shuffled_and_come_once(sources: Path) -> None:
    asked = questions(sources)

    assert len(asked) == len(set(asked)) == 60
    assert asked != sorted(asked)


def test_a_folder_without_the_source_texts_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"squad2_dev/corpus\.jsonl cannot be read .*--data"):
        read_runs(tmp_path)
