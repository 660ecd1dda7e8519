"""The catalog: documents and passages in SQLite, the source of truth from which the other engines can be rebuilt.

One connection for the whole process behind a lock: SQLite before 3.51.3 can damage a WAL file that several
connections write, and readers here take well under a millisecond. A row is `pending` until every engine has it.

Source: https://sqlite.org/wal.html (the WAL-reset bug), hence the default rollback journal.
"""

from __future__ import annotations

import json
import sqlite3
import threading
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

import numpy as np

from ingest.errors import DocumentNotFoundError, LibraryError
from ingest.records import Document, SetAside

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from ingest.records import Passage, RawArticle

T = TypeVar("T")
FORMAT = 1  # of the library's files; raise it when they change, and migrate or refuse
_SCHEMA = """
CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE documents (
    key INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL, state TEXT NOT NULL CHECK (state IN ('pending', 'ready')),
    uri TEXT NOT NULL, source TEXT NOT NULL, root TEXT NOT NULL, source_hash TEXT NOT NULL, content_hash TEXT NOT NULL,
    text TEXT NOT NULL, set_aside TEXT NOT NULL, title TEXT, outlet TEXT, byline TEXT, agency TEXT, dateline TEXT,
    published_on TEXT, updated_on TEXT, url TEXT, language TEXT, fetched_at TEXT NOT NULL, sketch BLOB NOT NULL);
CREATE UNIQUE INDEX one_ready_document ON documents (id) WHERE state = 'ready';
CREATE INDEX documents_of_id ON documents (id);
CREATE INDEX documents_of_source ON documents (source);
CREATE INDEX documents_of_outlet ON documents (outlet, published_on);
CREATE INDEX documents_by_date ON documents (published_on);
CREATE INDEX pending_documents ON documents (state) WHERE state = 'pending';
CREATE TABLE passages (
    key INTEGER PRIMARY KEY AUTOINCREMENT, document INTEGER NOT NULL REFERENCES documents (key) ON DELETE CASCADE,
    ordinal INTEGER NOT NULL, start INTEGER NOT NULL, "end" INTEGER NOT NULL, text TEXT NOT NULL,
    sentences BLOB NOT NULL, tokens_at INTEGER NOT NULL, n_tokens INTEGER NOT NULL);
CREATE INDEX passages_of_document ON passages (document);
CREATE TABLE leftovers (key INTEGER PRIMARY KEY);
"""
_DESCRIPTION = "title, outlet, byline, agency, dateline, published_on, updated_on, url, language, fetched_at"
_PASSAGE = (
    'SELECT p.key, d.key AS document_key, d.id AS document_id, p.ordinal, p.start, p."end", p.text, p.sentences, '
    "p.tokens_at, p.n_tokens, d.sketch, d.title, d.outlet, d.published_on, d.url "
    "FROM passages p JOIN documents d ON d.key = p.document WHERE d.state = 'ready'"
)
_SENTENCE = 4  # integers a sentence: start and end in the document, first and last token of the passage
_IDS_AT_ONCE = 500  # variables in one statement


@dataclass(frozen=True, slots=True)
class DocumentSummary:
    """A document in a list: everything but its text; `passages` and `characters` say how long it is."""

    id: str
    title: str | None
    outlet: str | None
    byline: str | None
    agency: str | None
    dateline: str | None
    published_on: date | None
    updated_on: date | None
    url: str | None
    language: str | None
    fetched_at: datetime
    passages: int
    characters: int


class PassageRow(NamedTuple):
    """A ready passage with what ranking needs of its document.

    Args:
        sentences: `(n, 4) int32`: start, end (in the document's text), first and last token (in the passage).
        tokens_at: First byte of its token vectors in their file.
        sketch: `(≤64,) uint64`, smallest hashes of the document's word 3-grams.
    """

    key: int
    document_key: int
    document_id: str
    ordinal: int
    start: int
    end: int
    text: str
    sentences: NDArray[np.int32]
    tokens_at: int
    n_tokens: int
    sketch: NDArray[np.uint64]
    title: str | None
    outlet: str | None
    published_on: date | None
    url: str | None


class Known(NamedTuple):
    """What the catalog knows of an id: enough to tell whether an article is new, changed or the same."""

    key: int
    source: str
    root: str
    source_hash: str


