"""The catalog: documents and passages in SQLite, the source of truth from which the other engines can be rebuilt.

One connection for the whole process behind a lock: SQLite before 3.51.3 can damage a WAL file that several
connections write, and readers here take well under a millisecond. A row is `pending` until every engine has it.
Other processes that read the library have a connection each; with the rollback journal a commit waits for their
reading to end, and their reading for the commit.

Source: https://sqlite.org/wal.html (the WAL-reset bug), hence the default rollback journal.
"""

from __future__ import annotations

import errno
import json
import os
import sqlite3
import threading
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

import numpy as np

from ingest.dateline import dateline_day
from ingest.engines.schema import FORMAT, create
from ingest.errors import DocumentNotFoundError, LibraryError
from ingest.records import Document, SetAside, Statement, text_hash

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from ingest.records import Shelf


T = TypeVar("T")
_DESCRIPTION = "title, outlet, byline, agency, dateline, published_on, updated_on, url, language, fetched_at"
_HEADING = "coalesce(title, id) || ' ' || coalesce(outlet, '') || ' ' || coalesce(byline, '')"
_PASSAGE = (
    'SELECT p.key, d.key AS document_key, d.id AS document_id, p.ordinal, p.start, p."end", p.text, p.sentences, '
    "p.stems, p.tokens_at, p.n_tokens, d.sketch, d.title, d.outlet, d.published_on, d.url "
    "FROM passages p JOIN documents d ON d.key = p.document WHERE d.state = 'ready'"
)
_EXTENT = (
    "SELECT p.key, p.tokens_at, p.n_tokens, p.checksum, o.code, d.published_on FROM passages p "
    "JOIN documents d ON d.key = p.document LEFT JOIN outlets o ON o.name = d.outlet WHERE d.state = 'ready'"
)
_STATEMENT = 's.start, s."end", s.form, s.speaker, s.role, s.named_start, s.named_end, s.cue, s.cue_start, s.cue_end'
UNKNOWN_OUTLET = 1  # code of no outlet; those that have a name begin at 2
_PATIENCE_S = 30  # with another process, which writes or reads the file at this moment
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
        stems: The terms of the title, then those of each sentence, a line each.
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
    stems: str
    tokens_at: int
    n_tokens: int
    sketch: NDArray[np.uint64]
    title: str | None
    outlet: str | None
    published_on: date | None
    url: str | None


class Attributed(NamedTuple):
    """A statement where it stands in the library.

    Args:
        person: The same for one speaker in several documents; `None` when it is not known who said it.
    """

    document_id: str
    person: str | None
    statement: Statement
    outlet: str | None
    title: str | None
    published_on: date | None
    url: str | None


class Heard(NamedTuple):
    """A spelling of somebody who makes statements, and how many in how many documents."""

    person: str
    name: str
    role: str | None
    statements: int
    documents: int


class Extent(NamedTuple):
    """Where the vectors of a passage stand, and what a check compares with them."""

    key: int
    at: int
    n_tokens: int
    checksum: int
    outlet: int
    published_on: date | None


class Known(NamedTuple):
    """What the catalog knows of an id: enough to tell whether an article is new, changed or the same."""

    key: int
    source: str
    root: str
    source_hash: str


