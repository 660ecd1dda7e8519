"""Libraries that an earlier version made, brought up to this one when they are opened; never made anew.

Example: a library of format 1 gets codes of its outlets, checksums of its vectors and new sketches; its vectors,
words and documents stay as they are.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

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
    if made_by != "1":
        message = (
            f"the library in {engines.folder} has format {made_by}, and this version of Onrecord knows formats "
            f"1 to {FORMAT}: use the version that made it, or ingest into a new folder"
        )
        raise FingerprintError(message)
    _from_1(engines)
    engines.bm25.settle()
    return True


def _from_1(engines: Engines) -> None:
    with engines.catalog.transaction() as db:
        upgrade(db)
        for (key,) in db.execute("SELECT key FROM documents").fetchall():
            _read_anew(engines, db, key)
        for extents in engines.catalog.extents(_AT_ONCE):
            sums = [(engines.vectors.checksum(one.key, one.at, one.n_tokens), one.key) for one in extents]
            db.executemany("UPDATE passages SET checksum = ? WHERE key = ?", sums)
        last = 0
        while passages := engines.journal.after(last, _AT_ONCE):
            engines.facets.put(passages)
            last = passages[-1].key
        engines.facets.flush()
        db.execute("UPDATE meta SET value = ? WHERE name = 'format'", (str(FORMAT),))


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
