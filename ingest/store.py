"""The one door to storage: a library folder that one process owns for as long as it has it open.

Example: `with PassageIndex.open(Path("library")) as index: index.scored(lexical, nearest, vector)`.
A write goes to the catalog as pending, then to the derived stores, then becomes ready; only what is ready is found.
What a crash leaves pending is found by nobody until `finish` has completed it, with which ingest and the server begin.
A library that was not closed in peace is first looked over by another process, since a damaged store can end the one
that opens it. While something is wrong, `problems` says what, and nothing is answered or written.
Where the vectors are on a Chroma server, other processes may read the library that one owns; they see its changes
before their next question, and the first of them that is asked to write takes over when the owner is gone.
"""

from __future__ import annotations

import json
import os
import shutil
import threading
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, NamedTuple, Self

import numpy as np

from ingest import embed, split
from ingest.engines import backup, check, migrate, rebuild, writes
from ingest.engines import move as moving
from ingest.engines.bundle import CATALOG, CHROMA, Engines, settle
from ingest.engines.catalog import Attributed, DocumentSummary, Heard, Known, PassageRow
from ingest.engines.check import Finding
from ingest.engines.chroma import COLLECTION, Embedded, require_place
from ingest.engines.folder import is_unmade, make_folder, none_in, size_of
from ingest.engines.follow import MOVED, Follower
from ingest.engines.lock import Lock
from ingest.engines.move import Moved
from ingest.engines.nearest import Limits, nearest
from ingest.engines.writes import Stored
from ingest.errors import (
    BackupError,
    ChromaServerError,
    DamagedError,
    FingerprintError,
    LibraryBusyError,
    LibraryError,
    ReadOnlyError,
    StoppedError,
)
from ingest.records import Shelf

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from datetime import date
    from pathlib import Path
    from types import TracebackType

    from numpy.typing import NDArray

    from ingest.embed import Encoder
    from ingest.records import Document, RawArticle, Statement

__all__ = [
    "Attributed", "DocumentSummary", "Finding", "Heard", "Known", "LibraryStatus", "Moved", "PassageIndex",
    "PassageRow", "Scored", "Stored",
]  # fmt: skip

_FINGERPRINT = {
    "model": embed.MODEL,
    "weights": embed.WEIGHTS[2],
    "dimension": f"{embed.DIMENSION}+{embed.TOKEN_DIMENSION}",
    "projection": embed.PROJECTION,
    "splitter": f"{split.VERSION}-{split.PASSAGE_TOKENS}",
}
_WHOLE = Shelf()
_MORE = 1_000_000  # bytes of room that are worth another try


@dataclass(frozen=True, slots=True)
class LibraryStatus:
    """What is in a library; `bytes` on disk, dates of publication, and what is wrong with it, if anything is."""

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
    problems: tuple[str, ...]


class Checked(NamedTuple):
    """What a check found, of how much; `problems` also has what was known without it."""

    whole: bool
    findings: list[Finding]
    problems: tuple[str, ...]
    documents: int
    passages: int


class BackedUp(NamedTuple):
    """A backup that was written."""

    folder: str
    documents: int
    bytes: int


class Scored(NamedTuple):
    """The passages that either leg found, by key, with both scores.

    Args:
        bm25: `(len(keys),) float32`; 0 where BM25 did not find it.
        cosine: `(len(keys),) float32`; exact, whichever leg found it.
    """

    keys: list[int]
    bm25: NDArray[np.float32]
    cosine: NDArray[np.float32]