class Catalog:
    """Documents and passages in `catalog.sqlite`.

    Args:
        create_with: Facts about the library that is to be made in the file; `None` where there is one.
    """

    def __init__(self, path: Path, create_with: Mapping[str, str] | None = None) -> None:
        self._path = path
        self._lock = threading.RLock()
        if path.exists() and not os.access(path, os.R_OK | os.W_OK):  # SQLite would say that it cannot be opened
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))
        with self._own_errors():
            self._db = sqlite3.connect(path, _PATIENCE_S, check_same_thread=False, isolation_level=None)
            self._db.row_factory = sqlite3.Row
            for pragma in ("foreign_keys = ON", "synchronous = FULL", "cache_size = -16000"):
                self._db.execute(f"PRAGMA {pragma}")
            if create_with is not None:
                with self.transaction() as db:
                    create(db, create_with)
            elif not self._db.execute("SELECT 1 FROM sqlite_master WHERE name = 'meta'").fetchone():
                message = f"the catalog {path} is empty, and only a backup can mend it (`onrecord library restore`)"
                raise LibraryError(message)

    def close(self) -> None:
        """Closes the file, when no statement runs; whoever uses the catalog afterwards is told that it is closed."""
        with self._lock:
            self._db.close()

    def only_read(self, is_reader: bool) -> None:
        """Refuses every change from now on, or none: another process may write the file."""
        with self._lock, self._own_errors():
            self._db.execute(f"PRAGMA query_only = {int(is_reader)}")

    def version(self) -> int:
        """A number that is another one when another process has changed the file."""
        ((version,),) = self.rows("PRAGMA data_version")
        return int(version)

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """The connection, in a transaction that is kept when the context ends well, and else undone.

        Raises:
            OSError: The disk is full.
            LibraryError: The file cannot be written.
        """
        with self._lock, self._own_errors():
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield self._db
                self._db.execute("COMMIT")
            except BaseException:
                if self._db.in_transaction:  # a full disk may have ended it already
                    self._db.execute("ROLLBACK")
                raise

    def rows(self, statement: str, values: Sequence[object] = ()) -> list[sqlite3.Row]:
        """All rows of a statement that only reads."""
        with self._lock, self._own_errors():
            return self._db.execute(statement, values).fetchall()

    @contextmanager
    def _own_errors(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            if getattr(error, "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_FULL:  # none of a closed catalog
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(self._path)) from error
            message = f"the catalog {self._path} cannot be used: {error}"
            raise LibraryError(message) from error

    def copy_to(self, path: Path, without: str) -> None:
        """Writes a copy of the whole catalog, as it is at this moment.

        Args:
            without: A fact about this library that is none about the copy.
        """
        with self._lock, self._own_errors(), closing(sqlite3.connect(path)) as copy:
            self._db.backup(copy)
            copy.execute("DELETE FROM meta WHERE name = ?", (without,))
            copy.commit()

    # What the library is

    def meta(self) -> dict[str, str]:
        """Facts about the library: its format, and the fingerprint of what made it."""
        return {row["name"]: row["value"] for row in self.rows("SELECT name, value FROM meta")}

    def set_meta(self, facts: dict[str, str | None]) -> None:
        """Keeps facts about the library, and forgets those that are `None`."""
        with self.transaction() as db:
            db.executemany("INSERT OR REPLACE INTO meta VALUES (?, coalesce(?, ''))", facts.items())
            db.execute("DELETE FROM meta WHERE value = ''")

    def n_documents(self) -> int:
        """How many documents are ready."""
        return self._count("documents")

    def n_passages(self) -> int:
        """How many passages are ready."""
        return self._count("passages")

    def _count(self, what: str) -> int:
        ((n,),) = self.rows("SELECT n FROM counts WHERE what = ?", (what,))
        return int(n)

    def n_pending(self) -> int:
        """How many documents are not in every engine yet."""
        ((n,),) = self.rows("SELECT count(*) FROM documents WHERE state = 'pending'")
        return int(n)

    def outlets(self) -> list[tuple[str, int]]:
        """The outlets of ready documents, and how many documents each has; most first."""
        return [
            (name, n)
            for name, n in self.rows(
                "SELECT outlet, count(*) AS n FROM documents WHERE state = 'ready' AND outlet IS NOT NULL "
                "GROUP BY outlet ORDER BY n DESC, outlet"
            )
        ]

    def n_outlets(self) -> int:
        """How many outlets ready documents are from."""
        ((n,),) = self.rows("SELECT count(DISTINCT outlet) FROM documents WHERE state = 'ready'")
        return int(n)

    def outlet_codes(self, names: Sequence[str]) -> list[int]:
        """Codes of those of the outlets that any document ever came from."""
        marks = ",".join("?" * len(names))
        return [code for (code,) in self.rows(f"SELECT code FROM outlets WHERE name IN ({marks})", names)]  # noqa: S608  (question marks only)

    def dates(self) -> tuple[date | None, date | None]:
        """The first and the last publication date; `None` where no document has one."""
        ((first, last),) = self.rows("SELECT min(published_on), max(published_on) FROM documents WHERE state = 'ready'")
        return day(first), day(last)

    def newest(self) -> date | None:
        """The latest day of publication of a ready document."""
        rows = self.rows(
            "SELECT published_on FROM documents WHERE state = 'ready' AND published_on IS NOT NULL "
            "ORDER BY published_on DESC LIMIT 1"
        )
        return day(rows[0][0]) if rows else None

    # Reading

    def known(self, document_id: str) -> Known | None:
        """What is stored as ready under that id."""
        rows = self.rows(
            "SELECT key, source, root, source_hash FROM documents WHERE id = ? AND state = 'ready'", (document_id,)
        )
        return Known(*rows[0]) if rows else None

    def ids_under(self, root: str) -> list[tuple[str, str]]:
        """Ids and sources of the ready documents whose file is that path or lies under it."""
        inside = root.rstrip("/") + "/"
        rows = self.rows(
            "SELECT id, source FROM documents WHERE state = 'ready' AND (source = ? OR substr(source, 1, ?) = ?)",
            (root, len(inside), inside),
        )
        return [(row["id"], row["source"]) for row in rows]

    def document(self, document_id: str) -> Document:
        """The whole document.

        Raises:
            DocumentNotFoundError: There is none with that id.
        """
        rows = self.rows(
            f"SELECT id, uri, text, {_DESCRIPTION}, set_aside FROM documents WHERE id = ? AND state = 'ready'",  # noqa: S608  (fixed text)
            (document_id,),
        )
        if not rows:
            raise DocumentNotFoundError(no_document(document_id))
        fields = _described(rows[0])
        fields["set_aside"] = tuple(SetAside(*piece) for piece in json.loads(fields["set_aside"]))
        fields["dateline_on"] = dateline_day(fields["set_aside"], fields["published_on"] or fields["updated_on"])
        return Document(**fields)

    def texts(self, document_ids: Iterable[str]) -> dict[str, str]:
        """Canonical text of each ready document among those asked for."""
        found: dict[str, str] = {}
        for some in _batches(sorted(set(document_ids))):
            marks = ",".join("?" * len(some))
            rows = self.rows(f"SELECT id, text FROM documents WHERE state = 'ready' AND id IN ({marks})", some)  # noqa: S608  (question marks only)
            found |= {row["id"]: row["text"] for row in rows}
        return found

    def documents(self, limit: int, offset: int, shelf: Shelf) -> tuple[list[DocumentSummary], int]:
        """Summaries, latest published first, and how many there are in all."""
        where, values = _where(shelf)
        rows = self.rows(
            f"SELECT id, {_DESCRIPTION}, (SELECT count(*) FROM passages WHERE document = d.key) AS passages, "  # noqa: S608  (fixed text)
            f"length(text) AS characters FROM documents d WHERE {where} "
            "ORDER BY published_on DESC NULLS LAST, key DESC LIMIT ? OFFSET ?",
            [*values, limit, offset],
        )
        ((total,),) = self.rows(f"SELECT count(*) FROM documents WHERE {where}", values)  # noqa: S608  (fixed text)
        return [DocumentSummary(**_described(row)) for row in rows], total

    def passages(self, keys: Sequence[int]) -> dict[int, PassageRow]:
        """The ready ones among those passages, by key."""
        return {
            row["key"]: _passage(row)
            for some in _batches(keys)
            for row in self.rows(f"{_PASSAGE} AND p.key IN ({','.join('?' * len(some))})", some)
        }

    # Who says what

    def statements(self, document_keys: Iterable[int]) -> dict[int, list[Statement]]:
        """The statements of each of the documents, in the order of the text."""
        found: dict[int, list[Statement]] = {}
        for some in _batches(sorted(set(document_keys))):
            marks = ",".join("?" * len(some))
            where = f"s.document IN ({marks}) ORDER BY s.document, s.start"
            for row in self.rows(f"SELECT s.document, {_STATEMENT} FROM statements s WHERE {where}", some):  # noqa: S608  (question marks only)
                found.setdefault(row[0], []).append(_statement(row[1:]))
        return found

    def speakers(self) -> list[Heard]:
        """Every spelling of everybody who makes statements, by person."""
        rows = self.rows(
            "SELECT s.person, s.speaker, max(s.role), count(*), count(DISTINCT s.document) FROM statements s "
            "JOIN documents d ON d.key = s.document WHERE d.state = 'ready' AND s.person IS NOT NULL "
            "GROUP BY s.person, s.speaker ORDER BY s.person"
        )
        return [Heard(*row) for row in rows]

    def statements_of(self, people: Sequence[str], limit: int, offset: int) -> tuple[list[Attributed], int]:
        """The statements of one speaker under all their spellings, latest published first, and how many there are."""
        marks = ",".join("?" * len(people))
        table = "statements s JOIN documents d ON d.key = s.document"
        where = f"d.state = 'ready' AND s.person IN ({marks})"
        rows = self.rows(
            f"SELECT d.id, s.person, d.outlet, d.title, d.published_on, d.url, {_STATEMENT} FROM {table} WHERE {where} "  # noqa: S608  (question marks only)
            "ORDER BY d.published_on DESC NULLS LAST, s.document, s.start LIMIT ? OFFSET ?",
            [*people, limit, offset],
        )
        ((total,),) = self.rows(f"SELECT count(*) FROM {table} WHERE {where}", list(people))  # noqa: S608  (question marks only)
        found = [Attributed(row[0], row[1], _statement(row[6:]), row[2], row[3], day(row[4]), row[5]) for row in rows]
        return found, int(total)

    # Looking after it

    def problems(self, *, full: bool) -> Iterator[str]:
        """What is wrong with the file.

        Args:
            full: Whether every text is compared with its hash.
        """
        ((outcome,),) = self.rows("PRAGMA quick_check(1)")
        if outcome != "ok":
            yield f"is damaged: {outcome}"
        elif self.meta().get("format") == str(FORMAT):
            yield from self._miscounted()
            if full:
                yield from self._altered()

    def _miscounted(self) -> Iterator[str]:
        passages = "passages p JOIN documents d ON d.key = p.document"
        for what, source in (("documents", "documents d"), ("passages", passages)):
            ((ready,),) = self.rows(f"SELECT count(*) FROM {source} WHERE d.state = 'ready'")  # noqa: S608  (fixed text)
            if ready != (counted := self._count(what)):
                yield f"holds {ready} {what} where {counted} were counted"

    def _altered(self) -> Iterator[str]:
        for row in self._db.execute("SELECT key, id, text, content_hash FROM documents"):
            passages = self.rows('SELECT start, "end", text FROM passages WHERE document = ?', (row["key"],))
            if text_hash(row["text"]) != row["content_hash"] or not all(
                row["text"][start:end] == text for start, end, text in passages
            ):
                yield f"does not hold the text of {row['id']!r} as it was written"

    def last_key(self) -> int:
        """Key of the newest passage; 0 when there is none."""
        ((last,),) = self.rows("SELECT coalesce(max(key), 0) FROM passages")
        return int(last)

    def n_passages_until(self, key: int) -> int:
        """How many ready passages have that key or a lower one."""
        ((n,),) = self.rows(
            "SELECT count(*) FROM passages p JOIN documents d ON d.key = p.document "
            "WHERE state = 'ready' AND p.key <= ?",
            (key,),
        )
        return int(n)

    def documents_after(self, key: int) -> list[tuple[int, str]]:
        """Keys and ids of the ready documents after that key, in order."""
        rows = self.rows("SELECT key, id FROM documents WHERE state = 'ready' AND key > ? ORDER BY key", (key,))
        return [(row["key"], row["id"]) for row in rows]

    def n_unfinished(self) -> int:
        """How many passages other engines may have or not: those pending, and those left over."""
        ((n,),) = self.rows(
            "SELECT (SELECT count(*) FROM leftovers) + (SELECT count(*) FROM passages p "
            "JOIN documents d ON d.key = p.document WHERE d.state = 'pending')"
        )
        return int(n)

    def extents(self, at_once: int) -> Iterator[list[Extent]]:
        """All ready passages, in batches in the order of their keys."""
        last = 0
        while rows := self.rows(f"{_EXTENT} AND p.key > ? ORDER BY p.key LIMIT ?", (last, at_once)):
            yield [_extent(row) for row in rows]
            last = rows[-1]["key"]

    def extents_of(self, keys: Sequence[int]) -> list[Extent]:
        """The ready ones among those passages."""
        return [
            _extent(row)
            for some in _batches(keys)
            for row in self.rows(f"{_EXTENT} AND p.key IN ({','.join('?' * len(some))})", some)
        ]


def _statement(row: Sequence[Any]) -> Statement:
    start, end, form, speaker, role, named_start, named_end, cue, cue_start, cue_end = row
    named = None if named_start is None else (named_start, named_end)
    return Statement(start, end, form, speaker, role, named, cue, cue_start, cue_end)


def _where(shelf: Shelf) -> tuple[str, list[str]]:
    """The condition of a listing, and its values."""
    conditions, values = ["state = 'ready'"], list[str]()
    first, last = (one.isoformat() if one else None for one in (shelf.first, shelf.last))
    for condition, value in (
        ("outlet = ?", shelf.outlet),
        ("published_on >= ?", first),
        ("published_on <= ?", last),
    ):
        if value is not None:
            conditions.append(condition)
            values.append(value)
    for word in shelf.words.casefold().split():
        conditions.append(f"instr(lower({_HEADING}), ?) > 0")
        values.append(word)
    return " AND ".join(conditions), values


def _extent(row: sqlite3.Row) -> Extent:
    key, at, n_tokens, checksum, code, published_on = row
    return Extent(key, at, n_tokens, checksum, code or UNKNOWN_OUTLET, day(published_on))


def _described(row: sqlite3.Row) -> dict[str, Any]:
    """The columns of `_DESCRIPTION`, and any others, with dates as dates."""
    fields = dict(row)
    fields["published_on"] = day(fields["published_on"])
    fields["updated_on"] = day(fields["updated_on"])
    fields["fetched_at"] = datetime.fromisoformat(fields["fetched_at"]).astimezone(UTC)
    return fields


def _passage(row: sqlite3.Row) -> PassageRow:
    fields = dict(row)
    fields["sentences"] = np.frombuffer(fields["sentences"], np.int32).reshape(-1, _SENTENCE)
    fields["sketch"] = np.frombuffer(fields["sketch"], np.uint64)
    fields["published_on"] = day(fields["published_on"])
    return PassageRow(**fields)


def _batches(items: Sequence[T]) -> Iterator[list[T]]:
    for first in range(0, len(items), _IDS_AT_ONCE):
        yield list(items[first : first + _IDS_AT_ONCE])


def day(iso: str | None) -> date | None:
    """The date of an ISO string."""
    return date.fromisoformat(iso) if iso else None


def no_document(document_id: str) -> str:
    """What is said of an id that no ready document has."""
    return f"no document has the id {document_id!r}; `onrecord library list` shows those there are"
