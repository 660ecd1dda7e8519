"""How long it took, by stage: percentiles with distribution-free intervals.

Example: `percentiles([3.1, 2.9, …])` is `{"p50": 3.0, "p95": 4.1, "p99": 5.0, "n": 400, "low": {…}, "high": {…}}`.
Source: intervals between order statistics, by the binomial distribution (David and Nagaraja, Order Statistics, 7.1).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    Json = dict[str, Any]

_QUANTILES = {"p50": 0.5, "p95": 0.95, "p99": 0.99}


def percentiles(values: Sequence[float]) -> Json:
    """Percentiles of milliseconds; `None` for each when there are no values.

    `low` and `high` of a percentile are `None` where there are too few values to bound it.
    """
    from scipy.stats import binom

    n = len(values)
    ordered = np.sort(np.asarray(values, dtype=float))
    result: Json = {name: round(float(np.quantile(ordered, q)), 3) if n else None for name, q in _QUANTILES.items()} | {
        "n": n,
        "low": {},
        "high": {},
    }
    for name, q in _QUANTILES.items():
        low, high = (int(binom.ppf(0.025, n, q)) - 1, int(binom.ppf(0.975, n, q))) if n else (-1, 0)
        result["low"][name] = round(float(ordered[low]), 3) if low >= 0 else None
        result["high"][name] = round(float(ordered[high]), 3) if 0 <= high < n else None
    return result


def latencies(results: Sequence[Json]) -> dict[str, Json]:
    """Percentiles of every stage, of the whole answer (`total`), and of the model alone on the question (`bare`)."""
    answers = [one["answer"] for one in results if one["answer"]]
    stages = dict.fromkeys(stage for answer in answers for stage in answer["timings_ms"])
    by_stage = {stage: [answer["timings_ms"].get(stage, 0.0) for answer in answers] for stage in stages}
    by_stage["total"] = [one["latency_ms"] for one in results if one["answer"]]
    by_stage["bare"] = [one["bare_ms"] for one in results if one.get("bare_ms") is not None]
    return {stage: percentiles(values) for stage, values in by_stage.items()}
