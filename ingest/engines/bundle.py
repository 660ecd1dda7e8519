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
from ingest.engines.chroma import COLLECTION, Embedded, Served, new_collection
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
    def open(
        cls,
        folder: Path,
        create_with: Mapping[str, str] | None = None,
        *,
        chroma_url: str | None = None,
        is_reader: bool = False,
    ) -> Self:
        """The engines of the library in that folder.

        Args:
            create_with: Facts about the library that is to be made there; `None` where there is one.
            chroma_url: Of the Chroma server, where one is set.
            is_reader: Whether another process writes the library, and this one changes nothing.

        Raises:
            LibraryError: The catalog cannot be used, or a new library's vectors cannot go to the server.
            OSError: A file cannot be opened.
        """
        with ExitStack() as undo:
            catalog = Catalog(folder / CATALOG, create_with)
            undo.callback(catalog.close)
            catalog.only_read(is_reader)
            dense = Dense(_home_of(folder, catalog, chroma_url))
            vectors = Vectors(folder)
            undo.callback(vectors.close)
            facets = Facets(folder)
            undo.pop_all()
        bm25 = Bm25(folder / BM25, is_reader=is_reader)
        return cls(folder, catalog, Journal(catalog), bm25, dense, vectors, facets)

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


def _home_of(folder: Path, catalog: Catalog, chroma_url: str | None) -> Embedded | Served:
    """Where the vectors of a library are."""
    collection = catalog.meta().get(COLLECTION)
    return Served(chroma_url, collection) if collection else Embedded(folder / CHROMA)


def settle(engines: Engines, chroma_url: str | None) -> None:
    """Sends the vectors of a library that has none yet, as one just made or restored, to the server that is set.

    Raises:
        ChromaServerError: It does not answer.
    """
    if chroma_url and not engines.dense.home.is_shared and not (engines.folder / CHROMA).exists():
        home = Served(chroma_url, new_collection())
        home.require()
        engines.catalog.set_meta({COLLECTION: home.name})
        engines.dense.home = home
    if engines.dense.home.is_shared:
        Embedded(engines.folder / CHROMA).drop()  # what a move that was cut short has left
