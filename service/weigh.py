"""Within the first stage of a question: how well each found passage fits it, as one number.

Example: `weigh(asked, bm25, cosine, of_passage, documents)` gives a score in about 0..1 and the late
interaction for each.
The scores are sums of raw numbers, not of numbers scaled within one question: a leg that is sure counts for more.
The weights are fitted, see `docs/decisions.md`.
"""

from __future__ import annotations

import math
from collections import Counter
from typing import TYPE_CHECKING, NamedTuple, Self

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Numbers = NDArray[np.float32]

# Weights in the score, which add up to 1.
_BM25 = 0.30  # of BM25 by the most that it can be
_COSINE = 0.15
_PASSAGE = 0.16  # of late interaction with the passage
_ARTICLE = 0.39  # of late interaction with all found passages of the article together
_MOST_BM25 = 3.08  # of every word's weight: BM25's k1 + 1 = 2.2, in the body and at 0.4 in the title
_AGAIN = 0.024  # taken from a passage for every better one of its article, so that other articles come up
_EVERY_WORD = 2.0  # weight of a stop word in late interaction; others weigh their rarity more
_FEWEST = 1000  # passages
_TINY = 1e-9  # keeps a sum of zero from being divided by


class Asked(NamedTuple):
    """The question as passages are compared with it.

    Args:
        tokens: Vectors of its words' tokens, `(n, 96) float32`.
        token_weights: Of each of them in late interaction, `(n,) float32`.
        weights: How much each of its words says.
    """

    tokens: Numbers
    token_weights: Numbers
    weights: dict[str, float]

    @classmethod
    def of(cls, tokens: Numbers, words: Sequence[str], weights: dict[str, float]) -> Self:
        """The question, from the word of each token."""
        return cls(tokens, np.array([_EVERY_WORD + weights.get(word, 0.0) for word in words], np.float32), weights)


def weigh(
    asked: Asked, bm25: Numbers, cosine: Numbers, of_passage: Numbers, documents: Sequence[int]
) -> tuple[Numbers, Numbers]:
    """The score of each passage, and its late interaction with the question.

    Args:
        asked: The question.
        bm25: Of each passage; 0 where BM25 did not find it.
        cosine: Of each passage.
        of_passage: Best cosine of each of the question's tokens within each passage, `(passages, tokens)`.
        documents: Key of the article of each passage.
    """
    _, articles = np.unique(documents, return_inverse=True)
    of_article = np.zeros((int(articles.max()) + 1, of_passage.shape[1]), np.float32)
    np.maximum.at(of_article, articles, of_passage)
    interaction = _mean(of_passage, asked.token_weights)
    scores: Numbers = (
        _BM25 * bm25 / (_MOST_BM25 * max(sum(asked.weights.values()), _TINY))
        + _COSINE * cosine
        + _PASSAGE * interaction
        + _ARTICLE * _mean(of_article, asked.token_weights)[articles]
    )
    return scores - _AGAIN * _better_ones(scores, articles), interaction


def rarity_weights(rarity: dict[str, int], n_passages: int) -> dict[str, float]:
    """How much each word says: that of BM25, where a word that no passage has says the most.

    In a library of a few articles on one event the words that matter are in every passage; so that they still
    count, the weights are those of a library of at least a thousand passages.
    """
    n_passages = max(n_passages, _FEWEST)
    return {term: math.log(1 + (n_passages - n + 0.5) / (n + 0.5)) for term, n in rarity.items()}


def _mean(best: Numbers, weights: Numbers) -> Numbers:
    """Mean of each row by the weights of its columns; row by row, so that equal rows get equal numbers."""
    mean: Numbers = (best * weights).sum(axis=1) / max(float(weights.sum()), _TINY)
    return mean


def _better_ones(scores: Numbers, articles: NDArray[np.intp]) -> Numbers:
    """How many passages of the same article each one has before it."""
    so_far: Counter[int] = Counter()
    before = np.zeros(len(scores), np.float32)
    for i in np.argsort(-scores, kind="stable").tolist():
        before[i] = so_far[int(articles[i])]
        so_far[int(articles[i])] += 1
    return before
