"""`onrecord eval report RUN…`: the command; nothing heavy is imported before it runs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer


def report(
    runs: Annotated[
        list[Path],
        typer.Argument(metavar="RUN…", help="Folders of stored runs; the others are compared with the first."),
    ],
    out: Annotated[Path | None, typer.Option(metavar="FILE.html", help="One page that needs no network.")] = None,
    as_markdown: Annotated[
        Path | None, typer.Option("--markdown", metavar="FILE", help="For a pull request; - is stdout.")
    ] = None,
    as_json: Annotated[Path | None, typer.Option("--json", metavar="FILE", help="For machines; - is stdout.")] = None,
) -> None:
    """Show one run, or compare several, as a page to look at; into the first run's folder unless told otherwise."""
    from eval.report.markdown import markdown
    from eval.report.page import page
    from eval.report.read import read
    from eval.report.summarise import summarise
    from ingest.errors import OnrecordError
    from service.respond import as_json as as_json_types

    try:
        read_runs = [read(folder) for folder in runs]
    except OnrecordError as error:
        typer.echo(f"onrecord: {error}", err=True)
        raise typer.Exit(2) from None
    summary = summarise(read_runs)
    if out or not (as_markdown or as_json):
        _write(out or runs[0] / "report.html", page(read_runs, summary))
    if as_markdown:
        _write(as_markdown, markdown(summary))
    if as_json:
        _write(as_json, json.dumps(_plain(as_json_types(summary)), ensure_ascii=False, indent=2) + "\n")


def _plain(value: Any) -> Any:
    """What JSON has no keys for, changes from one outcome to another, as a list."""
    if isinstance(value, dict):
        if any(isinstance(key, tuple) for key in value):
            return [{"from": old, "to": new, "questions": count} for (old, new), count in value.items()]
        return {key: _plain(item) for key, item in value.items()}
    return [_plain(item) for item in value] if isinstance(value, list | tuple) else value


def _write(path: Path, text: str) -> None:
    # A model may write half a character (a lone surrogate), which no file can hold: it becomes a question mark.
    data = text.encode("utf-8", "replace")
    if str(path) == "-":
        typer.echo(data.decode(), nl=False)
        return
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    except OSError as error:
        typer.echo(f"onrecord: {path} cannot be written: {error.strerror}", err=True)
        raise typer.Exit(2) from None
    typer.echo(f"{path}  {len(data) / 1e6:.1f} MB", err=True)
