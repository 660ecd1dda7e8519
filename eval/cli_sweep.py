"""`onrecord eval sweep`, added to the other commands of `eval/cli.py`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from eval.cli import (
    DataOption,
    JsonOption,
    LibraryOption,
    LimitOption,
    SeedOption,
    commands,
    exits,
    print_json,
    print_lines,
    progress,
)


@commands.command()
def sweep(
    grid: Annotated[Path, typer.Argument(metavar="GRID", help="JSON file of settings and values.", show_default=False)],
    out: Annotated[Path, typer.Option(help="Folder to keep the runs in.")],
    data: DataOption = Path("seeds"),
    library: LibraryOption = None,
    limit: LimitOption = None,
    seed: SeedOption = 0,
    as_json: JsonOption = False,
) -> None:
    """Try a small grid of settings: chosen on one half of a set, reported on the other."""
    with exits():
        from eval.data import read
        from eval.run import Options
        from eval.sweep import read_grid, table
        from eval.sweep import sweep as try_all

        wanted = read_grid(grid)
        with progress() as report:
            found = try_all(
                wanted, read(data), out, Options(limit=limit, seed=seed), library=library, on_progress=report
            )
        if as_json:
            print_json(found)
        else:
            print_lines(table(found))
