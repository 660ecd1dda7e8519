"""Nearest passages by cosine, in Chroma.

Chroma is imported when the first question or the first new passage needs it: the import takes most of a second.
Every write is idempotent, since Chroma keeps what a failed or killed call had already written.
"""

from __future__ import annotations

import sqlite3
import struct
import threading
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np

from ingest.errors import LibraryError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from chromadb.api import ClientAPI
    from numpy.typing import NDArray

    from ingest.engines.chroma import Embedded, Served

_HEADER = struct.Struct("<I6QiIQQQdQ")
# Version and offset; bytes of an element, where its label and its vector begin; neighbours on any layer, the lowest
# and the others: as for 384 dimensions and Chroma's default of 16 neighbours.
_LAYOUT = (1, 0, 1676, 1668, 132, 16, 32, 16)
_LENGTH = _WORD = 4  # bytes
_READ = 10_000  # vectors read at once
_TOP = 40  # layers that a graph of any size stays below
_BLOAT = 10  # times the vectors, from which the links cannot be right


class Dense:
    """The collection of one library.

    Attributes:
        is_released: Whether another process reads the files at this moment, so that a search would wait.
    """

    def __init__(self, home: Embedded | Served) -> None:
        self.home = home
        self._lock = threading.RLock()
        self._unused = threading.Condition(self._lock)
        self._n_users = 0
        self.is_released = False
        self._client: ClientAPI | None = None
        self._collection: Any = None

    @property
    def is_at_hand(self) -> bool:
        """Whether a search is worth trying: nobody reads the files, and the server did not fail a moment ago."""
        return not (self.is_released or self.home.is_down)

    def open(self) -> None:
        """Imports Chroma and opens the collection, if that has not been done.

        Raises:
            LibraryError: The store is damaged, or the server cannot be used.
        """
        with self._lock:
            if self._collection is None:
                try:
                    self._client = self._client or self.home.client()
                    self._collection = self.home.collection(self._client)
                except LibraryError:
                    raise
                except Exception as error:
                    raise self.home.failed(error, "opened") from error

    @contextmanager
    def _used(self, what: str) -> Iterator[Any]:
        """The collection, which is not closed before the context is.

        Args:
            what: Is done with it, for the message of an error.

        Raises:
            LibraryError: It cannot be opened; or the server fails, whatever way it does.
        """
        with self._lock:
            self._unused.wait_for(lambda: not self.is_released)
            self.open()
            self._n_users += 1
        try:
            yield self._collection
        except Exception as error:
            if not self.home.is_shared:
                raise
            self._collection = None  # the server may have been started anew: it is asked again where the vectors are
            if isinstance(error, LibraryError):
                raise
            raise self.home.failed(error, what) from error
        finally:
            with self._lock:
                self._n_users -= 1
                self._unused.notify_all()

    @contextmanager
    def released(self) -> Iterator[None]:
        """While the context is open, another process may read the files; on a server it may at any time."""
        if self.home.is_shared:
            yield
        else:
            with self._closed():
                yield

    @contextmanager
    def _closed(self) -> Iterator[None]:
        """While the context is open, nothing is, and who needs it waits."""
        with self._lock:
            self.is_released = True  # who comes now waits, so that those who are there can be waited for
            self._unused.wait_for(lambda: self._n_users == 0)
            if self._client is not None:
                self.home.close(self._client)
            self._client = self._collection = None
            try:
                yield
            finally:
                self.is_released = False
                self._unused.notify_all()

    def close(self) -> None:
        """Lets go of the files, or of the connection."""
        with self._closed():
            pass

    def empty(self) -> None:
        """Forgets everything.

        Raises:
            LibraryError: The server cannot be used.
        """
        self._emptied(self.home.empty)

    def drop(self) -> None:
        """Forgets everything, and that there was something.

        Raises:
            LibraryError: The server cannot be used.
        """
        self._emptied(self.home.drop)

    def _emptied(self, empty: Callable[[], None]) -> None:
        with self._closed():
            try:
                empty()
            except (LibraryError, OSError):
                raise
            except Exception as error:
                raise self.home.failed(error, "emptied") from error

    def put(self, keys: Sequence[int], vectors: NDArray[np.float32]) -> None:
        """Adds or replaces the vectors of passages, `(n, 384) float32`."""
        with self._used("written") as collection:
            for some in self._batches(len(keys)):
                collection.upsert(ids=[str(key) for key in keys[some]], embeddings=vectors[some])

    def remove(self, keys: Sequence[int]) -> None:
        """Removes the vectors of passages; those that are not there are passed over."""
        with self._used("written") as collection:
            for some in self._batches(len(keys)):
                collection.delete(ids=[str(key) for key in keys[some]])

    def search(self, vector: NDArray[np.float32], k: int) -> list[int]:
        """Keys of the nearest passages, nearest first.

        Raises:
            LibraryError: Chroma cannot search; `onrecord library check` says why.
        """
        with self._used("searched") as collection:
            try:
                found = collection.query(query_embeddings=vector[None, :], n_results=k, include=[])
            except Exception as error:
                raise self.home.failed(error, "searched") from error
            return [int(key) for key in found["ids"][0]]

    def vectors(self, keys: Sequence[int]) -> dict[int, NDArray[np.float32]]:
        """The vectors of those passages that are there, by key, each `(384,)`."""
        if not keys:
            return {}
        with self._used("read") as collection:
            found = collection.get(ids=[str(key) for key in keys], include=["embeddings"])
            return dict(zip(map(int, found["ids"]), found["embeddings"], strict=True))

    def count(self) -> int:
        """How many vectors there are."""
        with self._used("read") as collection:
            return int(collection.count())

    def _batches(self, n: int) -> Iterator[slice]:
        assert self._client is not None  # noqa: S101  (it is in use)
        size = self.home.at_once or self._client.get_max_batch_size()
        for first in range(0, n, size):
            yield slice(first, first + size)


