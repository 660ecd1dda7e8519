"""What filters look at, as one row of two integers a passage: the code of its outlet, and its day of publication.

Example: key 7 of outlet 3, published on 2020-01-10, is `[3, 737434]` at row 7 of `facets.i32`. A passage that is gone,
or was never there, is `[0, 0]`. The file is read whole for a filtered question: 800 kB at 100,000 passages.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import numpy as np

from ingest.engines.vectors import read, write_rows

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date
    from pathlib import Path

    from numpy.typing import NDArray

    from ingest.engines.journal import Pending

NAME = "facets.i32"
ROW = 8  # bytes


class Facets:
    """The file in one folder."""

    def __init__(self, folder: Path) -> None:
        self._file = os.open(folder / NAME, os.O_RDWR | os.O_CREAT, 0o600)

    def close(self) -> None:
        """Closes the file."""
        os.close(self._file)

    def put(self, passages: Sequence[Pending]) -> None:
        """Writes the facets of passages."""
        rows = np.array([facets_of(passage.outlet, passage.published_on) for passage in passages], np.int32)
        write_rows(self._file, [passage.key for passage in passages], rows)

    def clear(self, keys: Sequence[int]) -> None:
        """Forgets passages, so that none of them passes any filter."""
        write_rows(self._file, keys, np.zeros((len(keys), 2), np.int32))

    def flush(self) -> None:
        """Returns when the file is on disk."""
        os.fdatasync(self._file)

    def empty(self) -> None:
        """Forgets everything."""
        os.ftruncate(self._file, 0)

    def rows(self) -> NDArray[np.int32]:
        """All rows, `(keys + 1, 2)`: code of the outlet, day of publication as an ordinal."""
        size = os.fstat(self._file).st_size
        return np.frombuffer(read(self._file, size - size % ROW, 0), np.int32).reshape(-1, 2)

    def passing(self, codes: Sequence[int] | None, first: date | None, last: date | None) -> NDArray[np.bool_]:
        """Which keys pass, `(keys + 1,)`; those of passages without a date pass no filter by date.

        Args:
            codes: Of the outlets wanted; all when `None`.
        """
        outlet, day = self.rows().T
        passing = outlet > 0 if codes is None else np.isin(outlet, codes)
        if first or last:
            passing &= (day >= (first.toordinal() if first else 1)) & (day > 0)
        if last:
            passing &= day <= last.toordinal()
        return passing


def facets_of(outlet: int, published_on: date | None) -> tuple[int, int]:
    """The row of a passage.

    Args:
        outlet: Code of its outlet.
    """
    return outlet, published_on.toordinal() if published_on else 0
