"""What is written in the catalog, step by step, so that a crash after any step leaves every document whole.

A document is added as `pending` with its passages, then written to the other engines, then made `ready` in place of an
older one of the same id. A document that is removed leaves the keys of its passages in `leftovers` until the other
engines have forgotten them. What is pending or left over after a crash is finished by whoever opens the library next.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from ingest.engines.catalog import UNKNOWN_OUTLET, day, no_document
from ingest.errors import DocumentNotFoundError
from ingest.names import person_key
from ingest.records import Sentence

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import date

    from numpy.typing import NDArray

    from ingest.engines.catalog import Catalog
    from ingest.records import Document, Passage, RawArticle, Statement

_NO_TOKENS = (0, 0)
_PENDING = (
    "SELECT p.key, p.document, p.start, p.text, p.sentences, d.title, d.outlet, o.code, d.published_on "
    "FROM passages p JOIN documents d ON d.key = p.document LEFT JOIN outlets o ON o.name = d.outlet WHERE "
)


class Pending(NamedTuple):
    """A passage of a document that is in the catalog and not yet, or not surely, in the other engines.

    Args:
        outlet: Code of the outlet, for filters.
        sentences: Spans in the document's text.
    """

    key: int
    document_key: int
    start: int
    text: str
    sentences: tuple[Sentence, ...]
    title: str | None
    outlet_name: str | None
    outlet: int
    published_on: date | None


class Entry(NamedTuple):
    """A document to be written: as found, as described, its sketch, and its passages with the stems of each."""

    article: RawArticle
    document: Document
    sketch: NDArray[np.uint64]
    passages: Sequence[Passage]
    stems: Sequence[str]
    statements: Sequence[Statement] = ()


class Placed(NamedTuple):
    """Where the token vectors of a passage stand, and what is needed to read and to check them.

    Args:
        token_spans: First and last token of each sentence, `(n, 2) int32`.
        at: First byte in their file.
        checksum: CRC-32 of the passage's vectors.
    """

    key: int
    token_spans: NDArray[np.int32]
    at: int
    n_tokens: int
    checksum: int


class Journal:
    """The writes of one catalog."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog

    def add_pending(self, entries: Iterable[Entry]) -> list[Pending]:
        """Writes documents with their passages, which nobody can find yet; the passages, in order."""
        with self._catalog.transaction() as db:
            return [pending for entry in entries for pending in _insert(db, entry)]

    def pending(self) -> list[Pending]:
        """The passages of what a crash left unfinished, in order."""
        return [_pending(row) for row in self._catalog.rows(f"{_PENDING} d.state = 'pending' ORDER BY p.key")]

    def after(self, key: int, limit: int) -> list[Pending]:
        """The next ready passages after that key, in order, as if they were pending."""
        where = "d.state = 'ready' AND p.key > ? ORDER BY p.key LIMIT ?"
        return [_pending(row) for row in self._catalog.rows(_PENDING + where, (key, limit))]

    def of_document(self, document_key: int) -> list[Pending]:
        """All passages of a document, in order, as if they were pending."""
        return [_pending(row) for row in self._catalog.rows(f"{_PENDING} d.key = ? ORDER BY p.key", (document_key,))]

    def place(self, passages: Sequence[Pending], placed: Sequence[Placed]) -> None:
        """Notes where the token vectors of ready passages now stand."""
        with self._catalog.transaction() as db:
            _place(db, passages, placed)

    def split_anew(
        self, document_key: int, passages: Sequence[Passage], stems: Sequence[str], done: tuple[str, str]
    ) -> None:
        """Gives a ready document other passages, which have no vectors yet.

        Args:
            done: A fact about the library that becomes true in the same moment.
        """
        with self._catalog.transaction() as db:
            _count(db, document_key, -1)
            db.execute("DELETE FROM passages WHERE document = ?", (document_key,))
            for passage, lines in zip(passages, stems, strict=True):
                _insert_passage(db, document_key, passage, lines)
            _count(db, document_key, 1)
            db.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", done)

    def make_ready(self, passages: Sequence[Pending], placed: Sequence[Placed]) -> None:
        """Makes pending documents the ones that are found, in place of older ones of the same id, in one step."""
        with self._catalog.transaction() as db:
            _place(db, passages, placed)
            for key in dict.fromkeys(passage.document_key for passage in passages):
                older = db.execute(
                    "SELECT key FROM documents WHERE state = 'ready' AND id = (SELECT id FROM documents WHERE key = ?)",
                    (key,),
                ).fetchall()
                for (old,) in older:
                    _drop(db, old)
                db.execute("UPDATE documents SET state = 'ready' WHERE key = ?", (key,))
                _count(db, key, 1)

    def remove(self, document_ids: Iterable[str]) -> None:
        """Removes documents, also versions of them that a crash left pending; all of them or none.

        Raises:
            DocumentNotFoundError: There is none with one of the ids.
        """
        with self._catalog.transaction() as db:
            for document_id in document_ids:
                rows = db.execute("SELECT key FROM documents WHERE id = ?", (document_id,)).fetchall()
                if not rows:
                    raise DocumentNotFoundError(no_document(document_id))
                for (key,) in rows:
                    _drop(db, key)

    def drop_pending(self, document_keys: Iterable[int]) -> None:
        """Forgets pending documents that could not be stored."""
        with self._catalog.transaction() as db:
            for key in set(document_keys):
                if db.execute("SELECT 1 FROM documents WHERE key = ? AND state = 'pending'", (key,)).fetchone():
                    _drop(db, key)

    def moved(self, key: int, article: RawArticle) -> None:
        """Notes where an otherwise unchanged article is now found."""
        with self._catalog.transaction() as db:
            db.execute(
                "UPDATE documents SET uri = ?, source = ?, root = ? WHERE key = ?",
                (article.uri, article.source, article.root, key),
            )

    def leftovers(self) -> list[int]:
        """Keys of passages that are gone here and may still be in the other engines."""
        return [key for (key,) in self._catalog.rows("SELECT key FROM leftovers")]

    def swept(self, keys: Iterable[int]) -> None:
        """Notes that those are gone everywhere."""
        with self._catalog.transaction() as db:
            db.executemany("DELETE FROM leftovers WHERE key = ?", [(key,) for key in keys])


