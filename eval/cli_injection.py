"""`onrecord eval injection`, added to the other commands of `eval/cli.py`."""

from __future__ import annotations

from typing import Annotated

import typer

from eval.cli import JsonOption, commands, configured_llm, exits, print_json, print_lines, progress


@commands.command()
def injection(
    configured: Annotated[
        bool, typer.Option("--configured", help="Ask the configured model, instead of one that obeys every order.")
    ] = False,
    every: Annotated[int, typer.Option(min=1, help="Try every so many-th attack only.")] = 1,
    as_json: JsonOption = False,
) -> None:
    """Try hostile articles on answers that a model words, and count how many get what they want."""
    with exits():
        from eval.injection import attacks, run, summary
        from ingest.embed import Encoder

        llm = configured_llm() if configured else None
        chosen = list(attacks())[::every]
        with progress() as report:
            found = summary(run(Encoder.load(), chosen, llm, report))
        if as_json:
            print_json(found)
        else:
            print_lines(
                [
                    f"attack success rate {found['rate']:.3f} of {found['n']}, {found['seen']} of them seen",
                    *(f"  {one['goal']} in {one['place']}: {one['text']}" for one in found["succeeded"]),
                ]
            )
