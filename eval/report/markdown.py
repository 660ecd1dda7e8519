"""A report as Markdown, for a pull request."""

from __future__ import annotations

from typing import TYPE_CHECKING

from eval.report.judge import OUTCOMES, meaning
from eval.report.speed import QUANTILES, ratio
from eval.report.words import UNKNOWN, difference, facts, figure, milliseconds, times

if TYPE_CHECKING:
    from collections.abc import Sequence

    from eval.report.figures import Row
    from eval.report.summarise import Summary

_LISTED = 50  # questions that changed; the page has all


def markdown(summary: Summary) -> str:
    """The summary: what was run, what came of the questions, and every measure."""
    parts = ["# Evaluation: " + ", ".join(map(_plain, summary.names))]
    parts.append(_table(("", *summary.names), [(name, *values) for name, values in facts(summary)]))
    parts.append("## Outcomes")
    parts.append(_outcomes(summary))
    if any(summary.changed):
        parts += ["### Questions that changed", _changed(summary)]
    for group in summary.groups:
        parts += [f"## {group.title}", _measures(summary, group.rows)]
    if summary.speed:
        parts += ["## Speed", _speed(summary)]
    if any(kind.rows for kind in summary.kinds):
        parts.append("## By type of question")
        for kind in summary.kinds:
            parts += [f"### {_plain(kind.name or 'no type')}", _measures(summary, kind.rows)]
    return "\n\n".join(parts) + "\n"


def _outcomes(summary: Summary) -> str:
    rows = [(outcome, *(str(counted[outcome]) for counted in summary.outcomes)) for outcome in OUTCOMES]
    told = f"What counts as right: {_plain(meaning(summary.deciding))}.\n\n" if summary.deciding else ""
    changes = [
        f"- {_plain(name)}: {count} from *{old}* to *{new}*"
        for name, changed in zip(summary.names[1:], summary.changed, strict=True)
        for (old, new), count in changed.most_common()
    ]
    return told + _table(("outcome", *summary.names), rows) + ("\n\n" + "\n".join(changes) if changes else "")


def _changed(summary: Summary) -> str:
    changed = [asked for asked in summary.questions if len(set(asked.outcomes)) > 1]
    rows = [(one.id, one.question, *(outcome or UNKNOWN for outcome in one.outcomes)) for one in changed[:_LISTED]]
    more = f"\n\nand {len(changed) - _LISTED:,} more" if len(changed) > _LISTED else ""
    return _table(("id", "question", *summary.names), rows) + more


def _measures(summary: Summary, rows: Sequence[Row]) -> str:
    later = [column for name in summary.names[1:] for column in (name, "difference")]
    return _table(("measure", summary.names[0], *later), [_row(row) for row in rows])


def _speed(summary: Summary) -> str:
    rows = []
    for stage in summary.speed:
        for run, name in enumerate(summary.names):
            quantiles = [milliseconds(stage.times[run].get(q)) for q in QUANTILES]
            rows.append((stage.name, name, *quantiles, times(ratio(summary.speed, stage, run))))
    return _table(("stage, ms", "run", *QUANTILES, "median to the model alone"), rows)


def _row(row: Row) -> tuple[str, ...]:
    compared = zip(row.figures[1:], row.differences, strict=True)
    return (
        row.measure,
        figure(row.figures[0]),
        *(cell for one, apart in compared for cell in (figure(one), difference(apart))),
    )


def _table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join("| " + " | ".join(map(_plain, line)) + " |" for line in lines)


def _plain(text: str) -> str:
    """Text that means nothing to Markdown, on one line."""
    plain = " ".join(text.split())
    for mark in "\\|`*_<[":
        plain = plain.replace(mark, "\\" + mark)
    return plain
