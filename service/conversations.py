"""Conversations and what readers report of them, kept in a file of their own beside the library.

Example: `Conversations(folder).add(None, "Who called?", "Who called?", {}, result)` begins one, and is `("c3f2…", 0)`.
Every turn is kept with all that is needed to show it again. A turn that was reported is on disk. The file holds what
people asked, so only its owner may read it; it is no part of the index, and one that is damaged is set aside. Every
method raises `KeepingError` when the file cannot be read or written.
"""

from __future__ import annotations

import json
import logging
import os
import secrets
import sqlite3
import threading
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from service.errors import ConversationNotFoundError, KeepingError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    Json = dict[str, Any]

FILE = "conversations.sqlite"
_TABLES = """
CREATE TABLE IF NOT EXISTS turns (
    conversation TEXT NOT NULL, turn INTEGER NOT NULL, question TEXT NOT NULL, query TEXT NOT NULL,
    filters TEXT NOT NULL, result TEXT NOT NULL, asked_at TEXT NOT NULL,
    PRIMARY KEY (conversation, turn)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS turns_by_time ON turns (asked_at);
CREATE TABLE IF NOT EXISTS feedback (
    id TEXT PRIMARY KEY, conversation TEXT NOT NULL, turn INTEGER NOT NULL, claim INTEGER, verdict TEXT NOT NULL,
    comment TEXT, question TEXT NOT NULL, result TEXT NOT NULL, at TEXT NOT NULL);
"""
_PATIENCE_S = 2  # with another process that holds the file, as a backup does for a moment
_log = logging.getLogger(__name__)


