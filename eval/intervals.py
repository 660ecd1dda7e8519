"""How sure a figure is: 95 % intervals by resampling whole clusters of questions.

Example: `means({"nDCG@10": [1.0, 0.5, None]}, ["a.md", "a.md", "b.md"])` is `{"nDCG@10": Figure(0.75, None, None, 2)}`.
Questions about one article share its quirks; resampled one by one, they would make a figure look surer than it is.
Sources: percentile bootstrap of clusters (Davison and Hinkley 1997, 3.8); Wilson 1927, where resamples are all alike.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from numpy.typing import NDArray

    Values = Sequence[float | None]

_RESAMPLES, _POOLED_RESAMPLES = 2_000, 500
_AT_ONCE = 250  # resamples in memory together
_SEED = 0
_TAILS = (0.025, 0.975)


class Figure(NamedTuple):
    """A value with its interval, over `n` questions; `None` where there is nothing to say."""

    value: float | None
    low: float | None
    high: float | None
    n: int


def means(table: Mapping[str, Values], clusters: Sequence[str]) -> dict[str, Figure]:
    """The mean of each column over the questions that have a value, with its interval.

    Args:
        table: A value for each question, in the order of `clusters`; `None` where there is none.
        clusters: Which questions belong together.
    """
    if not clusters:
        return {name: Figure(None, None, None, 0) for name in table}
    member, n_clusters = _members(clusters)
    values = np.array([[np.nan if v is None else v for v in column] for column in table.values()], dtype=float).T
    there = ~np.isnan(values)
    sums, counts = np.zeros((2, n_clusters, len(table)))
    np.add.at(sums, member, np.where(there, values, 0.0))
    np.add.at(counts, member, there.astype(float))
    resampled = _resampled(sums, counts)
    return {
        name: _figure(values[there[:, i], i], resampled[:, i], int((counts[:, i] > 0).sum()))
        for i, name in enumerate(table)
    }


def pooled(
    statistic: Callable[..., float | None], arrays: Sequence[NDArray[np.float64]], clusters: Sequence[str]
) -> Figure:
    """A statistic of all questions together, such as an area under a curve, with its interval.

    Args:
        statistic: Of arrays of equal length; `None` where it is not defined.
        arrays: A value for each question.
        clusters: Which questions belong together.
    """
    value = statistic(*arrays) if clusters else None
    if value is None:
        return Figure(None, None, None, 0)
    member, n_clusters = _members(clusters)
    of_cluster = [np.flatnonzero(member == i) for i in range(n_clusters)]
    random = np.random.default_rng(_SEED)
    found = []
    for _ in range(_POOLED_RESAMPLES):
        drawn = np.concatenate([of_cluster[i] for i in random.integers(0, n_clusters, n_clusters)])
        found.append(statistic(*(array[drawn] for array in arrays)))
    known = [one for one in found if one is not None]
    low, high = np.quantile(known, _TAILS) if known and n_clusters > 1 else (None, None)
    return Figure(float(value), _plain(low), _plain(high), len(clusters))


def _members(clusters: Sequence[str]) -> tuple[NDArray[np.intp], int]:
    names, member = np.unique(np.asarray(clusters, dtype=str), return_inverse=True)
    return member, len(names)


def _resampled(sums: NDArray[np.float64], counts: NDArray[np.float64]) -> NDArray[np.float64]:
    """Means of resamples of the clusters, `(resamples, columns)`; NaN where one has no value in it."""
    n = len(sums)
    random = np.random.default_rng(_SEED)
    parts = []
    for first in range(0, _RESAMPLES, _AT_ONCE):
        weights = random.multinomial(n, np.full(n, 1 / n), size=min(_AT_ONCE, _RESAMPLES - first)).astype(float)
        n_values = weights @ counts
        parts.append(np.divide(weights @ sums, n_values, out=np.full_like(n_values, np.nan), where=n_values > 0))
    return np.concatenate(parts)


def _figure(values: NDArray[np.float64], resampled: NDArray[np.float64], n_clusters: int) -> Figure:
    if not len(values):
        return Figure(None, None, None, 0)
    value = float(values.mean())
    known = resampled[~np.isnan(resampled)]
    low, high = (float(bound) for bound in np.quantile(known, _TAILS))
    if high - low > 1e-12:
        return Figure(value, low, high, len(values))
    if np.isin(values, (0.0, 1.0)).all() and value in {0.0, 1.0}:
        return Figure(value, *_wilson(value, n_clusters), len(values))
    return Figure(value, None, None, len(values))


def _wilson(share: float, n: int) -> tuple[float, float]:
    from scipy.stats import binomtest

    bounds = binomtest(round(share * n), n).proportion_ci(method="wilson")
    return float(bounds.low), float(bounds.high)


def _plain(bound: object) -> float | None:
    return None if bound is None else float(bound)  # type: ignore[arg-type]
