"""The frame of a plot: axes from values to pixels, a grid, labels, and an `<svg>` that says what it shows."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from eval.report.markup import Html, element, empty, joined

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

WIDTH, HEIGHT = 400, 300  # as wide as a phone, so that letters keep their size there
LEFT, RIGHT, TOP, BOTTOM = 58, 14, 12, 54
_ROOM = 30  # pixels of a label
_STEPS = (0.02, 0.05, 0.1, 0.2, 0.25, 0.5, 1.0)


@dataclass(frozen=True, slots=True)
class Axis:
    """From values to pixels; every tick has a line, and those have a label for which there is room."""

    place: Callable[[float], float]
    ticks: tuple[float, ...]
    title: str

    def labelled(self) -> list[float]:
        """The ticks that have a label: powers of ten before others."""
        shown: list[float] = []
        for tick in sorted(self.ticks, key=_is_no_power):
            if all(abs(self.place(tick) - self.place(other)) >= _ROOM for other in shown):
                shown.append(tick)
        return shown


def _is_no_power(tick: float) -> bool:
    return tick <= 0 or not math.isclose(math.log10(tick), round(math.log10(tick)), abs_tol=1e-9)


def linear(top: float, start: float, end: float, title: str) -> Axis:
    """From 0 to at least `top`, which is at most 1, in five steps or fewer."""
    step = next(step for step in _STEPS if top / step <= 5 or step == _STEPS[-1])
    ticks = tuple(step * i for i in range(math.ceil(top / step - 1e-9) + 1))
    return Axis(lambda value: start + (end - start) * value / ticks[-1], ticks, title)


def logarithmic(low: float, high: float, start: float, end: float, title: str) -> Axis:
    """From a round number below `low` to one above `high`."""
    steps = [mantissa * 10.0**power for power in range(-4, 10) for mantissa in (1, 2, 5)]
    first = max(step for step in steps if step <= max(low, steps[0]))
    last = min(step for step in steps if step >= min(high, steps[-1]) and step > first)
    within = tuple(step for step in steps if first <= step <= last)
    span = math.log(last / first)
    return Axis(lambda value: start + (end - start) * math.log(max(value, first) / first) / span, within, title)


def across(top: float, title: str) -> Axis:
    """The axis below a plot, from 0."""
    return linear(top, LEFT, WIDTH - RIGHT, title)


def upwards(top: float, title: str) -> Axis:
    """The axis beside a plot, from 0."""
    return linear(top, HEIGHT - BOTTOM, TOP, title)


def frame(x: Axis, y: Axis) -> Html:
    """The grid with its labels."""
    bottom, left = HEIGHT - BOTTOM, LEFT
    middle = (TOP + bottom) / 2
    return joined(
        *(empty("line", class_="grid", x1=left, x2=WIDTH - RIGHT, y1=y.place(t), y2=y.place(t)) for t in y.ticks),
        *(text(f"{t:g}", left - 7, y.place(t) + 5, "tick end") for t in y.ticks),
        *(text(f"{t:g}", x.place(t), bottom + 20, "tick middle") for t in x.labelled()),
        text(x.title, (left + WIDTH - RIGHT) / 2, HEIGHT - 8, "axis middle"),
        element("text", y.title, class_="axis middle", transform=f"translate(14 {middle:.0f}) rotate(-90)"),
    )


def svg(id_: str, title: str, description: str, *parts: Html, height: float = HEIGHT) -> Html:
    """The plot, with what it shows in words for whoever does not see it."""
    return element(
        "svg",
        element("title", title, id=f"{id_}-title"),
        element("desc", description, id=f"{id_}-desc"),
        *parts,
        role="img",
        viewbox=f"0 0 {WIDTH} {height:g}",
        aria_labelledby=f"{id_}-title {id_}-desc",
    )


def text(words: str, x: float, y: float, class_: str) -> Html:
    """Words at a place."""
    return element("text", words, class_=class_, x=x, y=y)


def path(points: Sequence[tuple[float, float]], class_: str) -> Html:
    """A line through points, in pixels."""
    return empty("path", class_=class_, d="M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in points))
