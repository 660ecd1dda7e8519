"""Questions with known answers, and the articles that answer them, in one form whatever files they came in.

Example: `read(Path("seeds"))` is a `Dataset` whose questions say which sentences of which articles answer them.
The form is described in `docs/evaluation.md`; other forms are brought into it by `eval/formats.py`.
"""

from __future__ import annotations

import hashlib
import json
import unicodedata
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ingest.errors import OnrecordError
from ingest.load import load
from ingest.records import RawArticle

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from ingest.records import Failure

MAX_BYTES = 100_000_000  # of one article
SPLITS = ("tune", "report")
_STRINGS = ("answers", "relevant", "evidence", "speakers", "key_facts")


class DataError(OnrecordError):
    """A set of questions cannot be read."""


@dataclass(frozen=True, slots=True)
class Position:
    """One side of a disagreement: what it says, and the sentences that say so."""

    text: str
    evidence: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Question:
    """A question and what is known of its answer; empty means that it is not known.

    Args:
        answers: Accepted wordings.
        relevant: Ids of documents that answer it.
        evidence: Sentences, or phrases of them, that answer it, verbatim.
        kind: What the set calls its `type`.
        speakers: Accepted names of whoever said it.
        positions: Sides that outlets take; two or more, or none.
        key_facts: What a whole answer mentions.
        turns: Earlier questions; one that has some may not be understood alone.
        origins: How many independent sources carry the answer.
        cluster: Questions of one cluster are not independent of each other.
        fields: All that the set says of it.
    """

    id: str
    question: str
    answerable: bool
    answers: tuple[str, ...] = ()
    relevant: tuple[str, ...] = ()
    evidence: tuple[str, ...] = ()
    kind: str = ""
    speakers: tuple[str, ...] = ()
    positions: tuple[Position, ...] = ()
    key_facts: tuple[str, ...] = ()
    turns: tuple[object, ...] = ()
    origins: int | None = None
    cluster: str = ""
    fields: dict[str, Any] = field(default_factory=dict)

    def earlier(self) -> list[tuple[str, str]]:
        """The earlier questions with what was answered to each (empty where the set does not say), oldest first."""
        turns: list[tuple[str, str]] = []
        for turn in self.turns:
            said = turn if isinstance(turn, dict) else {"speaker": "user", "text": turn}
            text = str(said.get("text") or said.get("question") or "")
            if said.get("speaker", said.get("role", "user")) == "user":
                turns.append((text, str(said.get("answer") or "")))
            elif turns:
                turns[-1] = (turns[-1][0], text)
        return turns


@dataclass(frozen=True, slots=True)
class Dataset:
    """Articles to ingest, and questions to ask of them.

    Args:
        path: What was read.
        source: File or folder that ingest reads the articles from; `None` when they are in `made`.
        made: Articles that stood in a file which ingest does not read.
    """

    path: Path
    questions: tuple[Question, ...]
    source: Path | None
    made: tuple[RawArticle, ...] = ()

    def articles(self) -> Iterator[RawArticle | Failure]:
        """The articles as ingest takes them."""
        return iter(self.made) if self.source is None else load([self.source], max_bytes=MAX_BYTES)

    def content_hash(self) -> str:
        """SHA-256 of articles and questions, whatever their order, line breaks, or form of accents."""
        lines = sorted(_normal(_content(article)) for article in self.articles())
        lines += sorted(_normal(question.fields) for question in self.questions)
        return hashlib.sha256("\n".join(lines).encode("utf-8", "surrogatepass")).hexdigest()


def read(path: Path, questions: Path | None = None) -> Dataset:
    """The set in a folder or file.

    Args:
        path: A folder with `questions.jsonl` beside `corpus.jsonl` or article files; a BEIR folder; a folder with TREC
            topics and qrels; or a SQuAD 2.0 file.
        questions: Another file of questions than the folder's own.

    Raises:
        DataError: Something is missing or malformed; says which file, line and field.
    """
    from eval.formats import read_beir, read_squad, read_trec

    if path.is_file():
        return read_squad(path)
    own = questions or path / "questions.jsonl"
    if questions is None and not own.exists():
        if (path / "queries.jsonl").exists():
            return read_beir(path)
        if any(path.glob("topics*")):
            return read_trec(path)
    found = tuple(question_from(own, number, fields) for number, fields in read_lines(own))
    return Dataset(path, unique(own, found), articles_in(path))


