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
from service.dates import dates_in

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ingest.store import PassageIndex
    from service.answer import Draft, Sentence
    from service.retrieve import Retrieved

_MOST_CLAIMS = 5
_BEHIND = 5.0  # of score, from which a draft is too far behind the best
_ALIKE = 5  # letters
_WHAT = re.compile(r"\W*what\b", re.IGNORECASE)
THRESHOLD = 0.1
_INTERCEPT, _INTERACTION, _CONTEXT, _COSINE, _MISSING = -6.25, 3.8, 1.29, 5.98, -1.73
_UNKNOWN, _UNHEARD = -1.5, -1.0  # by hand: in the sets fitted on, nearly every name occurs somewhere
_TIMED = 0.5  # by hand: a day that is asked for, in other words than the question's, is no word that both have


@dataclass(frozen=True, slots=True)
class Judged:
    """The drafts that stand, best first, each with its confidence; none when the articles do not say."""

    confidence: float
    drafts: tuple[tuple[Draft, float], ...]


def judge(index: PassageIndex, question: str, retrieved: Retrieved, drafts: Sequence[Draft]) -> Judged:
    """Which drafts may be claimed."""
    if not drafts:
        return Judged(0.0, ())
    asked = _Asked.of(index, question, retrieved)
    best = confidence(asked, drafts[0].sentences[0])
    standing = [(drafts[0], best)] if best >= THRESHOLD else []
    for draft in drafts[1:]:
        if not 0 < len(standing) < _MOST_CLAIMS or draft.score < drafts[0].score - _BEHIND:
            break
        p = confidence(asked, draft.sentences[0])
        if p >= THRESHOLD:
            standing.append((draft, p))
    return Judged(best, tuple(standing))


def confidence(asked: _Asked, sentence: Sentence) -> float:
    """The probability that the sentence answers the question, 0..1."""
    missing = {name for name in asked.names if not _is_known(name, sentence.around)}
    is_then = sentence.timed == 1
    if is_then:  # "January 9" is not missing where the article says "Thursday"
        missing -= asked.times
    logit = (
        _INTERCEPT
        + _TIMED * is_then
        + _INTERACTION * sentence.features.interaction
        + _CONTEXT * sentence.features.context
        + _COSINE * asked.cosine
        + _MISSING * len(missing) / max(1, len(asked.names))
        + _UNHEARD * asked.speaker_is_unknown
        + _UNKNOWN * sum(not asked.rarity.get(name) for name in missing) / max(1, len(asked.names))
    )
    return 1 / (1 + math.exp(-logit))


@dataclass(frozen=True, slots=True)
class _Asked:
    """The question, as far as every draft is judged by it.

    Args:
        names: Terms of the names and numbers in it.
        times: Terms of its words of time.
        cosine: Of the best passage with it.
        rarity: In how many passages of the library each of its words occurs.
        speaker_is_unknown: Whether it asks what somebody said whose name stands in no passage of the library.
    """

    names: frozenset[str]
    times: frozenset[str]
    cosine: float
    rarity: dict[str, int]
    speaker_is_unknown: bool

    @classmethod
    def of(cls, index: PassageIndex, question: str, retrieved: Retrieved) -> _Asked:
        speaker = index.terms(expect.speaker(question)) if _WHAT.match(question) else []
        return cls(
            names=frozenset(term for name in expect.NAMED.findall(question) for term in index.terms(name)),
            times=frozenset(term for words in dates_in(question, None) for term in index.terms(words.text)),
            cosine=max(ranked.candidate.cosine for ranked in retrieved.ranked),
            rarity=retrieved.rarity,
            speaker_is_unknown=bool(speaker) and not any(retrieved.rarity.get(name) for name in speaker),
        )


def _is_known(name: str, known: frozenset[str]) -> bool:
    """Whether a name is among those words, or one that begins alike: "European" where the article has "Europe"."""
    return name in known or (len(name) >= _ALIKE and any(word.startswith(name[:_ALIKE]) for word in known))
