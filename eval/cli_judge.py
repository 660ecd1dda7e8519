"""`onrecord eval judge`, added to the other commands of `eval/cli.py`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from eval.cli import JsonOption, RunArgument, commands, configured_llm, exits, print_json, print_lines, progress

if TYPE_CHECKING:
    from collections.abc import Iterator

    Json = dict[str, Any]


@commands.command()
def judge(
    folder: RunArgument,
    labels: Annotated[
        Path | None, typer.Option(help="JSON lines of `id` and `label`, as people judged the same answers.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Have the configured model judge the answers of a run, and see how far people agree with it."""
    with exits():
        from eval.judging import agreement, keep, read_labels
        from eval.judging import judge as ask_judge
        from eval.stored import read_run

        run = read_run(folder)
        given = read_labels(labels) if labels else {}
        llm = configured_llm()
        with progress() as report:
            verdicts = ask_judge(run, llm, report)
        found = agreement(verdicts, given)
        keep(run, found)
        if as_json:
            print_json({"agreement": found, "verdicts": verdicts})
        else:
            print_lines(_shown(found, verdicts))


def _shown(found: Json, verdicts: list[Json]) -> Iterator[str]:
    kappa = found["kappa"]
    if kappa["value"] is None:
        yield "agreement with people: not known; name their labels with --labels"
    else:
        between = "" if kappa["low"] is None else f" [{kappa['low']:.2f}, {kappa['high']:.2f}]"
        yield f"agreement with people: kappa {kappa['value']:.2f}{between} on {kappa['n']} labels"
        yield f"  same label {found['accuracy']:.2f}; always the most frequent one {found['base_rate']:.2f}"
    yield "  the verdicts may gate" if found["decides"] else "  too little to decide anything by"
    for label in ("right", "partly", "wrong"):
        yield f"{label:8} {sum(one['label'] == label for one in verdicts)}"
    yield f"{'unscored':8} {found['unscored']}"
