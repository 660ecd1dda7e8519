"""The records that every form of a report shows: a figure with its interval, and how far two are apart."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Figure:
    """A value with its 95 % interval.

    Args:
        value: `None` when it could not be computed.
        n: Of how many questions.
        unscored: How many more could not be scored.
        reason: Why there is no value.
    """

    value: float | None
    low: float | None = None
    high: float | None = None
    n: int = 0
    unscored: int = 0
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Difference:
    """How far a run is from the first.

    Args:
        low: Of the 95 % interval of paired differences; `None` where the measure is no mean over questions.
        better: `None` where the interval does not exclude that nothing changed, or neither way is better.
    """

    value: float
    low: float | None = None
    high: float | None = None
    better: bool | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """A measure: a figure for each run, and a difference for each but the first."""

    measure: str
    figures: tuple[Figure | None, ...]
    differences: tuple[Difference | None, ...]
