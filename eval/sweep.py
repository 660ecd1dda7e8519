"""Tries a small grid of settings: chosen on one half of a set, reported on the other.

Example of a grid: `{"settings": {"service.verify.THRESHOLD": [0.05, 0.1, 0.2]}, "objective": "right"}`. A setting is a
number that stands in a module of `service/`, so that one library serves all. Every combination is a stored run of its
own, so that a number in the code can name the run that chose it.
"""

from __future__ import annotations

import importlib
import itertools
import json
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from eval.compare import compare
from eval.data import DataError, read_text
from eval.opening import opened
from eval.run import run
from eval.score import LOWER_IS_BETTER, MEANS, POOLED, score
from eval.stored import write_json

if TYPE_CHECKING:
    from collections.abc import Iterator

    from eval.data import Dataset
    from eval.opening import Place
    from eval.run import Options, Progress
    from eval.stored import StoredRun

    Json = dict[str, Any]
    Combination = dict[str, float]

_MOST = 64  # combinations: with more, the best of the tuning half is more and more the luckiest


@dataclass(frozen=True, slots=True)
class Grid:
    """Values to try of each setting, and the measure that decides."""

    values: dict[str, list[float]]
    objective: str

    def combinations(self) -> list[Combination]:
        """Every combination; the first is what stands in the code."""
        names = list(self.values)
        found = [dict(zip(names, own, strict=True)) for own in itertools.product(*self.values.values())]
        usual = {name: _value(name) for name in names}
        return [usual, *(one for one in found if one != usual)]


def read_grid(path: Path) -> Grid:
    """The grid in a file.

    Raises:
        DataError: It is malformed, names a setting or a measure that does not exist, or is too large.
    """
    try:
        given = json.loads(read_text(path))
        values = {str(name): [float(value) for value in own] for name, own in given["settings"].items()}
        grid = Grid(values, str(given.get("objective", "right")))
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        message = f"{path} is no grid: it must have 'settings', a list of numbers for each name ({error!r})"
        raise DataError(message) from error
    if grid.objective not in (*MEANS, *POOLED):
        message = f"{path}: there is no measure {grid.objective!r}"
        raise DataError(message)
    if (n := len(grid.combinations())) > _MOST:
        message = f"{path} has {n} combinations, more than {_MOST}: try fewer values"
        raise DataError(message)
    return grid


def sweep(
    grid: Grid, dataset: Dataset, folder: Path, options: Options, *, library: Path | None, on_progress: Progress | None
) -> Json:
    """What each combination gives on the tuning half, and the best one and the code's own on the other.

    Args:
        folder: Where the runs are kept, and `sweep.json`, which says which was chosen.
    """
    tune, held = replace(options, split="tune"), replace(options, split="report")
    with opened(dataset, library, None, folder / "library") as place:
        usual, *others = grid.combinations()
        tried = [
            (own, _run(own, dataset, folder / f"tune-{number:02}", tune, place, on_progress))
            for number, own in enumerate([usual, *others])
        ]
        rows = [_row(grid, *one) for one in tried]
        best = max(range(len(rows)), key=lambda i: _goodness(grid, rows[i]))
        reported = [
            _run(own, dataset, folder / f"report-{name}", held, place, on_progress)
            for name, own in (("usual", usual), ("chosen", tried[best][0]))
        ]
    found = {
        "objective": grid.objective,
        "dataset": {"name": dataset.path.absolute().name, "hash": tried[0][1].about["dataset"]["hash"]},
        "tune": [row | {"pareto": _is_pareto(grid, row, rows)} for row in rows],
        "chosen": tried[best][0],
        "report": [_row(grid, own, made) for own, made in zip((usual, tried[best][0]), reported, strict=True)],
        "differences": [asdict(one) for one in compare(*reported)["measures"] if one.measure == grid.objective],
    }
    write_json(folder / "sweep.json", found)
    return found


def table(found: Json) -> Iterator[str]:
    """The combinations, those that no other beats marked with a star, and what the other half says."""
    of = f"{found['objective']} and median ms on the tuning half of {found['dataset']['name']}"
    yield f"{of}; * none is better in both"
    yield from (_line(row, "*" if row["pareto"] else " ") for row in found["tune"])
    yield "\non the other half: as in the code, and as chosen"
    yield from (_line(row, " ") for row in found["report"])
    yield from (f"  p {one['p']:.4f}, {one['wins']} better, {one['losses']} worse" for one in found["differences"])


@contextmanager
def applied(combination: Combination) -> Iterator[None]:
    """The settings are these within the context, and what they were after it."""
    before = {name: _value(name) for name in combination}
    try:
        for name, value in combination.items():
            _set(name, value)
        yield
    finally:
        for name, value in before.items():
            _set(name, value)


def _run(
    own: Combination, dataset: Dataset, folder: Path, options: Options, place: Place, on_progress: Progress | None
) -> StoredRun:
    with applied(own):
        return run(dataset, folder, options, place=place, changed=own, on_progress=on_progress)


def _row(grid: Grid, own: Combination, made: StoredRun) -> Json:
    scores = score(made)
    figure, total = scores["measures"][grid.objective], scores["curves"]["latency_ms"]["total"]
    kept = {name: figure[name] for name in ("value", "low", "high", "n")}
    return {"settings": own, "run": made.about["name"], "latency_ms": total["p50"]} | kept


def _goodness(grid: Grid, row: Json) -> float:
    value = row["value"] if row["value"] is not None else float("-inf")
    return -value if grid.objective in LOWER_IS_BETTER else float(value)


def _is_pareto(grid: Grid, row: Json, rows: list[Json]) -> bool:
    """Whether no other is as good in both quality and latency, and better in one."""
    own = (_goodness(grid, row), -row["latency_ms"])
    others = [(_goodness(grid, one), -one["latency_ms"]) for one in rows]
    return not any(other != own and other[0] >= own[0] and other[1] >= own[1] for other in others)


def _line(row: Json, mark: str) -> str:
    settings = ", ".join(f"{name.removeprefix('service.')} {value:g}" for name, value in row["settings"].items())
    return f"  {mark} {row['value']:.3f} [{row['low']:.3f}, {row['high']:.3f}]  {row['latency_ms']:7.2f} ms  {settings}"


def _value(name: str) -> float:
    module, _, constant = name.rpartition(".")
    value = getattr(_module(module), constant, None)
    if not module.startswith("service.") or not isinstance(value, int | float):
        message = (
            f"there is no setting {name!r}: name a number in a module of service, as in 'service.verify.THRESHOLD'"
        )
        raise DataError(message)
    return float(value)


def _set(name: str, value: float) -> None:
    module, _, constant = name.rpartition(".")
    found = _module(module)
    kind = type(getattr(found, constant))  # a number of passages stays a whole number
    setattr(found, constant, kind(value))


def _module(name: str) -> Any:
    try:
        return importlib.import_module(name)
    except (ImportError, ValueError):
        return None
