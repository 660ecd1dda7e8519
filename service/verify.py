"""Fourth stage of a question: whether the articles say it at all.

Example: `judge(index, question, retrieved, drafts)` is `Judged(confidence=0.93, drafts=(…))`, or no drafts at all.
Confidence is the probability, fitted on questions with and without an answer, that the best sentence answers. Below
the threshold the service abstains; a draft that is far behind the best one is left out of the answer.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ingest.store import PassageIndex
    from service.answer import Draft, Sentence
    from service.retrieve import Retrieved

_MOST_CLAIMS = 5
_BEHIND = 5.0  # of score, from which a draft is too far behind the best
_NAMED = re.compile(r"(?<!^)\b(?:[A-Z]\w+|\d[\d,.]*\w*)")
THRESHOLD = 0.1
_INTERCEPT, _INTERACTION, _CONTEXT, _COSINE, _MISSING = -6.25, 3.8, 1.29, 5.98, -1.73
_UNKNOWN = -1.5  # by hand: in the sets fitted on, nearly every name occurs somewhere


@dataclass(frozen=True, slots=True)
class Judged:
    """The drafts that stand, best first, each with its confidence; none when the articles do not say."""

    confidence: float
    drafts: tuple[tuple[Draft, float], ...]


def judge(index: PassageIndex, question: str, retrieved: Retrieved, drafts: Sequence[Draft]) -> Judged:
    """Which drafts may be claimed."""
    if not drafts:
        return Judged(0.0, ())
    cosine = max(ranked.candidate.cosine for ranked in retrieved.ranked)
    scored = [
        (draft, confidence(index, question, draft.sentences[0], cosine, retrieved.rarity))
        for draft in drafts[: 2 * _MOST_CLAIMS]
    ]
    best_draft, best = scored[0]
    if best < THRESHOLD:
        return Judged(best, ())
    standing = [(draft, p) for draft, p in scored if p >= THRESHOLD and draft.score >= best_draft.score - _BEHIND]
    return Judged(best, tuple(standing[:_MOST_CLAIMS]))


def confidence(index: PassageIndex, question: str, sentence: Sentence, cosine: float, rarity: dict[str, int]) -> float:
    """The probability that the sentence answers the question, 0..1.

    Args:
        index: For its terms.
        question: As typed.
        sentence: With its features.
        cosine: Of the best passage with the question.
        rarity: In how many passages of the library each word of the question occurs.
    """
    asked = {term for name in _NAMED.findall(question) for term in index.terms(name)}
    known = set(index.terms(f"{sentence.row.title or ''} {sentence.row.text}"))
    logit = (
        _INTERCEPT
        + _INTERACTION * sentence.features.interaction
        + _CONTEXT * sentence.features.context
        + _COSINE * cosine
        + _MISSING * len(asked - known) / max(1, len(asked))
        + _UNKNOWN * sum(not rarity.get(term) for term in asked) / max(1, len(asked))
    )
    return 1 / (1 + math.exp(-logit))
