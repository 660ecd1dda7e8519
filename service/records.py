"""What a question becomes on its way to an answer, as frozen records.

Example:
    `Answer(question="…", claims=(Claim(text="…", citations=(Citation(marker=1, quote="…", …),), …),), …)`,
    where for every citation `document.text[start:end] == quote`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any, Literal, Self

if TYPE_CHECKING:
    from service.dates import TimeWords

LONGEST_QUESTION = 4_000  # characters
Reason = Literal["no_evidence", "unsupported", "empty_library", "ambiguous"]


@dataclass(frozen=True, slots=True)
class Filters:
    """Which documents a question may be answered from; empty means all. Both dates are inclusive."""

    outlets: tuple[str, ...] = ()
    published_from: date | None = None
    published_to: date | None = None

    @classmethod
    def of(cls, given: dict[str, Any]) -> Self:
        """The filters that JSON of the HTTP interface says; what it leaves out is not filtered by."""
        first, last = (given.get(name) for name in ("published_from", "published_to"))
        return cls(
            tuple(given.get("outlets") or ()),
            date.fromisoformat(first) if first else None,
            date.fromisoformat(last) if last else None,
        )

    def given(self) -> dict[str, Any]:
        """The same as JSON of the HTTP interface, without what is not filtered by."""
        first, last = self.published_from, self.published_to
        told = {
            "outlets": list(self.outlets),
            "published_from": first and first.isoformat(),
            "published_to": last and last.isoformat(),
        }
        return {name: value for name, value in told.items() if value}


@dataclass(frozen=True, slots=True)
class Found:
    """A passage that retrieval returned, with what a reader needs to see of its document; higher scores are better."""

    passage_id: str
    document_id: str
    start: int
    end: int
    text: str
    score: float
    outlet: str | None
    title: str | None
    published_on: date | None
    url: str | None


@dataclass(frozen=True, slots=True)
class Considered:
    """A document that an answer may be made of."""

    document_id: str
    outlet: str | None
    title: str | None
    published_on: date | None


@dataclass(frozen=True, slots=True)
class SearchResult:
    """Passages for a query, best first."""

    query: str
    passages: tuple[Found, ...]
    timings_ms: dict[str, float]


@dataclass(frozen=True, slots=True)
class Citation:
    """Where a claim stands in the articles: `document.text[start:end] == quote`, checked before it leaves."""

    marker: int
    document_id: str
    passage_id: str
    start: int
    end: int
    quote: str
    outlet: str | None
    title: str | None
    published_on: date | None
    url: str | None


@dataclass(frozen=True, slots=True)
class Speaker:
    """Who is reported to have said it, as the article names them; `id` is that of `GET /v1/speakers`."""

    id: str
    name: str
    affiliation: str | None
    verb: str
    direct: bool


@dataclass(frozen=True, slots=True)
class Support:
    """How well the cited quotes carry the claim: a score in 0..1, the verdict, and why it is not supported."""

    score: float
    verdict: Literal["supported", "unsupported"]
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Corroboration:
    """Who carries a claim: outlets by name (where known), documents, and independent origins."""

    outlets: tuple[str, ...]
    documents: int
    origins: int


@dataclass(frozen=True, slots=True)
class Claim:
    """One checkable sentence of an answer; it has at least one citation.

    Args:
        dates: Words of time in the first citation's quote, with offsets in its document and the days they name.
        superseded_by: Where a later report says that it corrects this.
    """

    text: str
    speaker: Speaker | None
    support: Support
    corroboration: Corroboration
    citations: tuple[Citation, ...]
    dates: tuple[TimeWords, ...] = ()
    superseded_by: Citation | None = None


@dataclass(frozen=True, slots=True)
class Position:
    """One side of a disagreement: the sentence that says it best, who carries it, and every quote of it.

    Args:
        citations: Markers of the quotes; those of quotes that no claim has run on after the claims'.
    """

    text: str
    citations: tuple[int, ...]
    outlets: tuple[str, ...]
    origins: int
    quotes: tuple[Citation, ...]


@dataclass(frozen=True, slots=True)
class Disagreement:
    """A topic on which outlets differ, with two or more positions, each of an origin of its own."""

    topic: str
    kind: Literal["figure", "date", "actor", "status", "denial", "cause"]
    positions: tuple[Position, ...]


@dataclass(frozen=True, slots=True)
class PassUse:
    """What one part of a model's work cost: the wording of a query, or the second check of its claims."""

    prompt_version: str
    requests: int
    tokens_in: int | None
    tokens_out: int | None
    total_ms: float


@dataclass(frozen=True, slots=True)
class ModelUse:
    """What a model's answer cost, and what the checks made of it.

    Args:
        tokens_in: As the endpoint counts them; `None` when it does not say.
        first_claim_ms: From the question to the first claim that was shown.
        markers: How many passages the model named, and `unknown_markers` how many of these there are not.
        dropped: Claims that their quotes do not support, by reason.
        rewriting: The part of it that the wording of a follow-up cost; `verifying` that of the second check of claims.
    """

    tokens_in: int | None
    tokens_out: int | None
    requests: int
    first_claim_ms: float | None
    total_ms: float
    markers: int
    unknown_markers: int
    dropped: dict[str, int]
    rewriting: PassUse | None = None
    verifying: PassUse | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """Claims for a question, the most useful first; `text` is the supported ones with their markers.

    `note` says why it is another answer than was asked for, or what is wrong with the model's settings.
    """

    question: str
    query: str
    mode: str
    text: str
    claims: tuple[Claim, ...]
    disagreements: tuple[Disagreement, ...]
    cited: tuple[str, ...]
    considered: tuple[str, ...]
    timings_ms: dict[str, float]
    confidence: float
    model: str | None = None
    prompt_version: str | None = None
    usage: ModelUse | None = None
    note: str | None = None
    conversation_id: str | None = None
    turn: int | None = None
    kind: Literal["answer"] = "answer"


@dataclass(frozen=True, slots=True)
class Abstention:
    """The library does not say; `closest` are the nearest passages, which do not answer the question.

    Args:
        readings: Questions of which one is meant, when the question is ambiguous: nothing was searched then.
    """

    question: str
    query: str
    mode: str
    reason: Reason
    text: str
    closest: tuple[Found, ...]
    considered: tuple[str, ...]
    timings_ms: dict[str, float]
    confidence: float
    model: str | None = None
    prompt_version: str | None = None
    usage: ModelUse | None = None
    note: str | None = None
    conversation_id: str | None = None
    turn: int | None = None
    readings: tuple[str, ...] = ()
    kind: Literal["abstention"] = "abstention"
