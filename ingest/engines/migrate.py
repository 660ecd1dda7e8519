"""Libraries that an earlier version made, brought up to this one when they are opened; never made anew.

Example: a library of format 1 gets codes of its outlets, checksums of its vectors and new sketches, one of format 2 who
says what in its documents; vectors, words and documents stay as they are.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ingest.attribute import attribute
from ingest.engines.journal import insert_statements
from ingest.engines.schema import FORMAT, upgrade
from ingest.engines.sketch import sketch
from ingest.engines.stems import stems, words_of
from ingest.errors import FingerprintError

if TYPE_CHECKING:
    import sqlite3

    from ingest.engines.bundle import Engines

_AT_ONCE = 1_000  # passages


def migrate(engines: Engines) -> bool:
    """Brings the library up to the present format, in one transaction of its catalog; whether it had another.

    Raises:
        FingerprintError: A later version made it, or none.
    """
    made_by = engines.catalog.meta().get("format", "none")
    if made_by == str(FORMAT):
        return False
    if made_by not in {"1", "2"}:
        message = (
            f"the library in {engines.folder} has format {made_by}, and this version of Onrecord knows formats "
            f"1 to {FORMAT}: use the version that made it, or ingest into a new folder"
        )
        raise FingerprintError(message)
    _from(engines, made_by)
    if made_by == "1":
        engines.bm25.settle()
    return True


def _from(engines: Engines, made_by: str) -> None:
    with engines.catalog.transaction() as db:
        upgrade(db, made_by)
        keys = [key for (key,) in db.execute("SELECT key FROM documents").fetchall()]
        if made_by == "1":
            _vectors_anew(engines, db, keys)
        for key in keys:
            _attribute_anew(engines, db, key)
        db.execute("UPDATE meta SET value = ? WHERE name = 'format'", (str(FORMAT),))


def _attribute_anew(engines: Engines, db: sqlite3.Connection, document_key: int) -> None:
    """Finds who says what in a document."""
    ((text,),) = db.execute("SELECT text FROM documents WHERE key = ?", (document_key,)).fetchall()
    sentences = [sentence for one in engines.journal.of_document(document_key) for sentence in one.sentences]
    insert_statements(db, document_key, attribute(text, sentences))


def _vectors_anew(engines: Engines, db: sqlite3.Connection, keys: list[int]) -> None:
    """Gives passages of format 1 what is worked out from their words and vectors."""
    for key in keys:
        _read_anew(engines, db, key)
    for extents in engines.catalog.extents(_AT_ONCE):
        sums = [(engines.vectors.checksum(one.key, one.at, one.n_tokens), one.key) for one in extents]
        db.executemany("UPDATE passages SET checksum = ? WHERE key = ?", sums)
    last = 0
    while passages := engines.journal.after(last, _AT_ONCE):
        engines.facets.put(passages)
        last = passages[-1].key
    engines.facets.flush()


def _read_anew(engines: Engines, db: sqlite3.Connection, document_key: int) -> None:
    """Gives a document and its passages what is worked out from their words."""
    terms = engines.bm25.terms
    ((title,),) = db.execute("SELECT title FROM documents WHERE key = ?", (document_key,)).fetchall()
    passages = engines.journal.of_document(document_key)
    reads = [stems(terms, title, passage.text, passage.start, passage.sentences) for passage in passages]
    rows = [(read, passage.key) for passage, read in zip(passages, reads, strict=True)]
    db.executemany("UPDATE passages SET stems = ? WHERE key = ?", rows)
    hashes = sketch(words_of(reads)).tobytes()
    db.execute("UPDATE documents SET sketch = ? WHERE key = ?", (hashes, document_key))
