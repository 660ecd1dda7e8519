"""The engines of one library, opened and closed together.

Example: `Engines.open(folder)` opens the catalog and the vectors; tantivy and Chroma open when they are first needed.
"""

from __future__ import annotations

import errno
import os
import shutil
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from ingest.engines.bm25 import Bm25
from ingest.engines.catalog import Catalog
from ingest.engines.dense import Dense
from ingest.engines.facets import Facets
from ingest.engines.journal import Journal
from ingest.engines.vectors import Vectors
from ingest.errors import LibraryError, OnrecordError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

CATALOG, BM25, CHROMA = "catalog.sqlite", "bm25", "chroma"
_FULL = 1_000_000  # bytes free, below which a failed write is put down to the disk


@dataclass(frozen=True, slots=True)
class Engines:
    """What a library consists of: the catalog, from which the others can be made anew, and these others."""

    folder: Path
    catalog: Catalog
    journal: Journal
    bm25: Bm25
    dense: Dense
    vectors: Vectors
    facets: Facets

    @classmethod
    def open(cls, folder: Path, create_with: Mapping[str, str] | None = None) -> Self:
        """The engines of the library in that folder.

        Args:
            create_with: Facts about the library that is to be made there; `None` where there is one.

        Raises:
            LibraryError: The catalog cannot be used.
            OSError: A file cannot be opened.
        """
        with ExitStack() as undo:
            catalog = Catalog(folder / CATALOG, create_with)
            undo.callback(catalog.close)
            vectors = Vectors(folder)
            undo.callback(vectors.close)
            facets = Facets(folder)
            undo.pop_all()
        return cls(folder, catalog, Journal(catalog), Bm25(folder / BM25), Dense(folder / CHROMA), vectors, facets)

    def close(self) -> None:
        """Closes all of them."""
        for engine in (self.bm25, self.dense, self.vectors, self.facets, self.catalog):
            engine.close()

    @contextmanager
    def own_errors(self) -> Iterator[None]:
        """Engines fail in ways of their own; here a full disk is one error, whoever met it.

        Raises:
            OSError: The disk is full.
            LibraryError: Anything else that an engine made of it.
        """
        try:
            yield
        except OSError as error:
            if error.filename is None and error.errno is not None:
                raise OSError(error.errno, os.strerror(error.errno), str(self.folder)) from error
            raise
        except OnrecordError:
            raise
        except Exception as error:
            if shutil.disk_usage(self.folder).free < _FULL:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(self.folder)) from error
            message = f"the library in {self.folder} could not be written: {error}"
            raise LibraryError(message) from error
