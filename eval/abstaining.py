"""How well confidence tells what can be answered from what cannot.

Example: `risk_coverage(confidence, right)` is `[[0.1, 0.0, 0.97], …, [1.0, 0.4, 0.0]]`: coverage, risk, threshold.
Sources: risk, coverage and AURC (Geifman and El-Yaniv 2017); AUROC as share of pairs in order (Mann and Whitney 1947).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Json = dict[str, Any]
    Floats = NDArray[np.float64]

NAMES = ("coverage", "selective risk")
POOLED = ("AURC", "AUROC")
_BINS = 10


def abstention_scores(result: Json, scores: dict[str, float]) -> dict[str, float]:
    """Whether the question was answered and, if so, whether wrongly; with what the areas are computed from.

    In the areas, an abstention is taken as wrong if it had been an answer: what it would have said is not known. They
    are therefore bounds for what a lower threshold would give, and exact for a higher one.
    """
    answered = result["answer"]["kind"] == "answer"
    found = {
        "coverage": float(answered),
        "confidence": float(result["answer"]["confidence"]),
        "answerable": float(result["question"]["answerable"]),
    }
    if "right" in scores:
        found["right if answered"] = scores["right"] if answered else 0.0
        if answered:
            found["selective risk"] = 1.0 - scores["right"]
    return found


def aurc(confidence: Floats, right: Floats) -> float | None:
    """Area under the risk-coverage curve, lower is better; equal confidences in any order count alike."""
    if not len(confidence):
        return None
    order = np.argsort(-confidence, kind="stable")
    wrong = _evened(confidence[order], 1.0 - right[order])
    return float(np.mean(np.cumsum(wrong) / np.arange(1, len(wrong) + 1)))


def auroc(confidence: Floats, answerable: Floats) -> float | None:
    """The chance that a question with an answer has more confidence than one without; `None` without one of each."""
    from scipy.stats import rankdata

    n, n_answerable = len(answerable), float(answerable.sum())
    if not 0 < n_answerable < n:
        return None
    ranks = float(rankdata(confidence)[answerable == 1].sum())
    return (ranks - n_answerable * (n_answerable + 1) / 2) / (n_answerable * (n - n_answerable))


def risk_coverage(confidence: Floats, right: Floats) -> list[list[float]]:
    """Coverage, risk and threshold, from the most confident answer to all; one point for each confidence."""
    order = np.argsort(-confidence, kind="stable")
    falling, wrong = confidence[order], np.cumsum(1.0 - right[order])
    last = np.flatnonzero(np.append(falling[1:] != falling[:-1], len(falling) > 0))
    return [
        [round((i + 1) / len(falling), 5), round(float(wrong[i]) / (i + 1), 5), round(float(falling[i]), 5)]
        for i in map(int, last)
    ]


def calibration(confidence: Floats, right: Floats) -> list[list[float]]:
    """Mean confidence, share right, and number of questions, by tenths of confidence; empty tenths are left out."""
    tenth = np.minimum((confidence * _BINS).astype(int), _BINS - 1)
    return [
        [round(float(confidence[own].mean()), 5), round(float(right[own].mean()), 5), int(own.sum())]
        for own in (tenth == i for i in range(_BINS))
        if own.any()
    ]


def _evened(falling: Floats, wrong: Floats) -> Floats:
    """Each value as the mean of those with the same confidence."""
    _, group = np.unique(-falling, return_inverse=True)
    return (np.bincount(group, wrong) / np.bincount(group))[group]


def columns(questions: Sequence[dict[str, float | None]], *names: str) -> list[Floats]:
    """Values of the questions that have all of them, as arrays."""
    rows = [[one.get(name) for name in names] for one in questions]
    known = [row for row in rows if None not in row]
    return list(np.array(known, dtype=float).reshape(len(known), len(names)).T)
