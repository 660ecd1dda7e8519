"""Measures of one asked question, and their means with 95 % intervals.

Sources: nDCG (Järvelin and Kekäläinen 2002) with binary relevance; Wilson's interval for shares (1927).
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from eval.data import Question

_Z = 1.959964  # of a 95 % interval
_RESAMPLES = 2000


def ndcg_at_10(ranking: Sequence[str], relevant: Sequence[str]) -> float:
    """nDCG@10 of a ranking of document ids, best first; 0 for an empty one."""
    wanted = set(relevant)
    gain = sum(1 / math.log2(rank + 1) for rank, id_ in enumerate(ranking[:10], start=1) if id_ in wanted)
    ideal = sum(1 / math.log2(rank + 1) for rank in range(1, min(len(wanted), 10) + 1))
    return gain / ideal if ideal else 0.0


def supports(question: Question, citation: dict[str, Any]) -> bool:
    """Whether a citation is of gold: it holds a piece of evidence or lies in one, or an answer where there is none."""
    if question.relevant and citation["document_id"] not in question.relevant:
        return False
    quote = _plain(citation["quote"])
    if question.evidence:
        return any(_plain(span) in quote or quote in _plain(span) for span in question.evidence)
    return any(_plain(answer) in quote for answer in question.answers)


def gold_within(question: Question, answer: dict[str, Any], n_claims: int) -> bool:
    """Whether one of the first claims cites gold; never for an abstention."""
    claims = answer.get("claims", [])[:n_claims]
    return any(supports(question, citation) for claim in claims for citation in claim["citations"])


def share(outcomes: Sequence[bool]) -> dict[str, float | int]:
    """The share that is true with Wilson's interval: `value`, `low`, `high`, `n`."""
    n = len(outcomes)
    if not n:
        return {"value": 0.0, "low": 0.0, "high": 0.0, "n": 0}
    p = sum(outcomes) / n
    centre = p + _Z**2 / (2 * n)
    spread = _Z * math.sqrt(p * (1 - p) / n + _Z**2 / (4 * n**2))
    scale = 1 + _Z**2 / n
    return _rounded(p, max(0.0, (centre - spread) / scale), min(1.0, (centre + spread) / scale), n)


def mean(values: Sequence[float]) -> dict[str, float | int]:
    """The mean with a bootstrap interval (percentile, seed 0): `value`, `low`, `high`, `n`."""
    if not values:
        return {"value": 0.0, "low": 0.0, "high": 0.0, "n": 0}
    array = np.asarray(values)
    picks = np.random.default_rng(0).integers(0, len(array), (_RESAMPLES, len(array)))
    low, high = np.quantile(array[picks].mean(axis=1), (0.025, 0.975))
    return _rounded(float(array.mean()), float(low), float(high), len(array))


def _rounded(value: float, low: float, high: float, n: int) -> dict[str, float | int]:
    return {"value": round(value, 4), "low": round(low, 4), "high": round(high, 4), "n": n}


def _plain(text: str) -> str:
    return " ".join(text.casefold().split())
