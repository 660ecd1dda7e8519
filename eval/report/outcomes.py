"""What came of the questions, as bars that one sees before one reads."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

from eval.report.judge import OUTCOMES, meaning
from eval.report.markup import Html, element, joined
from eval.report.tables import class_of, key, stack

if TYPE_CHECKING:
    from collections import Counter

    from eval.report.judge import Outcome
    from eval.report.summarise import Summary


def outcomes(summary: Summary) -> Html:
    """A bar and counts for each run, and what changed from the first."""
    by = f"What counts as right: {meaning(summary.deciding)}. " if summary.deciding else ""
    scored_apart = "What could not be scored is counted apart, and is not wrong."
    return element(
        "section",
        element("h2", "What came of the questions"),
        element("p", by + scored_apart, class_="note"),
        *(
            joined(
                element("h3", key(place), name) if len(summary.names) > 1 else "",
                stack(counted, f"Outcomes of {name}"),
                _counts(counted),
            )
            for place, (name, counted) in enumerate(zip(summary.names, summary.outcomes, strict=True))
        ),
        _changed(summary),
        id="outcomes",
    )


def _counts(counted: Counter[Outcome]) -> Html:
    total = counted.total() or 1
    return element(
        "ul",
        *(
            element(
                "li",
                element("span", class_=f"swatch {class_of(outcome)}"),
                element("a", element("strong", f"{counted[outcome]:,}"), f" {outcome}", href=_listed(outcome)),
                " ",
                element("span", f"{counted[outcome] / total:.0%}", class_="quiet"),
            )
            for outcome in OUTCOMES
        ),
        class_="counts",
    )


def _listed(outcome: str) -> str:
    """Where the script lists the questions with an outcome."""
    return "#outcome=" + quote(outcome)


def _changed(summary: Summary) -> Html:
    lists = [
        joined(
            element("h3", element("a", f"Changed in {name}: {changed.total():,}", href=_listed("changed"))),
            element(
                "ul",
                *(
                    element("li", element("strong", f"{count:,}"), " ", _badge(old), " → ", _badge(new))
                    for (old, new), count in changed.most_common()
                ),
                class_="moves",
            ),
        )
        for name, changed in zip(summary.names[1:], summary.changed, strict=True)
    ]
    return joined(*lists)


def _badge(outcome: str) -> Html:
    return element("span", outcome, class_=f"badge {class_of(outcome)}")
