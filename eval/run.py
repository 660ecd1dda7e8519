"""Asks every question of a set and measures the answers: `onrecord eval run --data seeds`.

Example: the report's `measures["gold in first three claims"]` is `{"value": 0.92, "low": 0.84, "high": 0.96, "n": 71}`.
Every quote of every answer is read again in its article: `valid quotes` must be 1.
"""

from __future__ import annotations

import random
import statistics
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from eval import measure
from ingest.load import load
from ingest.pipeline import ingest
from service.pipeline import ask
from service.respond import as_json
from service.retrieve import retrieve, without_copies

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from eval.data import Dataset, Question
    from ingest.embed import Encoder
    from ingest.store import PassageIndex

_MAX_BYTES = 100_000_000


@dataclass(frozen=True, slots=True)
class Asked:
    """A question with its answer as JSON, the documents ranked for it, best first, and how long the answer took."""

    question: Question
    answer: dict[str, Any]
    ranking: tuple[str, ...]
    latency_ms: float


def evaluate(
    dataset: Dataset,
    index: PassageIndex,
    encoder: Encoder,
    *,
    limit: int | None = None,
    seed: int = 0,
    on_progress: Callable[[int, int], None] | None = None,
) -> dict[str, Any]:
    """The report: measures, shares by kind of question, timings, and the questions that went wrong.

    Args:
        dataset: Ingested first, where it is new.
        index: Of the library to ask.
        encoder: Of the same model.
        limit: How many questions, drawn at random; all when `None`.
        seed: Of the draw.
        on_progress: Called with how many questions have been asked, of how many.
    """
    ingested = ingest(load([dataset.articles], max_bytes=_MAX_BYTES), index, lambda: encoder)
    questions = list(dataset.questions)
    if limit is not None:
        questions = random.Random(seed).sample(questions, min(limit, len(questions)))
    asked = []
    for number, question in enumerate(questions, start=1):
        asked.append(_ask(index, encoder, question))
        if on_progress:
            on_progress(number, len(questions))
    return {
        "documents": index.n_documents,
        "questions": len(asked),
        "failed articles": [as_json(failure) for failure in ingested.failed],
        "measures": _measures(index, asked),
        "by kind": _by_kind(asked),
        "timings_ms": _timings(asked),
        "wrong": [_wrong(one) for one in asked if not _right(one)],
    }


def _ask(index: PassageIndex, encoder: Encoder, question: Question) -> Asked:
    from service.records import Filters

    started = time.perf_counter()
    answer = as_json(ask(index, encoder, question.question))
    latency_ms = 1000 * (time.perf_counter() - started)
    ranked = without_copies(retrieve(index, encoder, question.question, Filters()).ranked, 50)
    ranking = tuple(dict.fromkeys(passage.candidate.row.document_id for passage in ranked))
    return Asked(question, answer, ranking, latency_ms)


def _right(one: Asked) -> bool:
    if not one.question.answerable:
        return bool(one.answer["kind"] == "abstention")
    return measure.gold_within(one.question, one.answer, 3)


def _measures(index: PassageIndex, asked: Sequence[Asked]) -> dict[str, dict[str, float | int]]:
    answerable = [one for one in asked if one.question.answerable]
    ranked = [one for one in answerable if one.question.relevant]
    return {
        "nDCG@10": measure.mean([measure.ndcg_at_10(one.ranking, one.question.relevant) for one in ranked]),
        "gold in first claim": measure.share([measure.gold_within(one.question, one.answer, 1) for one in answerable]),
        "gold in first three claims": measure.share([_right(one) for one in answerable]),
        "answered, of answerable": measure.share([one.answer["kind"] == "answer" for one in answerable]),
        "abstained, of unanswerable": measure.share([_right(one) for one in asked if not one.question.answerable]),
        "valid quotes": measure.share(_valid_quotes(index, asked)),
    }


def _valid_quotes(index: PassageIndex, asked: Sequence[Asked]) -> list[bool]:
    citations = [citation for one in asked for claim in one.answer.get("claims", []) for citation in claim["citations"]]
    texts = index.texts(citation["document_id"] for citation in citations)
    return [texts[c["document_id"]][c["start"] : c["end"]] == c["quote"] for c in citations]


def _by_kind(asked: Sequence[Asked]) -> dict[str, dict[str, float | int]]:
    kinds = sorted({one.question.kind for one in asked})
    return {kind: measure.share([_right(one) for one in asked if one.question.kind == kind]) for kind in kinds}


def _timings(asked: Sequence[Asked]) -> dict[str, float]:
    stages = {stage for one in asked for stage in one.answer["timings_ms"]}
    medians = {
        stage: statistics.median(one.answer["timings_ms"].get(stage, 0.0) for one in asked) for stage in sorted(stages)
    }
    return {stage: round(value, 2) for stage, value in medians.items()} | {
        "total": round(statistics.median(one.latency_ms for one in asked), 2) if asked else 0.0
    }


def _wrong(one: Asked) -> dict[str, Any]:
    return {
        "id": one.question.id,
        "kind": one.question.kind,
        "question": one.question.question,
        "expected": list(one.question.evidence[:2]) if one.question.answerable else "abstention",
        "confidence": one.answer["confidence"],
        "claims": [claim["text"] for claim in one.answer.get("claims", [])],
    }
