"""First stage of a report: a stored run, read as far as a report needs it.

A run is a folder with `run.json` (what was asked, of what, with which settings), `results.jsonl` (one line a question),
`scores.json` (what was computed from the two) and `passages.jsonl` (texts around the quotes). Only the first three must
be there, and of their fields any may be absent.

Example: `read(Path("runs/seeds")).results[0].answer["claims"]`.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any

from eval.data import DataError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

FORMAT = 1
_BEST = 5  # of the retrieved passages, so many are shown


@dataclass(frozen=True, slots=True)
class Result:
    """A question with what came of it.

    Args:
        question: All fields of the question as its set has it.
        answer: As `/v1/ask` gives it; `None` when there is none.
        best: The best retrieved passages, best first.
        gold_rank: 1-based, among documents; `None` when no document that answers it was retrieved, or none is known.
        error: Why there is no answer.
        gold_spans: Where the gold stands, as `(document_id, start, end)`; empty when that is not known.
        cited: What stood in the articles where each citation says, in the order of the citations; empty when not known.
    """

    id: str
    question: dict[str, Any]
    answer: dict[str, Any] | None
    best: tuple[dict[str, Any], ...]
    gold_rank: int | None
    latency_ms: float | None
    tokens: dict[str, int] | None
    cost: float | None
    error: str | None
    gold_spans: tuple[tuple[str, int, int], ...]
    cited: tuple[dict[str, Any] | None, ...]


@dataclass(frozen=True, slots=True)
class Run:
    """A stored run.

    Args:
        about: `run.json`.
        scores: `scores.json`.
        passages: Lines of `passages.jsonl` by `passage_id`.
    """

    name: str
    about: dict[str, Any]
    results: tuple[Result, ...]
    scores: dict[str, Any]
    passages: dict[str, dict[str, Any]]


def read(folder: Path) -> Run:
    """The run in a folder.

    Raises:
        DataError: A file is missing, cannot be read, or is of another format; says which.
    """
    about = _object(folder / "run.json")
    if about.get("format", FORMAT) != FORMAT:
        message = f"{folder} holds a run of format {about['format']!r}; this version reads format {FORMAT}"
        raise DataError(message)
    results = tuple(_result(folder, line) for line in _lines(folder / "results.jsonl"))
    passages = folder / "passages.jsonl"
    of_passages = {line["passage_id"]: line for line in _lines(passages)} if passages.exists() else {}
    name = str(about.get("name") or folder.resolve().name)
    return Run(name, about, results, _object(folder / "scores.json"), of_passages)


def relevant(question: dict[str, Any]) -> list[str]:
    """Ids of the documents that answer a question; they may be graded."""
    graded = question.get("relevant") or ()
    return [str(one["document_id"] if isinstance(one, dict) else one) for one in graded]


def _result(folder: Path, line: dict[str, Any]) -> Result:
    try:
        question = line.get("question") or {}
        retrieved = line.get("retrieved") or ()
        return Result(
            id=str(line["id"]),
            question=question if isinstance(question, dict) else {"question": str(question)},
            answer=line.get("answer"),
            best=tuple(islice(retrieved, _BEST)),
            gold_rank=_gold_rank(relevant(question), retrieved),
            latency_ms=line.get("latency_ms"),
            tokens=line.get("tokens"),
            cost=line.get("cost"),
            error=line.get("error"),
            gold_spans=tuple(map(tuple, (line.get("gold") or {}).get("spans") or ())),
            cited=tuple(line.get("cited") or ()),
        )
    except (KeyError, TypeError, AttributeError) as error:
        message = f"{folder / 'results.jsonl'} has a line that is no result ({error}); evaluate anew"
        raise DataError(message) from error


def _gold_rank(gold: list[str], retrieved: Sequence[dict[str, Any]]) -> int | None:
    documents = dict.fromkeys(passage["document_id"] for passage in retrieved)
    return next((rank for rank, document in enumerate(documents, start=1) if document in gold), None)


def _object(path: Path) -> dict[str, Any]:
    value = _parsed(path, _text(path))
    if not isinstance(value, dict):
        message = f"{path} is no JSON object"
        raise DataError(message)
    return value


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    # Not splitlines(): an article may hold U+2028, which is no end of a line here.
    for line in _text(path).split("\n"):
        if line.strip():
            yield _parsed(path, line)


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        message = f"{path} cannot be read: {reason}; `onrecord eval run` writes it"
        raise DataError(message) from error


def _not_a_number(_: str) -> None:
    """What cannot be computed is unknown here; as NaN it would be no JSON for a browser."""


def _parsed(path: Path, text: str) -> Any:
    try:
        return json.loads(text, parse_constant=_not_a_number)
    except ValueError as error:
        message = f"{path} is not JSON: {error}"
        raise DataError(message) from error
