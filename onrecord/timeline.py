"""The command `onrecord timeline`: the dated events that the articles report on a topic, oldest first.

Example: `onrecord timeline "Soleimani" --from 2020-01-01` prints `2020-01-03  A strike killed …` and who says so.
"""

from __future__ import annotations

import sys
from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

from onrecord.exits import exits
from onrecord.options import JsonOption, LibraryOption, OutletOption, print_json, read_settings

if TYPE_CHECKING:
    from onrecord.door import Json

_DAY = ["%Y-%m-%d"]


def register(app: typer.Typer) -> None:
    """Adds the command to the app."""
    app.command()(timeline)


def timeline(
    query: Annotated[str, typer.Argument(help="A topic, or a question.", show_default=False)],
    library: LibraryOption = None,
    outlet: OutletOption = None,
    happened_from: Annotated[
        datetime | None, typer.Option("--from", formats=_DAY, metavar="DATE", help="Events of this day or later.")
    ] = None,
    happened_to: Annotated[
        datetime | None, typer.Option("--to", formats=_DAY, metavar="DATE", help="Events of this day or earlier.")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, max=100, help="How many events at most.")] = 20,
    as_json: JsonOption = False,
) -> None:
    """List the dated events on a topic, oldest first, with quotes.

    The days are those on which the events took place, as far as the articles say so, not those of publication.
    """
    with exits():
        from onrecord.door import opened

        if happened_from and happened_to and happened_from > happened_to:
            message = "--from is after --to"
            raise typer.BadParameter(message)
        settings = read_settings(library)
        wanted: Json = {"query": query, "limit": limit} | ({"outlet": outlet} if outlet else {})
        for name, day in (("from", happened_from), ("to", happened_to)):
            if day:
                wanted[name] = day.date().isoformat()
        with opened(settings, settings.library, will_ask=True) as opened_library:
            result = opened_library.timeline(wanted)
        if as_json:
            print_json(result)
        else:
            from onrecord.render import console, show_events

            show_events(console(sys.stdout), result)
