"""Nearest passages by cosine, in Chroma.

Chroma is imported when the first question or the first new passage needs it: the import takes most of a second.
Every write is idempotent, since Chroma keeps what a failed or killed call had already written.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from ingest.errors import LibraryError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    import numpy as np
    from chromadb.api import ClientAPI
    from numpy.typing import NDArray

_COLLECTION = "passages"


class Dense:
    """The collection in one folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = threading.Lock()
        self._client: ClientAPI | None = None
        self._collection: Any = None

    def open(self) -> None:
        """Imports Chroma and opens the collection, if that has not been done.

        Raises:
            LibraryError: The store is damaged.
        """
        with self._lock:
            if self._collection is not None:
                return
            import chromadb
            from chromadb.config import Settings

            # Said in full, since Chroma would otherwise read CHROMA_… of the environment, and any `.env`.
            settings = Settings(
                _env_file=None,
                anonymized_telemetry=False,
                chroma_api_impl="chromadb.api.rust.RustBindingsAPI",
                chroma_server_host=None,
                chroma_otel_collection_endpoint="",
                chroma_otel_granularity=None,
            )
            try:
                self._client = chromadb.PersistentClient(str(self._folder), settings)
                self._collection = self._client.get_or_create_collection(
                    _COLLECTION, embedding_function=None, configuration={"hnsw": {"space": "cosine"}}
                )
            except Exception as error:
                message = f"the vectors in {self._folder} cannot be opened: {error}"
                raise LibraryError(message) from error

    def close(self) -> None:
        """Lets go of the files."""
        with self._lock:
            if self._client is not None:
                self._client.close()  # type: ignore[attr-defined]
            self._client = self._collection = None

    def put(self, keys: Sequence[int], vectors: NDArray[np.float32]) -> None:
        """Adds or replaces the vectors of passages, `(n, 384) float32`."""
        self.open()
        for some in self._batches(len(keys)):
            self._collection.upsert(ids=[str(key) for key in keys[some]], embeddings=vectors[some])

    def remove(self, keys: Sequence[int]) -> None:
        """Removes the vectors of passages; those that are not there are passed over."""
        self.open()
        for some in self._batches(len(keys)):
            self._collection.delete(ids=[str(key) for key in keys[some]])

    def search(self, vector: NDArray[np.float32], k: int) -> list[int]:
        """Keys of the nearest passages, nearest first."""
        self.open()
        found = self._collection.query(query_embeddings=vector[None, :], n_results=k, include=[])
        return [int(key) for key in found["ids"][0]]

    def count(self) -> int:
        """How many vectors there are."""
        self.open()
        return int(self._collection.count())

    def _batches(self, n: int) -> Iterator[slice]:
        assert self._client is not None  # noqa: S101  (open() came before)
        size = self._client.get_max_batch_size()
        for first in range(0, n, size):
            yield slice(first, first + size)
