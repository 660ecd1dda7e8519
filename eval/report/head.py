"""The head of a report's page: which runs, how good in a few large figures, and what was asked of what."""

from __future__ import annotations

from typing import TYPE_CHECKING

from eval.report.markup import Html, element, joined
from eval.report.tables import anchor, difference, key
from eval.report.words import UNKNOWN, facts, interval, number

if TYPE_CHECKING:
    from collections.abc import Sequence

    from eval.report.figures import Figure, Row
    from eval.report.summarise import Summary


def head(summary: Summary) -> Html:
    """The header, up to the table of contents."""
    known = facts(summary)
    return element(
        "header",
        element("p", "Evaluation of answers", class_="over"),
        element("h1", *_versus(summary.names)),
        element("div", *(_tile(summary, row) for row in summary.headlines), class_="tiles"),
        element("dl", *(_fact(name, values) for name, values in known), class_="facts"),
        _contents(summary),
        class_="head",
    )


def _contents(summary: Summary) -> Html:
    titles = [group.title for group in summary.groups]
    speed = [("Speed", "speed")] if summary.speed else []
    groups = [(title, anchor(title)) for title in titles]
    places = [("Outcomes", "outcomes"), *groups, *speed, ("Questions", "questions")]
    return element(
        "nav",
        *(element("a", title, href=f"#{place}") for title, place in places),
        aria_label="Contents",
        class_="contents",
    )


def _versus(names: Sequence[str]) -> list[str]:
    parts: list[str] = []
    for place, name in enumerate(names):
        parts += [element("span", " against " if place == 1 else ", ", class_="against")] if place else []
        parts.append(element("span", key(place) if len(names) > 1 else "", name, class_="name"))
    return parts


def _tile(summary: Summary, row: Row) -> Html:
    several = len(summary.names) > 1
    values = [_tile_value(place, figure, several) for place, figure in enumerate(row.figures)]
    apart = [element("p", difference(one), class_="apart") for one in row.differences if one]
    return element("section", element("h2", row.measure), *values, *apart, class_="tile")


def _tile_value(place: int, figure: Figure | None, several: bool) -> Html:
    if figure is None:
        return element("p", UNKNOWN, class_="large")
    of = f"of {figure.n:,}" + (f" · {figure.unscored:,} unscored" if figure.unscored else "")
    return joined(
        element("p", key(place) if several else "", number(figure.value), class_="large"),
        element("p", element("span", interval(figure)), " ", element("span", of), class_="sure"),
    )


def _fact(name: str, values: Sequence[str]) -> Html:
    same = len(set(values)) == 1
    told = values[:1] if same else values
    return element(
        "div", element("dt", name), *(element("dd", key(i) if not same else "", v) for i, v in enumerate(told))
    )
