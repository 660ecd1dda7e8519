"""Questions with known answers: a folder with `questions.jsonl` beside `corpus.jsonl` or article files.

Example: `read(Path("seeds"))` is a `Dataset` whose questions say which sentences of which articles answer them.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ingest.errors import OnrecordError

if TYPE_CHECKING:
    from pathlib import Path


class DataError(OnrecordError):
    """A set of questions cannot be read."""


@dataclass(frozen=True, slots=True)
class Question:
    """A question and what is known of its answer.

    Args:
        answers: Accepted wordings.
        relevant: Ids of documents that answer it.
        evidence: Sentences, or phrases of them, that answer it, verbatim.
        kind: What the set calls its type.
        history: Earlier turns; a question that has some cannot be read alone.
    """

    id: str
    question: str
    answers: tuple[str, ...]
    relevant: tuple[str, ...]
    evidence: tuple[str, ...]
    answerable: bool
    kind: str
    history: tuple[object, ...]


@dataclass(frozen=True, slots=True)
class Dataset:
    """Articles to ingest, and questions to ask of them."""

    articles: Path
    questions: tuple[Question, ...]


def read(folder: Path, questions: Path | None = None) -> Dataset:
    """The set in a folder.

    Args:
        folder: With `corpus.jsonl` or article files.
        questions: Another file of questions than the folder's own.

    Raises:
        DataError: A file is missing or a line is not a question; says which.
    """
    path = questions or folder / "questions.jsonl"
    corpus = folder / "corpus.jsonl"
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except OSError as error:
        message = f"{path} cannot be read: {error.strerror}"
        raise DataError(message) from error
    return Dataset(
        corpus if corpus.exists() else folder,
        tuple(_question(path, number, line) for number, line in enumerate(lines, start=1) if line.strip()),
    )


def _question(path: Path, number: int, line: str) -> Question:
    try:
        fields = json.loads(line)
        return Question(
            id=str(fields["id"]),
            question=fields["question"],
            answers=tuple(fields.get("answers", ())),
            relevant=tuple(fields.get("relevant", ())),
            evidence=tuple(fields.get("evidence", ())),
            answerable=bool(fields["answerable"]),
            kind=str(fields.get("type", "")),
            history=tuple(fields.get("history", ())),
        )
    except (KeyError, TypeError, ValueError) as error:
        message = f"{path}:{number} is no question: {error}"
        raise DataError(message) from error
