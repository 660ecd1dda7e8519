"""What got better and worse from one run to another, question by question: `onrecord eval compare A B`.

Example: one of `differences(before, after)` is `Difference("token F1", 0.17, 0.19, change=0.02, p=0.03, …)`.
Sources: paired permutation test (Fisher 1935; Smucker, Allan and Carterette 2007 for retrieval), over whole clusters of
questions; Holm 1979 for many measures at once.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from eval.abstaining import columns
from eval.intervals import means
from eval.score import LOWER_IS_BETTER, MEANS, NEUTRAL, POOLED, score
from eval.stored import RunError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from eval.stored import StoredRun

    Json = dict[str, Any]
    Alternative = Literal["two-sided", "worse"]

_RESAMPLES, _POOLED_RESAMPLES = 4_999, 999
_SEED = 0


@dataclass(frozen=True, slots=True)
class Difference:
    """One measure in two runs, over the questions that have it in both.

    Args:
        change: After less before, with its interval.
        p: How often chance alone does as much, of this measure; `adjusted` for all that were looked at.
        wins: Questions that got better; of measures that are no means, 0.
    """

    measure: str
    before: float
    after: float
    change: float
    low: float | None
    high: float | None
    p: float
    adjusted: float
    n: int
    wins: int = 0
    losses: int = 0

    @property
    def is_worse(self) -> bool:
        """Whether it moved to the bad side."""
        return (
            self.measure not in NEUTRAL and (self.change > 0) == (self.measure in LOWER_IS_BETTER) and self.change != 0
        )


def compare(before: StoredRun, after: StoredRun) -> Json:
    """All measures of two runs side by side, and the questions whose answer became right or wrong.

    Raises:
        RunError: They are of different sets, or share no question.
    """
    first, second = before.about["dataset"], after.about["dataset"]
    if first["hash"] != second["hash"]:
        message = (
            f"{before.folder} and {after.folder} are of different sets: {first['name']} ({first['hash'][:12]}) and "
            f"{second['name']} ({second['hash'][:12]}); figures of different questions do not compare"
        )
        raise RunError(message)
    scores = score(before), score(after)
    shared = [id_ for id_ in scores[0]["questions"] if id_ in scores[1]["questions"]]
    if not shared:
        message = f"{before.folder} and {after.folder} share no question"
        raise RunError(message)
    return {
        "questions": len(shared),
        "only_before": len(scores[0]["questions"]) - len(shared),
        "only_after": len(scores[1]["questions"]) - len(shared),
        "measures": differences(*scores),
        "changed": _changed(before, after, scores[0]["questions"], scores[1]["questions"], shared),
    }


def differences(
    before: Json, after: Json, names: Sequence[str] | None = None, alternative: Alternative = "two-sided"
) -> list[Difference]:
    """How the measures of two scores differ over their common questions.

    Args:
        before: With `questions` and `clusters`, as in `scores.json`.
        after: The same.
        names: Measures to look at; all when `None`.
        alternative: What p is the chance of: as much of a change, or as much of a change for the worse.
    """
    ids = [id_ for id_ in before["questions"] if id_ in after["questions"]]
    clusters = [after["clusters"][id_] for id_ in ids]
    rows = [before["questions"][id_] for id_ in ids], [after["questions"][id_] for id_ in ids]
    found = [_of_mean(name, *rows, clusters, alternative) for name in MEANS if names is None or name in names]
    found += [_of_pooled(name, *rows, clusters, alternative) for name in POOLED if names is None or name in names]
    return _adjusted([one for one in found if one is not None])


def _of_mean(
    name: str, before: Sequence[Json], after: Sequence[Json], clusters: Sequence[str], alternative: Alternative
) -> Difference | None:
    known = [i for i in range(len(clusters)) if None not in (before[i].get(name), after[i].get(name))]
    if not known:
        return None
    values = np.array([(before[i][name], after[i][name]) for i in known])
    own = [clusters[i] for i in known]
    changes = np.round(values[:, 1] - values[:, 0], 9)
    figure = means({name: [float(change) for change in changes]}, own)[name]
    low, high = (figure.low, figure.high) if changes.any() else (None, None)
    good = -changes if name in LOWER_IS_BETTER else changes
    p = _p_of_mean(good, own, alternative)
    first, second = (float(column.mean()) for column in values.T)
    return Difference(
        name, first, second, second - first, low, high, p, p, len(known),
        int((good > 0).sum()), int((good < 0).sum()),
    )  # fmt: skip


def _p_of_mean(good: NDArray[np.float64], clusters: Sequence[str], alternative: Alternative) -> float:
    """How often swapping the runs, cluster by cluster, does as much.

    Clusters without a change stay the same when they are swapped and are left out, which changes nothing else.
    """
    from scipy.stats import permutation_test

    _, member = np.unique(np.asarray(clusters, dtype=str), return_inverse=True)
    sums = np.bincount(member, good)
    moved = sums[np.abs(sums) > 1e-9]
    if len(moved) < 2:  # one cluster can be swapped or not: as likely as a coin's side
        return 1.0 if alternative == "two-sided" or not len(moved) or moved[0] > 0 else 0.5
    tested = permutation_test(
        (moved, np.zeros_like(moved)),
        lambda one, other, axis: np.sum(one - other, axis=axis),
        permutation_type="samples",
        alternative="two-sided" if alternative == "two-sided" else "less",
        n_resamples=_RESAMPLES,
        batch=500,
        vectorized=True,
        rng=_SEED,
    )
    return float(min(1.0, tested.pvalue))


def _of_pooled(
    name: str, before: Sequence[Json], after: Sequence[Json], clusters: Sequence[str], alternative: Alternative
) -> Difference | None:
    statistic, names = POOLED[name]
    known = [
        i for i in range(len(clusters)) if None not in [run[i].get(one) for run in (before, after) for one in names]
    ]
    one, other = (columns([run[i] for i in known], *names) for run in (before, after))
    first, second = statistic(*one), statistic(*other)
    if first is None or second is None:
        return None
    sign = -1 if name in LOWER_IS_BETTER else 1
    reached = sign * (second - first)
    _, member = np.unique(np.asarray([clusters[i] for i in known], dtype=str), return_inverse=True)
    random = np.random.default_rng(_SEED)
    as_much = 1
    for _ in range(_POOLED_RESAMPLES):
        swapped = random.random(member.max() + 1)[member] < 0.5
        mixed = [
            statistic(*(np.where(swapped, b, a) for a, b in zip(own, others, strict=True)))
            for own, others in ((one, other), (other, one))
        ]
        if mixed[0] is None or mixed[1] is None:
            continue
        change = sign * (mixed[1] - mixed[0])
        as_much += change <= reached + 1e-12 if alternative == "worse" else abs(change) >= abs(reached) - 1e-12
    p = as_much / (_POOLED_RESAMPLES + 1)
    return Difference(name, first, second, second - first, None, None, p, p, len(known))


def _adjusted(found: list[Difference]) -> list[Difference]:
    """The same with Holm's p: the chance of even one such finding among all, were there nothing to find."""
    adjusted, largest = {}, 0.0
    for place, one in enumerate(sorted(found, key=lambda one: one.p)):
        largest = max(largest, min(1.0, (len(found) - place) * one.p))
        adjusted[one.measure] = largest
    return [replace(one, adjusted=round(adjusted[one.measure], 5)) for one in found]


def _changed(before: StoredRun, after: StoredRun, first: Json, second: Json, shared: Sequence[str]) -> Json:
    """Questions that became right, and those that became wrong, each with both answers."""
    one, other = ({result["id"]: result for result in run.results} for run in (before, after))
    changed: dict[str, list[Json]] = {"better": [], "worse": []}
    for id_ in shared:
        was, is_now = first[id_]["right"], second[id_]["right"]
        if None in (was, is_now) or was == is_now:
            continue
        changed["better" if is_now > was else "worse"].append(
            {
                "id": id_,
                "type": other[id_]["question"].get("type", ""),
                "question": other[id_]["question"]["question"],
                "before": one[id_]["answer"],
                "after": other[id_]["answer"],
            }
        )
    return changed
