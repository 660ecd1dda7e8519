"""`onrecord key create`, `list` and `revoke`: who may use a library that is served to other machines.

Example: `onrecord key create newsroom --scope read` prints the secret, once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

import typer

from onrecord.exits import exits
from onrecord.options import JsonOption, LibraryOption, print_json, read_settings

if TYPE_CHECKING:
    from pathlib import Path

    from service.access import KeyRing


def register(app: typer.Typer) -> None:
    """Adds the commands to the app."""
    commands = typer.Typer(help="Make, list and revoke the keys of a served library.", no_args_is_help=True)
    for name, command in (("create", create), ("list", list_keys), ("revoke", revoke)):
        commands.command(name)(command)
    app.add_typer(commands, name="key")


def create(
    name: Annotated[str, typer.Argument(help="Whose key it is.", show_default=False)],
    scope: Annotated[
        Literal["read", "write"], typer.Option(help="`read` asks and reads; `write` adds and removes articles too.")
    ] = "read",
    library: LibraryOption = None,
    as_json: JsonOption = False,
) -> None:
    """Make a key, and print its secret, which is shown this once only.

    A server heeds it at once. Requests carry it as `Authorization: Bearer SECRET`.
    """
    with exits():
        key, secret = _ring(library).create(name, scope)
        if as_json:
            print_json({"id": key.id, "name": key.name, "scope": key.scope, "secret": secret})
        else:
            typer.echo(secret)
            typer.echo(f"key {key.name!r} ({key.scope}) was made; keep it, it is not shown again", err=True)


def list_keys(library: LibraryOption = None, as_json: JsonOption = False) -> None:
    """List the keys, without their secrets."""
    with exits():
        keys = _ring(library).keys()
        if as_json:
            shown = [{"id": k.id, "name": k.name, "scope": k.scope, "created_at": k.created_at} for k in keys]
            print_json({"keys": shown})
        else:
            for key in keys:
                typer.echo(f"{key.id}  {key.scope:5}  {key.created_at[:10]}  {key.name}")
            if not keys:
                typer.echo("no keys; `onrecord key create NAME` makes one", err=True)


def revoke(
    name: Annotated[str, typer.Argument(help="Its name or id.", show_default=False)], library: LibraryOption = None
) -> None:
    """Revoke a key; who uses it is refused at once."""
    with exits():
        _ring(library).revoke(name)


def _ring(library: Path | None) -> KeyRing:
    from ingest.errors import LibraryNotFoundError
    from service.access import KeyRing

    folder = read_settings(library).library
    if not folder.is_dir():
        message = f"there is no library in {folder.absolute()}; make one with `onrecord ingest PATH --library {folder}`"
        raise LibraryNotFoundError(message)
    return KeyRing(folder)
