r"""The commands that keep turns: `onrecord chat`, and `onrecord conversations list`, `show`, `export` and `delete`.

Example: `onrecord chat` reads a question a line, and "And what did Iraq say?" is then understood from the one before;
`printf 'Who called?\nWhy?\n' | onrecord chat --json` prints a line of JSON for each.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from onrecord.exits import FAILED, exits
from onrecord.options import JsonOption, LibraryOption, print_json, read_settings, whole

if TYPE_CHECKING:
    from collections.abc import Iterator

    from onrecord.door import Json, Library
    from onrecord.live import Live

IdArgument = Annotated[
    str, typer.Argument(metavar="ID", help="As `conversations list` shows it.", show_default=False, callback=whole)
]

commands = typer.Typer(help="See, export and delete the conversations that are kept.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Adds the commands to the app."""
    app.command()(chat)
    app.add_typer(commands, name="conversations")


def chat(
    library: LibraryOption = None,
    conversation: Annotated[
        str | None, typer.Option(metavar="ID", help="Goes on with this conversation.", callback=whole)
    ] = None,
    mode: Annotated[Literal["auto", "extractive", "model"], typer.Option(help="Who words the answers.")] = "auto",
    as_json: JsonOption = False,
) -> None:
    """Ask question after question; follow-ups are understood from those before.

    One question a line. /new begins another conversation, /quit ends. Turns are kept beside the library.
    """
    from onrecord.door import opened

    n_failed = 0
    with exits():
        settings = read_settings(library)
        with opened(settings, settings.library, will_ask=True) as opened_library:
            if conversation:
                opened_library.conversation(conversation)  # one that is not there is told at once
            for question in _typed():
                if question == "/quit":
                    break
                if question == "/new":
                    conversation = None
                    continue
                live = _live(question, as_json)
                result = _answered(opened_library, question, conversation, mode, live)
                n_failed += result is None
                if result is not None:
                    conversation = result["conversation_id"]
                    _show(result, opened_library, live)
    if n_failed:
        raise typer.Exit(FAILED)


def _live(question: str, as_json: bool) -> Live | None:
    """What shows the answer as text; nothing where JSON is wanted."""
    if as_json:
        return None
    from onrecord.live import Live
    from onrecord.render import console

    return Live(console(sys.stdout), question)


def _answered(library: Library, question: str, conversation: str | None, mode: str, live: Live | None) -> Json | None:
    """The answer; `None`, and a line on stderr, for a question that cannot be used: the next one may be."""
    from service.errors import QuestionError

    try:
        return library.talk(question, conversation, mode, live.hear if live and sys.stdout.isatty() else None)
    except QuestionError as error:
        typer.echo(f"onrecord: {error}", err=True)
        return None


def _typed() -> Iterator[str]:
    """What is typed, or comes by a pipe, line by line without empty ones."""
    if sys.stdin.isatty():
        import readline  # noqa: F401  (arrow keys and earlier lines: `input` uses it once it is imported)

        lines: Iterator[str] = iter(_prompted, "/quit")
    else:
        lines = iter(sys.stdin)
    yield from filter(None, map(str.strip, lines))


def _prompted() -> str:
    try:
        return input("? ")
    except EOFError:
        typer.echo()
        return "/quit"


def _show(result: Json, library: Library, live: Live | None) -> None:
    if live is None:
        print_json(result)
    else:
        live.end(result, lambda: int(library.status()["documents"]))
    sys.stdout.flush()  # whoever pipes questions in may wait for each answer


@commands.command("list")
def list_conversations(
    library: LibraryOption = None,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="How many at most.")] = 50,
    offset: Annotated[int, typer.Option(min=0, max=2**31, help="How many to pass over.")] = 0,
    as_json: JsonOption = False,
) -> None:
    """List the conversations, the one continued last first."""
    with exits():
        from onrecord.door import opened

        settings = read_settings(library)
        with opened(settings, settings.library) as opened_library:
            listing = opened_library.conversations(limit, offset)
        if as_json:
            print_json(listing)
        else:
            from onrecord.render import console, show_conversations

            show_conversations(console(sys.stdout), listing)


@commands.command()
def show(id_: IdArgument, library: LibraryOption = None, as_json: JsonOption = False) -> None:
    """Show a conversation as it was answered."""
    with exits():
        found = _read(library, id_)
        if as_json:
            print_json(found)
        else:
            from onrecord.render import console, show_conversation

            show_conversation(console(sys.stdout), found)


@commands.command()
def export(
    id_: IdArgument,
    library: LibraryOption = None,
    form: Annotated[Literal["markdown", "json"], typer.Option("--format", help="Of what is written.")] = "markdown",
    as_json: Annotated[bool, typer.Option("--json", help="The same as --format json.")] = False,
) -> None:
    """Write a conversation as a memo with footnoted sources."""
    with exits():
        found = _read(library, id_)
        if as_json or form == "json":
            print_json(found)
        else:
            from onrecord.render import printable
            from service.memo import as_markdown

            typer.echo("\n".join(map(printable, as_markdown(found).split("\n"))))


@commands.command()
def delete(id_: IdArgument, library: LibraryOption = None, as_json: JsonOption = False) -> None:
    """Forget a conversation."""
    with exits():
        from onrecord.door import opened

        settings = read_settings(library)
        with opened(settings, settings.library) as opened_library:
            opened_library.forget(id_)
        if as_json:
            print_json({"deleted": id_})
        else:
            typer.echo("deleted")


def _read(library: LibraryOption, id_: str) -> Json:
    from onrecord.door import opened

    settings = read_settings(library)
    with opened(settings, settings.library) as opened_library:
        return opened_library.conversation(id_)
