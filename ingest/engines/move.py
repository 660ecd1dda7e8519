"""The vectors of a library moved to a Chroma server, or back into its folder.

Example: `move(engines, Served(url, new_collection()), on_progress)` fills the collection from `dense.f16`, and only
then does the catalog say that the vectors are there. Whoever kills it loses nothing: the library is as it was, and the
next move begins anew. A server that has the vectors is not asked for them, so that they can be brought back without it.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from ingest.engines.chroma import COLLECTION, Embedded, Served, new_collection
from ingest.engines.dense import Dense
from ingest.errors import LibraryError

if TYPE_CHECKING:
    from collections.abc import Callable

    from ingest.engines.bundle import Engines

_MOVING = "moving_to"  # a collection on its way: the next move goes on with its name, so that it is not left there
_AT_ONCE = 2_000  # passages


class Moved(NamedTuple):
    """What a move did.

    Args:
        to: `server` or `embedded`.
        passages: How many vectors were moved; 0 when they were there already.
        left_behind: The collection that could not be removed, since its server did not answer.
    """

    to: str
    passages: int
    left_behind: str | None


def target(engines: Engines, folder_of_chroma: Embedded, url: str | None) -> Embedded | Served:
    """Where the vectors are to go: to the server, or into the folder when there is none."""
    if url is None:
        return folder_of_chroma
    name = engines.catalog.meta().get(_MOVING) or new_collection()
    engines.catalog.set_meta({_MOVING: name})
    return Served(url, name)


def move(
    engines: Engines, home: Embedded | Served, on_progress: Callable[[str, int, int], None]
) -> tuple[Engines, Moved]:
    """The engines with the vectors in their new place, and what was moved.

    Raises:
        LibraryError: They could not be written there; the library is as it was.
    """
    there = Dense(home)
    try:
        with engines.own_errors():
            there.empty()
            n = _fill(engines, there, on_progress)
    except BaseException:
        there.close()
        raise
    engines.catalog.set_meta({COLLECTION: home.name if isinstance(home, Served) else None, _MOVING: None})
    return replace(engines, dense=there), Moved("server" if home.is_shared else "embedded", n, _drop(engines.dense))


def _fill(engines: Engines, there: Dense, on_progress: Callable[[str, int, int], None]) -> int:
    done = n = 0
    total = engines.catalog.n_passages()
    while passages := engines.journal.after(done, _AT_ONCE):
        keys = [passage.key for passage in passages]
        there.put(keys, engines.vectors.dense(keys))
        done, n = keys[-1], n + len(keys)
        on_progress("chroma", n, total)
    if (found := there.count()) != total:
        message = f"{there.home} holds {found} vectors after {total} were written; try again"
        raise LibraryError(message)
    return n


def _drop(dense: Dense) -> str | None:
    """Removes vectors from where they were; the collection that is left there when that cannot be done."""
    with suppress(LibraryError):
        dense.drop()
        return None
    return dense.home.name if isinstance(dense.home, Served) else None
