"""Exact vectors on disk, read through the page cache: one of each passage, one of each of its tokens.

`dense.f16` holds the passage with key `k` at row `k`, `(384,) float16`; `tokens.i8` holds token vectors one after
the other, `(96,) int8` each, and the catalog knows where a passage's begin. Both only grow; what was removed leaves
a hole until the library is rebuilt. Files are read, never mapped: a mapped file that is cut short kills the process.

Source: late interaction as in ColBERT (Khattab and Zaharia 2020), compressed as measured in `docs/decisions.md`.
"""

from __future__ import annotations

import itertools
import os
import threading
import zlib
from typing import TYPE_CHECKING

import numpy as np

from ingest.embed import DIMENSION, TOKEN_DIMENSION
from ingest.errors import DamagedError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

DENSE, TOKENS = "dense.f16", "tokens.i8"
_ROW = DIMENSION * 2  # bytes
_SMALL = 10_000  # passages up to which all vectors are kept in memory: 15 MB
_BLOCK = 4_096  # rows read at once where many of them are wanted
_MANY = 256  # rows of a block from which the whole block is read


class Vectors:
    """The two files in one folder."""

    def __init__(self, folder: Path) -> None:
        flags = os.O_RDWR | os.O_CREAT
        self._dense = os.open(folder / DENSE, flags, 0o600)
        self._tokens = os.open(folder / TOKENS, flags, 0o600)
        self._loading = threading.Lock()
        self._loaded: NDArray[np.float32] | None = None

    def close(self) -> None:
        """Closes both files."""
        os.close(self._dense)
        os.close(self._tokens)

    def sizes(self) -> tuple[int, int]:
        """How many dense rows and how many bytes of token vectors there are."""
        return os.fstat(self._dense).st_size // _ROW, os.fstat(self._tokens).st_size

    def empty(self) -> None:
        """Forgets everything."""
        os.ftruncate(self._dense, 0)
        os.ftruncate(self._tokens, 0)
        self._loaded = None

    def forget(self) -> None:
        """Lets go of what is in memory: another process has written the files."""
        with self._loading:
            self._loaded = None

    # Writing

    def append_tokens(self, tokens: Sequence[NDArray[np.int8]]) -> list[int]:
        """Writes the token vectors of some passages, each `(n, 96) int8`; where each begins, in bytes."""
        end = os.lseek(self._tokens, 0, os.SEEK_END)
        end -= end % TOKEN_DIMENSION  # a torn write of a crash is written over
        starts = []
        for part in tokens:
            starts.append(end)
            write(self._tokens, part.tobytes(), end)
            end += part.size
        return starts

    def put_dense(self, keys: Sequence[int], vectors: NDArray[np.float32]) -> None:
        """Writes one vector a passage, `(n, 384)`."""
        rows = vectors.astype(np.float16)
        with self._loading:
            write_rows(self._dense, keys, rows)
            if max(keys) >= _SMALL:
                self._loaded = None
            elif self._loaded is not None:
                self._loaded[list(keys)] = rows

    def flush(self) -> None:
        """Returns when both files are on disk."""
        os.fdatasync(self._dense)
        os.fdatasync(self._tokens)

    # Reading

    def dense(self, keys: Sequence[int]) -> NDArray[np.float32]:
        """The passages' vectors, `(len(keys), 384) float32`, in the order of the keys."""
        if (loaded := self._loaded) is not None:
            return loaded[list(keys)]
        rows = _joined([os.pread(self._dense, _ROW, key * _ROW) for key in keys], len(keys) * _ROW, DENSE)
        return np.frombuffer(rows, np.float16).reshape(-1, DIMENSION).astype(np.float32)

    def small(self) -> NDArray[np.float32] | None:
        """Every vector by key, `(10000, 384) float32`, in memory; `None` in a library with more keys than that."""
        with self._loading:
            n_rows, _ = self.sizes()
            if n_rows > _SMALL:
                self._loaded = None
            elif self._loaded is None:
                self._loaded = np.zeros((_SMALL, DIMENSION), np.float32)
                self._loaded[:n_rows] = self._rows(0, n_rows)
            return self._loaded

    def scores(self, keys: NDArray[np.intp], vector: NDArray[np.float32]) -> NDArray[np.float32]:
        """Cosines of some passages with a vector, `(len(keys),)`.

        Args:
            keys: Ascending.
        """
        found = np.empty(len(keys), np.float32)
        edges = np.searchsorted(keys, np.arange(0, self.sizes()[0] + _BLOCK, _BLOCK))
        for block, (a, b) in enumerate(itertools.pairwise(edges)):
            some = keys[a:b]
            if len(some) > _MANY:
                rows = self._rows(block * _BLOCK, int(some[-1]) + 1)[some - block * _BLOCK].astype(np.float32)
            else:
                rows = self.dense(some.tolist())
            found[a:b] = rows @ vector
        return found

    def tokens(self, places: Sequence[tuple[int, int]]) -> NDArray[np.int8]:
        """The token vectors of some passages one after the other, `(sum of tokens, 96) int8`.

        Args:
            places: First byte and number of tokens of each.
        """
        parts = [os.pread(self._tokens, count * TOKEN_DIMENSION, at) for at, count in places]
        size = sum(count for _, count in places) * TOKEN_DIMENSION
        return np.frombuffer(_joined(parts, size, TOKENS), np.int8).reshape(-1, TOKEN_DIMENSION)

    def checksum(self, key: int, tokens_at: int, n_tokens: int) -> int:
        """What `checksum` gives for what is now stored of a passage."""
        dense = os.pread(self._dense, _ROW, key * _ROW)
        return _checksum(dense, os.pread(self._tokens, n_tokens * TOKEN_DIMENSION, tokens_at))

    def _rows(self, first: int, stop: int) -> NDArray[np.float16]:
        size = (stop - first) * _ROW
        data = _joined([read(self._dense, size, first * _ROW)], size, DENSE)
        return np.frombuffer(data, np.float16).reshape(-1, DIMENSION)


