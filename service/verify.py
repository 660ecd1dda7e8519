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

from service import expect

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ingest.store import PassageIndex
    from service.answer import Draft, Sentence
    from service.retrieve import Retrieved

_MOST_CLAIMS = 5
_BEHIND = 5.0  # of score, from which a draft is too far behind the best
_ALIKE = 5  # letters
_WHAT = re.compile(r"\W*what\b", re.IGNORECASE)
_NAMED = re.compile(r"(?<!^)\b(?:[A-Z]\w+|\d[\d,.]*\w*)")
THRESHOLD = 0.1
_INTERCEPT, _INTERACTION, _CONTEXT, _COSINE, _MISSING = -6.25, 3.8, 1.29, 5.98, -1.73
_UNKNOWN, _UNHEARD = -1.5, -1.0  # by hand: in the sets fitted on, nearly every name occurs somewhere


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


def _speaker_is_unknown(index: PassageIndex, question: str, rarity: dict[str, int]) -> bool:
    """Whether it is asked what somebody said whose name stands in no passage of the library."""
    names = index.terms(expect.speaker(question)) if _WHAT.match(question) else []
    return bool(names) and not any(rarity.get(name) for name in names)


def _is_known(name: str, known: set[str]) -> bool:
    """Whether a name is among those words, or one that begins alike: "European" where the article has "Europe"."""
    return name in known or (len(name) >= _ALIKE and any(word.startswith(name[:_ALIKE]) for word in known))


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
    missing = {name for name in asked if not _is_known(name, known)}
    logit = (
        _INTERCEPT
        + _INTERACTION * sentence.features.interaction
        + _CONTEXT * sentence.features.context
        + _COSINE * cosine
        + _MISSING * len(missing) / max(1, len(asked))
        + _UNHEARD * _speaker_is_unknown(index, question, rarity)
        + _UNKNOWN * sum(not rarity.get(name) for name in missing) / max(1, len(asked))
    )
    return 1 / (1 + math.exp(-logit))
