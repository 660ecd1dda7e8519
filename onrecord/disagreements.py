"""The command `onrecord disagreements`: what outlets differ on, position against position.

Example: `onrecord disagreements "the harbour blast"`; without a topic, those of the newest articles.
"""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from onrecord.exits import exits
from onrecord.options import JsonOption, LibraryOption, print_json, read_settings


def register(app: typer.Typer) -> None:
    """Adds the command to the app."""
    app.command()(disagreements)


def disagreements(
    query: Annotated[str, typer.Argument(help="A topic; the newest articles' titles when left out.")] = "",
    library: LibraryOption = None,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="How many at most.")] = 50,
    offset: Annotated[int, typer.Option(min=0, max=2**31, help="How many to pass over.")] = 0,
    as_json: JsonOption = False,
) -> None:
    """List what outlets differ on, with the quotes of each position.

    Another figure of the same thing, another actor or status, and a denial are told; other wording is not.
    """
    with exits():
        from onrecord.door import opened

        settings = read_settings(library)
        with opened(settings, settings.library, will_ask=True) as opened_library:
            result = opened_library.disagreements(query, limit, offset)
        if as_json:
            print_json(result)
        else:
            from onrecord.render import console, show_disagreements

            show_disagreements(console(sys.stdout), result)
