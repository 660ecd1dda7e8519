"""The command line: `onrecord ingest`, `ask`, `chat`, `search`, `timeline`, `serve`, `library …`, `eval …`.

Example: `onrecord ask "Who telephoned whom?" --from 2020-01-01` prints an answer; results go to stdout, progress and
notes to stderr. Nothing heavy is imported before a command needs it.
"""

from __future__ import annotations

import os
import re
import signal
import sys
from contextlib import contextmanager
from datetime import datetime
from io import TextIOWrapper
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, NoReturn

import typer

from onrecord.chat import register as register_chat
from onrecord.disagreements import register as register_disagreements
from onrecord.exits import FAILED, USAGE, exits
from onrecord.keys import register as register_keys
from onrecord.mcp import register as register_mcp
from onrecord.options import JsonOption, LibraryOption, OutletOption, print_json, read_settings, whole
from onrecord.report import report_lines
from onrecord.speakers import register as register_speakers
from onrecord.timeline import register as register_timeline
from onrecord.upkeep import register as register_upkeep

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from ingest.records import Failure, RawArticle
    from onrecord.door import Json, Progress

_ADDRESS = re.compile(r"([a-z][a-z0-9+.-]+):/+", re.IGNORECASE)  # a path has lost one of its slashes

app = typer.Typer(
    help="Answers from news articles; every sentence carries the exact quote that supports it.",
    no_args_is_help=True,
    rich_markup_mode=None,  # rich takes longer to import than the help takes to read
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
library_commands = typer.Typer(help="See what the library holds, and remove from it.", no_args_is_help=True)
register_upkeep(library_commands)
app.add_typer(library_commands, name="library")
register_chat(app)
register_mcp(app)
register_keys(app)
register_timeline(app)
register_speakers(app)
register_disagreements(app)


FromOption = Annotated[
    datetime | None,
    typer.Option("--from", formats=["%Y-%m-%d"], metavar="DATE", help="Published on this day or later."),
]
ToOption = Annotated[
    datetime | None,
    typer.Option("--to", formats=["%Y-%m-%d"], metavar="DATE", help="Published on this day or earlier."),
]


def main() -> None:
    """Runs the command, and ends the process with its exit code."""
    from eval.cli import register

    register(app)
    signal.signal(signal.SIGTERM, _stop)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="replace")  # a terminal that knows only ASCII gets question marks, no traceback
    app()


def _stop(number: int, _frame: object) -> NoReturn:
    """Ends as on Ctrl-C, so that what was begun is finished or undone."""
    sys.exit(128 + number)


def _show_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        typer.echo(f"onrecord {version('onrecord')}")
        raise typer.Exit


@app.callback()
def _options(
    _version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version, and exit.")
    ] = False,
) -> None:
    pass


