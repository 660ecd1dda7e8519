"""Who said it, how many carry it, where outlets disagree, and when it was: scored as soon as answers say so.

Example: `statement_scores(result, present)` is `{"attribution": 1.0}` when the first speaker named is an accepted one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ingest.names import name_key

if TYPE_CHECKING:
    from collections.abc import Sequence

    Json = dict[str, Any]

NAMES = ("attribution", "corroboration", "disagreement recall", "disagreement precision", "days of first three claims")


_FIRST = 3


def present(results: Sequence[Json]) -> dict[str, str]:
    """Why a measure is not scored in this run, by measure; one that is not listed is scored."""
    answers = [one["answer"] for one in results if one["answer"]]
    missing = {}
    if not any(claim.get("speaker") for answer in answers for claim in answer.get("claims", [])):
        missing["attribution"] = "no claim of this run names a speaker"
    if not any(answer.get("disagreements") for answer in answers):
        why = "no answer of this run reports a disagreement"
        missing |= {"disagreement recall": why, "disagreement precision": why}
    return missing


def statement_scores(result: Json, missing: dict[str, str]) -> dict[str, float]:
    """What applies to the question and is scored in this run.

    Attribution: the first speaker that a claim names is an accepted one. Corroboration: the first claim counts as many
    independent origins as the set says. Days: one of the first three claims has words of time that resolve to days that
    the set accepts. Recall of disagreements is over questions on which outlets differ, precision
    over answers that say so; the F1 of a run is of these two.
    """
    question, answer = result["question"], result["answer"]
    claims = answer.get("claims", [])
    scores = {}
    if question.get("speakers"):
        named = next((claim["speaker"]["name"] for claim in claims if claim.get("speaker")), "")
        scores["attribution"] = float(_is_one_of(named, question["speakers"]))
    if question.get("origins") is not None and claims:
        scores["corroboration"] = float(claims[0]["corroboration"]["origins"] == question["origins"])
    if question.get("dates"):
        told = {_days(words) for claim in claims[:_FIRST] for words in claim.get("dates", ())}
        scores["days of first three claims"] = float(not told.isdisjoint(question["dates"]))
    differs = bool(question.get("disagreements") or question.get("positions"))
    reported = bool(answer.get("disagreements"))
    if differs:
        scores["disagreement recall"] = float(reported)
    if reported:
        scores["disagreement precision"] = float(differs)
    return {name: score for name, score in scores.items() if name not in missing}


def _days(words: Json) -> str:
    """The days that words of time name, as a set writes them: `2020-01-09`, `2019-12-01/2019-12-31`."""
    first, last = words["first"], words["last"]
    return f"{first}" if first == last else f"{first}/{last}"


def _is_one_of(name: str, accepted: Sequence[str]) -> bool:
    """Whether a name is an accepted one, or the longer or shorter form of one ("Ortagus", "Morgan Ortagus")."""
    words = name_key(name)
    return bool(words) and any(words <= name_key(one) or name_key(one) <= words for one in accepted if name_key(one))