def articles_in(folder: Path) -> Path:
    """What ingest reads of a folder: its `corpus.jsonl`, or else the article files in it."""
    corpus = folder / "corpus.jsonl"
    return corpus if corpus.exists() else folder


def in_split(question_id: str, split: str | None) -> bool:
    """Whether a question belongs to a split: half of all ids each, by a hash that never changes; all when `None`."""
    return split is None or SPLITS[hashlib.sha256(question_id.encode()).digest()[0] % 2] == split


def read_lines(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """The JSON objects of a file of lines, with their line numbers.

    Raises:
        DataError: The file cannot be read, or a line is no JSON object.
    """
    for number, line in enumerate(read_text(path).split("\n"), start=1):
        if not line.strip():
            continue
        try:
            fields = json.loads(line)
        except ValueError as error:
            message = f"{path}:{number}: this is no JSON: {error}"
            raise DataError(message) from error
        if not isinstance(fields, dict):
            message = f"{path}:{number}: a line must be a JSON object"
            raise DataError(message)
        yield number, fields


def read_text(path: Path) -> str:
    """The text of a file.

    Raises:
        DataError: It cannot be read, or is not UTF-8.
    """
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        message = f"{path} cannot be read: {error.strerror}"
        raise DataError(message) from error
    except UnicodeDecodeError as error:
        message = f"{path} is not UTF-8"
        raise DataError(message) from error


def question_from(path: Path, number: int, fields: dict[str, Any]) -> Question:
    """The question that a line holds.

    Raises:
        DataError: A field is missing or of the wrong type; says which.
    """
    at = f"{path}:{number}"
    lists = {name: tuple(_strings(at, fields, name)) for name in _STRINGS}
    return Question(
        id=_text(at, fields, "id"),
        question=_text(at, fields, "question"),
        answerable=_of(at, fields, "answerable", bool),
        **lists,
        kind=str(fields.get("type") or ""),
        positions=tuple(_positions(at, fields)),
        turns=tuple(_of(at, {"turns": []} | fields, "turns", list)) or tuple(fields.get("history") or ()),
        origins=_of(at, fields, "origins", int) if fields.get("origins") is not None else None,
        cluster=str(fields.get("cluster") or (lists["relevant"] or (fields["id"],))[0]),
        fields=fields,
    )


def unique(path: Path, questions: Sequence[Question]) -> tuple[Question, ...]:
    """The same questions.

    Raises:
        DataError: There is none, or two have one id.
    """
    if not questions:
        message = f"{path} holds no question"
        raise DataError(message)
    seen: set[str] = set()
    for question in questions:
        if question.id in seen:
            message = f"{path}: the id {question.id!r} is given to two questions"
            raise DataError(message)
        seen.add(question.id)
    return tuple(questions)


def _positions(at: str, fields: dict[str, Any]) -> Iterator[Position]:
    name = "disagreements" if "disagreements" in fields else "positions"
    for one in _of(at, {name: []} | fields, name, list):
        if not isinstance(one, dict):
            message = f"{at}: the field '{name}' must be a list of objects with 'text' and 'evidence'"
            raise DataError(message)
        yield Position(_text(at, one, "text"), tuple(_strings(at, one, "evidence")))


def _text(at: str, fields: dict[str, Any], name: str) -> str:
    text: str = _of(at, fields, name, str)
    if not text.strip():
        message = f"{at}: the field '{name}' is empty"
        raise DataError(message)
    return text


def _strings(at: str, fields: dict[str, Any], name: str) -> list[str]:
    texts: list[str] = _of(at, {name: []} | fields, name, list)
    if not all(isinstance(text, str) for text in texts):
        message = f"{at}: the field '{name}' must be a list of texts"
        raise DataError(message)
    return texts


def _of(at: str, fields: dict[str, Any], name: str, kind: type) -> Any:
    if name not in fields:
        message = f"{at}: the field '{name}' is missing"
        raise DataError(message)
    if type(fields[name]) is not kind:
        message = f"{at}: the field '{name}' must be of type {kind.__name__}, and is {type(fields[name]).__name__}"
        raise DataError(message)
    return fields[name]


def _content(article: RawArticle | Failure) -> object:
    return [article.id, article.body, article.given] if isinstance(article, RawArticle) else article.uri


def _normal(content: object) -> str:
    text = json.dumps(content, ensure_ascii=False, sort_keys=True).replace("\\r\\n", "\\n")
    return unicodedata.normalize("NFC", text)
