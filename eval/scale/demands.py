"""What is demanded of a large library, and what the libraries that were measured have of it.

Example: `demands(results)[0]` is `Demand("`/v1/ask` p50 to the embedding in the same answers", 3, "×", [2.8, 2.9])`.
"""

from __future__ import annotations

import statistics
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    Results = dict[str, Any]

MEMORY_MB, DISK_KB = 1000, 25
_UNFILTERED, _FILTERED, _GROWTH, _INGEST, _START = 3, 4, 1.5, 1.10, 2


class Demand(NamedTuple):
    """One row: what, at most how much, and what each size has (`None`: not measured)."""

    what: str
    most: float | None
    unit: str
    values: list[float | None]


def demands(results: Results) -> list[Demand]:
    """What is demanded of a large library, and what each size has of it."""
    found = [size for size in results["sizes"].values() if size]
    filters = [name for name in ways_of(found, "ask") if name != "none"]
    few = results.get("start of few", {}).get("ready_s")
    return [
        Demand(
            "`/v1/ask` p50 to the embedding in the same answers", _UNFILTERED, "×", [to_embedding(one) for one in found]
        ),
        *(
            Demand(f"the same, filter: {name}", _FILTERED, "×", [to_embedding(one, name) for one in found])
            for name in filters
        ),
        Demand("growth of that p50 from the smallest size", _GROWTH, "×", _growth(found)),
        Demand("ingest to the bare embedding, wall", _INGEST, "×", [to_bare(one, "wall_s") for one in found]),
        Demand("ingest to the bare embedding, processor", _INGEST, "×", [to_bare(one, "processor_s") for one in found]),
        Demand("memory of ingest, last quarter to second (flat: 1)", None, "×", [_flatness(one) for one in found]),
        Demand("private memory of the server", MEMORY_MB, "MB", [_private(one) for one in found]),
        Demand("disk a passage", DISK_KB, "kB", [_sum(disk_kb(one)) for one in found]),
        Demand(
            "start to ready, to 5 articles",
            _START,
            "×",
            [ratio_of(one.get("start", {}).get("ready_s"), few) for one in found],
        ),
    ]


def to_embedding(found: Results, name: str = "none", door: str = "ask") -> float | None:
    """p50 of an answer divided by that of the embedding of the question within it."""
    way = _way(found, door, name)
    return ratio_of(way["p50_ms"], way["stages_ms"].get("embed")) if way else None


def to_bare(found: Results, what: str) -> float | None:
    """Time of an ingest divided by what the model alone takes for as many passages."""
    if "ingest" not in found:
        return None
    return ratio_of(found["ingest"][what], bare_s(found, what))


def bare_s(found: Results, what: str) -> float:
    """Seconds that the model alone takes for as many passages as were ingested."""
    each: float = statistics.mean(one[what] / one["n"] for one in found["bare"])
    return each * float(found["ingest"]["passages"])


def disk_kb(found: Results) -> dict[str, float]:
    """Thousands of bytes a passage by part of the library, the largest first, without parts of no size."""
    if "disk" not in found:
        return {}
    each = {part: size / 1000 / found["ingest"]["passages"] for part, size in found["disk"].items()}
    return dict(sorted(((part, kb) for part, kb in each.items() if kb >= 0.01), key=lambda one: -one[1]))


def _growth(found: Sequence[Results]) -> list[float | None]:
    ways = [_way(one, "ask", "none") for one in found]
    first = next((way["p50_ms"] for way in ways if way), None)
    return [ratio_of(way["p50_ms"], first) if way else None for way in ways]


def _flatness(found: Results) -> float | None:
    course = [private for _, private, _ in found.get("ingest", {}).get("memory", [])]
    quarter = len(course) // 4
    if not quarter:
        return None
    return ratio_of(statistics.median(course[-quarter:]), statistics.median(course[quarter : 2 * quarter]))


def _private(found: Results) -> float | None:
    return max((one["private_mb"] for one in found.get("serve", {}).get("memory", [])), default=None)


def _way(found: Results, door: str, name: str) -> Results:
    way: Results = found.get("serve", {}).get("doors", {}).get(door, {}).get(name, {})
    return way


def ways_of(found: Iterable[Results], door: str) -> dict[str, Results]:
    """The filters that were measured, in order; of several sizes, the last one's."""
    return {name: way for one in found for name, way in one.get("serve", {}).get("doors", {}).get(door, {}).items()}


def ratio_of(value: float | None, to: float | None) -> float | None:
    """One value divided by another; unknown where either is, or where the other is nothing."""
    return value / to if value is not None and to else None


def _sum(parts: dict[str, float]) -> float | None:
    return sum(parts.values()) if parts else None