class Catalog:
    """Documents and passages in `catalog.sqlite`."""

    def __init__(self, path: Path) -> None:
        self._lock = threading.RLock()
        try:
            self._db = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
            self._db.row_factory = sqlite3.Row
            self._db.execute("PRAGMA foreign_keys = ON")
            self._db.execute("PRAGMA synchronous = FULL")
            if not self._db.execute("SELECT 1 FROM sqlite_master WHERE name = 'meta'").fetchone():
                with self._transaction():
                    for statement in _SCHEMA.split(";"):
                        self._db.execute(statement)
                    self._db.execute("INSERT INTO meta VALUES ('format', ?)", (str(FORMAT),))
        except sqlite3.Error as error:
            message = f"the catalog {path} cannot be opened: {error}"
            raise LibraryError(message) from error

    def close(self) -> None:
        """Closes the file; the catalog cannot be used afterwards."""
        self._db.close()

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        with self._lock:
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield
            except BaseException:
                self._db.execute("ROLLBACK")
                raise
            self._db.execute("COMMIT")

    def _rows(self, statement: str, values: Sequence[object] = ()) -> list[sqlite3.Row]:
        with self._lock:
            return self._db.execute(statement, values).fetchall()

    # What the library is

    def meta(self) -> dict[str, str]:
        """Facts about the library: its format, and the fingerprint of what made it."""
        return {row["name"]: row["value"] for row in self._rows("SELECT name, value FROM meta")}

    def set_meta(self, facts: dict[str, str]) -> None:
        """Keeps facts about the library."""
        with self._transaction():
            self._db.executemany("INSERT OR REPLACE INTO meta VALUES (?, ?)", facts.items())

    def counts(self) -> dict[str, int]:
        """How many `documents`, `passages`, `pending` documents and `outlets` there are."""
        rows = self._rows(
            "SELECT 'documents' AS what, count(*) AS n FROM documents WHERE state = 'ready' UNION ALL "
            "SELECT 'pending', count(*) FROM documents WHERE state = 'pending' UNION ALL "
            "SELECT 'outlets', count(DISTINCT outlet) FROM documents WHERE state = 'ready' UNION ALL "
            "SELECT 'passages', count(*) FROM passages p JOIN documents d ON d.key = p.document WHERE state = 'ready'"
        )
        return {row["what"]: row["n"] for row in rows}

    def n_documents(self) -> int:
        """How many documents are ready: of `counts`, what an abstention needs."""
        ((n,),) = self._rows("SELECT count(*) FROM documents WHERE state = 'ready'")
        return int(n)

    def n_passages(self) -> int:
        """How many passages are ready: of `counts`, what every question needs."""
        ((n,),) = self._rows(
            "SELECT count(*) FROM passages p JOIN documents d ON d.key = p.document WHERE state = 'ready'"
        )
        return int(n)

    def last_passage(self) -> tuple[int, int, int]:
        """Key, first byte and number of token vectors of the newest ready passage; zeros when there is none."""
        rows = self._rows(
            "SELECT p.key, tokens_at, n_tokens FROM passages p JOIN documents d ON d.key = p.document "
            "WHERE state = 'ready' ORDER BY p.key DESC LIMIT 1"
        )
        return (rows[0]["key"], rows[0]["tokens_at"], rows[0]["n_tokens"]) if rows else (0, 0, 0)

    def dates(self) -> tuple[date | None, date | None]:
        """The first and the last publication date; `None` where no document has one."""
        ((first, last),) = self._rows(
            "SELECT min(published_on), max(published_on) FROM documents WHERE state = 'ready'"
        )
        return _date(first), _date(last)

    # Writing

    def known(self, document_id: str) -> Known | None:
        """What is stored as ready under that id."""
        rows = self._rows(
            "SELECT key, source, root, source_hash FROM documents WHERE id = ? AND state = 'ready'", (document_id,)
        )
        return Known(*rows[0]) if rows else None

    def moved(self, key: int, article: RawArticle) -> None:
        """Notes where an otherwise unchanged article is now found."""
        with self._transaction():
            self._db.execute(
                "UPDATE documents SET uri = ?, source = ?, root = ? WHERE key = ?",
                (article.uri, article.source, article.root, key),
            )

    def add_pending(self, items: Sequence[tuple[RawArticle, Document, NDArray[np.uint64]]]) -> list[int]:
        """Writes documents that nobody can find yet; their keys, in order."""
        with self._transaction():
            keys = []
            for article, document, sketch in items:
                cursor = self._db.execute(
                    "INSERT INTO documents (id, state, uri, source, root, source_hash, content_hash, text, set_aside, "  # noqa: S608  (fixed text)
                    f"{_DESCRIPTION}, sketch) "
                    "VALUES (?, 'pending', ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                    (
                        document.id,
                        document.uri,
                        article.source,
                        article.root,
                        article.source_hash,
                        document.content_hash,
                        document.text,
                        json.dumps(document.set_aside, ensure_ascii=False),
                        document.title,
                        document.outlet,
                        document.byline,
                        document.agency,
                        document.dateline,
                        document.published_on and document.published_on.isoformat(),
                        document.updated_on and document.updated_on.isoformat(),
                        document.url,
                        document.language,
                        document.fetched_at.isoformat(),
                        sketch.tobytes(),
                    ),
                )
                keys.append(int(cursor.lastrowid or 0))
            return keys

    def add_passages(self, rows: Sequence[tuple[int, Passage, NDArray[np.int32], int, int]]) -> list[int]:
        """Writes passages of pending documents; their keys, in order.

        Args:
            rows: Document key, passage, first and last token of each sentence `(n, 2) int32`, first byte of the
                token vectors, number of tokens.
        """
        with self._transaction():
            keys = []
            for document_key, passage, token_spans, tokens_at, n_tokens in rows:
                spans = np.hstack([np.array(passage.sentences, np.int32).reshape(-1, 2), token_spans])
                cursor = self._db.execute(
                    'INSERT INTO passages (document, ordinal, start, "end", text, sentences, tokens_at, n_tokens) '
                    "VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                    (
                        document_key,
                        passage.ordinal,
                        passage.start,
                        passage.end,
                        passage.text,
                        spans.tobytes(),
                        tokens_at,
                        n_tokens,
                    ),
                )
                keys.append(int(cursor.lastrowid or 0))
            return keys

    def make_ready(self, document_keys: Sequence[int]) -> None:
        """Makes pending documents the ones that are found, in place of older ones of the same id, in one step."""
        with self._transaction():
            for key in document_keys:
                older = self._rows(
                    "SELECT key FROM documents WHERE state = 'ready' AND id = (SELECT id FROM documents WHERE key = ?)",
                    (key,),
                )
                for (old,) in older:
                    self._drop(old)
                self._db.execute("UPDATE documents SET state = 'ready' WHERE key = ?", (key,))

    def remove(self, document_id: str) -> None:
        """Removes a document.

        Raises:
            DocumentNotFoundError: There is none with that id.
        """
        with self._transaction():
            known = self.known(document_id)
            if not known:
                raise DocumentNotFoundError(_no_document(document_id))
            self._drop(known.key)

    def drop_pending(self) -> None:
        """Removes what a stopped or failed ingest left half done."""
        with self._transaction():
            for (key,) in self._rows("SELECT key FROM documents WHERE state = 'pending'"):
                self._drop(key)

    def _drop(self, document_key: int) -> None:
        self._db.execute("INSERT INTO leftovers SELECT key FROM passages WHERE document = ?", (document_key,))
        self._db.execute("DELETE FROM documents WHERE key = ?", (document_key,))

    def leftovers(self) -> list[int]:
        """Keys of passages that are gone here and may still be in the other engines."""
        return [key for (key,) in self._rows("SELECT key FROM leftovers")]

    def swept(self, keys: Sequence[int]) -> None:
        """Notes that those are gone everywhere."""
        with self._transaction():
            self._db.executemany("DELETE FROM leftovers WHERE key = ?", [(key,) for key in keys])

    def ids_under(self, root: str) -> list[tuple[str, str]]:
        """Ids and sources of the ready documents whose file is that path or lies under it."""
        inside = root.rstrip("/") + "/"
        rows = self._rows(
            "SELECT id, source FROM documents WHERE state = 'ready' AND (source = ? OR substr(source, 1, ?) = ?)",
            (root, len(inside), inside),
        )
        return [(row["id"], row["source"]) for row in rows]

    # Reading

    def document(self, document_id: str) -> Document:
        """The whole document.

        Raises:
            DocumentNotFoundError: There is none with that id.
        """
        rows = self._rows(
            f"SELECT id, uri, text, {_DESCRIPTION}, set_aside FROM documents WHERE id = ? AND state = 'ready'",  # noqa: S608  (fixed text)
            (document_id,),
        )
        if not rows:
            raise DocumentNotFoundError(_no_document(document_id))
        fields = _described(rows[0])
        fields["set_aside"] = tuple(SetAside(*piece) for piece in json.loads(fields["set_aside"]))
        return Document(**fields)

    def texts(self, document_ids: Iterable[str]) -> dict[str, str]:
        """Canonical text of each ready document among those asked for."""
        found: dict[str, str] = {}
        for some in _batches(sorted(set(document_ids))):
            marks = ",".join("?" * len(some))
            rows = self._rows(f"SELECT id, text FROM documents WHERE state = 'ready' AND id IN ({marks})", some)  # noqa: S608  (question marks only)
            found |= {row["id"]: row["text"] for row in rows}
        return found

    def documents(self, limit: int, offset: int, outlet: str | None) -> tuple[list[DocumentSummary], int]:
        """Summaries, latest published first, and how many there are in all."""
        where = "state = 'ready'" + (" AND outlet = ?" if outlet is not None else "")
        values = [outlet] if outlet is not None else []
        rows = self._rows(
            f"SELECT id, {_DESCRIPTION}, (SELECT count(*) FROM passages WHERE document = d.key) AS passages, "  # noqa: S608  (fixed text)
            f"length(text) AS characters FROM documents d WHERE {where} "
            "ORDER BY published_on DESC NULLS LAST, key DESC LIMIT ? OFFSET ?",
            [*values, limit, offset],
        )
        ((total,),) = self._rows(f"SELECT count(*) FROM documents WHERE {where}", values)  # noqa: S608  (fixed text)
        return [DocumentSummary(**_described(row)) for row in rows], total

    def passages(self, keys: Sequence[int]) -> list[PassageRow]:
        """The ready ones among those passages, in no order."""
        rows = []
        for some in _batches(keys):
            rows += self._rows(f"{_PASSAGE} AND p.key IN ({','.join('?' * len(some))})", some)
        return [_passage(row) for row in rows]

    def matching(
        self, outlets: Sequence[str], first: date | None, last: date | None, at_most: int
    ) -> tuple[list[int], int]:
        """Keys of passages whose document passes the filters, no more than `at_most`, and how many there are in all."""
        where, values = ["d.state = 'ready'"], list[object]()
        if outlets:
            where.append(f"d.outlet IN ({','.join('?' * len(outlets))})")
            values += outlets
        if first:
            where.append("d.published_on >= ?")
            values.append(first.isoformat())
        if last:
            where.append("d.published_on <= ?")
            values.append(last.isoformat())
        source = f"FROM documents d JOIN passages p ON p.document = d.key WHERE {' AND '.join(where)}"
        ((total,),) = self._rows(f"SELECT count(*) {source}", values)
        if total > at_most:
            return [], total
        return [key for (key,) in self._rows(f"SELECT p.key {source}", values)], total


def _described(row: sqlite3.Row) -> dict[str, Any]:
    """The columns of `_DESCRIPTION`, and any others, with dates as dates."""
    fields = dict(row)
    fields["published_on"] = _date(fields["published_on"])
    fields["updated_on"] = _date(fields["updated_on"])
    fields["fetched_at"] = datetime.fromisoformat(fields["fetched_at"]).astimezone(UTC)
    return fields


def _passage(row: sqlite3.Row) -> PassageRow:
    fields = dict(row)
    fields["sentences"] = np.frombuffer(fields["sentences"], np.int32).reshape(-1, _SENTENCE)
    fields["sketch"] = np.frombuffer(fields["sketch"], np.uint64)
    fields["published_on"] = _date(fields["published_on"])
    return PassageRow(**fields)


def _batches(items: Sequence[T]) -> Iterator[list[T]]:
    for first in range(0, len(items), _IDS_AT_ONCE):
        yield list(items[first : first + _IDS_AT_ONCE])


def _date(iso: str | None) -> date | None:
    return date.fromisoformat(iso) if iso else None


def _no_document(document_id: str) -> str:
    return f"no document has the id {document_id!r}; `onrecord library list` shows those there are"
