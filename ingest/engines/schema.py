"""The tables of the catalog, and how those of earlier versions become them.

Example: a catalog of format 1 is given the columns and tables of this one by `upgrade`, in one transaction; one of a
later format is left alone, and refused by `ingest.store`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Mapping

FORMAT = 3  # of the library's files; raise it when they change, and say in `upgrade` how
_TABLES = """
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
_SINCE_2 = """
ALTER TABLE passages ADD COLUMN checksum INTEGER NOT NULL DEFAULT 0;
ALTER TABLE passages ADD COLUMN stems TEXT NOT NULL DEFAULT '';
CREATE TABLE outlets (code INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
CREATE TABLE counts (what TEXT PRIMARY KEY, n INTEGER NOT NULL) WITHOUT ROWID;
INSERT INTO outlets (code, name) SELECT 1 + row_number() OVER (ORDER BY outlet), outlet FROM
    (SELECT DISTINCT outlet FROM documents WHERE outlet IS NOT NULL);
INSERT INTO counts SELECT 'documents', count(*) FROM documents WHERE state = 'ready';
INSERT INTO counts SELECT 'passages', count(*) FROM passages p JOIN documents d ON d.key = p.document
    WHERE d.state = 'ready';
"""
_SINCE_3 = """
CREATE TABLE statements (
    key INTEGER PRIMARY KEY, document INTEGER NOT NULL REFERENCES documents (key) ON DELETE CASCADE,
    start INTEGER NOT NULL, "end" INTEGER NOT NULL, form TEXT NOT NULL, speaker TEXT, person TEXT, role TEXT,
    named_start INTEGER, named_end INTEGER, cue TEXT NOT NULL, cue_start INTEGER NOT NULL, cue_end INTEGER NOT NULL);
CREATE INDEX statements_of_document ON statements (document);
CREATE INDEX statements_of_person ON statements (person) WHERE person IS NOT NULL;
"""


def create(db: sqlite3.Connection, facts: Mapping[str, str]) -> None:
    """Makes the tables in an empty file.

    Args:
        facts: About the library, to be kept beside its format.
    """
    _run(db, _TABLES + _SINCE_2 + _SINCE_3)
    db.executemany("INSERT INTO meta VALUES (?, ?)", {**facts, "format": str(FORMAT)}.items())


def upgrade(db: sqlite3.Connection, made_by: str) -> None:
    """Gives tables of an earlier format what they lack; what is new in them is worked out by `ingest.migrate`."""
    _run(db, _SINCE_2 + _SINCE_3 if made_by == "1" else _SINCE_3)


def _run(db: sqlite3.Connection, statements: str) -> None:
    for statement in statements.split(";"):
        db.execute(statement)
