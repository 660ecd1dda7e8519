"""Runs made for tests, with nothing asked."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from eval.stored import FORMAT, StoredRun, read_run, write_json, write_lines

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    Json = dict[str, Any]


def result(id_: str, *, answerable: bool = True, kind: str = "fact", confidence: float = 0.9, **more: Any) -> Json:
    """A question about document `d-ID`, answered by its gold sentence; `more` replaces whole fields."""
    document = f"d-{id_}"
    sentence = f"The bridge of {id_.title()} cost nine crowns."
    citation = {"marker": 1, "document_id": document, "passage_id": f"{document}#0", "start": 0, "end": len(sentence)}
    citation |= {"quote": sentence, "outlet": None, "title": None, "published_on": None, "url": None}
    claim: Json = {"text": sentence, "speaker": None, "support": {"score": 0.9, "verdict": "supported"}}
    claim |= {"corroboration": {"outlets": [], "documents": 1, "origins": 1}, "citations": [citation]}
    answer = {"kind": "answer", "confidence": confidence, "claims": [claim], "disagreements": []}
    question: Json = {
        "id": id_,
        "question": f"What did the bridge of {id_} cost?",
        "answerable": answerable,
        "type": kind,
    }
    if answerable:
        question |= {"answers": ["nine crowns"], "relevant": [document], "evidence": [sentence]}
    found = {"rank": 1, "passage_id": f"{document}#0", "document_id": document, "start": 0, "end": 60, "score": 1.0}
    return {
        "id": id_,
        "question": question,
        "answer": answer | {"timings_ms": {"embed": 2.0, "rank": 1.0}, "model": None, "prompt_version": None},
        "retrieved": [found],
        "latency_ms": 5.0,
        "bare_ms": 2.0,
        "tokens": None,
        "cost": None,
        "error": None,
        "cached": False,
        "gold": {
            "spans": [[document, 0, len(sentence)]] if answerable else [],
            "passages": [f"{document}#0"] if answerable else [],
            "missing": 0,
        },
        "cited": [{"document_id": document, "start": 0, "end": len(sentence), "text": sentence}],
        "cluster": document,
    } | more


def abstention(confidence: float = 0.05) -> Json:
    """The answer that says that the articles do not say."""
    return {"kind": "abstention", "confidence": confidence, "timings_ms": {"embed": 2.0}, "reason": "no_evidence"}


def stored(folder: Path, results: Sequence[Json], dataset_hash: str = "0" * 64) -> StoredRun:
    """A finished run with these results, as copies."""
    folder.mkdir(parents=True)
    data: Json = {
        "name": "made",
        "path": "made",
        "hash": dataset_hash,
        "documents": 9,
        "questions": len(results),
        "split": None,
    }
    settings = {"dataset": dataset_hash, "mode": "auto", "limit": None, "seed": 0, "split": None}
    about = {
        "format": FORMAT, "name": folder.name, "complete": True, "created": "2026-01-01T00:00:00Z", "dataset": data,
        "settings": settings, "settings_hash": "made", "mode": "auto", "seed": 0, "limit": None, "concurrency": 1,
        "code": {"version": "0", "git": None, "sources": "made"}, "packages": {}, "model": None, "prompt_versions": {},
        "library": {"documents": 9, "passages": 9}, "failed_articles": 0, "served": False,
        "bare": {"embed_ms": {}}, "memory_mb": {"peak": 1.0}, "seconds": 1.0,
        "throughput": {"questions": len(results), "per_s": 1.0},
    }  # fmt: skip
    write_json(folder / "run.json", about)
    write_lines(folder / "results.jsonl", json.loads(json.dumps(results)))
    return read_run(folder)
