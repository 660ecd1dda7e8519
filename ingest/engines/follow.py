"""How a process that only reads a library sees what another one writes: before each question, by one number of SQLite.

Example: `Follower(engines).catch_up()` is `None` while nothing has changed, else what now keeps the library from being
used, which is nothing as a rule. A document is ready in the catalog after it is in every other engine, so that who sees
the catalog's change and then opens the others sees all of it.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from ingest.engines import rebuild
from ingest.engines.chroma import COLLECTION

if TYPE_CHECKING:
    from ingest.engines.bundle import Engines

MOVED = "its vectors have been moved elsewhere"


class Follower:
    """What a reader has seen of the library."""

    def __init__(self, engines: Engines) -> None:
        self._engines = engines
        self._collection = engines.catalog.meta().get(COLLECTION)
        self._catching_up = threading.Lock()
        self._version: int | None = None

    def catch_up(self) -> tuple[str, ...] | None:
        """Sees what has been written; what keeps the library from being used, or `None` when nothing was written.

        Raises:
            LibraryError: An engine cannot be read.
        """
        problems = None
        with self._catching_up:  # who comes meanwhile waits, and then sees it too
            while (version := self._engines.catalog.version()) != self._version:  # again, if it was written meanwhile
                problems = self._problems()
                if not problems:
                    self._see_anew()
                self._version = version
        return problems

    def is_left_behind(self) -> bool:
        """Whether the vectors are elsewhere than where this process looks for them."""
        return self._engines.catalog.meta().get(COLLECTION) != self._collection

    def _problems(self) -> tuple[str, ...]:
        if self.is_left_behind():
            return (MOVED,)
        return tuple(rebuild.unfinished(self._engines.catalog))

    def _see_anew(self) -> None:
        """First the vectors: what is then found by words has one."""
        self._engines.vectors.forget()
        self._engines.bm25.reopen()
