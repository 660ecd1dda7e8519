"""Whether citations are true and enough: span validity, citation recall and precision, claims fully supported.

Example: `citation_scores(result)` is `{"span validity": 1.0, "citation recall": 1.0, "citation precision": 0.5, …}`.
Source: ALCE (Gao and others 2023), with claims as its statements and `eval/support.py` as its entailment model.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from eval.support import supports

if TYPE_CHECKING:
    from collections.abc import Sequence

    Json = dict[str, Any]

NAMES = ("span validity", "citation recall", "citation precision", "claims fully supported")


def citation_scores(result: Json) -> dict[str, float]:
    """The measures of an answer; empty for an abstention, which claims nothing.

    A citation is valid when its quote is exactly what stood in the document at its span when it was asked. A claim is
    recalled when its quotes together support it; one with no citation, or with one that is not valid, is not. A
    citation is precise when its claim is recalled and needs it: it supports the claim alone, or the others do not
    without it.
    """
    claims = (result["answer"] or {}).get("claims", [])
    if not claims:
        return {}
    stood = iter(result["cited"])
    valid = [[_is_valid(citation, next(stood, None)) for citation in claim["citations"]] for claim in claims]
    recalled = [_recalled(claim, of_claim) for claim, of_claim in zip(claims, valid, strict=True)]
    precise = [_precise(claim, is_recalled) for claim, is_recalled in zip(claims, recalled, strict=True)]
    return {
        "span validity": _share([one for of_claim in valid for one in of_claim]),
        "citation recall": _share(recalled),
        "citation precision": _share([one for of_claim in precise for one in of_claim]),
        "claims fully supported": _share(
            [is_recalled and all(of_claim) for is_recalled, of_claim in zip(recalled, precise, strict=True)]
        ),
    }


def _is_valid(citation: Json, stood: Json | None) -> bool:
    if stood is None or stood["text"] is None:
        return False
    at = ("document_id", "start", "end")
    return citation["quote"] == stood["text"] and all(citation[name] == stood[name] for name in at)


def _recalled(claim: Json, valid: Sequence[bool]) -> bool:
    return bool(valid) and all(valid) and supports(_quotes(claim), claim["text"])


def _precise(claim: Json, is_recalled: bool) -> list[bool]:
    quotes = _quotes(claim)
    return [
        is_recalled
        and (supports([quote], claim["text"]) or not supports(quotes[:at] + quotes[at + 1 :], claim["text"]))
        for at, quote in enumerate(quotes)
    ]


def _quotes(claim: Json) -> list[str]:
    return [citation["quote"] for citation in claim["citations"]]


def _share(outcomes: Sequence[bool]) -> float:
    return sum(outcomes) / len(outcomes) if outcomes else 0.0