def checksum(vector: NDArray[np.float32], tokens: NDArray[np.int8]) -> int:
    """CRC-32 of a passage's vector as it is stored, 31 bits of it, followed by that of its token vectors."""
    return _checksum(vector.astype(np.float16).tobytes(), tokens.tobytes())


def files_of(difference: int) -> list[str]:
    """Which files two checksums, combined by exclusive or, tell apart."""
    return [name for name, part in ((DENSE, difference >> 32), (TOKENS, difference & 0xFFFFFFFF)) if part]


def _checksum(dense: bytes, tokens: bytes) -> int:
    return (zlib.crc32(dense) & 0x7FFFFFFF) << 32 | zlib.crc32(tokens)


def _joined(parts: list[bytes], size: int, name: str) -> bytes:
    """The parts as one, which must have been there in full.

    Raises:
        DamagedError: The file is shorter than it was.
    """
    data = b"".join(parts)
    if len(data) != size:
        message = f"{name} has become shorter"
        raise DamagedError(message)
    return data


def write_rows(descriptor: int, keys: Sequence[int], rows: NDArray[np.generic]) -> None:
    """Writes row `i` where that of key `i` belongs; one write where the keys follow each other."""
    size = rows.itemsize * rows.shape[1]
    cuts = [0, *(i for i in range(1, len(keys)) if keys[i] != keys[i - 1] + 1), len(keys)]
    for a, b in itertools.pairwise(cuts):
        if a < b:
            write(descriptor, rows[a:b].tobytes(), keys[a] * size)


def write(descriptor: int, data: bytes, at: int) -> None:
    """Writes all of the data from that byte on."""
    view = memoryview(data)
    while view:
        written = os.pwrite(descriptor, view, at)
        view, at = view[written:], at + written


def read(descriptor: int, count: int, at: int) -> bytes:
    """The bytes from there on, fewer only at the end of the file: one call of the system reads at most 2 GB."""
    parts = []
    while count > 0 and (part := os.pread(descriptor, min(count, 1 << 30), at)):
        parts.append(part)
        count, at = count - len(part), at + len(part)
    return b"".join(parts)
