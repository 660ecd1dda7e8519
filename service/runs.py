"""Numbers of passages and of sentences from those of their tokens, which stand one after the other.

Example: `largest(similarities, runs)` with `runs = [[0, 7], [7, 12]]` has a row for each of two sentences.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


def largest(values: NDArray[np.float32], runs: NDArray[np.int_]) -> NDArray[np.float32]:
    """The largest of each column within each run of rows, `(runs, columns)`; zeros for a run of none.

    Args:
        values: `(rows, columns)`.
        runs: First and last row of each run, `(n, 2)`: `[first, last)`; they follow each other.
    """
    return _reduce(np.maximum, values, runs)


def total(values: NDArray[np.float32], runs: NDArray[np.int_]) -> NDArray[np.float32]:
    """The sum of each column within each run of rows, as `largest`."""
    return _reduce(np.add, values, runs)


def _reduce(function: np.ufunc, values: NDArray[np.float32], runs: NDArray[np.int_]) -> NDArray[np.float32]:
    reduced = np.zeros((len(runs), values.shape[1]), np.float32)
    filled = runs[:, 0] < runs[:, 1]  # for a run of none, numpy would take the first row of the next
    if filled.any():
        reduced[filled] = function.reduceat(values, runs[filled, 0], axis=0)
    return reduced
