"""All measures as tables, with their intervals drawn beside them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from eval.report.judge import OUTCOMES
from eval.report.markup import Html, element, empty, joined
from eval.report.speed import QUANTILES, ratio
from eval.report.summarise import less_is_better
from eval.report.words import UNKNOWN, interval, milliseconds, number, signed, times

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Sequence

    from eval.report.figures import Difference, Figure, Row
    from eval.report.judge import Outcome
    from eval.report.summarise import Group, Kind, Summary

# Classes by number of runs; of so few, tables below each other have the same columns.
_LAYOUTS = {1: "even narrow", 2: "even"}
_STRIP = 132  # pixels of a drawn interval


def measures(summary: Summary, group: Group) -> Html:
    """A section with the measures of a group."""
    table = _table(summary, group.rows, group.title)
    return element("section", element("h2", group.title), table, id=anchor(group.title))


def stages(summary: Summary) -> Html:
    """A section with the time of each stage, also as a multiple of the model alone; nothing when none is known."""
    if not summary.speed:
        return Html()
    several = len(summary.names) > 1
    header = ["stage", *(["run"] if several else []), *QUANTILES, "median to the model alone"]
    rows = [
        element(
            "tr",
            element("th", stage.name, scope="row"),
            element("td", key(run), name, class_="number", data_of="value") if several else "",
            *(element("td", milliseconds(stage.times[run].get(q)), class_="number", data_of=q) for q in QUANTILES),
            element("td", times(ratio(summary.speed, stage, run)), class_="number", data_of="to the model alone"),
        )
        for stage in summary.speed
        for run, name in enumerate(summary.names)
    ]
    columns = [element("th", name, scope="col", class_=None if name == "stage" else "number") for name in header]
    return element(
        "section",
        element("h2", "Speed"),
        element("p", "Milliseconds a question, with 95 % intervals where they can be told.", class_="note"),
        _scrolled("Speed by stage", columns, rows),
        id="speed",
    )


def _table(summary: Summary, rows: Sequence[Row], caption: str) -> Html:
    several = len(summary.names) > 1
    columns: list[str] = [element("th", "measure", scope="col")]
    for place, name in enumerate(summary.names):
        columns.append(
            element("th", key(place) if several else "", name if several else "value", scope="col", class_="number")
        )
        columns.append(element("th", "difference", scope="col", class_="number") if place else "")
    columns.append(element("th", "95 % interval", scope="col", class_="strip"))
    columns.append(element("th", "questions", scope="col", class_="number"))
    layout = _LAYOUTS.get(len(summary.names))
    return _scrolled(caption, columns, [_row(row, summary.names) for row in rows], layout)


def _scrolled(caption: str, columns: Sequence[str], rows: Sequence[str], layout: str | None = None) -> Html:
    """A table that scrolls by itself where it is too wide, also by keyboard."""
    table = element(
        "table",
        element("caption", caption),
        element("thead", element("tr", *columns)),
        element("tbody", *rows),
        class_=layout,
    )
    return element("div", table, class_="scroll", tabindex=0, role="region", aria_label=caption)


def _row(row: Row, names: Sequence[str]) -> Html:
    cells: list[str] = []
    for place, figure in enumerate(row.figures):
        of = names[place] if len(names) > 1 else "value"
        cells.append(element("td", _value(figure), class_="number", data_of=of))
        if place:
            cells.append(element("td", difference(row.differences[place - 1]), class_="number", data_of="difference"))
    return element(
        "tr",
        element(
            "th",
            row.measure,
            element("span", " less is better", class_="quiet") if less_is_better(row.measure) else "",
            scope="row",
        ),
        *cells,
        element("td", _strip(row), class_="strip"),
        element("td", *_of(row), class_="number", data_of="questions"),
    )


def _value(figure: Figure | None) -> Html:
    if figure is None:
        return Html(UNKNOWN)
    if figure.value is None:
        return joined(UNKNOWN, " ", element("span", figure.reason or "", class_="reason"))
    return joined(element("strong", number(figure.value)), " ", element("span", interval(figure), class_="quiet"))


def _of(row: Row) -> list[str]:
    known = [figure for figure in row.figures if figure]
    scored, unscored = (
        " / ".join(dict.fromkeys(f"{count:,}" for count in counts))
        for counts in ([figure.n for figure in known], [figure.unscored for figure in known])
    )
    return [scored, element("span", f" + {unscored} unscored", class_="unscored") if unscored != "0" else ""]


def difference(one: Difference | None) -> Html:
    """How far from the first run, and whether that is better or worse beyond chance."""
    if one is None:
        return Html(UNKNOWN)
    verdict = {True: ("better", " ▲ better"), False: ("worse", " ▼ worse"), None: ("same", "")}[one.better]
    return element(
        "span",
        element("strong", signed(one.value)),
        verdict[1],
        " ",
        element("span", interval(one), class_="quiet"),
        class_=verdict[0],
    )


def _strip(row: Row) -> Html:
    """The intervals of a measure, one below the other, from 0 to 1, or to the largest value."""
    if all(figure is None or figure.value is None for figure in row.figures):
        return Html()
    ends = [value for figure in row.figures if figure for value in (figure.value, figure.high) if value is not None]
    top = max([1.0, *ends]) if max(ends, default=0) <= 1 else max(ends)
    height = 14 * len(row.figures)
    parts = [
        empty("line", class_="track", x1=4, x2=_STRIP - 4, y1=height / 2, y2=height / 2),
        *(empty("line", class_="track", x1=x, x2=x, y1=2, y2=height - 2) for x in (4, _STRIP / 2, _STRIP - 4)),
    ]
    for place, figure in enumerate(row.figures):
        if figure and figure.value is not None and figure.value >= 0:
            parts += _drawn(figure, place, 7 + 14 * place, (_STRIP - 8) / (top or 1))
    told = "; ".join(f"{number(figure.value)} {interval(figure)}" for figure in row.figures if figure)
    return element(
        "svg", element("title", told), *parts, role="img", viewbox=f"0 0 {_STRIP} {height}", class_="interval"
    )


def _drawn(figure: Figure, place: int, y: float, scale: float) -> list[Html]:
    series = f"s{place % 4}"
    dot = empty("circle", class_=f"dot {series}", cx=4 + scale * (figure.value or 0), cy=y, r=3.5)
    if figure.low is None or figure.high is None:
        return [dot]
    low, high = 4 + scale * max(0.0, figure.low), 4 + scale * figure.high
    return [empty("line", class_=f"bar {series}", x1=low, x2=high, y1=y, y2=y), dot]


def kinds(summary: Summary) -> Html:
    """A section with a bar for each type of question, which opens to its measures; nothing when there is one type."""
    if len(summary.kinds) < 2 and not any(kind.rows for kind in summary.kinds):
        return Html()
    return element(
        "section",
        element("h2", "By type of question"),
        *(_kind(summary, kind) for kind in summary.kinds),
        id="types",
    )


def _kind(summary: Summary, kind: Kind) -> Html:
    name = kind.name or "no type"
    total = max((counted.total() for counted in kind.outcomes), default=0)
    head = joined(
        element("span", name, class_="kind"),
        element("span", f"{total:,}", class_="quiet count"),
        element("span", *(stack(counted, f"Outcomes of {name}") for counted in kind.outcomes), class_="stacks"),
    )
    if not kind.rows:
        return element("div", head, class_="kindrow")
    return element("details", element("summary", head, class_="kindrow"), _table(summary, kind.rows, name))


def stack(counted: Counter[Outcome], label: str) -> Html:
    """The shares of the outcomes as one bar."""
    total = counted.total() or 1
    parts: list[Html] = []
    at = 0.0
    for outcome in filter(counted.get, OUTCOMES):
        width = 1000 * counted[outcome] / total
        gap = 2 if at + width < 1000 - 1e-6 else 0  # none after the last
        parts.append(empty("rect", class_=class_of(outcome), x=at, y=0, width=max(1.0, width - gap), height=10))
        at += width
    told = ", ".join(f"{count:,} {outcome}" for outcome, count in counted.items())
    return element(
        "svg",
        element("title", f"{label}: {told}"),
        *parts,
        role="img",
        viewbox="0 0 1000 10",
        preserveAspectRatio="none",
        class_="stack",
    )


def class_of(outcome: str) -> str:
    """Its colour in the style sheet."""
    return "o-" + outcome.replace(" ", "-")


def key(place: int) -> Html:
    """The colour of a run."""
    return element(
        "svg",
        empty("circle", class_=f"dot s{place % 4}", cx=6, cy=6, r=5),
        viewbox="0 0 12 12",
        class_="key",
        aria_hidden="true",
    )


def anchor(title: str) -> str:
    """Where a section is linked to."""
    return title.lower().replace(" ", "-")
