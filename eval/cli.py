"""`onrecord eval …`, added to the command line when it starts; nothing heavy is imported before a command runs."""

from __future__ import annotations

import json
import sys
import tempfile
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from eval.stored import StoredRun

COULD_NOT_RUN = 2

commands = typer.Typer(help="Measure how good and how fast the answers are.", no_args_is_help=True)

DataOption = Annotated[Path, typer.Option(help="Folder with questions.jsonl and the articles; or BEIR, SQuAD, TREC.")]
LimitOption = Annotated[int | None, typer.Option(min=1, help="Ask only so many, drawn at random.")]
SeedOption = Annotated[int, typer.Option(help="Of the draw.")]
LibraryOption = Annotated[Path | None, typer.Option(help="Library to ask; one of its own when left out.")]
UrlOption = Annotated[str | None, typer.Option(help="Server to ask, such as http://127.0.0.1:8000.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]
RunArgument = Annotated[Path, typer.Argument(metavar="RUN", help="Folder of a stored run.", show_default=False)]


def register(app: typer.Typer) -> None:
    """Adds the commands to `app`."""
    app.add_typer(commands, name="eval")


@commands.command()
def run(
    data: DataOption = Path("seeds"),
    questions: Annotated[Path | None, typer.Option(help="Another file of questions.")] = None,
    library: LibraryOption = None,
    url: UrlOption = None,
    mode: Annotated[Literal["auto", "extractive", "model"], typer.Option(help="Who words the answers.")] = "auto",
    limit: LimitOption = None,
    seed: SeedOption = 0,
    concurrency: Annotated[int, typer.Option(min=1, max=64, help="Questions under way at once.")] = 1,
    split: Annotated[Literal["tune", "report"] | None, typer.Option(help="Ask only this half of the set.")] = None,
    out: Annotated[Path | None, typer.Option(help="Folder to keep the run in; it is not kept when left out.")] = None,
    wrong: Annotated[bool, typer.Option("--wrong", help="List the questions that went wrong.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Ask every question of a set, keep the answers, and measure them.

    A run that was interrupted goes on where it was when the command is given again.
    """
    with _exits(), ExitStack() as stack:
        from eval.data import read
        from eval.run import Options
        from eval.run import run as ask_all

        dataset = read(data, questions)
        folder = out or Path(stack.enter_context(tempfile.TemporaryDirectory())) / dataset.path.absolute().name
        options = Options(mode, limit, seed, split, concurrency)
        with _progress() as report:
            stored = ask_all(dataset, folder, options, library=library, url=url, on_progress=report)
        _show_scores(stored, with_wrong=wrong, as_json=as_json)


@commands.command()
def score(folder: RunArgument, as_json: JsonOption = False) -> None:
    """Measure a stored run again; nothing is asked."""
    with _exits():
        from eval.stored import read_run

        _show_scores(read_run(folder), with_wrong=False, as_json=as_json)


def _show_scores(stored: StoredRun, *, with_wrong: bool, as_json: bool) -> None:
    from eval.score import score as score_run
    from eval.show import overview, wrong

    scores = score_run(stored)
    if as_json:
        _print_json({"run": stored.about, **scores})
        return
    for line in overview(stored.about, scores):
        typer.echo(line)
    for line in wrong(stored.results, scores) if with_wrong else ():
        typer.echo(line)


@contextmanager
def _exits() -> Iterator[None]:
    """Turns an error on purpose, or of the system, into a line on stderr and exit code 2.

    Raises:
        typer.Exit: With that code.
    """
    from ingest.errors import OnrecordError

    try:
        yield
    except (OnrecordError, OSError) as error:
        typer.echo(f"onrecord: {' '.join(str(error).split())}", err=True)
        raise typer.Exit(COULD_NOT_RUN) from None


@contextmanager
def _progress() -> Iterator[Callable[[str, int, int], None] | None]:
    """A bar on stderr, where that is a terminal."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import MofNCompleteColumn, Progress

    with Progress(
        *Progress.get_default_columns(), MofNCompleteColumn(), console=Console(stderr=True), transient=True
    ) as bar:
        task = bar.add_task("", total=None)
        yield lambda what, done, total: bar.update(task, description=what, completed=done, total=total or None)


def _print_json(value: Any) -> None:
    typer.echo(json.dumps(value, ensure_ascii=False, indent=2))
