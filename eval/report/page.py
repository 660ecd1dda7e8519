"""Last stage of a report: one HTML file that needs nothing else, neither network nor server.

All text goes in escaped (`markup`) or as JSON, and the page's own policy lets only its own style sheet and script run,
each named by its hash. Tables and plots are there without JavaScript; the list of questions needs it.
"""

from __future__ import annotations

import base64
import hashlib
import html
import json
from importlib.resources import files
from string import Template
from typing import TYPE_CHECKING

from eval.report.head import head
from eval.report.markup import Html, element, joined
from eval.report.outcomes import outcomes
from eval.report.pack import as_script, pack
from eval.report.plot import plots
from eval.report.tables import key, kinds, measures, stages

if TYPE_CHECKING:
    from collections.abc import Sequence

    from eval.report.plot import Plot
    from eval.report.read import Run
    from eval.report.summarise import Summary

_SCRIPTS = ("question.js", "page.js")
_ICON = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16"><rect width="16" height="16" rx="4" fill="#1f5fa8"/>'
    '<path d="M3.5 11.5 7 7l2.5 2.5L13 4.5" fill="none" stroke="#fff" stroke-width="1.8"/></svg>'
)
_WITHOUT_SCRIPT = "The list of questions needs JavaScript; everything above does without."
_POLICY = Template(
    "default-src 'none'; script-src $script; style-src $style; img-src data:; base-uri 'none'; form-action 'none'"
)


def page(runs: Sequence[Run], summary: Summary) -> str:
    """The report as HTML."""
    style = _static("page.css")
    script = "\n".join(map(_static, _SCRIPTS))
    return Template(_static("page.html")).substitute(
        policy=_POLICY.substitute(script=_hash(script), style=_hash(style)),
        title=html.escape(", ".join(summary.names) + " · evaluation"),
        icon="data:image/svg+xml;base64," + base64.b64encode(_ICON.encode()).decode(),
        style=style,
        body=_body(runs, summary),
        data=as_script(pack(runs, summary.deciding)),
        script=script,
    )


def _static(name: str) -> str:
    return files("eval.report").joinpath("static", name).read_text(encoding="utf-8")


def _hash(text: str) -> str:
    return "'sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() + "'"


def _body(runs: Sequence[Run], summary: Summary) -> Html:
    return joined(
        head(summary),
        element(
            "main",
            outcomes(summary),
            _plots(summary, plots(runs)),
            *(measures(summary, group) for group in summary.groups),
            stages(summary),
            kinds(summary),
            _about(runs),
            _questions(),
        ),
    )


def _plots(summary: Summary, drawn: Sequence[Plot]) -> Html:
    if not drawn:
        return Html()
    runs = [element("span", key(place), name) for place, name in enumerate(summary.names)]
    return element(
        "section",
        element("h2", "Curves"),
        element("p", *runs, class_="legend") if len(runs) > 1 else "",
        element("div", *map(_plot, drawn), class_="plots"),
        id="curves",
    )


def _plot(plot: Plot) -> Html:
    header, *rows = plot.table
    figures = element(
        "table",
        element("thead", element("tr", *(element("th", name, scope="col") for name in header))),
        element("tbody", *(element("tr", *(element("td", cell) for cell in row)) for row in rows)),
    )
    return element(
        "figure",
        element("figcaption", element("h3", plot.title), element("p", plot.reading, class_="note")),
        plot.drawn,
        element("details", element("summary", "Figures"), element("div", figures, class_="scroll small")),
    )


def _about(runs: Sequence[Run]) -> Html:
    told = [json.dumps(run.about, ensure_ascii=False, indent=2) for run in runs]
    return element(
        "section",
        element("h2", "Settings and versions"),
        *(
            element("details", element("summary", run.name), element("pre", text, tabindex=0))
            for run, text in zip(runs, told, strict=True)
        ),
        id="about",
    )


def _questions() -> Html:
    return element(
        "section",
        element("h2", "Questions"),
        element("div", element("p", _WITHOUT_SCRIPT, class_="note"), id="list"),
        id="questions",
    )
