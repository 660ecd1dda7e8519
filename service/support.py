"""Whether sentences of articles support a claim that somebody else worded, and which of them do.

Example: `check(claim, [evidence])` is `Verdict(score=0.91, reason=None)`, or has a reason such as `"number"`.
A claim stands when all that is checkable in it stands in its quotes (`support_facts`), nothing there is set against it,
and it is close enough to them in meaning. The score is a logistic model, fitted on scifact's training claims by
`eval/fit_support.py`; the threshold is chosen on corrupted claims of the seeds. Both stand in docs/decisions.md.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, NamedTuple

import numpy as np

from service import support_facts as facts

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from numpy.typing import NDArray

    from ingest.embed import Encoded
    from service.records import Speaker

Reason = Literal[facts.Reason, "support"]

THRESHOLD = 0.4
WEIGHTS = {"intercept": -3.79, "interaction": 1.67, "meaning": 5.38, "opposed": -2.8, "denied": -0.56}
_TINY = 1e-9


@dataclass(frozen=True, slots=True)
class Evidence:
    """A sentence that a claim may rest on.

    Args:
        tokens: `(n, 96) float32`, of any length.
        before: The sentence before it in its article: whom "he" stands for.
        speaker: Who says it, as far as the article's attribution knows.
    """

    text: str
    written_on: date | None
    tokens: NDArray[np.float32]
    before: str = ""
    speaker: Speaker | None = None


@dataclass(frozen=True, slots=True)
class Claimed:
    """A claim to be checked.

    Args:
        tokens: Of its words that mean something, `(n, 96) float32`.
        common: Words that stand in small letters in the articles, which are no names at the claim's beginning.
    """

    text: str
    tokens: NDArray[np.float32]
    common: frozenset[str] = frozenset()

    @classmethod
    def of(cls, text: str, encoded: Encoded, common: frozenset[str] = frozenset()) -> Claimed:
        """The claim, from its words and their vectors."""
        spans = [text[start:end].lower() for start, end in encoded.spans.tolist()]
        kept = [row for row, word in enumerate(spans) if re.search(r"\w", word) and word not in facts.STOP]
        rows = kept or list(range(len(spans)))
        return cls(text, encoded.tokens[rows].astype(np.float32), common)


class Verdict(NamedTuple):
    """How well a claim is supported, in 0..1, and why it is not; no reason when it is."""

    score: float
    reason: Reason | None


def check(claim: Claimed, quotes: Sequence[Evidence]) -> Verdict:
    """Whether the quotes, the most telling first, support the claim."""
    found = score(claim, quotes)
    reason: Reason | None = facts.missing(
        claim.text,
        [facts.Quote(quote.text, quote.written_on, quote.before, quote.speaker) for quote in quotes],
        claim.common,
    )
    if reason is None and found < THRESHOLD:
        reason = "support"
    return Verdict(found, reason)


def score(claim: Claimed, quotes: Sequence[Evidence]) -> float:
    """How likely it is, by meaning, that the quotes say what the claim says; 0 without quotes."""
    if not quotes or not len(claim.tokens):
        return 0.0
    together = " ".join(quote.text for quote in quotes)
    logit = WEIGHTS["intercept"] + sum(
        WEIGHTS[name] * value for name, value in features(claim, quotes, together).items()
    )
    return 1 / (1 + math.exp(-logit))


def features(claim: Claimed, quotes: Sequence[Evidence], together: str) -> dict[str, float]:
    """What the score is made of: likeness by words and as a whole, opposite words, a denial in only one."""
    tokens = np.concatenate([quote.tokens for quote in quotes])
    mine, theirs = _directions(claim.tokens), _directions(tokens)
    return {
        "interaction": float((mine @ theirs.T).max(axis=1).mean()) if len(theirs) else 0.0,
        "meaning": float(_directions(claim.tokens.sum(0)) @ _directions(tokens.sum(0))),
        "opposed": float(facts.opposes(claim.text, together)),
        "denied": float(facts.denies(claim.text) != facts.denies(together)),
    }


def _directions(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    directions: NDArray[np.float32] = vectors / np.maximum(np.linalg.norm(vectors, axis=-1, keepdims=True), _TINY)
    return directions
