"""Exact vectors on disk, read through the page cache: one of each passage, one of each of its tokens.

`dense.f16` holds the passage with key `k` at row `k`, `(384,) float16`; `tokens.i8` holds token vectors one after
the other, `(96,) int8` each, and the catalog knows where a passage's begin. Both only grow; what was removed leaves
a hole until the library is rebuilt.

Source: late interaction as in ColBERT (Khattab and Zaharia 2020), compressed as measured in `docs/decisions.md`.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import numpy as np

from ingest.embed import DIMENSION, TOKEN_DIMENSION

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

_ROW = DIMENSION * 2  # bytes


class Vectors:
    """The two files in one folder."""

    def __init__(self, folder: Path) -> None:
        flags = os.O_RDWR | os.O_CREAT
        self._dense = os.open(folder / "dense.f16", flags, 0o600)
        self._tokens = os.open(folder / "tokens.i8", flags, 0o600)

    def close(self) -> None:
        """Closes both files."""
        os.close(self._dense)
        os.close(self._tokens)

    def too_short(self, key: int, tokens_at: int, n_tokens: int) -> str | None:
        """Name of the file that does not reach to the end of that passage, if there is one."""
        if n_tokens and os.fstat(self._dense).st_size < (key + 1) * _ROW:
            return "dense.f16"
        if os.fstat(self._tokens).st_size < tokens_at + n_tokens * TOKEN_DIMENSION:
            return "tokens.i8"
        return None

    def append_tokens(self, tokens: Sequence[NDArray[np.int8]]) -> list[int]:
        """Writes the token vectors of some passages, each `(n, 96) int8`; where each begins, in bytes."""
        end = os.lseek(self._tokens, 0, os.SEEK_END)
        end -= end % TOKEN_DIMENSION  # a torn write of a crash is written over
        starts = np.cumsum([end, *(part.size for part in tokens)])
        _write(self._tokens, np.concatenate([part.reshape(-1) for part in tokens]).tobytes(), end)
        return [int(start) for start in starts[:-1]]

    def put_dense(self, keys: Sequence[int], vectors: NDArray[np.float32]) -> None:
        """Writes one vector a passage, `(n, 384)`."""
        for key, row in zip(keys, vectors.astype(np.float16), strict=True):
            _write(self._dense, row.tobytes(), key * _ROW)

    def flush(self) -> None:
        """Returns when both files are on disk."""
        os.fdatasync(self._dense)
        os.fdatasync(self._tokens)

    def dense(self, keys: Sequence[int]) -> NDArray[np.float32]:
        """The passages' vectors, `(len(keys), 384) float32`, in the order of the keys."""
        return (
            np.frombuffer(b"".join([os.pread(self._dense, _ROW, key * _ROW) for key in keys]), np.float16)
            .reshape(-1, DIMENSION)
            .astype(np.float32)
        )

    def tokens(self, places: Sequence[tuple[int, int]]) -> NDArray[np.int8]:
        """The token vectors of some passages one after the other, `(sum of tokens, 96) int8`.

        Args:
            places: First byte and number of tokens of each.
        """
        parts = [os.pread(self._tokens, count * TOKEN_DIMENSION, at) for at, count in places]
        return np.frombuffer(b"".join(parts), np.int8).reshape(-1, TOKEN_DIMENSION)


def _write(descriptor: int, data: bytes, at: int) -> None:
    view = memoryview(data)
    while view:
        written = os.pwrite(descriptor, view, at)
        view, at = view[written:], at + written
