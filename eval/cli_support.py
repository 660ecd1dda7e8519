"""`onrecord eval support`, added to the other commands of `eval/cli.py`."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from eval.cli import JsonOption, commands, exits, print_json, print_lines

if TYPE_CHECKING:
    from collections.abc import Iterator

    Json = dict[str, Any]


@commands.command()
def support(
    data: Annotated[Path, typer.Option(help="Articles, from whose sentences true and false claims are made.")] = Path(
        "seeds"
    ),
    claims: Annotated[
        Path | None, typer.Option(help="A set of claims with labelled evidence, such as scifact.")
    ] = None,
    split: Annotated[str | None, typer.Option(help="Only the claims of this split of the set.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Measure how well the check of a model's claims tells supported ones from others; no model is asked."""
    with exits():
        from eval.supporting import of_articles, of_claims, read_claims
        from ingest.embed import Encoder
        from ingest.load import load
        from ingest.pipeline import ingest
        from ingest.store import PassageIndex

        encoder = Encoder.load()
        with tempfile.TemporaryDirectory() as folder, PassageIndex.open(Path(folder) / "library", create=True) as index:
            ingest(load([data], max_bytes=100_000_000), index, lambda: encoder)
            listed, _ = index.documents(limit=1_000_000, offset=0)
            documents = [index.document(one.id) for one in listed]
        found: Json = {"articles": of_articles(documents, encoder)}
        if claims:
            found["claims"] = of_claims(read_claims(claims), encoder, split)
        if as_json:
            print_json(found)
        else:
            print_lines(_shown(found))


def _shown(found: Json) -> Iterator[str]:
    for kind, figure in found["articles"].items():
        if kind != "mistakes":
            between = "" if figure["low"] is None else f" [{figure['low']:.3f}, {figure['high']:.3f}]"
            yield f"{kind:30} {figure['value']:.3f}{between} of {figure['n']}"
    for name in ("unrelated", "contradicting") if "claims" in found else ():
        value = found["claims"][name]
        yield f"AUROC against {name + ' evidence':25} " + ("not known" if value is None else f"{value:.3f}")