class Conversations:
    """The conversations of a library.

    Args:
        folder: Gives that of the library, when there is something to read or to keep.
        days: After which one that nobody has continued is forgotten; 0 keeps them for good.
    """

    def __init__(self, folder: Callable[[], Path], days: int = 0) -> None:
        self._folder = folder
        self._days = days
        self._lock = threading.Lock()
        self._opened: sqlite3.Connection | None = None

    def add(
        self, conversation_id: str | None, question: str, query: str, filters: Json, result: Json
    ) -> tuple[str, int]:
        """Keeps a turn, of a new conversation when no id is given; its conversation and its number, from 0.

        Raises:
            ConversationNotFoundError: There is none with that id.
        """
        id_ = conversation_id or secrets.token_hex(8)
        now = datetime.now(UTC).isoformat(timespec="seconds")
        with self._db() as db:
            ((turn,),) = db.execute("SELECT count(*) FROM turns WHERE conversation = ?", (id_,)).fetchall()
            if conversation_id and not turn:
                raise _unknown(conversation_id)
            whole = result | {"conversation_id": id_, "turn": turn}
            row = (id_, turn, question, query, json.dumps(filters), json.dumps(whole), now)
            db.execute("INSERT INTO turns VALUES (?, ?, ?, ?, ?, ?, ?)", row)
            if self._days and not turn:
                self._forget_old(db)
        return id_, turn

    def listed(self, limit: int, offset: int) -> Json:
        """Conversations, the one continued last first."""
        with self._db() as db:
            rows = db.execute(
                "SELECT conversation, min(asked_at), max(asked_at), count(*), "
                "(SELECT question FROM turns first WHERE first.conversation = t.conversation AND turn = 0) "
                "FROM turns t GROUP BY conversation ORDER BY max(asked_at) DESC, conversation LIMIT ? OFFSET ?",
                (limit, offset),
            ).fetchall()
            ((total,),) = db.execute("SELECT count(DISTINCT conversation) FROM turns").fetchall()
        names = ("id", "created_at", "updated_at", "turns", "title")
        return {
            "conversations": [dict(zip(names, row, strict=True)) for row in rows],
            "total": total,
            "limit": limit,
            "offset": offset,
        }

    def read(self, conversation_id: str) -> Json:
        """A conversation with its turns.

        Raises:
            ConversationNotFoundError: There is none with that id.
        """
        with self._db() as db:
            rows = db.execute(
                "SELECT turn, question, filters, result, asked_at FROM turns WHERE conversation = ? ORDER BY turn",
                (conversation_id,),
            ).fetchall()
        if not rows:
            raise _unknown(conversation_id)
        turns = [
            {
                "turn": turn,
                "question": question,
                "asked_at": asked_at,
                "filters": json.loads(filters),
                "result": json.loads(result),
            }
            for turn, question, filters, result, asked_at in rows
        ]
        return {
            "id": conversation_id,
            "title": turns[0]["question"],
            "created_at": turns[0]["asked_at"],
            "updated_at": turns[-1]["asked_at"],
            "turns": turns,
        }

    def earlier(self, conversation_id: str, last: int) -> list[tuple[str, str]]:
        """The last queries of a conversation and what was answered to them, oldest first.

        Raises:
            ConversationNotFoundError: There is none with that id.
        """
        with self._db() as db:
            rows = db.execute(
                "SELECT query, result FROM turns WHERE conversation = ? ORDER BY turn DESC LIMIT ?",
                (conversation_id, last),
            ).fetchall()
        if not rows:
            raise _unknown(conversation_id)
        return [(query, json.loads(result).get("text", "")) for query, result in reversed(rows)]

    def delete(self, conversation_id: str) -> None:
        """Forgets a conversation.

        Raises:
            ConversationNotFoundError: There is none with that id.
        """
        with self._db() as db:
            if not db.execute("DELETE FROM turns WHERE conversation = ?", (conversation_id,)).rowcount:
                raise _unknown(conversation_id)

    def report(self, conversation_id: str, turn: int, claim: int | None, verdict: str, comment: str | None) -> str:
        """Keeps what a reader reports of a claim, with the answer as it was; its id.

        Raises:
            ConversationNotFoundError: There is no such turn.
        """
        id_ = secrets.token_hex(8)
        now = datetime.now(UTC).isoformat(timespec="seconds")
        with self._db() as db:
            place = (conversation_id, turn)
            rows = db.execute(
                "SELECT question, result FROM turns WHERE conversation = ? AND turn = ?", place
            ).fetchall()
            if not rows:
                raise _unknown(conversation_id)
            row = (id_, *place, claim, verdict, comment, *rows[0], now)
            db.execute("INSERT INTO feedback VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", row)
        return id_

    def reported(self) -> list[Json]:
        """Everything that readers reported, oldest first."""
        names = ("id", "conversation_id", "turn", "claim", "verdict", "comment", "question", "result", "at")
        with self._db() as db:
            rows = db.execute("SELECT * FROM feedback ORDER BY at, id").fetchall()
        return [dict(zip(names, row, strict=True)) | {"result": json.loads(row[7])} for row in rows]

    def close(self) -> None:
        """Closes the file."""
        with self._lock:
            if self._opened is not None:
                self._opened.close()
                self._opened = None

    @contextmanager
    def _db(self) -> Iterator[sqlite3.Connection]:
        with self._lock:
            try:
                if self._opened is None:
                    self._opened = self._open()
                with self._opened:
                    yield self._opened
            except (sqlite3.Error, OSError) as error:
                if _is_damage(error) and self._opened is not None:
                    self._opened.close()
                    self._opened = None  # the next to come finds the damage, and sets the file aside
                message = f"the conversations in {self._path} cannot be read or written: {error}"
                raise KeepingError(message) from error

    @property
    def _path(self) -> Path:
        return self._folder() / FILE

    def _open(self) -> sqlite3.Connection:
        try:
            return self._connected()
        except sqlite3.DatabaseError as error:
            if not _is_damage(error):  # a file that is locked, or on a full disk, is as good as ever
                raise
            aside = self._path.with_suffix(f".damaged-{datetime.now(UTC):%Y%m%d%H%M%S}")
            self._path.replace(aside)
            _log.warning("the conversations in %s were damaged; they are kept as %s", self._path, aside.name)
            return self._connected()

    def _connected(self) -> sqlite3.Connection:
        os.close(os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600))
        db = sqlite3.connect(self._path, timeout=_PATIENCE_S, check_same_thread=False)
        try:
            db.executescript(_TABLES)
            db.execute("PRAGMA secure_delete = ON")  # what was deleted is not to be found in the file
            ((found,),) = db.execute("PRAGMA quick_check(1)").fetchall()
            if found != "ok":
                raise _damage(found)
        except sqlite3.DatabaseError:
            db.close()
            raise
        return db

    def _forget_old(self, db: sqlite3.Connection) -> None:
        oldest = (datetime.now(UTC) - timedelta(days=self._days)).isoformat(timespec="seconds")
        db.execute(
            "DELETE FROM turns WHERE conversation IN "
            "(SELECT conversation FROM turns GROUP BY conversation HAVING max(asked_at) < ?)",
            (oldest,),
        )


def _is_damage(error: Exception) -> bool:
    return getattr(error, "sqlite_errorcode", 0) & 0xFF in {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}


def _damage(found: str) -> sqlite3.DatabaseError:
    error = sqlite3.DatabaseError(found)
    error.sqlite_errorcode = sqlite3.SQLITE_CORRUPT
    return error


def _unknown(conversation_id: str) -> ConversationNotFoundError:
    message = f"no conversation has the id {conversation_id!r}; it was deleted, or is older than those that are kept"
    return ConversationNotFoundError(message)
