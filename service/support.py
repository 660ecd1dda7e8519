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

Reason = Literal[facts.Reason, "words", "support", "review", "contradicted"]

_WORD = re.compile(r"\w+")
THRESHOLD = 0.4
FEWEST = 2  # words of a claim: a lone one claims nothing
COVERED = 0.7  # of the claim's words, that must stand in its quotes
NEAR = 0.65  # cosine of a word with one there, from which it counts as standing there
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
        words: Without their endings, each with its rows of `tokens`; no numbers and days: these are checked apart.
        common: Words that stand in small letters in the articles, which are no names at the claim's beginning.
    """

    text: str
    tokens: NDArray[np.float32]
    words: tuple[tuple[str, slice], ...]
    common: frozenset[str] = frozenset()

    @classmethod
    def of(cls, text: str, encoded: Encoded, common: frozenset[str] = frozenset()) -> Claimed:
        """The claim, from its words and their vectors."""
        starts = encoded.spans[:, 0]
        rows: list[int] = []
        found: list[tuple[str, slice]] = []
        for match in _WORD.finditer(text):
            word = match[0].lower()
            if word not in facts.STOP and word not in facts.MONTHS_AND_DAYS and not word.isdigit():
                own = np.flatnonzero((starts >= match.start()) & (starts < match.end())).tolist()
                found.append((facts.stem(word), slice(len(rows), len(rows) + len(own))))
                rows += own
        return cls(text, encoded.tokens[rows].astype(np.float32), tuple(found), common)


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
    if reason is None and (len(claim.words) < FEWEST or coverage(claim, quotes) < COVERED):
        reason = "words"
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


def coverage(claim: Claimed, quotes: Sequence[Evidence]) -> float:
    """The share of the claim's words that stand in the quotes, or have a word there that means nearly the same."""
    if not claim.words or not quotes:
        return 0.0
    told = " ".join(quote.text for quote in quotes)
    there = {facts.stem(word) for word in facts.words(told)}
    nearest = _nearest(claim, quotes)
    held = [
        word in there or (rows.stop > rows.start and float(nearest[rows].mean()) >= NEAR) for word, rows in claim.words
    ]
    return float(np.mean(held))


def features(claim: Claimed, quotes: Sequence[Evidence], together: str) -> dict[str, float]:
    """What the score is made of: likeness by words and as a whole, opposite words, a denial in only one."""
    tokens = np.concatenate([quote.tokens for quote in quotes])
    return {
        "interaction": float(_nearest(claim, quotes).mean()),
        "meaning": float(_directions(claim.tokens.sum(0)) @ _directions(tokens.sum(0))),
        "opposed": float(facts.opposes(claim.text, together)),
        "denied": float(facts.denies(claim.text) != facts.denies(together)),
    }


def _nearest(claim: Claimed, quotes: Sequence[Evidence]) -> NDArray[np.float32]:
    """For each of the claim's tokens, the best cosine among those of the quotes."""
    mine, theirs = _directions(claim.tokens), _directions(np.concatenate([quote.tokens for quote in quotes]))
    best: NDArray[np.float32] = (mine @ theirs.T).max(axis=1) if len(theirs) else np.zeros(len(mine), np.float32)
    return best


def _directions(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    directions: NDArray[np.float32] = vectors / np.maximum(np.linalg.norm(vectors, axis=-1, keepdims=True), _TINY)
    return directions
