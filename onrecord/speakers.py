"""The command `onrecord speakers`: who makes statements, and what somebody is reported to have said.

Example: `onrecord speakers` lists everybody; `onrecord speakers Ortagus` prints her statements with outlet and date.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from onrecord.exits import FAILED, exits
from onrecord.options import JsonOption, LibraryOption, print_json, read_settings

if TYPE_CHECKING:
    from onrecord.door import Json

LimitOption = Annotated[int, typer.Option(min=1, max=1000, help="How many at most.")]
OffsetOption = Annotated[int, typer.Option(min=0, max=2**31, help="How many to pass over.")]


def register(app: typer.Typer) -> None:
    """Adds the command to the app."""
    app.command()(speakers)


def speakers(
    name: Annotated[str | None, typer.Argument(help="A name, or a part of one: prints the statements.")] = None,
    library: LibraryOption = None,
    limit: LimitOption = 50,
    offset: OffsetOption = 0,
    as_json: JsonOption = False,
) -> None:
    """List who makes statements; with a name, what they said.

    A name is found however outlets spell it. Who several people might be is listed, and not guessed.
    """
    with exits():
        from onrecord.door import opened

        settings = read_settings(library)
        with opened(settings, settings.library) as opened_library:
            found = opened_library.speakers(limit if name is None else 1000, offset if name is None else 0, name or "")
            one = _meant(found["speakers"], name) if name else None
            result = opened_library.statements(one["id"], limit, offset) if one else found
        if as_json:
            print_json(result)
        else:
            _show(result, name, one)
        if name and not one:
            raise typer.Exit(FAILED)


def _meant(people: list[Json], name: str) -> Json | None:
    """The one whom the name means: the only one, or the one who is called exactly so."""
    exact = [one for one in people if name.casefold() in {known.casefold() for known in one["names"]}]
    candidates = exact or people
    return candidates[0] if len(candidates) == 1 else None


def _show(result: Json, name: str | None, one: Json | None) -> None:
    from onrecord.render import console, show_speakers, show_statements

    out = console(sys.stdout)
    if one:
        show_statements(out, one, result)
    elif name and not result["speakers"]:
        typer.echo(f"nobody with {name!r} in the name makes a statement; `onrecord speakers` lists who does", err=True)
    else:
        if name:
            typer.echo("several people; give more of the name", err=True)
        show_speakers(out, result)
