"""Every change to a library: first the catalog, then the other engines, then the catalog again.

Example: `add(engines, items)` returns when the documents are on disk and found; a crash on the way leaves them pending,
and `finish` completes them.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from ingest.engines.journal import Entry, Placed
from ingest.engines.sketch import sketch
from ingest.engines.stems import stems, words_of
from ingest.engines.vectors import checksum
from ingest.errors import ChromaServerError, LibraryError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from ingest.embed import Encoded, Encoder
    from ingest.engines.bundle import Engines
    from ingest.engines.journal import Pending
    from ingest.engines.vectors import Vectors
    from ingest.records import Document, Passage, RawArticle, Statement

_AT_ONCE = 256  # passages embedded at once when something is finished


class Stored(NamedTuple):
    """A document to be written: as found, as described, its passages and their vectors in order, its statements."""

    article: RawArticle
    document: Document
    passages: list[Passage]
    encoded: list[Encoded]
    statements: Sequence[Statement] = ()


def add(engines: Engines, items: Sequence[Stored]) -> int:
    """Stores documents in place of older ones of the same ids, all or none of them; how many passages that made.

    Raises:
        OSError: The disk is full, or something else keeps it from being written.
        LibraryError: An engine could not write.
    """
    pending: list[Pending] = []
    try:
        with engines.own_errors():
            pending = engines.journal.add_pending(_entry(engines, item) for item in items)
            _derive(engines, pending, [encoded for item in items for encoded in item.encoded])
    except BaseException:
        _undo(engines, pending)
        raise
    sweep_if_reached(engines)
    return len(pending)


def _entry(engines: Engines, item: Stored) -> Entry:
    lines = stems_of(engines, item.document.title, item.passages)
    return Entry(item.article, item.document, sketch(words_of(lines)), item.passages, lines, item.statements)


def stems_of(engines: Engines, title: str | None, passages: Sequence[Passage]) -> list[str]:
    """The stems of each passage of a document."""
    return [stems(engines.bm25.terms, title, one.text, one.start, one.sentences) for one in passages]


def finish(engines: Engines, load_encoder: Callable[[], Encoder]) -> int:
    """Completes what a crash left pending; how many passages that were.

    Args:
        load_encoder: Called only when there is something.
    """
    passages = engines.journal.pending()
    if not passages:
        return 0
    encoder = load_encoder()
    encoded = [
        one
        for first in range(0, len(passages), _AT_ONCE)
        for one in encoder.encode([passage.text for passage in passages[first : first + _AT_ONCE]])
    ]
    with engines.own_errors():
        engines.bm25.remove([passage.key for passage in passages])  # where the crash came after its commit
        _derive(engines, passages, encoded)
        sweep(engines)
    return len(passages)


def remove(engines: Engines, document_ids: Sequence[str]) -> None:
    """Removes documents from every engine, all of them or none; nobody finds them, whatever a server says.

    Raises:
        DocumentNotFoundError: There is none with one of the ids.
    """
    engines.journal.remove(document_ids)
    with engines.own_errors():
        sweep_if_reached(engines)


def sweep_if_reached(engines: Engines) -> None:
    """Does what `sweep` does, or leaves to the next write what is on a server that does not answer."""
    with suppress(ChromaServerError):
        sweep(engines)


def sweep(engines: Engines) -> None:
    """Takes passages that the catalog no longer has out of the other engines, also those of before a crash."""
    if keys := engines.journal.leftovers():
        engines.facets.clear(keys)
        engines.bm25.remove(keys)
        engines.bm25.commit()
        engines.dense.remove(keys)
        engines.journal.swept(keys)


def place(vectors: Vectors, passages: Sequence[Pending], encoded: Sequence[Encoded]) -> list[Placed]:
    """Writes the token vectors of passages, and their own; where they stand."""
    ats = vectors.append_tokens([one.tokens for one in encoded])
    vectors.put_dense([passage.key for passage in passages], np.stack([one.vector for one in encoded]))
    return [
        Placed(passage.key, _token_spans(passage, one), at, len(one.tokens), checksum(one.vector, one.tokens))
        for passage, one, at in zip(passages, encoded, ats, strict=True)
    ]


def _derive(engines: Engines, passages: Sequence[Pending], encoded: Sequence[Encoded]) -> None:
    """Writes passages that the catalog has as pending to every other engine, and makes them ready."""
    keys = [passage.key for passage in passages]
    placed = place(engines.vectors, passages, encoded)
    engines.facets.put(passages)
    engines.vectors.flush()
    engines.facets.flush()
    engines.dense.put(keys, np.stack([one.vector for one in encoded]))
    engines.bm25.add(passages)
    engines.bm25.commit()
    engines.journal.make_ready(passages, placed)


def _undo(engines: Engines, pending: Sequence[Pending]) -> None:
    """Forgets what could not be stored; what even this cannot reach stays pending, and is finished later."""
    engines.bm25.close()  # with what was not committed
    engines.dense.close()  # after a failed write it can no longer be read; it opens anew when it is needed
    with suppress(LibraryError, OSError):
        engines.journal.drop_pending(passage.document_key for passage in pending)
        sweep(engines)


def _token_spans(passage: Pending, encoded: Encoded) -> NDArray[np.int32]:
    """First and last token of each sentence of the passage, `(n, 2)`: `[first, last)`."""
    spans = np.array(passage.sentences, np.int32).reshape(-1, 2) - passage.start
    return np.searchsorted(encoded.spans[:, 0], spans).astype(np.int32)
