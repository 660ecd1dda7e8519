"""Second stage of a report: what came of a question, in one of six words.

Not scored is not wrong: a question that failed, or that no measure could judge, is counted apart.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Sequence

    from eval.report.read import Result, Run

Outcome = Literal["right", "wrong", "should have abstained", "abstained rightly", "abstained wrongly", "unscored"]
OUTCOMES: tuple[Outcome, ...] = (
    "right",
    "abstained rightly",
    "wrong",
    "should have abstained",
    "abstained wrongly",
    "unscored",
)
# The measure that tells right from wrong: the first of these that a run has.
_DECIDING = (
    "right",
    "correct",
    "gold in first three claims",
    "gold span covered",
    "gold in first claim",
    "exact match",
    "token F1",
)
_HALF = 0.5
# What a measure of a name that tells nothing is about.
_MEANING = {"right": "gold in one of the first three claims"}


def deciding_measure(runs: Sequence[Run]) -> str | None:
    """The measure that decides whether an answer is right; `None` when no run has one that could."""
    known = {measure for run in runs for scored in _scored(run).values() for measure in scored}
    return next((measure for measure in _DECIDING if measure in known), None)


def meaning(measure: str) -> str:
    """What an answer that is right by a measure has."""
    return _MEANING.get(measure, measure)


def judge(run: Run, result: Result, measure: str | None) -> tuple[Outcome, str | None]:
    """The outcome of a question and, where it is unscored, the reason.

    Args:
        run: Whose scores decide.
        result: Of the question.
        measure: Which decides; an answer is right from one half on.
    """
    reason = result.error or (run.scores.get("unscored") or {}).get(result.id)
    if result.answer is None or result.error:
        return "unscored", str(reason or "there is no answer")
    answerable = result.question.get("answerable", True)
    if result.answer.get("kind") == "abstention":
        return ("abstained wrongly" if answerable else "abstained rightly"), None
    if not answerable:
        return "should have abstained", None
    value = _scored(run).get(result.id, {}).get(measure) if measure else None
    if value is None:
        return "unscored", str(reason or (f"{measure} could not be computed" if measure else "no measure decides"))
    return ("right" if value >= _HALF else "wrong"), None


def _scored(run: Run) -> dict[str, dict[str, Any]]:
    return run.scores.get("questions") or {}
