"""What routes are given: the open library, the loaded model, the settings; and how JSON leaves.

Example: `def search_passages(body: SearchRequest, parts: PartsGiven) -> Json` is handed the one `Parts` of the app.
"""

from __future__ import annotations

import json
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Lock
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import Depends, Request
from starlette.responses import Response

from ingest.errors import LibraryBusyError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ingest.embed import Encoder
    from ingest.settings import Settings
    from ingest.store import PassageIndex

_PATIENCE_S = 5


@dataclass(frozen=True, slots=True)
class Parts:
    """What the app was made of; whoever changes the library does so `alone`."""

    index: PassageIndex
    encoder: Encoder
    settings: Settings
    writing: Lock = field(default_factory=Lock)

    @contextmanager
    def alone(self) -> Iterator[None]:
        """While the context is open, nobody else changes the library.

        Raises:
            LibraryBusyError: Others do, for longer than a thread that questions need too may be held.
        """
        if not self.writing.acquire(timeout=_PATIENCE_S):
            message = "another ingest is running; try again"
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
    """A response of plain JSON types, written once and not validated again."""

    media_type = "application/json"

    def render(self, content: Any) -> bytes:
        """The bytes to send; text outside ASCII as it is, and half characters escaped."""
        try:
            return json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode("utf-8")
        except UnicodeEncodeError:
            return json.dumps(content, separators=(",", ":")).encode("ascii")
