"""How long questions took, stage by stage, beside the model alone.

Example: `speed(runs)[0]` is `Stage("the model alone", ({"p50": Figure(1.9, 1.8, 2.0, 102), "p95": …},))`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from eval.report.figures import Figure

if TYPE_CHECKING:
    from collections.abc import Sequence

    from eval.report.read import Run

ALONE = "the model alone"
QUANTILES = ("p50", "p95", "p99")
_BARE = "bare"  # what scores call the model alone


@dataclass(frozen=True, slots=True)
class Stage:
    """A stage with what is known of its time in each run: quantiles in milliseconds, by name."""

    name: str
    times: tuple[dict[str, Figure], ...]


def speed(runs: Sequence[Run]) -> tuple[Stage, ...]:
    """The model alone first, then the stages in the order in which the runs have them."""
    of_runs = [_times(run) for run in runs]
    names = dict.fromkeys(name for of_run in of_runs for name in of_run)
    return tuple(Stage(name, tuple(of_run.get(name, {}) for of_run in of_runs)) for name in names)


def ratio(stages: Sequence[Stage], stage: Stage, run: int) -> float | None:
    """How many times the median of the model alone a stage takes in a run; `None` when either is not known."""
    alone = next((one.times[run].get("p50") for one in stages if one.name == ALONE), None)
    own = stage.times[run].get("p50")
    return own.value / alone.value if own and alone and own.value is not None and alone.value else None


def _times(run: Run) -> dict[str, dict[str, Figure]]:
    stored = dict((run.scores.get("curves") or {}).get("latency_ms") or {})
    bare = stored.pop(_BARE, None) or (run.about.get("bare") or {}).get("embed_ms") or {}
    known = {name: _quantiles(times) for name, times in {ALONE: bare, **stored}.items()}
    return {name: times for name, times in known.items() if times}


def _quantiles(times: dict[str, Any]) -> dict[str, Figure]:
    low, high = times.get("low") or {}, times.get("high") or {}
    return {
        q: Figure(float(times[q]), low.get(q), high.get(q), int(times.get("n") or 0))
        for q in QUANTILES
        if times.get(q) is not None
    }
