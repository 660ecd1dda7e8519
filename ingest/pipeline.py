"""The way in, on one screen: load → clean → describe → split → attribute → embed → store.

Example: `ingest(load(paths, max_bytes=20_000_000), index, Encoder.load)` is an `IngestReport`.
One article that cannot be used is reported, and the others are stored. An article whose source is unchanged costs one
look-up. While two batches are being embedded, the next is read and the one before is stored.
"""

from __future__ import annotations

import functools
import time
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING

from ingest.errors import ArticleError
from ingest.prune import prune
from ingest.records import Failure, IngestReport, RawArticle
from ingest.store import Stored

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from ingest.embed import Encoded, Encoder
    from ingest.records import Document, Passage, Statement
    from ingest.store import PassageIndex

    Prepared = tuple[RawArticle, Document, list[Passage], list[Statement]]
    Embedding = Future[list[Encoded]]

_FIRST_BATCH, _BATCH = 32, 256  # passages embedded at once; the first is small, so that the model starts early
_GRACE_S = 5  # in which batches that are being embedded may end when the ingest is told to stop
_EMBEDDED_AT_ONCE = 2  # batches: the cores run dry at the end of one, unless there is another


def ingest(
    articles: Iterable[RawArticle | Failure],
    index: PassageIndex,
    load_encoder: Callable[[], Encoder],
    *,
    prune_roots: Sequence[str] = (),
    on_progress: Callable[[int, str], None] | None = None,
) -> IngestReport:
    """What became of each article, when all that could be stored is stored.

    Args:
        articles: As `ingest.load.load` yields them.
        index: Where they go.
        load_encoder: Called once, and only when something is new or changed.
        prune_roots: Paths as given to `load`; documents found under them before, and not any more, are removed.
        on_progress: Called with the number of articles read so far and where the last one is from.
    """
    started = time.perf_counter()
    tally = _Tally()
    load_encoder = functools.cache(load_encoder)
    index.finish(load_encoder)
    with _Writer(index, load_encoder, tally) as writer:
        for n_read, article in enumerate(articles, start=1):
            if isinstance(article, Failure):
                tally.failed.append(article)
            else:
                _take(article, index, writer, tally)
            if on_progress:
                on_progress(n_read, article.uri)
    removed = prune(index, prune_roots, tally.seen.keys(), [failure.uri for failure in tally.failed])
    return IngestReport(
        added=tally.added,
        updated=tally.updated,
        unchanged=tally.unchanged,
        removed=removed,
        failed=tuple(tally.failed),
        passages=tally.passages,
        seconds=round(time.perf_counter() - started, 3),
    )


@dataclass
class _Tally:
    added: int = 0
    updated: int = 0
    unchanged: int = 0
    passages: int = 0
    failed: list[Failure] = field(default_factory=list)
    seen: dict[str, str] = field(default_factory=dict)  # hash of the source by id


def _take(article: RawArticle, index: PassageIndex, writer: _Writer, tally: _Tally) -> None:
    source_hash = article.source_hash
    before, tally.seen[article.id] = tally.seen.get(article.id), source_hash
    known = index.known(article.id)
    if known and known.source != article.source and _is_another(known.source, article):
        tally.failed.append(
            Failure(
                article.uri, f"the id {article.id!r} already belongs to {known.source}; give one of them its own id"
            )
        )
        return
    if before == source_hash:
        tally.unchanged += 1
        return
    if known and before is None and known.source_hash == source_hash:
        if (known.source, known.root) != (article.source, article.root):
            index.moved(known.key, article)
        tally.unchanged += 1
        return
    try:
        _prepare(article, writer)
    except ArticleError as error:
        tally.failed.append(Failure(article.uri, str(error)))
        return
    if known or before is not None:
        tally.updated += 1
    else:
        tally.added += 1


def _prepare(article: RawArticle, writer: _Writer) -> None:
    """Hands the article on as a document in passages.

    Raises:
        ArticleError: It cannot be used.
    """
    from ingest.attribute import attribute
    from ingest.clean import clean  # a run in which nothing has changed imports none of these
    from ingest.describe import describe
    from ingest.split import split

    document = describe(article, clean(article), datetime.now(UTC))
    writer.begin()
    passages = split(document)
    statements = attribute(document.text, [sentence for passage in passages for sentence in passage.sentences])
    writer.add((article, document, passages, statements))


def _is_another(known_source: str, article: RawArticle) -> bool:
    """Whether two files of one id are two articles, such as `a.txt` in two folders, and not one that was moved."""
    named_by_path = bool(known_source) and article.source.endswith(article.id)
    return named_by_path and Path(known_source).exists()


class _Writer:
    """Batches between reading and storing: embeds two in threads while the caller prepares the next."""

    def __init__(self, index: PassageIndex, load_encoder: Callable[[], Encoder], tally: _Tally) -> None:
        self._index = index
        self._load_encoder = load_encoder
        self._tally = tally
        self._threads = ThreadPoolExecutor(_EMBEDDED_AT_ONCE, thread_name_prefix="embed")
        self._encoder: Encoder | None = None
        self._batch: list[Prepared] = []
        self._size = _FIRST_BATCH
        self._embedding: list[tuple[list[Prepared], Embedding]] = []
        self._stopped = Event()

    def __enter__(self) -> _Writer:
        return self

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        """Stores what was begun; of an interrupted ingest, what is ready within a few seconds."""
        try:
            self._submit()
            if kind is not None:
                wait([future for _, future in self._embedding], _GRACE_S)
            while self._embedding and (kind is None or self._embedding[0][1].done()):
                self._store()
        finally:
            self._stopped.set()
            self._threads.shutdown()

    def begin(self) -> None:
        """Loads the model and has it compiled, while the caller prepares the first article that needs it."""
        if self._encoder is None:
            self._encoder = self._load_encoder()
            self._threads.submit(self._encoder.warm_up_for_texts)

    def add(self, prepared: Prepared) -> None:
        """Takes an article to be stored; returns when a batch has been handed on, if one was full."""
        self._batch.append(prepared)
        if sum(len(passages) for _, _, passages, _ in self._batch) >= self._size:
            self._submit()
            self._size = _BATCH
            if len(self._embedding) > _EMBEDDED_AT_ONCE:
                self._store()

    def _submit(self) -> None:
        if self._batch and self._encoder:
            texts = [passage.text for _, _, passages, _ in self._batch for passage in passages]
            self._embedding.append(
                (self._batch, self._threads.submit(self._encoder.encode, texts, self._stopped.is_set))
            )
            self._batch = []

    def _store(self) -> None:
        batch, future = self._embedding[0]  # until it is stored, so that an interruption here loses nothing
        encoded = iter(future.result())
        self._tally.passages += self._index.add(
            [
                Stored(article, document, passages, [next(encoded) for _ in passages], statements)
                for article, document, passages, statements in batch
            ]
        )
        del self._embedding[0]
