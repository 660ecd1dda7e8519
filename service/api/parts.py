"""What routes are given: the open library, the loaded model, the settings; and how JSON leaves.

Example: `def search_passages(body: SearchRequest, parts: PartsGiven) -> Json` is handed the one `Parts` of the app.
"""

from __future__ import annotations

import asyncio
import json
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Lock
from typing import TYPE_CHECKING, Annotated, Any, Literal

from anyio import from_thread
from fastapi import Depends, Request
from pydantic_core import PydanticSerializationError, to_json
from starlette.responses import Response

from ingest.errors import LibraryBusyError
from service.api.counts import Metrics
from service.conversations import Conversations
from service.follow import follow
from service.pipeline import ask, check
from service.respond import as_json
from service.rewrite import Asked
from service.stream import Writer, whole

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ingest.embed import Encoder
    from ingest.settings import Settings
    from ingest.store import PassageIndex
    from service.records import Abstention, Answer, Filters
    from service.telemetry import Traces

_PATIENCE_S = 5


@dataclass(slots=True)
class Rebuild:
    """How far a rebuild is; one thread writes it, and any may read it."""

    state: Literal["idle", "running", "done", "failed"] = "idle"
    part: str | None = None
    done: int = 0
    total: int = 0
    rebuilt: tuple[str, ...] = ()
    detail: str | None = None

    def begin(self) -> None:
        """Notes that one runs."""
        self.state, self.part, self.done, self.total, self.rebuilt, self.detail = "running", None, 0, 0, (), None

    def reach(self, part: str, done: int, total: int) -> None:
        """Notes how far it is."""
        self.part, self.done, self.total = part, done, total

    def end(self, rebuilt: Sequence[str]) -> None:
        """Notes what was made anew."""
        self.rebuilt, self.state = tuple(rebuilt), "done"

    def fail(self, detail: str) -> None:
        """Notes why it could not be ended."""
        self.detail, self.state = detail, "failed"

    def settle(self) -> None:
        """Notes that it no longer runs, whatever ended it."""
        if self.state == "running":
            self.fail("it ended by an error that is in the server's log")


@dataclass(frozen=True, slots=True)
class Parts:
    """What the app was made of; whoever changes the library does so `alone`.

    Args:
        writer: The configured model, which words answers.
        traces: Where spans go; nowhere when `None`.
        stopping: Set when the server is told to stop.
    """

    index: PassageIndex
    encoder: Encoder
    settings: Settings
    writing: Lock = field(default_factory=Lock)
    writer: Writer | None = None
    metrics: Metrics = field(default_factory=Metrics)
    traces: Traces | None = None
    conversations: Conversations = field(init=False)
    rebuild: Rebuild = field(default_factory=Rebuild)
    stopping: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        """Keeps conversations beside the library."""
        kept = Conversations(lambda: self.index.folder, self.settings.conversation_days)
        object.__setattr__(self, "conversations", kept)

    def writer_for(self, mode: str) -> Writer | None:
        """Who words an answer in this mode: the configured model, or the articles themselves when `None`."""
        return None if mode == "extractive" else self.writer

    def ask(
        self, question: str, filters: Filters, mode: str, earlier: Sequence[tuple[str, str]] = ()
    ) -> Answer | Abstention:
        """What is answered in this mode; to be called in a worker thread of the server.

        Args:
            earlier: Questions and what was answered to them, oldest first.

        Raises:
            OnrecordError: As `pipeline.ask`.
        """
        asked, writer = Asked.of(question, earlier, self.index), self.writer_for(mode)
        if writer is None:
            return ask(self.index, self.encoder, asked.ruled.query, filters=filters, mode=mode)
        check(self.index, asked.ruled.query, mode, has_model=True)
        return from_thread.run(whole, follow(self.index, self.encoder, asked, filters=filters, writer=writer))

    @contextmanager
    def alone(self) -> Iterator[None]:
        """While the context is open, nobody else changes the library.

        Raises:
            LibraryBusyError: Others do, for longer than a thread that questions need too may be held.
            ReadOnlyError: Another process does, and this one only reads.
        """
        self.index.require_writer()
        if not self.writing.acquire(timeout=_PATIENCE_S):
            message = "the library is being written, checked or made anew; try again"
            raise LibraryBusyError(message)
        try:
            yield
        finally:
            self.writing.release()


async def _parts(request: Request) -> Parts:  # async, so that it costs no thread
    parts: Parts = request.app.state.parts
    return parts


PartsGiven = Annotated[Parts, Depends(_parts)]


class Json(Response):
    """A response of plain JSON types, or of a record of them, written once and not validated again."""

    media_type = "application/json"

    def render(self, content: Any) -> bytes:
        """The bytes to send; text outside ASCII as it is, and half characters escaped."""
        return written(content)


def written(content: Any) -> bytes:
    """Plain JSON types, or a record of them, as JSON."""
    try:
        return to_json(content)  # a seventh of the time of `as_json` and `json.dumps`
    except (PydanticSerializationError, UnicodeEncodeError):
        return json.dumps(as_json(content), separators=(",", ":")).encode("ascii")
