"""Stored runs for tests: invented questions, with everything in them that could break a page."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

# If any of this were read as markup, `window.owned` would exist, or an image would be asked for.
SCRIPT = "</script><script>window.owned = 1</script>"
IMAGE = '<img src="http://127.0.0.1:9/owned.png" onerror="window.owned = 2">'
COMMENT = "<!--<script>"
LONG = "Donaudampfschifffahrtsgesellschaft" * 12
# 🗞 takes two units of JavaScript's strings and one of Python's; U+2028 ends a line of JavaScript.
PASSAGE = f"🗞🗞 Mayor’s office.\u2028 Rivers rose by 3 m in Lagos. {COMMENT} Nobody was hurt, said Ada Obi 🗞. {LONG}"
QUOTE = "Rivers rose by 3 m in Lagos."
SECOND = "Nobody was hurt, said Ada Obi 🗞."
START = 700  # of the passage in its article

Json = dict[str, Any]


def citation(marker: int, quote: str, **more: Any) -> Json:
    """A citation of the passage."""
    start = START + PASSAGE.index(quote)
    return {
        "marker": marker,
        "document_id": "lagos.md",
        "passage_id": "lagos.md#3",
        "start": start,
        "end": start + len(quote),
        "quote": quote,
        "outlet": f"The Ledger {IMAGE}",
        "title": f"Rivers rise {SCRIPT}",
        "published_on": "2020-01-10",
        "url": "javascript:window.owned = 3",
    } | more


def answer(*quotes: str, confidence: float = 0.8) -> Json:
    """An answer with a claim for each quote, in the quote's words."""
    claims = [
        {
            "text": quote,
            "speaker": {"name": f"Ada Obi {IMAGE}", "affiliation": "city", "verb": "said", "direct": True},
            "support": {"score": 0.9, "verdict": "supported"},
            "corroboration": {"outlets": ["The Ledger", "Courier"], "documents": 3, "origins": 2},
            "citations": [citation(marker, quote)],
        }
        for marker, quote in enumerate(quotes, start=1)
    ]
    timings = {"embed": 2.0, "search": 0.5, "answer": 1.5}
    return {"kind": "answer", "claims": claims, "confidence": confidence, "timings_ms": timings}


def abstention(confidence: float = 0.05) -> Json:
    """An abstention."""
    timings = {"embed": 2.1, "search": 0.6, "answer": 1.0}
    text = "The articles do not say."
    return {
        "kind": "abstention",
        "text": text,
        "reason": "no_evidence",
        "confidence": confidence,
        "timings_ms": timings,
    }


def result(id_: str, question: str, given: Json | None, **more: Any) -> Json:
    """A line of `results.jsonl`; what is in `more` is a field of the question, or `error`."""
    error = more.pop("error", None)
    asked = {
        "id": id_,
        "question": question,
        "answers": ["3 m"],
        "evidence": [QUOTE],
        "relevant": ["lagos.md"],
        "answerable": True,
        "type": "single-fact",
    } | more
    found = [{"passage_id": "lagos.md#3", "document_id": "lagos.md", "rank": 1, "score": 0.9, "start": START, "end": 0}]
    line = {"id": id_, "question": asked, "answer": given, "retrieved": found, "latency_ms": 5.2, "error": error}
    return line | {"tokens": None, "cost": None, "cached": False}


def results() -> list[Json]:
    """One question for each outcome."""
    return [
        result("q1", f"How far did the rivers rise? {SCRIPT}", answer(QUOTE, SECOND)),
        result("q2", f"Who was hurt? {LONG}", answer(SECOND, confidence=0.4), type=f"who {IMAGE}"),
        result(
            "q3", "Who won the derby?", abstention(), answerable=False, type="unanswerable", evidence=[], relevant=[]
        ),
        result("q4", "Who lost it?", answer(SECOND, confidence=0.2), answerable=False, type="unanswerable"),
        result("q5", "Where did the rivers rise?", abstention()),
        result("q6", "When did the rivers rise?", None, error=f"the server did not answer {IMAGE}"),
    ]


def figure(value: float | None, n: int = 6, unscored: int = 0) -> Json:
    """A measure's figure with an interval."""
    return {
        "value": value,
        "low": value and value / 2,
        "high": value and min(1.0, value * 1.2),
        "n": n,
        "unscored": unscored,
    }


def scores(lines: list[Json], right: dict[str, float | None]) -> Json:
    """`scores.json` for results, of which the right ones are given."""
    known = [value for value in right.values() if value is not None]
    return {
        "measures": {
            "right": figure(sum(known) / len(known), len(known), len(lines) - len(known)),
            "span validity": figure(1.0, 3),
            "document nDCG@10": figure(0.75),
            "AURC": figure(0.2),
            "attribution": {**figure(None, 0), "reason": "no claim of this run names a speaker"},
            f"rivers {IMAGE}": figure(0.5),
        },
        "groups": {"type": {"single-fact": {"right": figure(0.5, 3)}, "unanswerable": {"right": figure(0.5, 2)}}},
        "questions": {line["id"]: {"right": right.get(line["id"]), "span validity": 1.0} for line in lines},
        "curves": {
            "risk_coverage": [[0.25, 0.0, 0.8], [0.5, 0.5, 0.4], [1.0, 0.6, 0.05]],
            "calibration": [[0.1, 0.2, 3], [0.8, 1.0, 2]],
            "latency_ms": {
                "bare": {"p50": 1.9, "p95": 2.4, "p99": 3.0, "n": 6},
                "embed": {"p50": 2.0, "p95": 2.5, "p99": 4.0, "n": 6, "low": {"p50": 1.9}, "high": {"p50": 2.2}},
                "total": {"p50": 5.0, "p95": 6.0, "p99": 9.5, "n": 6},
            },
        },
        "unscored": {line["id"]: line["error"] for line in lines if line["error"]},
    }


RIGHT = {"q1": 1.0, "q2": 0.0, "q3": 1.0, "q4": 0.0, "q5": 0.0, "q6": None}


def write(folder: Path, lines: list[Json] | None = None, right: dict[str, float | None] | None = None) -> Path:
    """A stored run in a folder, which is returned; the run has the folder's name."""
    lines = results() if lines is None else lines
    folder.mkdir(parents=True)
    about = {
        "format": 1,
        "name": f"{folder.name} {IMAGE}",
        "created": "2026-11-25T08:50:12+00:00",
        "dataset": {"name": "invented", "hash": "3f9a2c41d07b", "questions": len(lines), "documents": 1},
        "settings_hash": "9be0c3f47a12",
        "code": {"version": "0.1.0", "git": "c878664"},
        "library": {"documents": 1, "passages": 9, "model": "all-MiniLM-L6-v2"},
        "seconds": 8.94,
    }
    passage = {
        "passage_id": "lagos.md#3",
        "document_id": "lagos.md",
        "outlet": f"The Ledger {IMAGE}",
        "title": f"Rivers rise {SCRIPT}",
        "published_on": "2020-01-10",
        "start": START,
        "end": START + len(PASSAGE),
        "text": PASSAGE,
    }
    (folder / "run.json").write_text(json.dumps(about), encoding="utf-8")
    (folder / "scores.json").write_text(json.dumps(scores(lines, right or dict(RIGHT))), encoding="utf-8")
    (folder / "passages.jsonl").write_text(json.dumps(passage) + "\n", encoding="utf-8")
    (folder / "results.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    return folder