def file_problems(folder: Path) -> Iterator[tuple[str, str]]:
    """Files of the store that cannot be what Chroma wrote, each with what is wrong: opening them could end the process.

    Sources: hnswlib's `saveIndex` for the header; sizes as Chroma 1.5 writes them.
    """
    database = folder / "chroma.sqlite3"
    if not database.exists() or not database.stat().st_size:
        yield database.name, "is missing or empty"
        return
    try:
        with closing(sqlite3.connect(database)) as connection:  # not read-only: a crash may have left a journal
            ((outcome,),) = connection.execute("PRAGMA quick_check(1)").fetchall()
    except sqlite3.Error as error:
        outcome = str(error)
    if outcome != "ok":
        yield database.name, f"is damaged: {outcome}"
    for header in sorted(folder.glob("*/header.bin")):
        yield from _segment_problems(header.parent)


def _segment_problems(segment: Path) -> Iterator[tuple[str, str]]:
    header = (segment / "header.bin").read_bytes()
    if len(header) != _HEADER.size:
        yield f"{segment.name}/header.bin", f"has {len(header)} bytes instead of {_HEADER.size}"
        return
    version, offset, capacity, count, *layout, top, entry, m, m_0, m_top, _, _ = _HEADER.unpack(header)
    known = (version, offset, *layout, m, m_0, m_top) == _LAYOUT
    if not known or not 0 <= count <= capacity or not -1 <= top <= _TOP or not (entry < count or top < 0):
        yield f"{segment.name}/header.bin", "is damaged"
        return
    size = layout[0]
    for name, each in (("data_level0.bin", size), ("length.bin", _LENGTH)):
        found = _size(segment / name)
        if found is None or not count * each <= found <= capacity * each:
            yield f"{segment.name}/{name}", "is missing" if found is None else f"has {found} bytes for {count} vectors"
        elif name == "data_level0.bin" and not _is_lowest_layer(segment / name, count):
            yield f"{segment.name}/{name}", "is damaged"
    links = _size(segment / "link_lists.bin")
    if links is None or links > _BLOAT * capacity * size:
        yield f"{segment.name}/link_lists.bin", "is missing" if links is None else f"has grown to {links} bytes"
    elif not _are_upper_layers(segment / "link_lists.bin", count):
        yield f"{segment.name}/link_lists.bin", "is damaged"
    if count and not (segment / "index_metadata.pickle").exists():
        yield f"{segment.name}/index_metadata.pickle", "is missing"


def _is_lowest_layer(path: Path, count: int) -> bool:
    """Whether every vector has at most 32 neighbours, all of them vectors that there are."""
    _, _, size, _, vector_at, _, most, _ = _LAYOUT
    for first in range(0, count, _READ):
        n = min(_READ, count - first)
        elements = np.fromfile(path, np.uint8, n * size, offset=first * size).reshape(n, size)[:, :vector_at]
        words = np.ascontiguousarray(elements).view(np.uint32)
        numbers = words[:, 0] & 0xFFFF  # beside it stands whether the vector is deleted
        is_neighbour = np.arange(most) < numbers[:, None]
        if (numbers > most).any() or (words[:, 1:][is_neighbour] >= count).any():
            return False
    return True


def _are_upper_layers(path: Path, count: int) -> bool:
    """Whether the links of each vector fill some layers, and lead to vectors that there are."""
    words = np.fromfile(path, np.uint32)
    most = _LAYOUT[-1]
    at = 0
    for _ in range(count):
        n_layers, rest = divmod(int(words[at]) if at < len(words) else -1, _WORD * (1 + most))
        end = at + 1 + n_layers * (1 + most)
        if rest or end > len(words):
            return False
        for layer in words[at + 1 : end].reshape(n_layers, 1 + most):
            if layer[0] > most or (layer[1 : 1 + layer[0]] >= count).any():
                return False
        at = end
    return at == len(words)


def _size(path: Path) -> int | None:
    return path.stat().st_size if path.exists() else None
