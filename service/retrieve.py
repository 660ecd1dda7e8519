"""First stage of a question: the passages that may answer it, best first.

Example: `retrieve(index, encoder, "Who called Pompeo?", Filters())` is a `Retrieved` with the passages in `ranked`.
BM25 and cosine each find candidates, of which the best by both are scored by a weighted sum of four things: BM25,
cosine, late interaction of the question with the passage, and late interaction with all found passages of the same
article together. The last one finds a passage that says "he" of somebody whom only the lead names. Copies of one
story are marked, and when they leave no room for others, more passages are fetched.

Source: late interaction (Khattab and Zaharia 2020).
"""

from __future__ import annotations

import re
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from service.copies import mark_copies
from service.records import Found
from service.runs import largest
from service.weigh import Asked, rarity_weights, weigh

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from ingest.embed import Encoded, Encoder
    from ingest.store import PassageIndex, PassageRow, Scored
    from service.records import Filters

_LEG, _MOST = 30, 960  # passages taken from each leg, at first and at most
_INTERACTING = 30  # of a first leg, so many are scored by late interaction
_INT8 = np.float32(127)  # length of a token vector as stored
_TINY = 1e-9  # keeps a length or a sum of zero from being divided by
_WORD = re.compile(r"\w+")


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


@dataclass(frozen=True, slots=True)
class Ranked:
    """A passage in the ranking.

    Args:
        score: In 0..1, comparable within one question only.
        interaction: MaxSim of the question with the passage, rarer words weighing more; about 0.3 to 1.
        tokens: `(tokens, 96) float32`, of length 127 each.
        similarities: `(tokens, question tokens) float32`, cosines.
        copy_of: Document id of the better ranked copy of the same story, if there is one.
    """

    candidate: Candidate
    score: float
    interaction: float
    tokens: NDArray[np.float32]
    similarities: NDArray[np.float32]
    copy_of: str | None = None


@dataclass(frozen=True, slots=True)
class Retrieved:
    """What was found, best first, copies included, with what later stages need of the question.

    Args:
        words: The question's word for each column of `Ranked.similarities`, stemmed; empty for a stop word.
        token_weights: Of each of those columns in late interaction.
        vector: Mean of the question's token vectors, `(96,) float32`, of length one.
        rarity: In how many passages each of the question's words occurs.
        weights: How much each of them says.
    """

    ranked: tuple[Ranked, ...]
    words: tuple[str, ...]
    token_weights: NDArray[np.float32]
    vector: NDArray[np.float32]
    rarity: dict[str, int]
    weights: dict[str, float]
    timings_ms: dict[str, float]


def retrieve(index: PassageIndex, encoder: Encoder, query: str, filters: Filters, k: int = 10) -> Retrieved:
    """The passages that may answer the query, `k` of different stories where there are so many.

    Nothing when no passage passes the filters.
    """
    limits = (filters.outlets, filters.published_from, filters.published_to)
    clock = _Clock()
    terms = index.terms(query)
    leg, interacting = max(_LEG, k), max(_INTERACTING, k)
    question = encoder.encode_question(query)
    clock.lap("embed")
    words, tokens = _content_tokens(index, query, question)
    rarity = index.rarity(terms)
    asked = Asked.of(tokens, words, rarity_weights(rarity, index.n_passages))
    while True:
        lexical = index.lexical(terms, leg, *limits)
        nearest = index.nearest(question.vector, leg, *limits)
        scored = index.scored(lexical, nearest, question.vector)
        clock.lap("search")
        ranked = _rank(index, scored, asked, interacting)
        clock.lap("rank")
        if leg >= _MOST or len(scored.keys) < leg or len(without_copies(ranked, k)) >= k:
            break
        leg, interacting = 4 * leg, 4 * interacting
    return Retrieved(
        tuple(ranked), words, asked.token_weights, _direction(tokens), rarity, asked.weights, clock.timings
    )


def found(ranked: Ranked) -> Found:
    """The passage as a reader sees it."""
    row = ranked.candidate.row
    return Found(
        passage_id=f"{row.document_id}#{row.ordinal}",
        document_id=row.document_id,
        start=row.start,
        end=row.end,
        text=row.text,
        score=round(ranked.score, 4),
        outlet=row.outlet,
        title=row.title,
        published_on=row.published_on,
        url=row.url,
    )


def without_copies(ranked: Sequence[Ranked], k: int) -> list[Ranked]:
    """The best `k`, each story once."""
    return [passage for passage in ranked if passage.copy_of is None][:k]


def _rank(index: PassageIndex, scored: Scored, asked: Asked, interacting: int) -> list[Ranked]:
    if not scored.keys:
        return []
    likely = _unit(scored.bm25) + _unit(scored.cosine)
    best = np.argsort(-likely, kind="stable")[:interacting].tolist()
    found_rows = index.passages([scored.keys[i] for i in best])
    order = [i for i in best if scored.keys[i] in found_rows]  # not what was removed at this moment
    rows = [found_rows[scored.keys[i]] for i in order]
    if not rows:
        return []
    ends = np.cumsum([row.n_tokens for row in rows])
    runs = np.stack([ends - [row.n_tokens for row in rows], ends], axis=1)
    tokens = index.token_vectors(rows).astype(np.float32)
    similarities = tokens @ (asked.tokens.T / _INT8)
    of_passage = largest(similarities, runs)
    documents = [row.document_key for row in rows]
    scores, interaction = weigh(asked, scored.bm25[order], scored.cosine[order], of_passage, documents)
    ranked = []
    for i in np.argsort(-scores, kind="stable").tolist():
        own = slice(*runs[i])
        candidate = Candidate(rows[i], float(scored.bm25[order[i]]), float(scored.cosine[order[i]]))
        ranked.append(Ranked(candidate, float(scores[i]), float(interaction[i]), tokens[own], similarities[own]))
    return mark_copies(ranked)


def _content_tokens(index: PassageIndex, query: str, question: Encoded) -> tuple[tuple[str, ...], NDArray[np.float32]]:
    """The question's tokens that are of words: the word of each, stemmed, and their vectors, `(n, 96)`."""
    words = [(match.span(), "".join(index.terms(match.group())[:1])) for match in _WORD.finditer(query)]
    stems: list[str] = []
    rows: list[int] = []
    for row, (start, end) in enumerate(question.spans.tolist()):
        word = next((stem for (first, last), stem in words if first <= start < last and end > start), None)
        if word is not None:
            stems.append(word)
            rows.append(row)
    return tuple(stems), question.tokens[rows].astype(np.float32) / _INT8


def _direction(tokens: NDArray[np.float32]) -> NDArray[np.float32]:
    mean = tokens.mean(axis=0) if len(tokens) else np.zeros(tokens.shape[1], np.float32)
    return mean / max(float(np.linalg.norm(mean)), _TINY)


def _unit(values: NDArray[np.float32]) -> NDArray[np.float32]:
    low, high = float(values.min()), float(values.max())
    return (values - low) / (high - low) if high > low else np.ones_like(values)


class _Clock:
    """Milliseconds from one lap to the next."""

    def __init__(self) -> None:
        self.timings: dict[str, float] = {}
        self._last = time.perf_counter()

    def lap(self, stage: str) -> None:
        now = time.perf_counter()
        self.timings[stage] = round(self.timings.get(stage, 0.0) + 1000 * (now - self._last), 3)
        self._last = now