def _insert(db: sqlite3.Connection, entry: Entry) -> Iterator[Pending]:
    article, document, sketch, passages, stems, statements = entry
    fields = {
        "id": document.id,
        "state": "pending",
        "uri": document.uri,
        "source": article.source,
        "root": article.root,
        "source_hash": article.source_hash,
        "content_hash": document.content_hash,
        "text": document.text,
        "set_aside": json.dumps(document.set_aside, ensure_ascii=False),
        "title": document.title,
        "outlet": document.outlet,
        "byline": document.byline,
        "agency": document.agency,
        "dateline": document.dateline,
        "published_on": document.published_on and document.published_on.isoformat(),
        "updated_on": document.updated_on and document.updated_on.isoformat(),
        "url": document.url,
        "language": document.language,
        "fetched_at": document.fetched_at.isoformat(),
        "sketch": sketch.tobytes(),
    }
    names, marks = ", ".join(fields), ", ".join(f":{name}" for name in fields)
    document_key = db.execute(f"INSERT INTO documents ({names}) VALUES ({marks})", fields).lastrowid or 0  # noqa: S608  (names of columns only)
    insert_statements(db, document_key, statements)
    code = _outlet_code(db, document.outlet)
    for passage, lines in zip(passages, stems, strict=True):
        yield Pending(
            key=_insert_passage(db, document_key, passage, lines),
            document_key=document_key,
            start=passage.start,
            text=passage.text,
            sentences=passage.sentences,
            title=document.title,
            outlet_name=document.outlet,
            outlet=code,
            published_on=document.published_on,
        )


def insert_statements(db: sqlite3.Connection, document_key: int, statements: Iterable[Statement]) -> None:
    """Writes who says what in a document, beside the person by whom statements of several documents are found."""
    rows = [
        (
            document_key, one.start, one.end, one.form, one.speaker, person_key(one.speaker or "") or None, one.role,
            *(one.named or (None, None)), one.cue, one.cue_start, one.cue_end,
        )
        for one in statements
    ]  # fmt: skip
    db.executemany(
        'INSERT INTO statements (document, start, "end", form, speaker, person, role, named_start, named_end, cue, '
        "cue_start, cue_end) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        rows,
    )


def _insert_passage(db: sqlite3.Connection, document_key: int, passage: Passage, stems: str) -> int:
    spans = np.array([(*sentence, *_NO_TOKENS) for sentence in passage.sentences], np.int32)
    return (
        db.execute(
            'INSERT INTO passages (document, ordinal, start, "end", text, sentences, stems, tokens_at, n_tokens) '
            "VALUES (?, ?, ?, ?, ?, ?, ?, 0, 0)",
            (document_key, passage.ordinal, passage.start, passage.end, passage.text, spans.tobytes(), stems),
        ).lastrowid
        or 0
    )


def _place(db: sqlite3.Connection, passages: Sequence[Pending], placed: Sequence[Placed]) -> None:
    rows = []
    for passage, place in zip(passages, placed, strict=True):
        spans = np.hstack([np.array(passage.sentences, np.int32).reshape(-1, 2), place.token_spans])
        rows.append((spans.tobytes(), place.at, place.n_tokens, place.checksum, place.key))
    db.executemany("UPDATE passages SET sentences = ?, tokens_at = ?, n_tokens = ?, checksum = ? WHERE key = ?", rows)


def _outlet_code(db: sqlite3.Connection, name: str | None) -> int:
    if name is None:
        return UNKNOWN_OUTLET
    found = db.execute("SELECT code FROM outlets WHERE name = ?", (name,)).fetchone()
    if found:
        return int(found[0])
    ((code,),) = db.execute("SELECT max(?, coalesce(max(code), 0)) + 1 FROM outlets", (UNKNOWN_OUTLET,)).fetchall()
    db.execute("INSERT INTO outlets VALUES (?, ?)", (code, name))
    return int(code)


def _pending(row: sqlite3.Row) -> Pending:
    spans = np.frombuffer(row["sentences"], np.int32).reshape(-1, 4)[:, :2]
    return Pending(
        key=row["key"],
        document_key=row["document"],
        start=row["start"],
        text=row["text"],
        sentences=tuple(Sentence(*span) for span in spans.tolist()),
        title=row["title"],
        outlet_name=row["outlet"],
        outlet=row["code"] or UNKNOWN_OUTLET,
        published_on=day(row["published_on"]),
    )


def _drop(db: sqlite3.Connection, document_key: int) -> None:
    ((state,),) = db.execute("SELECT state FROM documents WHERE key = ?", (document_key,)).fetchall()
    if state == "ready":
        _count(db, document_key, -1)
    db.execute("INSERT INTO leftovers SELECT key FROM passages WHERE document = ?", (document_key,))
    db.execute("DELETE FROM documents WHERE key = ?", (document_key,))


def _count(db: sqlite3.Connection, document_key: int, sign: int) -> None:
    """Counts a document and its passages in, or out."""
    db.execute("UPDATE counts SET n = n + ? WHERE what = 'documents'", (sign,))
    db.execute(
        "UPDATE counts SET n = n + ? * (SELECT count(*) FROM passages WHERE document = ?) WHERE what = 'passages'",
        (sign, document_key),
    )
