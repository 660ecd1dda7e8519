"""`onrecord eval …`, added to the command line when it starts; nothing heavy is imported before a command runs."""

from __future__ import annotations

import json
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated, Any

import typer

commands = typer.Typer(help="Measure how good and how fast the answers are.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Adds the commands to `app`."""
    app.add_typer(commands, name="eval")


@commands.command()
def run(
    data: Annotated[Path, typer.Option(help="Folder with questions.jsonl and the articles.")] = Path("seeds"),
    questions: Annotated[Path | None, typer.Option(help="Another file of questions.")] = None,
    library: Annotated[Path | None, typer.Option(help="Library to ask; a temporary one when left out.")] = None,
    limit: Annotated[int | None, typer.Option(min=1, help="Ask only so many, drawn at random.")] = None,
    seed: Annotated[int, typer.Option(help="Of the draw.")] = 0,
    wrong: Annotated[bool, typer.Option("--wrong", help="List the questions that went wrong.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Ask every question of a set, and measure the answers."""
    from eval.data import read
    from eval.run import evaluate
    from ingest.embed import Encoder
    from ingest.errors import OnrecordError
    from ingest.store import PassageIndex

    try:
        dataset = read(data, questions)
        with ExitStack() as stack:
            folder = library or Path(stack.enter_context(tempfile.TemporaryDirectory()))
            index = stack.enter_context(PassageIndex.open(folder, create=True))
            report = evaluate(dataset, index, Encoder.load(), limit=limit, seed=seed, on_progress=_progress(stack))
    except OnrecordError as error:
        typer.echo(f"onrecord: {error}", err=True)
        raise typer.Exit(2) from None
    if as_json:
        typer.echo(json.dumps(report, ensure_ascii=False, indent=2))
    else:
        _show(report, with_wrong=wrong)


def _progress(stack: ExitStack) -> Any:
    if not sys.stderr.isatty():
        return None
    from rich.console import Console
    from rich.progress import Progress

    bar = stack.enter_context(Progress(console=Console(stderr=True), transient=True))
    task = bar.add_task("asking", total=None)
    return lambda done, total: bar.update(task, completed=done, total=total)


def _show(report: dict[str, Any], *, with_wrong: bool) -> None:
    typer.echo(f"{report['questions']} questions, {report['documents']} articles")
    for title in ("measures", "by kind"):
        typer.echo(f"\n{title}")
        for name, figure in report[title].items():
            interval = f"[{figure['low']:.3f}, {figure['high']:.3f}]"
            typer.echo(f"  {name or 'all':28} {figure['value']:.3f}  {interval}  n={figure['n']}")
    stages = ", ".join(f"{stage} {value}" for stage, value in report["timings_ms"].items())
    typer.echo(f"\nmedian ms: {stages}")
    for one in report["wrong"] if with_wrong else ():
        typer.echo(f"\n{one['id']} ({one['kind']}, confidence {one['confidence']}): {one['question']}")
        typer.echo(f"  expected: {one['expected']}")
        for claim in one["claims"][:3]:
            typer.echo(f"  - {claim}")
