"""The one door to storage: a library folder that one process owns for as long as it has it open.

Example: `with PassageIndex.open(Path("library")) as index: index.candidates(terms, encoded, k=50)`.
A write goes to the catalog as pending, then to the derived stores, then becomes ready; only what is ready is found.
What a crash leaves half done is removed at the next opening, and the next ingest adds it anew.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import threading
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple, Self

import numpy as np

from ingest import embed, split
from ingest.engines.bm25 import Bm25
from ingest.engines.catalog import FORMAT, Catalog, DocumentSummary, Known, PassageRow
from ingest.engines.dense import Dense
from ingest.engines.vectors import Vectors
from ingest.errors import FingerprintError, LibraryBusyError, LibraryError, LibraryNotFoundError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date
    from pathlib import Path
    from types import TracebackType

    from numpy.typing import NDArray

    from ingest.embed import Encoded
    from ingest.records import Document, Passage, RawArticle

__all__ = ["Candidate", "DocumentSummary", "Known", "LibraryStatus", "PassageIndex", "PassageRow", "Stored"]

_FINGERPRINT = {
    "format": str(FORMAT),
    "model": embed.MODEL,
    "weights": embed.WEIGHTS[2],
    "dimension": f"{embed.DIMENSION}+{embed.TOKEN_DIMENSION}",
    "projection": embed.PROJECTION,
    "splitter": f"{split.VERSION}-{split.PASSAGE_TOKENS}",
}
_EXACT = 4_000  # filtered passages up to which all are scored, rather than the nearest of all being sifted
_MOST_NEAREST = 4_000  # asked of Chroma at once
_SKETCH = 64  # hashes kept of a document's word 3-grams


@dataclass(frozen=True, slots=True)
class LibraryStatus:
    """What is in a library; `bytes` on disk, dates of publication."""

    documents: int
    passages: int
    pending: int
    outlets: int
    first_published: date | None
    last_published: date | None
    model: str
    splitter: str
    format: int
    bytes: int


class Stored(NamedTuple):
    """A document ready to be written: as found, as described, with its passages and their vectors, in order."""

    article: RawArticle
    document: Document
    passages: list[Passage]
    encoded: list[Encoded]


@dataclass(frozen=True, slots=True)
class Candidate:
    """A passage that either leg found, with both scores.

    Args:
        bm25: 0 when BM25 did not find it.
        cosine: Exact, whichever leg found it.
    """

    row: PassageRow
    bm25: float
    cosine: float


class PassageIndex:
    """An open library. Close it, or use it as a context manager: the lock is held until then."""

    def __init__(self, folder: Path, lock: int) -> None:
        self.folder = folder
        self._lock: int | None = lock
        self._writing = threading.Lock()
        self._catalog = Catalog(folder / "catalog.sqlite")
        self._bm25 = Bm25(folder / "bm25")
        self._dense = Dense(folder / "chroma")
        self._vectors = Vectors(folder)

    @classmethod
    def open(cls, folder: Path, *, create: bool = False, address: str | None = None) -> Self:
        """The library in that folder, owned by this process until it is closed.

        Args:
            folder: Of the library.
            create: Whether to make one where there is none.
            address: Where this process serves, for others to be sent to.

        Raises:
            LibraryNotFoundError: There is none, and `create` is false.
            LibraryBusyError: Another process owns it.
            FingerprintError: Another model or splitter made it.
            LibraryError: A file in it is damaged or cannot be reached.
        """
        folder = folder.absolute()
        if not (folder / "catalog.sqlite").exists():
            if not create:
                message = f"there is no library in {folder}; make one with `onrecord ingest PATH --library {folder}`"
                raise LibraryNotFoundError(message)
            _make_folder(folder)
        lock = _take_lock(folder, address)
        try:
            os.umask(0o077)
            index = cls(folder, lock)
        except BaseException:
            os.close(lock)
            raise
        try:
            index._check_fingerprint()
            index._check_sizes()
            index._catalog.drop_pending()
            index._sweep()
        except BaseException:
            index.close()
            raise
        return index

    def close(self) -> None:
        """Closes every store and gives the library up; a second time it does nothing."""
        with self._writing:
            if self._lock is None:
                return
            self._bm25.close()
            self._dense.close()
            self._vectors.close()
            self._catalog.close()
            with suppress(OSError):
                os.ftruncate(self._lock, 0)
                os.close(self._lock)
            self._lock = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def announce(self, address: str) -> None:
        """Writes where this process serves into the lock, for command lines that find the library owned."""
        if self._lock is not None:
            _sign_lock(self._lock, address)

    def warm_up(self) -> None:
        """Loads what the first question would wait for.

        Raises:
            LibraryError: Chroma's store cannot be opened, or has lost vectors.
        """
        if self._dense.count() < self.n_passages:
            raise LibraryError(_damaged(self.folder / "chroma"))

    # What is in it

    def status(self) -> LibraryStatus:
        """Counts, dates, sizes and what made the library."""
        counts, (first, last), meta = self._catalog.counts(), self._catalog.dates(), self._catalog.meta()
        return LibraryStatus(
            documents=counts["documents"],
            passages=counts["passages"],
            pending=counts["pending"],
            outlets=counts["outlets"],
            first_published=first,
            last_published=last,
            model=meta["model"],
            splitter=meta["splitter"],
            format=int(meta["format"]),
            bytes=sum(path.stat().st_size for path in self.folder.rglob("*") if path.is_file()),
        )

    def documents(self, *, limit: int, offset: int, outlet: str | None = None) -> tuple[list[DocumentSummary], int]:
        """Summaries, latest published first, and how many there are in all."""
        return self._catalog.documents(limit, offset, outlet)

    def document(self, document_id: str) -> Document:
        """The whole document.

        Raises:
            DocumentNotFoundError: There is none with that id.
        """
        return self._catalog.document(document_id)

    def texts(self, document_ids: Iterable[str]) -> dict[str, str]:
        """Canonical text of each of the documents that are in the library."""
        return self._catalog.texts(document_ids)

    def known(self, document_id: str) -> Known | None:
        """What is stored under that id, in short."""
        return self._catalog.known(document_id)

    def ids_under(self, root: str) -> list[tuple[str, str]]:
        """Ids and sources of the documents that were ingested from that path."""
        return self._catalog.ids_under(root)

    @property
    def n_documents(self) -> int:
        """How many documents can be found."""
        return self._catalog.n_documents()

    @property
    def n_passages(self) -> int:
        """How many passages can be found."""
        return self._catalog.n_passages()

    # Writing

    def add(self, items: Sequence[Stored]) -> int:
        """Stores documents in place of older ones of the same ids; how many passages that made.

        When it returns, they are on disk and found. When it fails, nobody finds any of them.
        """
        if not items:
            return 0
        with self._writing:
            try:
                n_passages = self._write(items)
            except BaseException:
                self._bm25.rollback()
                self._catalog.drop_pending()
                raise
            self._sweep()
            return n_passages

    def _write(self, items: Sequence[Stored]) -> int:
        document_keys = self._catalog.add_pending(
            [(item.article, item.document, _sketch(self._bm25.terms(item.document.text))) for item in items]
        )
        passages = [
            (key, item.document, passage, encoded)
            for key, item in zip(document_keys, items, strict=True)
            for passage, encoded in zip(item.passages, item.encoded, strict=True)
        ]
        places = self._vectors.append_tokens([encoded.tokens for *_, encoded in passages])
        keys = self._catalog.add_passages(
            [
                (document_key, passage, _token_spans(passage, encoded), at, len(encoded.tokens))
                for (document_key, _, passage, encoded), at in zip(passages, places, strict=True)
            ]
        )
        vectors = np.stack([encoded.vector for *_, encoded in passages])
        self._vectors.put_dense(keys, vectors)
        self._vectors.flush()
        self._dense.put(keys, vectors)
        self._bm25.add(
            [
                (key, passage.text, document.title, document.outlet, document.published_on)
                for key, (_, document, passage, _) in zip(keys, passages, strict=True)
            ]
        )
        self._bm25.commit()
        self._catalog.make_ready(document_keys)
        return len(keys)

    def moved(self, key: int, article: RawArticle) -> None:
        """Notes where an otherwise unchanged document is now found."""
        with self._writing:
            self._catalog.moved(key, article)

    def remove(self, document_id: str) -> None:
        """Removes a document from every store.

        Raises:
            DocumentNotFoundError: There is none with that id.
        """
        with self._writing:
            self._catalog.remove(document_id)
            self._sweep()

    def _sweep(self) -> None:
        """Takes passages that the catalog no longer has out of the other engines, also those of before a crash."""
        if keys := self._catalog.leftovers():
            self._bm25.remove(keys)
            self._bm25.commit()
            self._dense.remove(keys)
            self._catalog.swept(keys)

    # Finding

    def terms(self, text: str) -> list[str]:
        """The stemmed terms of a text, in order, without stop words."""
        return self._bm25.terms(text)

    def rarity(self, terms: Sequence[str]) -> dict[str, int]:
        """In how many passages each term occurs."""
        return self._bm25.rarity(terms)

    def lexical(
        self,
        terms: Sequence[str],
        k: int,
        outlets: Sequence[str] = (),
        first: date | None = None,
        last: date | None = None,
    ) -> list[tuple[int, float]]:
        """Keys and BM25 scores of the best passages that pass the filters, best first."""
        return self._bm25.search(terms, k, outlets, first, last)

    def nearest(
        self,
        vector: NDArray[np.float32],
        k: int,
        outlets: Sequence[str] = (),
        first: date | None = None,
        last: date | None = None,
    ) -> list[int]:
        """Keys of the passages nearest by cosine that pass the filters, nearest first.

        Chroma's own filter takes half a second at 100,000 passages, so few matches are all scored, and among many
        the nearest of all are sifted.
        """
        if not (outlets or first or last):
            return self._dense.search(vector, k)
        matching, n_matching = self._catalog.matching(outlets, first, last, _EXACT)
        if n_matching <= _EXACT:
            order = np.argsort(-(self._vectors.dense(matching) @ vector), kind="stable")[:k]
            return [matching[i] for i in order]
        wanted = min(_MOST_NEAREST, int(1.5 * k * self.n_passages / n_matching) + k)
        nearest = self._dense.search(vector, wanted)
        passing = {row.key for row in self._catalog.passages(nearest) if _passes(row, outlets, first, last)}
        return [key for key in nearest if key in passing][:k]

    def candidates(
        self, lexical: Sequence[tuple[int, float]], nearest: Sequence[int], vector: NDArray[np.float32]
    ) -> list[Candidate]:
        """What the two legs found, each passage once, with both scores; in no order."""
        scores = dict(lexical)
        rows = self._catalog.passages(list({*scores, *nearest}))
        cosines = self._vectors.dense([row.key for row in rows]) @ vector
        return [
            Candidate(row, scores.get(row.key, 0.0), float(cosine)) for row, cosine in zip(rows, cosines, strict=True)
        ]

    def token_vectors(self, rows: Sequence[PassageRow]) -> NDArray[np.int8]:
        """Token vectors of the passages one after the other, `(sum of n_tokens, 96)`."""
        return self._vectors.tokens([(row.tokens_at, row.n_tokens) for row in rows])

    def _check_sizes(self) -> None:
        if name := self._vectors.too_short(*self._catalog.last_passage()):
            raise LibraryError(_damaged(self.folder / name))

    def _check_fingerprint(self) -> None:
        meta = self._catalog.meta()
        if "model" not in meta:
            if (self.folder / "chroma").exists():
                raise LibraryError(_damaged(self.folder / "catalog.sqlite"))
            self._catalog.set_meta(_FINGERPRINT)
            return
        differing = [name for name, value in _FINGERPRINT.items() if meta.get(name) != value]
        if differing:
            made, now = (
                ", ".join(f"{name} {facts.get(name, 'unknown')}" for name in differing)
                for facts in (meta, _FINGERPRINT)
            )
            message = (
                f"the library in {self.folder} was made with {made}; this version uses {now}: ingest into a new folder"
            )
            raise FingerprintError(message)


def _damaged(path: Path) -> str:
    return f"{path} has lost data; restore the library from a copy, or ingest the articles into a new folder"


def _passes(row: PassageRow, outlets: Sequence[str], first: date | None, last: date | None) -> bool:
    if outlets and row.outlet not in outlets:
        return False
    if not (first or last):
        return True
    on = row.published_on
    return on is not None and (first is None or on >= first) and (last is None or on <= last)


def _token_spans(passage: Passage, encoded: Encoded) -> NDArray[np.int32]:
    """First and last token of each sentence of the passage, `(n, 2)`: `[first, last)`."""
    starts = np.array([sentence.start - passage.start for sentence in passage.sentences])
    ends = np.array([sentence.end - passage.start for sentence in passage.sentences])
    return np.stack(
        [np.searchsorted(encoded.spans[:, 0], starts), np.searchsorted(encoded.spans[:, 0], ends)], axis=1
    ).astype(np.int32)


def _sketch(terms: list[str]) -> NDArray[np.uint64]:
    """The smallest hashes of a text's 3-grams: two texts share as many of them as they share words in order.

    Source: bottom-k sketches (Broder 1997).
    """
    grams = {" ".join(terms[i : i + 3]) for i in range(max(1, len(terms) - 2))}
    hashes = sorted(int.from_bytes(hashlib.blake2b(gram.encode(), digest_size=8).digest(), "little") for gram in grams)
    return np.array(hashes[:_SKETCH], np.uint64)


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        others = [entry.name for entry in folder.iterdir() if entry.name != "lock"]
    except OSError as error:
        message = f"no library can be made in {folder}: {error.strerror}"
        raise LibraryError(message) from error
    if others:
        message = f"{folder} is not empty and holds no library; choose another folder"
        raise LibraryError(message)


def _take_lock(folder: Path, address: str | None) -> int:
    """An exclusive lock on the folder, which the system lets go when the process ends, however it ends."""
    try:
        lock = os.open(folder / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        message = f"the library in {folder} cannot be locked: {error.strerror}"
        raise LibraryError(message) from error
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        owner = _owner(lock)
        os.close(lock)
        who = f"process {owner['pid']}" if "pid" in owner else "another process"
        where = f", serving at {owner['address']}" if owner.get("address") else ""
        message = f"the library in {folder} is in use by {who}{where}; one process owns a library"
        raise LibraryBusyError(message, owner.get("address")) from None
    _sign_lock(lock, address)
    return lock


def _owner(lock: int) -> dict[str, Any]:
    """What the owner wrote into the lock; nothing when it is just about to."""
    with suppress(ValueError, OSError):
        owner = json.loads(os.pread(lock, 4096, 0))
        if isinstance(owner, dict):
            return owner
    return {}


def _sign_lock(lock: int, address: str | None) -> None:
    os.ftruncate(lock, 0)
    os.pwrite(lock, json.dumps({"pid": os.getpid(), "address": address}).encode(), 0)
