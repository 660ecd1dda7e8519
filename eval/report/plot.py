"""Fourth stage of a report: its curves as SVG, and their figures as a table for whoever does not see them.

Colours, faces and strokes stand in the page's style sheet, so that a plot follows light, dark and print. A run is told
from another by its dashes and marks as well as by its colour.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from eval.report.axes import BOTTOM, RIGHT, TOP, WIDTH, Axis, across, frame, logarithmic, path, svg, text, upwards
from eval.report.markup import Html, empty, joined
from eval.report.speed import QUANTILES, speed
from eval.report.summarise import names
from eval.report.words import milliseconds

if TYPE_CHECKING:
    from collections.abc import Sequence

    from eval.report.figures import Figure
    from eval.report.read import Run

_MOST_POINTS = 200
_LETTER = 7.6  # width of a letter of a label, about

Point = tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Plot:
    """A plot with its title, a sentence that says how to read it, and its figures, header first."""

    id: str
    title: str
    reading: str
    drawn: Html
    table: tuple[tuple[str, ...], ...]


def plots(runs: Sequence[Run]) -> list[Plot]:
    """The plots for which any run has points."""
    drawn = (_risk_coverage(runs), _calibration(runs), _latency(runs))
    return [plot for plot in drawn if plot]


# --- risk and coverage --------------------------------------------------------------------------------------------


def _risk_coverage(runs: Sequence[Run]) -> Plot | None:
    curves = [_thinned(_curve(run, "risk_coverage", 2)) for run in runs]
    if not any(curves):
        return None
    highest = max(point[1] for curve in curves for point in curve)
    x, y = across(1.0, "coverage: share of the questions answered"), upwards(max(highest, 0.1), "risk: share wrong")
    lines, rows = [], [("run", "coverage", "risk")]
    for number, (name, curve) in enumerate(zip(names(runs), curves, strict=True)):
        if curve:
            lines.append(path([(x.place(c), y.place(r)) for c, r, *_ in curve], f"line s{number % 4}"))
        rows += [(name, f"{c:.2f}", f"{r:.3f}") for c, r, *_ in _every(curve, 10)]
    marks = [_operating(run, number, x, y) for number, run in enumerate(runs)]
    title = "Risk and coverage"
    reading = (
        "When only the surest answers are given, how many of them are wrong? Lower is better; a dotted line is how "
        "many of its questions a run answered."
    )
    return Plot(
        "risk-coverage",
        title,
        reading,
        svg("risk-coverage", title, reading, frame(x, y), *marks, *lines),
        tuple(rows),
    )


def _operating(run: Run, number: int, x: Axis, y: Axis) -> Html:
    answered = [result.answer.get("kind") != "abstention" for result in run.results if result.answer]
    if not answered:
        return Html()
    at = x.place(sum(answered) / len(answered))
    return empty("line", class_=f"operating s{number % 4}", x1=at, x2=at, y1=y.place(0), y2=y.place(y.ticks[-1]))


# --- calibration --------------------------------------------------------------------------------------------------


def _calibration(runs: Sequence[Run]) -> Plot | None:
    curves = [sorted(_curve(run, "calibration", 3)) for run in runs]
    if not any(curves):
        return None
    x, y = across(1.0, "confidence, mean of the bin"), upwards(1.0, "share right")
    most = max(n for curve in curves for _, _, n, *_ in curve) or 1
    lines, rows = [], [("run", "confidence", "share right", "questions")]
    for number, (name, curve) in enumerate(zip(names(runs), curves, strict=True)):
        lines += _bins(curve, x, y, number, most)
        rows += [(name, f"{c:.2f}", f"{share:.2f}", f"{n:g}") for c, share, n, *_ in curve]
    title = "Calibration"
    reading = (
        "Does confidence promise what comes true? On the diagonal it does; above it, answers are better than they "
        "promise. A bar is the 95 % interval, a larger dot more questions."
    )
    diagonal = path([(x.place(0), y.place(0)), (x.place(1), y.place(1))], "diagonal")
    return Plot(
        "calibration", title, reading, svg("calibration", title, reading, frame(x, y), diagonal, *lines), tuple(rows)
    )


def _bins(curve: Sequence[Point], x: Axis, y: Axis, number: int, most: float) -> list[Html]:
    series, drawn = f"s{number % 4}", []
    for confidence, share, n, *_ in curve:
        low, high = wilson(share, n)
        at = x.place(confidence) + 3 * number  # beside those of another run
        drawn.append(empty("line", class_=f"whisker {series}", x1=at, x2=at, y1=y.place(low), y2=y.place(high)))
        drawn.append(empty("circle", class_=f"dot {series}", cx=at, cy=y.place(share), r=2.5 + 4 * math.sqrt(n / most)))
    if len(curve) > 1:
        drawn.append(path([(x.place(c) + 3 * number, y.place(share)) for c, share, *_ in curve], f"line thin {series}"))
    return drawn


def wilson(share: float, n: float, z: float = 1.959964) -> tuple[float, float]:
    """The 95 % interval of a share of `n` (Wilson 1927); from 0 to 1 where `n` is 0."""
    if not n:
        return 0.0, 1.0
    centre = share + z * z / (2 * n)
    spread = z * math.sqrt(max(0.0, share * (1 - share)) / n + z * z / (4 * n * n))
    return max(0.0, (centre - spread) / (1 + z * z / n)), min(1.0, (centre + spread) / (1 + z * z / n))


# --- latency ------------------------------------------------------------------------------------------------------


def _latency(runs: Sequence[Run]) -> Plot | None:
    stages = speed(runs)
    values = [one.value for stage in stages for times in stage.times for one in times.values() if one.value]
    if not values:
        return None
    left = 20 + _LETTER * max(len(stage.name) for stage in stages)
    row = 16 * len(runs) + 18
    height = TOP + row * len(stages) + BOTTOM
    x = logarithmic(min(values), max(values), left, WIDTH - RIGHT, "milliseconds, logarithmic")
    lines: list[Html] = []
    rows: list[tuple[str, ...]] = [("run", "stage", *QUANTILES)]
    for place, stage in enumerate(stages):
        top = TOP + row * place
        lines.append(text(stage.name, left - 12, top + row / 2 + 4, "tick end"))
        for number, (name, times) in enumerate(zip(names(runs), stage.times, strict=True)):
            lines += _range(times, x, top + 17 + 16 * number, f"s{number % 4}")
            rows.append((name, stage.name, *(milliseconds(times.get(q)) for q in QUANTILES)))
    title = "Latency by stage"
    reading = (
        "How long a question takes: a disc is the median (p50), a ring p95, a stroke p99. The model alone is the bare "
        "embedding of a question, measured in the same run."
    )
    drawn = svg("latency", title, reading, _columns(x, height), *lines, height=height)
    return Plot("latency", title, reading, drawn, tuple(rows))


def _columns(x: Axis, height: float) -> Html:
    bottom = height - BOTTOM
    return joined(
        *(empty("line", class_="grid", x1=x.place(t), x2=x.place(t), y1=TOP, y2=bottom) for t in x.ticks),
        *(text(f"{t:g}", x.place(t), bottom + 20, "tick middle") for t in x.labelled()),
        text(x.title, (x.place(x.ticks[0]) + WIDTH - RIGHT) / 2, height - 8, "axis middle"),
    )


def _range(times: dict[str, Figure], x: Axis, y: float, series: str) -> list[Html]:
    places = {quantile: x.place(one.value) for quantile, one in times.items() if one.value is not None}
    drawn = [
        empty("line", class_=f"whisker {series}", x1=one, x2=other, y1=y, y2=y)
        for one, other in pairwise(places.values())
    ]
    if "p95" in places:
        drawn.append(empty("circle", class_=f"ring {series}", cx=places["p95"], cy=y, r=3.5))
    if "p50" in places:
        drawn.append(empty("circle", class_=f"dot {series}", cx=places["p50"], cy=y, r=4.5))
    if "p99" in places:
        drawn.append(empty("line", class_=f"whisker {series}", x1=places["p99"], x2=places["p99"], y1=y - 5, y2=y + 5))
    return drawn


# --- points -------------------------------------------------------------------------------------------------------


def _curve(run: Run, name: str, n: int) -> list[Point]:
    """The points whose first `n` numbers are known."""
    stored: list[list[Any]] = (run.scores.get("curves") or {}).get(name) or []
    points = [tuple(float("nan") if number is None else float(number) for number in point) for point in stored]
    return [point for point in points if len(point) >= n and all(map(math.isfinite, point[:n]))]


def _thinned(curve: list[Point]) -> list[Point]:
    return _every(sorted(curve), _MOST_POINTS)


def _every(curve: list[Point], n: int) -> list[Point]:
    """At most `n` of the points, evenly, with the first and the last."""
    if len(curve) <= n:
        return curve
    return [curve[round(i * (len(curve) - 1) / (n - 1))] for i in range(n)]
