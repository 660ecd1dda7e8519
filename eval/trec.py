"""Rankings and judgements of a run, and both as files that every TREC tool reads.

Example: `rankings(results, "document")` is `{"seed-001": ["a.md", "b.md"]}`, best first.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    Json = dict[str, Any]
    Level = Literal["passage", "document"]

LEVELS: tuple[Level, ...] = ("passage", "document")
_SPACE = re.compile(r"[\s%]")


def rankings(results: Sequence[Json], level: Level) -> dict[str, list[str]]:
    """Ids by question, best first, each once; an empty list where nothing was found."""
    return {one["id"]: list(dict.fromkeys(found[f"{level}_id"] for found in one["retrieved"])) for one in results}


def judgements(results: Sequence[Json], level: Level) -> dict[str, list[str]]:
    """Relevant ids by question, of the questions that have some."""
    relevant = {
        one["id"]: one["gold"]["passages"] if level == "passage" else one["question"].get("relevant", [])
        for one in results
    }
    return {id_: list(of_question) for id_, of_question in relevant.items() if of_question}


def write(folder: Path, results: Sequence[Json]) -> None:
    """Writes `run_passages.txt`, `run_documents.txt`, `qrels.txt` (of documents) and `qrels_passages.txt`.

    A score is the number of the places behind, since trec_eval orders by score and breaks ties by id.
    """
    for level, qrels in zip(LEVELS, ("qrels_passages.txt", "qrels.txt"), strict=True):
        ranked = rankings(results, level)
        lines = [
            f"{_id(query)} Q0 {_id(id_)} {rank} {len(ids) - rank + 1} onrecord\n"
            for query, ids in ranked.items()
            for rank, id_ in enumerate(ids, start=1)
        ]
        (folder / f"run_{level}s.txt").write_text("".join(lines), encoding="utf-8")
        judged = [f"{_id(query)} 0 {_id(id_)} 1\n" for query, ids in judgements(results, level).items() for id_ in ids]
        (folder / qrels).write_text("".join(judged), encoding="utf-8")


def _id(text: str) -> str:
    """The id without white space, which separates the columns."""
    return _SPACE.sub(lambda found: f"%{ord(found[0]):02X}", text)
