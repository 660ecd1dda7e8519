"""`onrecord eval …`, added to the command line when it starts; nothing heavy is imported before a command runs."""

from __future__ import annotations

import json
import sys
import tempfile
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from eval.report.command import report

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from eval.stored import StoredRun
    from service.llm import Llm

WORSE, COULD_NOT_RUN = 1, 2
BASELINE = Path("eval/baseline.json")

commands = typer.Typer(help="Measure how good and how fast the answers are.", no_args_is_help=True)

DataOption = Annotated[Path, typer.Option(help="Folder with questions.jsonl and the articles; or BEIR, SQuAD, TREC.")]
LimitOption = Annotated[int | None, typer.Option(min=1, help="Ask only so many, drawn at random.")]
SeedOption = Annotated[int, typer.Option(help="Of the draw.")]
LibraryOption = Annotated[Path | None, typer.Option(help="Library to ask; one of its own when left out.")]
UrlOption = Annotated[str | None, typer.Option(help="Server to ask, such as http://127.0.0.1:8000.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]
BaselineOption = Annotated[Path, typer.Option(help="File of `onrecord eval baseline`.")]
RunArgument = Annotated[Path, typer.Argument(metavar="RUN", help="Folder of a stored run.", show_default=False)]


def register(app: typer.Typer) -> None:
    """Adds the commands to `app`."""
    commands.command()(report)
    from eval import cli_injection, cli_judge, cli_load, cli_speed, cli_support, cli_sweep  # noqa: F401  (each adds its command)

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
    with exits(), ExitStack() as stack:
        from eval.data import read
        from eval.run import Options
        from eval.run import run as ask_all

        dataset = read(data, questions)
        folder = out or Path(stack.enter_context(tempfile.TemporaryDirectory())) / dataset.path.absolute().name
        options = Options(mode, limit, seed, split, concurrency)
        with progress() as report:
            stored = ask_all(dataset, folder, options, library=library, url=url, on_progress=report)
        _show_scores(stored, with_wrong=wrong, as_json=as_json)


@commands.command()
def score(folder: RunArgument, as_json: JsonOption = False) -> None:
    """Measure a stored run again; nothing is asked."""
    with exits():
        from eval.stored import read_run

        _show_scores(read_run(folder), with_wrong=False, as_json=as_json)


@commands.command()
def compare(
    before: Annotated[Path, typer.Argument(metavar="BEFORE", help="Folder of a run.", show_default=False)],
    after: Annotated[Path, typer.Argument(metavar="AFTER", help="Folder of another.", show_default=False)],
    as_json: JsonOption = False,
) -> None:
    """Show what got better and worse from one run to another, with how sure that is."""
    with exits():
        from eval.compare import compare as compare_runs
        from eval.show_changes import as_json as plain
        from eval.show_changes import comparison
        from eval.stored import read_run

        found = compare_runs(read_run(before), read_run(after))
        if as_json:
            print_json(plain(found))
        else:
            print_lines(comparison(found, (before.name, after.name)))


@commands.command()
def gate(
    baseline: BaselineOption = BASELINE,
    stored: Annotated[Path | None, typer.Option("--run", help="Stored run to judge; else --data is asked.")] = None,
    data: DataOption = Path("seeds"),
    library: LibraryOption = None,
    url: UrlOption = None,
    junit: Annotated[Path | None, typer.Option(help="Write the verdict as JUnit XML too.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Refuse what makes answers worse: exit code 0 passed, 1 worse, 2 could not be judged."""
    with exits(), ExitStack() as stack:
        from dataclasses import asdict

        from eval.gate import as_junit, read_baseline
        from eval.gate import gate as judge
        from eval.show_changes import verdict
        from eval.stored import read_run

        held = read_baseline(baseline)
        asked = read_run(stored) if stored else _ask_for(stack, held["asked"], data, library, url)
        found = judge(held, asked)
        if junit:
            junit.write_text(as_junit(found), encoding="utf-8")
        if as_json:
            print_json({"passed": found.is_passed, "checks": [asdict(check) for check in found.checks]})
        else:
            print_lines(verdict(found))
    raise typer.Exit(0 if found.is_passed else WORSE)


def _ask_for(stack: ExitStack, asked: dict[str, Any], data: Path, library: Path | None, url: str | None) -> StoredRun:
    """A run of the questions that the baseline asked, which is not kept."""
    from eval.data import read
    from eval.run import Options
    from eval.run import run as ask_all

    folder = Path(stack.enter_context(tempfile.TemporaryDirectory())) / "run"
    with progress() as report:
        return ask_all(read(data), folder, Options(**asked), library=library, url=url, on_progress=report)


@commands.command()
def baseline(
    folder: RunArgument,
    out: Annotated[Path, typer.Option(help="File to write.")] = BASELINE,
) -> None:
    """Make a run the one that later ones are judged by, and say what that changes for better and worse."""
    with exits():
        from eval.compare import differences
        from eval.gate import GATED, baseline_from, read_baseline, scores_of, write_baseline
        from eval.show_changes import table
        from eval.stored import read_run

        made = baseline_from(read_run(folder))
        if out.exists():
            before = read_baseline(out)
            if before["dataset"]["hash"] == made["dataset"]["hash"]:
                print_lines(table(differences(scores_of(before), scores_of(made), GATED)))
            else:
                typer.echo("the baseline was of another set, so nothing compares")
        write_baseline(out, made)
        typer.echo(f"{out}: {len(made['questions'])} questions of {made['dataset']['name']}")


@commands.command()
def threshold(
    folder: RunArgument,
    split: Annotated[Literal["tune", "report"], typer.Option(help="Half of the set to choose on.")] = "tune",
    out: Annotated[Path | None, typer.Option(help="File to write; threshold.json in RUN when left out.")] = None,
) -> None:
    """Choose the confidence below which to abstain on one half of a set, and report it on the other."""
    with exits():
        from eval.stored import read_run, write_json
        from eval.threshold import choose

        found = choose(read_run(folder), split)
        write_json(out or folder / "threshold.json", found)
        print_json(found)


def _show_scores(stored: StoredRun, *, with_wrong: bool, as_json: bool) -> None:
    from eval.score import score as score_run
    from eval.show import overview, wrong

    scores = score_run(stored)
    if as_json:
        print_json({"run": stored.about, **scores})
        return
    print_lines(overview(stored.about, scores))
    if with_wrong:
        print_lines(wrong(stored.results, scores))


@contextmanager
def exits() -> Iterator[None]:
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


def configured_llm() -> Llm:
    """The model that the settings name.

    Raises:
        RunError: They name none.
    """
    from eval.stored import RunError
    from ingest.settings import Settings
    from service.llm import Llm

    llm = Llm.of(Settings())
    if llm is None:
        message = "no model is configured: set ONRECORD_LLM_URL and ONRECORD_LLM_MODEL"
        raise RunError(message)
    return llm


@contextmanager
def progress() -> Iterator[Callable[[str, int, int], None] | None]:
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


def print_lines(lines: Iterable[str]) -> None:
    """Writes each line to stdout."""
    for line in lines:
        typer.echo(line)


def print_json(value: Any) -> None:
    """Writes one JSON document to stdout."""
    typer.echo(json.dumps(value, ensure_ascii=False, indent=2))
