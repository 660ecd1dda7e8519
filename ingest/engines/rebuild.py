"""Any part of a library made anew from its catalog: in place, in batches, so that it can be stopped and gone on with.

Example: `rebuild(engines, ["chroma"], load_encoder, on_progress)` empties Chroma and fills it from the stored vectors.
The catalog knows which parts are still to be done and after which passage the first of them stopped; until none is
left, the library answers no question.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ingest.engines.writes import place, stems_of
from ingest.errors import LibraryError
from ingest.split import split

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from ingest.embed import Encoder
    from ingest.engines.bundle import Engines
    from ingest.engines.catalog import Catalog
    from ingest.engines.check import Finding
    from ingest.engines.journal import Pending

    Step = Callable[[Sequence[Pending]], None]
    Progress = Callable[[str, int, int], None]

PARTS = ("vectors", "facets", "bm25", "chroma")  # in this order: Chroma is filled from the vectors
_AT_ONCE = {"vectors": 256, "facets": 10_000, "bm25": 2_000, "chroma": 2_000}
_TO_DO, _DONE, _FOR = "rebuilding", "rebuilt_to", "rebuilding_for"
_INCOMPLETE = ("holds ", "does not hold ", "does not find ")  # what is said of a part that is not made to its end


def silent(_part: str, _done: int, _total: int) -> None:
    """Where nobody wants to know how far it is."""


def unfinished(catalog: Catalog) -> list[str]:
    """What is to be said of a rebuild that was begun and not ended; nothing when there was none."""
    parts = catalog.meta().get(_TO_DO, "")
    return [f"{parts.replace(',', ', ')} still to be made anew"] if parts else []


def end_with(catalog: Catalog, part: str) -> None:
    """Notes that a rebuild has ended in which only that part was left."""
    if catalog.meta().get(_TO_DO) == part:
        catalog.set_meta({_TO_DO: None, _DONE: None, _FOR: None})


def forget_another(catalog: Catalog, made_for: str) -> bool:
    """Begins a rebuild anew that was begun for another model or splitter; whether there was one.

    Args:
        made_for: What the library is to be made with.
    """
    meta = catalog.meta()
    is_another = bool(meta.get(_TO_DO)) and meta.get(_FOR) != made_for
    catalog.set_meta({_FOR: made_for, **({_DONE: "0"} if is_another else {})})
    return is_another


def parts_of(catalog: Catalog, findings: Iterable[Finding]) -> list[str]:
    """The parts to be made anew because of what a check found, or because that was begun.

    Raises:
        LibraryError: The catalog is damaged, from which all else is made.
    """
    findings = list(findings)
    begun = [part for part in catalog.meta().get(_TO_DO, "").split(",") if part]
    if any(one.part in begun[:1] and not one.problem.startswith(_INCOMPLETE) for one in findings):
        catalog.set_meta({_DONE: "0"})  # what was made of it so far is damaged: it is emptied first
    found = {finding.part for finding in findings}
    if "catalog" in found:
        what = "; ".join(str(finding) for finding in findings if finding.part == "catalog")
        message = f"the catalog itself is damaged, and only a backup can mend it (`onrecord library restore`): {what}"
        raise LibraryError(message)
    return begun + [part for part in PARTS if part in found and part not in begun]


def rebuild(
    engines: Engines, parts: Sequence[str], load_encoder: Callable[[], Encoder], on_progress: Progress = silent
) -> None:
    """Makes the parts anew, going on where an earlier call stopped.

    Args:
        parts: Of `PARTS`, in their order; `passages` before them splits every document anew.
        load_encoder: Called only when passages have to be embedded.
        on_progress: Called with the part, and how many of how many passages (documents, for `passages`) are done.
    """
    begun = engines.catalog.meta().get(_TO_DO, "").split(",")[0]
    for number, part in enumerate(parts):
        if number or part != begun:
            engines.catalog.set_meta({_TO_DO: ",".join(parts[number:]), _DONE: "0"})
        if part == "passages":
            _split_documents(engines, on_progress)
        else:
            _fill(engines, part, load_encoder, on_progress)
    engines.catalog.set_meta({_TO_DO: None, _DONE: None, _FOR: None})


def _fill(engines: Engines, part: str, load_encoder: Callable[[], Encoder], on_progress: Progress) -> None:
    steps: dict[str, Step] = {
        "vectors": lambda passages: _embed(engines, load_encoder(), passages),
        "facets": engines.facets.put,
        "bm25": lambda passages: _index_words(engines, passages),
        "chroma": lambda passages: _index_vectors(engines, passages),
    }
    emptying: dict[str, Callable[[], None]] = {
        "vectors": engines.vectors.empty,
        "facets": engines.facets.empty,
        "bm25": engines.bm25.empty,
        "chroma": engines.dense.empty,
    }
    done = _done(engines)
    if not done:
        emptying[part]()
    total = engines.catalog.n_passages()
    n = engines.catalog.n_passages_until(done)
    while passages := engines.journal.after(done, _AT_ONCE[part]):
        steps[part](passages)
        done = passages[-1].key
        engines.catalog.set_meta({_DONE: str(done)})
        n += len(passages)
        on_progress(part, n, total)


def _done(engines: Engines) -> int:
    return int(engines.catalog.meta().get(_DONE, "0"))


def _split_documents(engines: Engines, on_progress: Progress) -> None:
    total = engines.catalog.n_documents()
    for n, (key, document_id) in enumerate(engines.catalog.documents_after(_done(engines)), start=1):
        document = engines.catalog.document(document_id)
        passages = split(document)
        stems = stems_of(engines, document.title, passages)
        engines.journal.split_anew(key, passages, stems, (_DONE, str(key)))
        on_progress("passages", n, total)


def _embed(engines: Engines, encoder: Encoder, passages: Sequence[Pending]) -> None:
    placed = place(engines.vectors, passages, encoder.encode([passage.text for passage in passages]))
    engines.vectors.flush()
    engines.journal.place(passages, placed)


def _index_words(engines: Engines, passages: Sequence[Pending]) -> None:
    engines.bm25.remove([passage.key for passage in passages])  # where a stop came after their commit
    engines.bm25.add(passages)
    engines.bm25.commit()


def _index_vectors(engines: Engines, passages: Sequence[Pending]) -> None:
    keys = [passage.key for passage in passages]
    engines.dense.put(keys, engines.vectors.dense(keys))
