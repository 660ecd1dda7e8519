"""How well relevant passages and documents are ranked, as trec_eval computes it.

Example: `retrieval(results)["seed-001"]` is `{"document nDCG@10": 1.0, "passage R@5": 0.667, …}`.
A question for which nothing was found counts 0. Relevance is binary.
Source: ir-measures (MacAvaney, Macdonald and Ounis 2022) on trec_eval.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import ir_measures
from ir_measures import RR, R, Success, nDCG

from eval import trec

if TYPE_CHECKING:
    from collections.abc import Sequence

    Json = dict[str, Any]

MEASURES = (nDCG @ 10, R @ 5, R @ 20, RR @ 10, Success @ 1, Success @ 5)


def retrieval(results: Sequence[Json]) -> dict[str, dict[str, float]]:
    """Measures by question, of those with gold at that level."""
    scores: dict[str, dict[str, float]] = {one["id"]: {} for one in results}
    for level in trec.LEVELS:
        qrels = {id_: dict.fromkeys(ids, 1) for id_, ids in trec.judgements(results, level).items()}
        ranked = {
            # a score of its own for each place: trec_eval orders by score, and ties by id
            id_: {found: float(len(ids) - place) for place, found in enumerate(ids)}
            for id_, ids in trec.rankings(results, level).items()
        }
        for metric in ir_measures.iter_calc(MEASURES, qrels, ranked) if qrels else ():
            scores[metric.query_id][f"{level} {metric.measure}"] = float(metric.value)
    return scores


def names() -> list[str]:
    """The measures in the order in which they are shown."""
    return [f"{level} {measure}" for level in trec.LEVELS for measure in MEASURES]
