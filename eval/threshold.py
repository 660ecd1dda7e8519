"""Below which confidence to abstain, chosen on one half of a set and reported on the other.

Example: `choose(run, "tune")` is `{"threshold": 0.12, "chosen_on": {"split": "tune", …}, "reported_on": {…}, …}`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from eval.data import SPLITS, in_split
from eval.score import score
from eval.stored import RunError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from eval.stored import StoredRun

    Json = dict[str, Any]

OBJECTIVE = "the largest share of questions that are right: gold cited where the articles say, else an abstention"


def choose(run: StoredRun, split: str) -> Json:
    """The threshold with the largest share of right questions, and what it gives on both halves.

    Only thresholds at or above the lowest confidence that was answered can be judged: what an abstention would have
    said is not known. Of equally good ones the lowest is taken, which answers most.

    Raises:
        RunError: The split has no question that was answered.
    """
    questions = score(run)["questions"]
    known = {id_: own for id_, own in questions.items() if own["right"] is not None}
    own = [one for id_, one in known.items() if in_split(id_, split)]
    candidates = sorted({one["confidence"] for one in own if one["coverage"]})
    if not candidates:
        message = f"no question of the split {split!r} was answered in {run.folder}, so there is nothing to choose from"
        raise RunError(message)
    rates = [_at(threshold, own)["right"] for threshold in candidates]
    threshold = candidates[int(np.argmax(rates))]
    data = run.about["dataset"]
    found = {
        "threshold": threshold,
        "objective": OBJECTIVE,
        "lowest_that_can_be_judged": candidates[0],
        "chosen_on": {"dataset": data["name"], "hash": data["hash"], "split": split, **_at(threshold, own)},
        "run": {"name": run.about["name"], "settings_hash": run.about["settings_hash"], "code": run.about["code"]},
    }
    other = next(name for name in SPLITS if name != split)
    if others := [one for id_, one in known.items() if in_split(id_, other)]:
        found["reported_on"] = {"dataset": data["name"], "hash": data["hash"], "split": other, **_at(threshold, others)}
    return found


def _at(threshold: float, questions: Sequence[Json]) -> Json:
    """What a threshold gives: questions, share right, coverage, and risk of what is answered."""
    stays = [one for one in questions if one["coverage"] and one["confidence"] >= threshold]
    n_right = sum(one["right"] for one in stays)
    n_abstained_rightly = sum(not one["answerable"] for one in questions) - sum(not one["answerable"] for one in stays)
    return {
        "questions": len(questions),
        "right": round((n_right + n_abstained_rightly) / len(questions), 5),
        "coverage": round(len(stays) / len(questions), 5),
        "risk": round(1 - n_right / len(stays), 5) if stays else None,
    }
