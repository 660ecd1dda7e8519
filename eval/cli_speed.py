"""`onrecord eval speed`, added to the other commands of `eval/cli.py`."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from eval.cli import SeedOption, commands, exits


class Step(StrEnum):
    """What is measured, in its order."""

    INGEST = "ingest"
    START = "start"
    SERVE = "serve"


@commands.command()
def speed(
    work: Annotated[Path, typer.Option(help="Folder for articles, libraries and results; it is not removed.")],
    passages: Annotated[
        list[int] | None,
        typer.Option(min=100, help="Size of a library; may be given again.", show_default="10000, 100000"),
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Markdown file whose section of scale is replaced.")] = None,
    data: Annotated[Path, typer.Option(help="Folder of the sets whose texts libraries are made of.")] = Path(
        "../shared/data"
    ),
    seed: SeedOption = 0,
    questions: Annotated[int, typer.Option(min=10, help="Asked of each door and with each filter.")] = 300,
    rounds: Annotated[int, typer.Option(min=1, help="Starts of each server.")] = 5,
    again: Annotated[list[Step] | None, typer.Option(help="Measure this step anew.")] = None,
    render_only: Annotated[bool, typer.Option("--render-only", help="Only write tables and plots.")] = False,
) -> None:
    """Measure large libraries: ingest, start, questions, memory and disk, as tables and plots.

    What was measured is kept in the folder, and an interrupted run goes on where it was.
    """
    with exits():
        from eval.scale.measure import Given, measure

        sizes = tuple(passages or (10_000, 100_000))
        given = Given(sizes, work, out, data, seed, questions, rounds, tuple(again or ()), render_only)
        typer.echo(measure(given))
