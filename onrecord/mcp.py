"""`onrecord mcp`: the library as MCP tools over stdin and stdout.

Example: `claude mcp add onrecord -- onrecord mcp --library ~/library`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from onrecord.exits import exits
from onrecord.options import LibraryOption, read_settings

if TYPE_CHECKING:
    import typer


def register(app: typer.Typer) -> None:
    """Adds the command to the app."""
    app.command(name="mcp")(serve_tools)


def serve_tools(library: LibraryOption = None) -> None:
    """Offer the library to a program over stdin and stdout (Model Context Protocol).

    Until that program closes the pipe the library is open here, unless a server owns it: then the server is asked.
    """
    with exits():
        from onrecord.door import opened

        settings = read_settings(library)
        with opened(settings, settings.library, will_ask=True) as opened_library:
            from service.mcp import mcp_server

            mcp_server(opened_library).run("stdio")