class PassageIndex:
    """An open library. Close it, or use it as a context manager: the lock is held until then.

    Attributes:
        problems: What keeps it from being used; empty when it is whole.
    """

    def __init__(self, folder: Path, lock: Lock | None, engines: Engines, chroma_url: str | None = None) -> None:
        self.folder = folder
        self.problems: tuple[str, ...] = ()
        self._free_when_full: int | None = None
        self._lock = lock  # without, another process has it, and this one reads
        self._follower = None if lock else Follower(engines)
        self._engines = engines
        self._chroma_url = chroma_url
        self._announced: tuple[str, str | None] | None = None
        self._writing = threading.RLock()
        self._closing = threading.Event()

    # Opening and closing

    @classmethod
    def open(
        cls,
        folder: Path,
        *,
        create: bool = False,
        damaged: bool = False,
        chroma_url: str | None = None,
        or_read: bool = False,
    ) -> Self:
        """The library in that folder, owned by this process until it is closed.

        Args:
            folder: Of the library.
            create: Whether to make one where there is none.
            damaged: Whether to open it also when something is wrong with it: `problems` then says what.
            chroma_url: Of the Chroma server that has its vectors; they are in the folder when `None`.
            or_read: Whether to open it only for reading where another process owns it and its vectors are on a server.

        Raises:
            LibraryNotFoundError: There is none, and `create` is false.
            LibraryBusyError: Another process owns it.
            PlaceError: Its vectors are elsewhere than `chroma_url` says.
            ChromaServerError: It was to be made, and the server does not answer.
            FingerprintError: A later version made it; or, unless `damaged`, another model or splitter.
            DamagedError: A part of it is damaged; not when `damaged`.
            LibraryError: The catalog is damaged, or a file cannot be reached.
        """
        folder = folder.absolute()
        is_new = is_unmade(folder)
        if is_new:
            if not create:
                raise none_in(folder)
            make_folder(folder)
        try:
            lock = Lock.take(folder)
        except LibraryBusyError as busy:
            if is_new or not or_read:
                raise
            return cls._beside(folder, chroma_url, busy)
        with ExitStack() as undo:
            undo.callback(lock.release)
            index = cls._owned(folder, lock, chroma_url, is_new=is_new)
            undo.callback(index._engines.close)
            index._begin(damaged=damaged, is_new=is_new)
            undo.pop_all()
        return index

    @classmethod
    def open_to_move(cls, folder: Path, chroma_url: str | None) -> Self:
        """The library in that folder, wherever its vectors are, for `move_vectors`.

        Args:
            folder: Of the library.
            chroma_url: Of the Chroma server that has the vectors, or is to have them.

        Raises:
            LibraryError: As `open`.
        """
        folder = folder.absolute()
        if is_unmade(folder):
            raise none_in(folder)
        lock = Lock.take(folder)
        with ExitStack() as undo:
            undo.callback(lock.release)
            index = cls._owned(folder, lock, chroma_url)
            undo.callback(index._engines.close)
            index._begin(damaged=True, anywhere=True)
            undo.pop_all()
        return index

    @classmethod
    def _owned(cls, folder: Path, lock: Lock, chroma_url: str | None, *, is_new: bool = False) -> Self:
        os.umask(0o077)
        return cls(
            folder, lock, Engines.open(folder, _FINGERPRINT if is_new else None, chroma_url=chroma_url), chroma_url
        )

    @classmethod
    def _beside(cls, folder: Path, chroma_url: str | None, busy: LibraryBusyError) -> Self:
        """The library that another process owns, only for reading.

        Raises:
            LibraryBusyError: Its vectors are in its folder, which one process at a time may have open.
        """
        with ExitStack() as undo:
            engines = Engines.open(folder, chroma_url=chroma_url, is_reader=True)
            undo.callback(engines.close)
            if not engines.dense.home.is_shared:
                message = f"{busy}, unless its vectors are on a Chroma server (ONRECORD_CHROMA_URL)"
                raise LibraryBusyError(message, busy.address, busy.secret) from busy
            require_place(folder, engines.catalog.meta().get(COLLECTION), chroma_url)
            index = cls(folder, None, engines, chroma_url)
            if index._differing():
                index.problems = tuple(index._differing())
                raise FingerprintError(index.trouble())
            index._catch_up()
            undo.pop_all()
        return index

    def _looked_over(self) -> list[Finding]:
        """What is wrong with it, as far as that has to be looked for."""
        findings = [] if check.is_as_closed(self.folder) else self._sampled()
        return findings or check.on_server(self._engines)

    def _sampled(self) -> list[Finding]:
        """What another process finds wrong with samples; a server that does not answer is no damage."""
        return [one for one in self._checked_by_another(full=False) if not one.is_unreached]

    def _checked_by_another(self, *, full: bool) -> list[Finding]:
        url = self._chroma_url if self._engines.dense.home.is_shared else None
        return check.check(self.folder, full=full, chroma_url=url)

    def _begin(self, *, damaged: bool, anywhere: bool = False, is_new: bool = False) -> None:
        """Sees to it that the library can be used, or says why not."""
        if not anywhere:
            settle(self._engines, self._chroma_url)
            require_place(self.folder, self._engines.catalog.meta().get(COLLECTION), self._chroma_url)
        findings = check.on_server(self._engines) if is_new else self._looked_over()
        differing = self._differing()
        self._note(findings)
        if self.problems and not damaged:
            raise (FingerprintError if differing else DamagedError)(self.trouble())
        if not findings and migrate.migrate(self._engines):
            self._note(self._sampled())
        if self.problems and not damaged:
            raise DamagedError(self.trouble())
        if not self.problems:
            try:
                writes.sweep_if_reached(self._engines)
            except LibraryError as error:
                if not damaged:
                    raise
                self.problems = (str(error),)

    def _note(self, findings: Sequence[Finding]) -> None:
        begun = rebuild.unfinished(self._engines.catalog)
        self.problems = (*self._differing(), *begun, *map(str, findings))

    def _differing(self) -> list[str]:
        """How the library was made otherwise than this version would."""
        meta = self._engines.catalog.meta()
        return [
            f"it was made with {name} {meta.get(name, 'unknown')}, and this version uses {name} {value}"
            for name, value in _FINGERPRINT.items()
            if meta.get(name) != value
        ]

    def trouble(self) -> str:
        """What is wrong with the library, and what to do; empty when it is whole."""
        if not self.problems:
            return ""
        is_catalog = any(problem.startswith(CATALOG) for problem in self.problems)
        mend = f"run `onrecord library rebuild --library {self.folder}`"
        if MOVED in self.problems:
            mend = "start this process again"
        elif is_catalog:
            mend = "make a new library of a backup with `onrecord library restore`"
        return f"the library in {self.folder} cannot be used: {'; '.join(self.problems)}: {mend}"

    def require_whole(self) -> None:
        """Passes when the library can be used, and sees first what another process has written.

        Raises:
            DamagedError: It is damaged, or is being made anew.
        """
        self._catch_up()
        if self.problems:
            raise DamagedError(self.trouble())

    def _catch_up(self) -> None:
        follower = self._follower
        if follower is not None and (problems := follower.catch_up()) is not None and self._follower is follower:
            self.problems = problems

    @property
    def is_reader(self) -> bool:
        """Whether another process owned the library when it was last looked at."""
        return self._lock is None

    def require_writer(self) -> None:
        """Passes when this process may change the library; it takes over from one that is gone.

        Raises:
            ReadOnlyError: Another process owns it; the message says which.
            LibraryError: It cannot be taken over.
        """
        if self._lock is None:
            with self._writing:
                if self._lock is None:
                    self._take_over()

    def _take_over(self) -> None:
        try:
            lock = Lock.take(self.folder)
        except LibraryBusyError as busy:
            message = f"this process only reads: {busy}; send changes to that one"
            raise ReadOnlyError(message) from busy
        follower, self._follower = self._follower, None
        try:
            if follower is not None and follower.is_left_behind():
                self.problems = (MOVED,)
                self.require_whole()
            self._as_reader(is_reader=False)
            self._engines.vectors.forget()
            self._engines.bm25.reopen()
            self._begin(damaged=True)
        except BaseException:
            self._as_reader(is_reader=True)
            self._follower = follower
            lock.release()
            raise
        self._lock = lock
        if self._announced:
            lock.sign(*self._announced)

    def _as_reader(self, *, is_reader: bool) -> None:
        self._engines.catalog.only_read(is_reader)
        self._engines.bm25.is_reader = is_reader

    def require_reached(self) -> None:
        """Passes when the Chroma server answers, if the vectors are on one.

        Raises:
            ChromaServerError: It does not.
        """
        self._engines.dense.home.require()

    def close(self) -> None:
        """Closes every store and gives the library up; a second time it does nothing."""
        self._closing.set()
        with self._writing:
            if self._lock is None:
                self._engines.close()
            elif self._lock.is_held:
                self._engines.close()
                if not self.problems:
                    with suppress(OSError):  # then the next opening looks it over
                        check.note_as_closed(self.folder)
                self._lock.release()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def announce(self, address: str, secret: str | None = None) -> None:
        """Writes where this process serves into the lock, for command lines that find the library owned.

        Args:
            address: Its base URL.
            secret: By which it lets them in; only who owns the library's files can read it.
        """
        self._announced = (address, secret)
        if self._lock is not None:
            self._lock.sign(address, secret)

    def warm_up(self) -> None:
        """Loads what the first question would wait for."""
        if not self.problems:
            self._engines.bm25.open()
            if self._engines.vectors.small() is None:
                with suppress(ChromaServerError):  # questions are answered without it, slower
                    self._engines.dense.open()

    def prime(self) -> None:
        """Has Chroma read its graph of a large library: half a second that the first question would wait for."""
        if not self.problems and self.n_passages:
            with suppress(LibraryError):  # then the first question says so
                self.nearest(np.full(embed.DIMENSION, embed.DIMENSION**-0.5, np.float32), 1)

    # What is in it

    def status(self) -> LibraryStatus:
        """Counts, dates, sizes and what made the library."""
        catalog = self._engines.catalog
        (first, last), meta = catalog.dates(), catalog.meta()
        return LibraryStatus(
            documents=self.n_documents,
            passages=self.n_passages,
            pending=catalog.n_pending(),
            outlets=catalog.n_outlets(),
            first_published=first,
            last_published=last,
            model=meta["model"],
            splitter=meta["splitter"],
            format=int(meta["format"]),
            bytes=size_of(self.folder),
            problems=self.problems,
        )

    def documents(self, *, limit: int, offset: int, shelf: Shelf = _WHOLE) -> tuple[list[DocumentSummary], int]:
        """Summaries, latest published first, and how many there are in all."""
        return self._engines.catalog.documents(limit, offset, shelf)

    def outlets(self) -> list[tuple[str, int]]:
        """The outlets, and how many documents each has; most first."""
        return self._engines.catalog.outlets()

    def document(self, document_id: str) -> Document:
        """The whole document.

        Raises:
            DocumentNotFoundError: There is none with that id.
        """
        return self._engines.catalog.document(document_id)

    def texts(self, document_ids: Iterable[str]) -> dict[str, str]:
        """Canonical text of each of the documents that are in the library."""
        return self._engines.catalog.texts(document_ids)

    def newest(self) -> date | None:
        """The latest day on which a document of the library was published."""
        return self._engines.catalog.newest()

    def statements(self, document_keys: Iterable[int]) -> dict[int, list[Statement]]:
        """The statements of each of the documents, in the order of the text."""
        return self._engines.catalog.statements(document_keys)

    def speakers(self) -> list[Heard]:
        """Every spelling of everybody who makes statements, by person."""
        return self._engines.catalog.speakers()

    def statements_of(self, people: Sequence[str], limit: int, offset: int) -> tuple[list[Attributed], int]:
        """The statements of one speaker under all their spellings, latest first, and how many there are."""
        return self._engines.catalog.statements_of(people, limit, offset)

    def known(self, document_id: str) -> Known | None:
        """What is stored under that id, in short."""
        return self._engines.catalog.known(document_id)

    def ids_under(self, root: str) -> list[tuple[str, str]]:
        """Ids and sources of the documents that were ingested from that path."""
        return self._engines.catalog.ids_under(root)

    @property
    def n_documents(self) -> int:
        """How many documents can be found."""
        return self._engines.catalog.n_documents()

    @property
    def n_passages(self) -> int:
        """How many passages can be found."""
        return self._engines.catalog.n_passages()

    # Writing

    def add(self, items: Sequence[Stored]) -> int:
        """Stores documents in place of older ones of the same ids; how many passages that made.

        When it returns, they are on disk and found. When it fails, nobody finds any of them.

        Raises:
            DamagedError: The library is not whole.
            OSError: The disk is full, or something else keeps it from being written.
            LibraryError: An engine could not write.
        """
        with self._changing():
            try:
                n_passages = writes.add(self._engines, items) if items else 0
            except OSError:
                self._free_when_full = shutil.disk_usage(self.folder).free
                raise
            self._free_when_full = None
            return n_passages

    def finish(self, load_encoder: Callable[[], Encoder]) -> int:
        """Completes what a crash left pending; how many passages that were.

        Args:
            load_encoder: Called only when there is something.

        Raises:
            DamagedError: The library is not whole.
        """
        with self._changing():
            return writes.finish(self._engines, load_encoder)

    def moved(self, key: int, article: RawArticle) -> None:
        """Notes where an otherwise unchanged document is now found."""
        with self._writing:
            self.require_writer()
            self._engines.journal.moved(key, article)

    def remove(self, *document_ids: str) -> None:
        """Removes documents from every store, all of them or none.

        Raises:
            DocumentNotFoundError: There is none with one of the ids.
            DamagedError: The library is not whole.
        """
        with self._changing():
            writes.remove(self._engines, document_ids)

    @contextmanager
    def _changing(self) -> Iterator[None]:
        """While the context is open, nobody else changes the library, which is whole.

        Raises:
            ReadOnlyError: Another process owns it.
            DamagedError: It is damaged, or is being made anew.
        """
        with self._writing:
            self.require_writer()
            self.require_whole()
            yield

    # Finding

    def terms(self, text: str) -> list[str]:
        """The stemmed terms of a text, in order, without stop words."""
        return self._engines.bm25.terms(text)

    def rarity(self, terms: Sequence[str]) -> dict[str, int]:
        """In how many passages each term occurs."""
        return self._engines.bm25.rarity(terms)

    def lexical(
        self,
        terms: Sequence[str],
        k: int,
        outlets: Sequence[str] = (),
        first: date | None = None,
        last: date | None = None,
    ) -> list[tuple[int, float]]:
        """Keys and BM25 scores of the best passages that pass the filters, best first."""
        self._catch_up()  # also where a question is asked again because another process replaced an article meanwhile
        return self._engines.bm25.search(terms, k, outlets, first, last)

    def nearest(
        self,
        vector: NDArray[np.float32],
        k: int,
        outlets: Sequence[str] = (),
        first: date | None = None,
        last: date | None = None,
    ) -> list[int]:
        """Keys of the passages nearest by cosine that pass the filters, nearest first.

        In a small library all are scored. In a large one Chroma finds the nearest; its own filter takes half a second
        at 100,000 passages, so few matches are all scored, and among many the nearest of all are sifted. While a check
        reads Chroma's files, or its server does not answer, all that pass are scored.
        """
        return nearest(self._engines, vector, k, Limits(outlets, first, last))

    def scored(
        self, lexical: Sequence[tuple[int, float]], nearest: Sequence[int], vector: NDArray[np.float32]
    ) -> Scored:
        """What the two legs found, each passage once, with both scores; in no order."""
        bm25 = dict(lexical)
        keys = list(dict.fromkeys((*bm25, *nearest)))
        return Scored(
            keys,
            np.array([bm25.get(key, 0.0) for key in keys], np.float32),
            self._engines.vectors.dense(keys) @ vector,
        )

    def passages(self, keys: Sequence[int]) -> dict[int, PassageRow]:
        """Those of the passages that can be found, by key."""
        return self._engines.catalog.passages(keys)

    def token_vectors(self, rows: Sequence[PassageRow]) -> NDArray[np.int8]:
        """Token vectors of the passages one after the other, `(sum of n_tokens, 96)`."""
        return self._engines.vectors.tokens([(row.tokens_at, row.n_tokens) for row in rows])

    # Looking after it

    def check(self, *, full: bool = True) -> list[Finding]:
        """What is wrong with the library, found by another process; nothing when it is whole.

        Args:
            full: Whether to read everything, rather than samples.

        Raises:
            ReadOnlyError: Another process owns the library.
            ChromaServerError: The vectors are on a server that does not answer.
        """
        with self._writing:
            self.require_writer()
            self.require_reached()
            with self._engines.dense.released():
                self._engines.bm25.settle()
                findings = self._checked_by_another(full=full)
        for one in findings:
            if one.is_unreached:
                raise ChromaServerError(str(one))
        self._note(findings)
        return findings

    def checked(self, *, full: bool) -> Checked:
        """What `check` finds, with what the library holds."""
        findings = self.check(full=full)
        return Checked(not self.problems, findings, self.problems, self.n_documents, self.n_passages)

    def rebuild(
        self,
        load_encoder: Callable[[], Encoder],
        *,
        everything: bool = False,
        on_progress: Callable[[str, int, int], None] = rebuild.silent,
    ) -> list[str]:
        """Makes anew from the catalog what is damaged, or was made otherwise, and goes on with what was begun.

        Args:
            load_encoder: Called only when passages have to be embedded.
            everything: Whether to make anew also what is whole.
            on_progress: Called with the part, and how many of how many passages are done.

        Returns:
            The parts that were made; none when the library was whole.

        Raises:
            LibraryError: The catalog itself is damaged, or the library still is.
        """
        with self._writing:
            self.require_writer()
            self.require_reached()  # before anything is begun that cannot be ended without it
            parts = self._to_rebuild(everything=everything)
            if parts:
                self.problems = (f"{', '.join(parts)} being made anew",)
                with self._engines.own_errors():
                    rebuild.rebuild(self._engines, parts, load_encoder, self._unless_closing(on_progress))
                self._engines.catalog.set_meta({**_FINGERPRINT})
                self.check(full=False)
            if self.problems:
                message = f"the library in {self.folder} is still damaged: {'; '.join(self.problems)}"
                raise LibraryError(message)
            self.finish(load_encoder)
            return parts

    def _unless_closing(self, on_progress: Callable[[str, int, int], None]) -> Callable[[str, int, int], None]:
        """Ends a rebuild between two batches when the library is about to be closed; the next one goes on."""

        def show(part: str, done: int, total: int) -> None:
            if self._closing.is_set():
                raise StoppedError
            on_progress(part, done, total)

        return show

    def _to_rebuild(self, *, everything: bool) -> list[str]:
        catalog = self._engines.catalog
        is_another = rebuild.forget_another(catalog, json.dumps(_FINGERPRINT))
        if catalog.meta().get("splitter") != _FINGERPRINT["splitter"]:
            return ["passages", *rebuild.PARTS]
        parts = rebuild.parts_of(catalog, [] if self._differing() else self.check())
        if (everything or is_another or self._differing()) and "passages" not in parts:
            return list(rebuild.PARTS)
        return parts

    def move_vectors(self, to: Literal["server", "embedded"], on_progress: Callable[[str, int, int], None]) -> Moved:
        """Moves the vectors to the Chroma server whose address the library was opened with, or into the folder.

        Raises:
            ChromaServerError: The server cannot be used; the library is as it was.
            DamagedError: Something else than the vectors' index is not whole.
        """
        with self._writing:
            self.require_writer()
            if others := [problem for problem in self.problems if not problem.startswith(CHROMA)]:
                self.problems = tuple(others)
                raise DamagedError(self.trouble())
            if not self.problems and self._engines.dense.home.is_shared == (to == "server"):
                return Moved(to, 0, None)
            url = self._chroma_url if to == "server" else None
            home = moving.target(self._engines, Embedded(self.folder / CHROMA), url)
            show = self._unless_closing(on_progress)
            self._engines, moved = moving.move(self._engines, home, show)
            rebuild.end_with(self._engines.catalog, "chroma")
            self.problems = ()
            return moved

    def back_up(self, target: Path) -> BackedUp:
        """Writes a copy of all that the library cannot be made anew without, as it is at this moment.

        Raises:
            BackupError: There is something in that folder already, or it cannot be written.
            DamagedError: The library is not whole.
        """
        with self._changing():
            if target.resolve().is_relative_to(self.folder.resolve()):
                message = f"{target} is within the library itself: name a folder elsewhere"
                raise BackupError(message)
            n_bytes = backup.back_up(self._engines, target)
            return BackedUp(str(target), self.n_documents, n_bytes)

    def require_space(self) -> None:
        """Passes when the last article could be written, or there is more room than when it could not.

        Raises:
            LibraryError: There is no room for articles.
        """
        full = self._free_when_full
        if full is not None and shutil.disk_usage(self.folder).free < full + _MORE:
            message = f"the disk that holds {self.folder} is full: free some space"
            raise LibraryError(message)


def restored(source: Path, folder: Path, on_progress: Callable[[str, int, int], None]) -> None:
    """Makes a folder a library again, from a backup; its indexes are then to be made anew by `rebuild`.

    Args:
        source: Folder of the backup.
        folder: Not there yet, or empty.
        on_progress: Called with a word, and how many of how many files are done.

    Raises:
        BackupError: The backup is damaged or none, or the folder is not empty.
    """
    backup.restore(source.absolute(), folder.absolute(), on_progress)
