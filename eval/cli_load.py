"""`onrecord eval load`, added to the other commands of `eval/cli.py`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from eval.cli import SeedOption, commands, exits


@commands.command()
def load(
    library: Annotated[Path, typer.Option(help="Library that is copied and served; nobody may have it open.")],
    readers: Annotated[int, typer.Option(min=1, help="Who ask at the same time.")] = 50,
    minutes: Annotated[float, typer.Option(min=0.1, help="How long the readers who think ask.")] = 10,
    think: Annotated[
        tuple[float, float], typer.Option(help="Shortest and longest seconds between an answer and the next question.")
    ] = (1.0, 2.0),
    out: Annotated[Path | None, typer.Option(help="Markdown file whose section of load is replaced.")] = None,
    keep: Annotated[Path | None, typer.Option(help="JSON file for what was measured.")] = None,
    data: Annotated[Path, typer.Option(help="Folder of the sets whose texts articles are made of.")] = Path(
        "../shared/data"
    ),
    seed: SeedOption = 0,
) -> None:
    """Load a server with readers and an ingest: latencies, errors, refusals, memory, and how it stops."""
    with exits():
        from eval.load.measure import Given, measure
        from eval.load.tables import FIRST, LAST, render
        from eval.scale.tables import insert

        found = measure(Given(library, readers, minutes, think, data, seed))
        if keep:
            keep.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
        if out:
            insert(out, render(found), FIRST, LAST)
        typer.echo(render(found))
