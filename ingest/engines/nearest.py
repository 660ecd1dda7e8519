"""The passages nearest to a question by cosine, by whichever way is quickest: all of them scored, or Chroma asked.

Example: `nearest(engines, vector, 30, Limits())` is up to thirty keys, nearest first.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from ingest.errors import ChromaServerError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from numpy.typing import NDArray

    from ingest.engines.bundle import Engines

_SIFTED = 0.5  # neighbours that are sifted in the time in which one passage is scored
_MOST_SIFTED = 4_000  # neighbours asked of Chroma at once


class Limits(NamedTuple):
    """Which passages may be found: of these outlets, published between these days; all where nothing is said."""

    outlets: Sequence[str] = ()
    first: date | None = None
    last: date | None = None


def nearest(engines: Engines, vector: NDArray[np.float32], k: int, limits: Limits) -> list[int]:
    """Keys of the passages nearest by cosine that pass the limits, nearest first."""
    small = engines.vectors.small()
    if small is None and not any(limits) and (found := _by_chroma(engines, vector, k)) is not None:
        return found
    codes = engines.catalog.outlet_codes(limits.outlets) if limits.outlets else None
    passing = engines.facets.passing(codes, limits.first, limits.last)
    if small is not None:
        passing = passing[: len(small)]  # what grew beyond at this moment is found by the next question
        scores = np.where(passing, small[: len(passing)] @ vector, -np.inf)
        return _best(np.arange(len(passing)), scores, min(k, int(passing.sum())))
    return _nearest_among(engines, passing, vector, k)


def _nearest_among(engines: Engines, passing: NDArray[np.bool_], vector: NDArray[np.float32], k: int) -> list[int]:
    """The nearest of few matches by scoring all, of many by sifting the nearest of the library."""
    keys = np.flatnonzero(passing)
    wanted = k + int(1.5 * k * engines.catalog.n_passages() / max(1, len(keys)))
    if wanted < min(_MOST_SIFTED, _SIFTED * len(keys)):
        found = _by_chroma(engines, vector, wanted) or []
        sifted = [key for key in found if key < len(passing) and passing[key]]
        if len(sifted) >= k:
            return sifted[:k]
    return _best(keys, engines.vectors.scores(keys, vector), k)


def _by_chroma(engines: Engines, vector: NDArray[np.float32], k: int) -> list[int] | None:
    """What Chroma finds; `None` when it cannot be asked now."""
    if engines.dense.is_at_hand:
        with suppress(ChromaServerError):
            return engines.dense.search(vector, k)
    return None


def _best(keys: NDArray[np.intp], scores: NDArray[np.float32], k: int) -> list[int]:
    """The `k` keys with the highest scores, best first."""
    if len(keys) > 4 * k:
        top = np.argpartition(-scores, k)[:k]
        keys, scores = keys[top], scores[top]
    order = np.argsort(-scores, kind="stable")[:k]
    found: list[int] = keys[order].tolist()
    return found
