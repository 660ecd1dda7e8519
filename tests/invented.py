"""Small invented articles, and vectors made by hand where a test is about storage and not about meaning."""

from __future__ import annotations

import re
import zlib
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

import numpy as np

from ingest.embed import DIMENSION, TOKEN_DIMENSION, Encoded
from ingest.records import Document, RawArticle
from ingest.split import split
from ingest.store import PassageIndex, Stored
from service.retrieve import Candidate

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

FETCHED_AT = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)


def article(
    document_id: str, body: str, *, uri: str = "", source: str = "", root: str = "", **given: str
) -> RawArticle:
    """An article as `load` would hand it on."""
    return RawArticle(id=document_id, uri=uri or document_id, body=body, given=given, source=source, root=root)


def document(
    text: str,
    document_id: str = "a.txt",
    *,
    language: str | None = None,
    title: str | None = None,
    outlet: str | None = None,
    published_on: date | None = None,
) -> Document:
    """A document with that text and little else."""
    return Document(
        id=document_id,
        uri=document_id,
        text=text,
        title=title,
        outlet=outlet,
        byline=None,
        agency=None,
        dateline=None,
        published_on=published_on,
        updated_on=None,
        url=None,
        language=language,
        fetched_at=FETCHED_AT,
    )


def encoded(text: str) -> Encoded:
    """A text as vectors that depend on nothing but its characters: equal texts, equal vectors."""
    numbers = np.random.default_rng(zlib.crc32(text.encode()))
    vector = numbers.standard_normal(DIMENSION).astype(np.float32)
    spans = np.array([match.span() for match in re.finditer(r"\w+", text)], np.int32).reshape(-1, 2)
    tokens = numbers.standard_normal((len(spans), TOKEN_DIMENSION))
    tokens *= 127 / np.maximum(np.linalg.norm(tokens, axis=1, keepdims=True), 1e-9)
    return Encoded(vector / np.linalg.norm(vector), np.rint(tokens).astype(np.int8), spans)


class Encoder:
    """Stands in for the model where texts have to be embedded anew: the same vectors as `encoded`."""

    def encode(self, texts: Sequence[str]) -> list[Encoded]:
        return [encoded(text) for text in texts]


def load_encoder() -> Any:
    return Encoder()


def candidates(
    index: PassageIndex, lexical: Sequence[tuple[int, float]], nearest: Sequence[int], vector: NDArray[np.float32]
) -> list[Candidate]:
    """What the two legs of a search found, with both scores, in no order."""
    scored = index.scored(lexical, nearest, vector)
    rows = index.passages(scored.keys)
    return [
        Candidate(rows[key], float(bm25), float(cosine))
        for key, bm25, cosine in zip(*scored, strict=True)
        if key in rows
    ]


def stored(doc: Document, *, budget: int = 220) -> Stored:
    """The document ready to be written, with vectors made by hand."""
    passages = split(doc, budget)
    return Stored(article(doc.id, doc.text), doc, passages, [encoded(passage.text) for passage in passages])
