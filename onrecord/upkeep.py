"""The commands that look after a library: `onrecord library check`, `rebuild`, `backup`, `restore`, `move-vectors`.

Example: `onrecord library check` prints `whole: articles 5, passages 24` and ends with 0, or lists what is wrong and
ends with 1. On a library that a server owns, the server does the work.
"""

from __future__ import annotations

import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from onrecord.exits import FAILED, exits
from onrecord.options import JsonOption, LibraryOption, print_json, read_settings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ingest.store import Moved
    from onrecord.door import Json


def register(commands: typer.Typer) -> None:
    """Adds the commands to those of `onrecord library`."""
    for command in (check, rebuild, backup, restore, move_vectors):
        commands.command()(command)


def check(
    library: LibraryOption = None,
    quick: Annotated[bool, typer.Option("--quick", help="Look at samples only, as after an unclean end.")] = False,
    as_json: JsonOption = False,
) -> None:
    """See whether everything in the library is as it was written.

    Another process reads all of it, so that a damaged file cannot end this one.
    """
    with exits():
        from onrecord.door import opened

        settings = read_settings(library)
        with opened(settings, settings.library, damaged=True) as opened_library:
            report = opened_library.check(full=not quick)
        if as_json:
            print_json(report)
        else:
            for finding in report["findings"]:
                typer.echo(f"{finding['file']} {finding['problem']}")
            _say_outcome(report)
        if not report["whole"]:
            raise typer.Exit(FAILED)


def _say_outcome(report: Json) -> None:
    if report["whole"]:
        typer.echo(f"whole: articles {report['documents']:,}, passages {report['passages']:,}")
    else:
        for problem in report["problems"] if not report["findings"] else []:
            typer.echo(problem)
        typer.echo("`onrecord library rebuild` makes anew what is not whole", err=True)


def rebuild(
    library: LibraryOption = None,
    everything: Annotated[bool, typer.Option("--all", help="Make anew also what is whole.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Make anew what is damaged, or was made by another model.

    Everything is made from the articles as they are stored. What is interrupted goes on where it stopped.
    """
    with exits():
        from onrecord.door import opened

        settings = read_settings(library)
        with opened(settings, settings.library, damaged=True) as opened_library, _bar() as on_progress:
            rebuilt = opened_library.rebuild(everything=everything, on_progress=on_progress)
        if as_json:
            print_json({"rebuilt": rebuilt})
        else:
            typer.echo(f"made anew: {', '.join(rebuilt)}" if rebuilt else "nothing had to be made anew")


def backup(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="A new folder.", show_default=False)],
    library: LibraryOption = None,
    as_json: JsonOption = False,
) -> None:
    """Write a copy from which the library can be restored, also while it is served."""
    with exits():
        from onrecord.door import opened

        settings = read_settings(library)
        with opened(settings, settings.library) as opened_library:
            report = opened_library.back_up(folder.absolute())
        if as_json:
            print_json(report)
        else:
            typer.echo(f"{report['documents']:,} articles, {report['bytes'] / 1e6:,.1f} MB in {report['folder']}")


def restore(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="Of the backup.", show_default=False)],
    library: LibraryOption = None,
    as_json: JsonOption = False,
) -> None:
    """Make a new library of a backup.

    The indexes, which a backup does not hold, are made anew; what is interrupted goes on with `library rebuild`.
    """
    with exits():
        from ingest.store import restored
        from onrecord.door import opened

        settings = read_settings(library)
        with _bar() as on_progress:
            restored(folder, settings.library, on_progress)
            with opened(settings, settings.library, damaged=True) as opened_library:
                opened_library.rebuild(everything=False, on_progress=on_progress)
                status = opened_library.status()
        if as_json:
            print_json(status)
        else:
            typer.echo(f"{status['documents']:,} articles restored into {settings.library}")


def move_vectors(
    to: Annotated[
        Literal["server", "embedded"],
        typer.Option("--to", help="The server of ONRECORD_CHROMA_URL, or the library's folder.", show_default=False),
    ],
    library: LibraryOption = None,
    as_json: JsonOption = False,
) -> None:
    """Move the vectors to a Chroma server, or back.

    They are made from what the library's folder holds; until all are there, they are where they were.
    """
    with exits():
        from ingest.store import PassageIndex
        from service.errors import SettingsError

        settings = read_settings(library)
        if to == "server" and settings.chroma_url is None:
            message = (
                "ONRECORD_CHROMA_URL does not say where the server is: set it, for example to http://127.0.0.1:8001"
            )
            raise SettingsError(message)
        with PassageIndex.open_to_move(settings.library, settings.chroma_url) as index, _bar() as on_progress:
            moved = index.move_vectors(to, on_progress)
        if as_json:
            print_json(moved._asdict())
        else:
            _say_moved(moved, settings.chroma_url)


def _say_moved(moved: Moved, chroma_url: str | None) -> None:
    where = f"on the server at {chroma_url}" if moved.to == "server" else "in the library's folder"
    typer.echo(f"{moved.passages:,} vectors moved; they are {where}" if moved.passages else f"the vectors are {where}")
    if moved.left_behind:
        typer.echo(f"onrecord: the server did not answer, and keeps the collection {moved.left_behind}", err=True)
    if moved.to == "embedded" and chroma_url:
        typer.echo("onrecord: unset ONRECORD_CHROMA_URL before the next command", err=True)


@contextmanager
def _bar() -> Iterator[Callable[[str, int, int], None]]:
    """What a rebuild reports to: a bar for each part on the terminal, if stderr is one."""
    if not sys.stderr.isatty():
        yield lambda _part, _done, _total: None
        return
    from onrecord.progress import PartBars
    from onrecord.render import console

    with PartBars(console(sys.stderr)) as bars:
        yield bars.show
