"""Sets in the forms of others, brought into the one of `eval/data.py`: BEIR, SQuAD 2.0, TREC.

Example: `read_squad(Path("dev-v2.0.json"))` has a document for each paragraph and a question for each `qas`.
Sources: BEIR (Thakur and others 2021), SQuAD 2.0 (Rajpurkar and others 2018), the formats of trec_eval.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from eval.data import DataError, Dataset, articles_in, question_from, read_lines, read_text, unique
from ingest.records import RawArticle
from ingest.sentences import sentences

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from eval.data import Question

    Qrels = dict[str, list[str]]

_BEIR_SPLITS = ("test.tsv", "dev.tsv", "train.tsv")  # the first that is there is read
_TOPIC = re.compile(r"<top>(.*?)</top>", re.DOTALL | re.IGNORECASE)
_NUMBER = re.compile(r"<num>\s*(?:Number:)?\s*([^\s<]+)", re.IGNORECASE)
_TITLE = re.compile(r"<title>\s*(?:Topic:)?\s*([^<]+)", re.IGNORECASE)


def read_beir(folder: Path) -> Dataset:
    """A BEIR folder: `corpus.jsonl` with `_id`, `queries.jsonl`, and `qrels/test.tsv` (or dev, or train).

    Raises:
        DataError: A file is missing or malformed.
    """
    corpus = folder / "corpus.jsonl"
    made = tuple(_beir_article(corpus, number, fields) for number, fields in read_lines(corpus))
    judged = next((folder / "qrels" / name for name in _BEIR_SPLITS if (folder / "qrels" / name).exists()), None)
    if judged is None:
        message = f"{folder / 'qrels'} has none of {', '.join(_BEIR_SPLITS)}"
        raise DataError(message)
    qrels = _qrels(judged)
    path = folder / "queries.jsonl"
    found = [
        _retrieval_question(path, number, str(fields.get("_id")), fields.get("text"), qrels)
        for number, fields in read_lines(path)
        if str(fields.get("_id")) in qrels
    ]
    return Dataset(folder, unique(path, found), None, made)


def read_trec(folder: Path) -> Dataset:
    """A folder with one `topics*` and one `*qrels*` file, beside `corpus.jsonl` or article files.

    Topics are lines `id TAB text`, or the `<top>` blocks of the TREC tracks.

    Raises:
        DataError: A file is missing or malformed.
    """
    topics = next(iter(sorted(folder.glob("topics*"))))
    judged = next(iter(sorted(folder.glob("*qrels*"))), None)
    if judged is None:
        message = f"{folder} has topics and no qrels"
        raise DataError(message)
    qrels = _qrels(judged)
    found = [
        _retrieval_question(topics, number, id_, text, qrels) for number, id_, text in _topics(topics) if id_ in qrels
    ]
    return Dataset(folder, unique(topics, found), articles_in(folder))


def read_squad(path: Path) -> Dataset:
    """A SQuAD 2.0 file: each paragraph is a document; the sentence around an answer is its evidence.

    Raises:
        DataError: It is not in the form of SQuAD.
    """
    made: list[RawArticle] = []
    found: list[Question] = []
    try:
        for n_article, article in enumerate(json.loads(read_text(path))["data"]):
            for n_paragraph, paragraph in enumerate(article["paragraphs"]):
                id_ = f"{n_article:03}-{n_paragraph:03}"
                text = str(paragraph["context"])
                given = {"title": str(article.get("title", "")).replace("_", " ")}
                made.append(RawArticle(id_, f"{path}#{id_}", text, given=given))
                found += [_squad_question(path, id_, text, one) for one in paragraph["qas"]]
    except (KeyError, TypeError, ValueError) as error:
        message = f"{path} is not in the form of SQuAD 2.0: after {len(found)} questions, {error!r}"
        raise DataError(message) from error
    return Dataset(path, unique(path, found), None, tuple(made))


def _squad_question(path: Path, document_id: str, text: str, asked: dict[str, Any]) -> Question:
    impossible = bool(asked.get("is_impossible", False))
    answers = [] if impossible else asked["answers"]
    spans = [(int(one["answer_start"]), int(one["answer_start"]) + len(one["text"])) for one in answers]
    around = [
        text[s.start : s.end] for s in sentences(text) if any(s.start < end and start < s.end for start, end in spans)
    ]
    fields = {
        "id": str(asked["id"]),
        "question": str(asked["question"]).strip(),
        "answers": list(dict.fromkeys(str(one["text"]) for one in answers)),
        "relevant": [] if impossible else [document_id],
        "evidence": around,
        "answerable": not impossible,
        "type": "near-miss" if impossible else "factoid",
        "cluster": document_id,
    }
    return question_from(path, 1, fields)


def _beir_article(path: Path, number: int, fields: dict[str, Any]) -> RawArticle:
    if not isinstance(fields.get("text"), str) or "_id" not in fields:
        message = f"{path}:{number}: the fields '_id' and 'text' must be there"
        raise DataError(message)
    given = {"title": str(fields["title"])} if fields.get("title") else {}
    return RawArticle(str(fields["_id"]), f"{path}:{number}", fields["text"], given=given)


def _retrieval_question(path: Path, number: int, id_: str, text: object, qrels: Qrels) -> Question:
    relevant = qrels[id_]
    fields = {"id": id_, "question": text, "relevant": relevant, "answerable": bool(relevant)}
    return question_from(path, number, fields)


def _qrels(path: Path) -> Qrels:
    """Relevant documents by question, best grade first; of BEIR's three columns or trec_eval's four."""
    graded: dict[str, list[tuple[int, str]]] = {}
    for number, line in enumerate(read_text(path).split("\n"), start=1):
        columns = line.split()
        if not columns or (number == 1 and columns[-1] == "score"):
            continue
        try:
            query, document, grade = columns[0], columns[-2], int(columns[-1])
        except (IndexError, ValueError) as error:
            message = f"{path}:{number}: this is no judgement: the last column must be a whole number"
            raise DataError(message) from error
        of_query = graded.setdefault(query, [])
        if grade > 0:
            of_query.append((-grade, document))
    return {query: [document for _, document in sorted(found)] for query, found in graded.items()}


def _topics(path: Path) -> Iterator[tuple[int, str, str]]:
    text = read_text(path)
    if blocks := list(_TOPIC.finditer(text)):
        for block in blocks:
            line = text.count("\n", 0, block.start()) + 1
            number, title = _NUMBER.search(block[1]), _TITLE.search(block[1])
            if number is None or title is None:
                message = f"{path}:{line}: a topic must have <num> and <title>"
                raise DataError(message)
            yield line, number[1], " ".join(title[1].split())
        return
    for line, row in enumerate(text.split("\n"), start=1):
        id_, tab, topic = row.partition("\t")
        if row.strip() and not tab:
            message = f"{path}:{line}: a topic must be an id, a tab and a text"
            raise DataError(message)
        if tab:
            yield line, id_.strip(), topic.strip()