@app.command()
def ingest(
    paths: Annotated[
        list[Path], typer.Argument(metavar="PATH", help="Files or folders.", show_default=False, readable=False)
    ],
    library: LibraryOption = None,
    prune: Annotated[bool, typer.Option("--prune", help="Remove what is gone from the given paths.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Add articles from files and folders.

    Read are .txt, .md, .html, .jsonl and .jsonl.gz files. What is there unchanged is passed over.
    """
    with exits():
        from ingest.load import load
        from onrecord.door import opened

        _require(paths)
        settings = read_settings(library)
        articles = load(paths, max_bytes=settings.max_article_mb * 1_000_000)
        roots = [os.path.abspath(path) for path in paths] if prune else []  # noqa: PTH100  (links stay as given)
        with (
            opened(settings, settings.library, create=True) as opened_library,
            _progress(paths, articles) as (watched, on_progress),
        ):
            report = opened_library.ingest(watched, roots, on_progress)
        _show_report(report, as_json)
        if report["failed"]:
            raise typer.Exit(FAILED)


@app.command()
def ask(
    question: Annotated[str, typer.Argument(help="The question, in quotation marks.", show_default=False)],
    library: LibraryOption = None,
    outlet: OutletOption = None,
    published_from: FromOption = None,
    published_to: ToOption = None,
    mode: Annotated[Literal["auto", "extractive", "model"], typer.Option(help="Who words the answer.")] = "auto",
    as_json: JsonOption = False,
) -> None:
    """Answer a question with quotes.

    Each sentence of the answer stands in an article. When the articles do not answer the question, that is said.
    """
    with exits():
        from onrecord.door import opened

        settings = read_settings(library)
        filters = _filters(outlet, published_from, published_to)
        with opened(settings, settings.library, will_ask=True) as opened_library:
            if as_json:
                print_json(opened_library.ask(question, filters, mode))
                return
            from onrecord.live import Live
            from onrecord.render import console

            live = Live(console(sys.stdout), question)
            result = opened_library.ask(question, filters, mode, live.hear if sys.stdout.isatty() else None)
            live.end(result, lambda: int(opened_library.status()["documents"]), filtered=bool(filters))


@app.command()
def search(
    query: Annotated[str, typer.Argument(help="What to look for.", show_default=False)],
    library: LibraryOption = None,
    k: Annotated[int, typer.Option("-k", min=1, max=100, help="How many passages at most.")] = 10,
    outlet: OutletOption = None,
    published_from: FromOption = None,
    published_to: ToOption = None,
    as_json: JsonOption = False,
) -> None:
    """Find the passages nearest to a query, best first."""
    with exits():
        from onrecord.door import opened

        settings = read_settings(library)
        filters = _filters(outlet, published_from, published_to)
        with opened(settings, settings.library, will_ask=True) as opened_library:
            result = opened_library.search(query, k, filters)
        if as_json:
            print_json(result)
        else:
            from onrecord.render import console, show_passages

            show_passages(console(sys.stdout), result)


@app.command()
def serve(
    library: LibraryOption = None,
    host: Annotated[str | None, typer.Option(help="Address to listen on.", show_default="127.0.0.1")] = None,
    port: Annotated[
        int | None, typer.Option(min=0, max=65535, help="Port to listen on; 0 picks one.", show_default="8000")
    ] = None,
    create: Annotated[bool, typer.Option("--create", help="Make the library if there is none.")] = False,
    workers: Annotated[
        int, typer.Option(help="Only 1: one process owns a library. Threads answer questions side by side.")
    ] = 1,
    insecure: Annotated[
        bool,
        typer.Option(
            "--insecure",
            help="Ask nobody for a key, whatever --host says: whoever reaches it may read, add and remove articles.",
        ),
    ] = False,
) -> None:
    """Serve the library over HTTP."""
    with exits():
        settings = read_settings(library, host=host, port=port)
        from service.server import serve as run

        run(settings, create=create, insecure=insecure, workers=workers)


@library_commands.command()
def status(library: LibraryOption = None, as_json: JsonOption = False) -> None:
    """Show what the library holds."""
    with exits():
        from onrecord.door import opened

        settings = read_settings(library)
        with opened(settings, settings.library, damaged=True) as opened_library:
            found = opened_library.status()
        if as_json:
            print_json(found)
        else:
            from onrecord.render import console, show_status

            show_status(console(sys.stdout), found, str(settings.library))


@library_commands.command("list")
def list_documents(
    library: LibraryOption = None,
    outlet: Annotated[str | None, typer.Option(help="Only this outlet.", callback=whole)] = None,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="How many at most.")] = 50,
    offset: Annotated[int, typer.Option(min=0, max=2**31, help="How many to pass over.")] = 0,
    as_json: JsonOption = False,
) -> None:
    """List the articles, newest first."""
    with exits():
        from onrecord.door import opened

        settings = read_settings(library)
        with opened(settings, settings.library) as opened_library:
            listing = opened_library.documents(limit=limit, offset=offset, outlet=outlet)
        if as_json:
            print_json(listing)
        else:
            from onrecord.render import console, show_documents

            show_documents(console(sys.stdout), listing)


@library_commands.command()
def remove(
    ids: Annotated[list[str], typer.Argument(metavar="ID", help="As `library list` shows them.", callback=whole)],
    library: LibraryOption = None,
    as_json: JsonOption = False,
) -> None:
    """Remove articles from the library; their files stay where they are."""
    with exits():
        from ingest.errors import DocumentNotFoundError
        from onrecord.door import opened

        settings = read_settings(library)
        not_found = []
        with opened(settings, settings.library) as opened_library:
            for document_id in ids:
                try:
                    opened_library.remove(document_id)
                except DocumentNotFoundError as error:
                    not_found.append(document_id)
                    typer.echo(f"onrecord: {error}", err=True)
        removed = len(ids) - len(not_found)
        if as_json:
            print_json({"removed": removed, "not_found": not_found})
        else:
            typer.echo(f"{removed} removed")
        if not_found:
            raise typer.Exit(FAILED)


def _filters(outlets: list[str] | None, published_from: datetime | None, published_to: datetime | None) -> Json:
    if published_from and published_to and published_from > published_to:
        message = "--from is after --to"
        raise typer.BadParameter(message)
    from service.records import Filters

    first, last = (day and day.date() for day in (published_from, published_to))
    return Filters(tuple(outlets or ()), first, last).given()


def _require(paths: Sequence[Path]) -> None:
    """Refuses paths that do not exist before a library is made for them."""
    for path in paths:
        if _ADDRESS.match(str(path)) and not path.exists():
            address = _ADDRESS.sub(r"\1://", str(path), count=1)
            typer.echo(f"onrecord: {address} is an address, and nothing is fetched: save the page to a file", err=True)
            raise typer.Exit(USAGE)
        if not os.path.lexists(path):
            typer.echo(f"onrecord: there is no file or folder {str(path)!r}; check the path", err=True)
            raise typer.Exit(USAGE)


@contextmanager
def _progress(
    paths: Sequence[Path], articles: Iterable[RawArticle | Failure]
) -> Iterator[tuple[Iterable[RawArticle | Failure], Progress]]:
    """The articles to hand to ingest and what it reports to: a bar on the terminal, if stderr is one."""
    if not sys.stderr.isatty():
        yield articles, lambda _number, _uri: None
        return
    from ingest.load import n_articles
    from onrecord.progress import Progress
    from onrecord.render import console

    with Progress(console(sys.stderr), n_articles(paths)) as progress:
        yield progress.watched(articles), progress.show


def _show_report(report: Json, as_json: bool) -> None:
    if as_json:
        print_json(report)
        return
    for line in report_lines(report):
        typer.echo(line)
    if report["failed"]:
        from onrecord.render import console, show_failures

        show_failures(console(sys.stderr), report["failed"])
    if not any(report[name] for name in ("added", "updated", "unchanged", "failed")):
        typer.echo("onrecord: no articles there; .txt, .md, .html, .jsonl and .jsonl.gz files are read", err=True)
