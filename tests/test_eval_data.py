"""Sets of questions: every form is read into one, and what is wrong is told with its place."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from eval.data import DataError, in_split, read
from ingest.records import RawArticle

if TYPE_CHECKING:
    from pathlib import Path

GOOD = {"id": "q1", "question": "What did the bridge cost?", "answerable": True, "relevant": ["a"], "answers": ["nine"]}


def write(
    folder: Path, *questions: object, corpus: str = '{"id": "a", "text": "The bridge cost nine crowns."}\n'
) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / "corpus.jsonl").write_text(corpus)
    lines = [question if isinstance(question, str) else json.dumps(question) for question in questions]
    (folder / "questions.jsonl").write_text("\n".join(lines) + "\n")
    return folder


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ("{", ["questions.jsonl:2", "no JSON"]),
        ("[]", ["questions.jsonl:2", "object"]),
        ({"id": "q2", "question": "Who?"}, ["questions.jsonl:2", "'answerable'", "missing"]),
        (GOOD | {"id": 2}, ["questions.jsonl:2", "'id'", "str", "int"]),
        (GOOD | {"id": "q2", "question": " "}, ["questions.jsonl:2", "'question'", "empty"]),
        (GOOD | {"id": "q2", "answerable": "yes"}, ["questions.jsonl:2", "'answerable'", "bool"]),
        (GOOD | {"id": "q2", "evidence": "text"}, ["questions.jsonl:2", "'evidence'", "list"]),
        (GOOD | {"id": "q2", "relevant": [1]}, ["questions.jsonl:2", "'relevant'", "list of texts"]),
        (GOOD | {"id": "q2", "disagreements": ["no"]}, ["questions.jsonl:2", "'disagreements'", "objects"]),
        (GOOD, ["questions.jsonl", "'q1'", "two questions"]),
    ],
)
def test_a_broken_question_is_told_with_file_line_and_field(tmp_path: Path, wrong: Any, words: list[str]) -> None:
    folder = write(tmp_path, GOOD, wrong)

    with pytest.raises(DataError) as error:
        read(folder)

    for word in words:
        assert word in str(error.value)


def test_a_missing_or_empty_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"questions\.jsonl cannot be read: No such file"):
        read(tmp_path)
    with pytest.raises(DataError, match="holds no question"):
        read(write(tmp_path))


def test_the_hash_is_of_content_and_not_of_order_or_line_breaks(tmp_path: Path) -> None:
    other = {"id": "q2", "question": "Café?", "answerable": False}
    corpus = '{"id": "a", "text": "One.\\nTwo."}\n{"id": "b", "text": "Three."}\n'
    one = read(write(tmp_path / "one", GOOD, other, corpus=corpus))
    turned = "\r\n".join(reversed(corpus.replace("One.\\n", "One.\\r\\n").split("\n")))
    two = read(write(tmp_path / "two", other | {"question": "Café?"}, GOOD, corpus=turned))
    three = read(write(tmp_path / "three", other, GOOD, corpus=corpus.replace("Three", "Four")))

    assert one.content_hash() == two.content_hash()
    assert one.content_hash() != three.content_hash()


def test_a_question_stays_in_its_split_whatever_else_is_in_the_set() -> None:
    ids = [f"q{n}" for n in range(1000)]
    tune = {id_ for id_ in ids if in_split(id_, "tune")}

    assert tune == {id_ for id_ in ids if not in_split(id_, "report")}
    assert 450 < len(tune) < 550
    assert in_split("q1", None)
    assert in_split("seed-001", "tune"), "the split of an id must never change"


def test_beir_folders_are_read(tmp_path: Path) -> None:
    (tmp_path / "qrels").mkdir()
    (tmp_path / "corpus.jsonl").write_text(
        '{"_id": "d1", "title": "T", "text": "One."}\n{"_id": "d2", "text": "Two."}\n'
    )
    (tmp_path / "queries.jsonl").write_text('{"_id": "1", "text": "one?"}\n{"_id": "2", "text": "not judged"}\n')
    (tmp_path / "qrels" / "test.tsv").write_text("query-id\tcorpus-id\tscore\n1\td1\t1\n1\td2\t0\n")

    dataset = read(tmp_path)

    assert [(one.id, one.question, one.relevant) for one in dataset.questions] == [("1", "one?", ("d1",))]
    articles = [one for one in dataset.articles() if isinstance(one, RawArticle)]
    assert [(one.id, one.body, one.given) for one in articles] == [("d1", "One.", {"title": "T"}), ("d2", "Two.", {})]


def test_squad_files_are_read_with_the_sentence_around_an_answer_as_evidence(tmp_path: Path) -> None:
    asked = [
        {
            "id": "a",
            "question": "How long?",
            "answers": [{"text": "two miles", "answer_start": 27}],
            "is_impossible": False,
        },
        {"id": "b", "question": "How high?", "answers": [], "is_impossible": True},
    ]
    context = "The bridge is old. It runs two miles. It is red."
    path = tmp_path / "dev.json"
    path.write_text(json.dumps({"data": [{"title": "A_Bridge", "paragraphs": [{"context": context, "qas": asked}]}]}))

    known, impossible = read(path).questions

    assert (known.answers, known.evidence, known.relevant) == (("two miles",), ("It runs two miles.",), ("000-000",))
    assert (impossible.answerable, impossible.kind, impossible.cluster) == (False, "near-miss", "000-000")


@pytest.mark.parametrize(
    "topics", ["1\tone bridge\n", "<top>\n<num> Number: 1\n<title> one\n bridge\n<desc> Description:\nLong.\n</top>\n"]
)
def test_trec_topics_and_qrels_are_read(tmp_path: Path, topics: str) -> None:
    (tmp_path / "corpus.jsonl").write_text('{"id": "a", "text": "One."}\n')
    (tmp_path / "topics.txt").write_text(topics)
    (tmp_path / "qrels.txt").write_text("1 0 b 1\n1 0 a 2\n1 0 c 0\n")

    [question] = read(tmp_path).questions

    assert (question.question, question.relevant, question.answerable) == ("one bridge", ("a", "b"), True)


def test_a_broken_judgement_is_told_with_its_line(tmp_path: Path) -> None:
    (tmp_path / "topics.txt").write_text("1\tone\n")
    (tmp_path / "qrels.txt").write_text("1 0 a 1\n1 0 a yes\n")

    with pytest.raises(DataError, match=r"qrels\.txt:2: this is no judgement"):
        read(tmp_path)
