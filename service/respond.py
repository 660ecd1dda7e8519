"""Last stage of a question: the answer or the abstention as one record, and records as JSON.

Example: `as_json(answer)["claims"][0]["citations"][0]["quote"]` is a sentence as it stands in an article.
"""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from datetime import date
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from service.records import Abstention, Answer, Claim, Considered, Reason, Support
from service.retrieve import found, without_copies

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ingest.store import PassageRow
    from service.dates import TimeWords
    from service.records import Citation, Corroboration, Disagreement, Speaker
    from service.retrieve import Retrieved
    from service.standalone import Before
    from service.verify import Judged

_CLOSEST = 3
_CONSIDERED = 10
_AMBIGUOUS = "It is not clear who is meant."
MODE = "extractive"


class Told(NamedTuple):
    """What an answer shows of a draft: where it stands, when it was, who says and carries it, where it is corrected.

    `lead` is the sentence that it brings, so that it can be read alone.
    """

    citations: tuple[Citation, ...]
    dates: tuple[TimeWords, ...]
    speaker: Speaker | None
    superseded_by: Citation | None
    corroboration: Corroboration
    lead: Before | None = None


def answered(
    question: str,
    retrieved: Retrieved,
    judged: Judged,
    told: Sequence[Told],
    disagreements: Sequence[Disagreement] = (),
) -> Answer:
    """The answer: cited articles apart from those only considered."""
    claims = [
        claim_of(_alone(draft.sentences[0].text, of_claim.lead), Support(round(confidence, 3), "supported"), of_claim)
        for (draft, confidence), of_claim in zip(judged.drafts, told, strict=True)
    ]
    return composed(question, retrieved, claims, judged.confidence, disagreements)


def _alone(text: str, lead: Before | None) -> str:
    return f"{' '.join(lead.text.split())} {text}" if lead else text


def claim_of(text: str, support: Support, told: Told) -> Claim:
    """The claim in an article's words, or in a model's."""
    return Claim(
        text=text,
        speaker=told.speaker,
        support=support,
        corroboration=told.corroboration,
        citations=told.citations,
        dates=told.dates,
        superseded_by=told.superseded_by,
    )


def composed(
    question: str,
    retrieved: Retrieved,
    claims: Sequence[Claim],
    confidence: float,
    disagreements: Sequence[Disagreement] = (),
) -> Answer:
    """The answer that these claims are."""
    cited = tuple(dict.fromkeys(citation.document_id for claim in claims for citation in claim.citations))
    return Answer(
        question=question,
        query=question,
        mode=MODE,
        text=" ".join(_with_markers(claim) for claim in claims if claim.support.verdict == "supported"),
        claims=tuple(claims),
        disagreements=tuple(disagreements),
        cited=cited,
        considered=tuple(id_ for id_ in _considered(retrieved) if id_ not in cited),
        timings_ms=retrieved.timings_ms,
        confidence=round(confidence, 3),
    )


def abstained(
    question: str, retrieved: Retrieved, judged: Judged, n_documents: int, reason: Reason = "no_evidence"
) -> Abstention:
    """The abstention: why, and the nearest passages, which do not answer the question."""
    reason = "empty_library" if n_documents == 0 else reason
    text = {
        "empty_library": "The library is empty: there is nothing to answer from.",
        "no_evidence": "The articles do not say.",
        "ambiguous": _AMBIGUOUS,
        "unsupported": "What the model wrote is not supported by the articles.",
    }[reason]
    return Abstention(
        question=question,
        query=question,
        mode=MODE,
        reason=reason,
        text=text,
        closest=tuple(map(found, without_copies(retrieved.ranked, _CLOSEST))),
        considered=_considered(retrieved),
        timings_ms=retrieved.timings_ms,
        confidence=round(judged.confidence, 3),
    )


def ambiguous(question: str, readings: tuple[str, ...]) -> Abstention:
    """The abstention of a question of which it is not known who is meant; nothing was searched."""
    return Abstention(
        question=question,
        query=question,
        mode=MODE,
        reason="ambiguous",
        text=_AMBIGUOUS,
        closest=(),
        considered=(),
        timings_ms={},
        confidence=0.0,
        readings=readings,
    )


def considered(retrieved: Retrieved) -> tuple[Considered, ...]:
    """The documents of the best passages, best first."""
    rows: dict[str, PassageRow] = {}
    for ranked in retrieved.ranked:
        rows.setdefault(ranked.candidate.row.document_id, ranked.candidate.row)
    return tuple(
        Considered(id_, row.outlet, row.title, row.published_on) for id_, row in islice(rows.items(), _CONSIDERED)
    )


def as_json(value: Any) -> Any:
    """A record as plain JSON types: dates as ISO strings, tuples as lists; offsets count code points."""
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: as_json(getattr(value, field.name)) for field in fields(value)}
    if hasattr(value, "_asdict"):
        return {name: as_json(item) for name, item in value._asdict().items()}
    if isinstance(value, dict):
        return {name: as_json(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [as_json(item) for item in value]
    if isinstance(value, date):
        return value.isoformat()
    return str(value) if isinstance(value, Path) else value


def _with_markers(claim: Claim) -> str:
    return claim.text + " " + "".join(f"[{citation.marker}]" for citation in claim.citations)


def _considered(retrieved: Retrieved) -> tuple[str, ...]:
    return tuple(one.document_id for one in considered(retrieved))
