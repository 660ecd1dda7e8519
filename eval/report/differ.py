"""How sure the difference between two runs is, from the questions that both were asked."""

from __future__ import annotations

import math
from collections import defaultdict
from typing import TYPE_CHECKING

from eval.report.read import relevant

if TYPE_CHECKING:
    from eval.report.read import Result, Run

_Z = 1.959964  # of a 95 % interval
_ROUNDED = 0.002  # values are stored rounded


def paired_interval(first: Run, second: Run, measure: str, difference: float) -> tuple[float, float] | None:
    """The 95 % interval of a difference, from the differences of each question.

    `None` when the runs have not scored the same questions, or fewer than two, or when the measure is not their mean.
    Source: clustered standard errors of paired differences (Miller 2024, arXiv:2411.00640).
    """
    one, other = (run.scores.get("questions") or {} for run in (first, second))
    clusters: dict[str, list[float]] = defaultdict(list)
    for result in first.results:
        a, b = ((scored.get(result.id) or {}).get(measure) for scored in (one, other))
        if (a is None) != (b is None):
            return None
        if a is not None and b is not None:
            clusters[_cluster(first, result)].append(b - a)
    n = sum(map(len, clusters.values()))
    mean = sum(map(sum, clusters.values())) / n if n else 0.0
    if n < 2 or abs(mean - difference) > _ROUNDED:
        return None
    error = math.sqrt(sum(sum(each - mean for each in cluster) ** 2 for cluster in clusters.values())) / n
    return difference - _Z * error, difference + _Z * error


def _cluster(run: Run, result: Result) -> str:
    """What the question shares with others: as scored, else its first article."""
    stored = (run.scores.get("clusters") or {}).get(result.id)
    return str(stored or next(iter(relevant(result.question)), result.id))
