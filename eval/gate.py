"""Whether a run is as good as the one that the baseline was made from: `onrecord eval gate`.

Example: `gate(baseline, run)` is a `Verdict` whose `checks` say of each measure whether it holds, and why.
A quote that is not in its article fails the gate at once. A measure fails it when the paired test says that it fell by
more than chance would let it; p is one-sided, and Holm's for all that are looked at.
"""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from eval import judging
from eval.compare import differences
from eval.score import MEANS, POOLED, score
from eval.stored import RunError

if TYPE_CHECKING:
    from pathlib import Path

    from eval.compare import Difference
    from eval.stored import StoredRun

    Json = dict[str, Any]

FORMAT = 1
ALPHA = 0.05
# Few enough that Holm's correction leaves the test its power; what is not among them is shown by `compare`.
GATED = (
    "document nDCG@10",
    "passage nDCG@10",
    "gold in first claim",
    "gold in first three claims",
    "answered, of answerable",
    "abstained, of unanswerable",
    "citation recall",
    "citation precision",
    "attribution",
    "corroboration",
    "days of first three claims",
    "disagreement recall",
    "AUROC",
)
_UNDERLYING = ("confidence", "answerable")


@dataclass(frozen=True, slots=True)
class Check:
    """One condition: whether it holds, and what was found."""

    name: str
    holds: bool
    found: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """All conditions; the gate is passed when each holds."""

    checks: tuple[Check, ...]

    @property
    def is_passed(self) -> bool:
        """Whether every condition holds."""
        return all(check.holds for check in self.checks)


def baseline_from(run: StoredRun) -> Json:
    """What the gate compares with later: figures, and the scores of every question."""
    scores = score(run)
    gated = (*GATED, judging.NAME) if judging.decides(run) else GATED
    names = [name for name in gated if name in MEANS and scores["measures"][name]["value"] is not None]
    rows = {id_: [own[name] for name in (*names, *_UNDERLYING)] for id_, own in scores["questions"].items()}
    clusters = scores["clusters"]
    return {
        "format": FORMAT,
        "dataset": {name: run.about["dataset"][name] for name in ("name", "hash", "questions")},
        "asked": {name: run.about["settings"].get(name) for name in ("mode", "limit", "seed", "split")},
        "created": run.about["created"],
        "code": run.about["code"],
        "measures": {name: scores["measures"][name]["value"] for name in (*MEANS, *POOLED) if name in gated},
        "columns": [*names, *_UNDERLYING],
        "questions": rows,
        "clusters": {id_: cluster for id_, cluster in clusters.items() if cluster != id_},
    }


def write_baseline(path: Path, baseline: Json) -> None:
    """Writes it so that a change shows question by question in a diff."""
    rows = ",\n".join(f"  {json.dumps(id_)}: {json.dumps(row)}" for id_, row in baseline["questions"].items())
    rest = json.dumps(baseline | {"questions": {}}, indent=1, ensure_ascii=False)
    path.write_text(rest.replace('"questions": {}', f'"questions": {{\n{rows}\n }}') + "\n", encoding="utf-8")


def read_baseline(path: Path) -> Json:
    """The baseline in a file.

    Raises:
        RunError: There is none.
    """
    try:
        baseline: Json = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        message = f"{path} is no baseline ({error}); make one with `onrecord eval baseline RUN --out {path}`"
        raise RunError(message) from error
    if baseline.get("format") != FORMAT:
        message = f"{path} is of format {baseline.get('format')}, and this version reads {FORMAT}; make it anew"
        raise RunError(message)
    return baseline


def gate(baseline: Json, run: StoredRun) -> Verdict:
    """Whether the run holds what the baseline had.

    Raises:
        RunError: The run is of other questions than the baseline.
    """
    _refuse_other_questions(baseline, run)
    scores = score(run)
    gated = (*GATED, judging.NAME) if judging.decides(run) else GATED
    found = differences(scores_of(baseline), scores, gated, "worse")
    checks = [_validity(scores), _asked(scores), *map(_fallen, found)]
    for name, value in baseline["measures"].items():
        if value is not None and name in gated and scores["measures"][name]["value"] is None:
            checks.append(Check(name, holds=False, found=f"was {value:.3f}, and is not scored any more"))
    return Verdict(tuple(checks))


def scores_of(baseline: Json) -> Json:
    """A baseline in the form of scores."""
    questions = {id_: dict(zip(baseline["columns"], row, strict=True)) for id_, row in baseline["questions"].items()}
    return {"questions": questions, "clusters": {id_: id_ for id_ in questions} | baseline["clusters"]}


def as_junit(verdict: Verdict) -> str:
    """The verdict as JUnit XML, a test case for each condition."""
    failed = [check for check in verdict.checks if not check.holds]
    suite = ET.Element(
        "testsuite", name="onrecord eval gate", tests=str(len(verdict.checks)), failures=str(len(failed))
    )
    for check in verdict.checks:
        case = ET.SubElement(suite, "testcase", classname="eval.gate", name=check.name)
        if not check.holds:
            ET.SubElement(case, "failure", message=check.found)
    ET.indent(suite)
    return ET.tostring(suite, encoding="unicode", xml_declaration=True) + "\n"


def _refuse_other_questions(baseline: Json, run: StoredRun) -> None:
    ours, theirs = run.about["dataset"]["hash"], baseline["dataset"]["hash"]
    if ours != theirs:
        message = (
            f"the baseline is of {baseline['dataset']['name']} ({theirs[:12]}), and the run of "
            f"{run.about['dataset']['name']} ({ours[:12]}): make a new baseline when the set has changed"
        )
        raise RunError(message)
    if baseline["questions"].keys() != {result["id"] for result in run.results}:
        message = f"the run asked other questions of the set than the baseline, which asked {baseline['asked']}"
        raise RunError(message)


def _validity(scores: Json) -> Check:
    value = scores["measures"]["span validity"]["value"]
    if value is None:
        return Check("span validity", holds=False, found="no answer has a citation")
    wrong = [id_ for id_, own in scores["questions"].items() if own["span validity"] not in (None, 1)]
    said = f"; a quote is not what stands in its article: {', '.join(wrong[:5])}" if wrong else ""
    return Check("span validity", holds=not wrong, found=f"{value:.4f}{said}")


def _asked(scores: Json) -> Check:
    failed = scores["unscored"]
    said = f"{len(failed)} questions failed: {next(iter(failed.items()))}" if failed else "every question"
    return Check("questions that could be asked", holds=not failed, found=said)


def _fallen(one: Difference) -> Check:
    said = f"{one.before:.3f} → {one.after:.3f}, p {one.p:.4f}, Holm {one.adjusted:.4f}"
    if one.wins or one.losses:
        said += f"; {one.wins} better, {one.losses} worse"
    return Check(one.measure, holds=not (one.is_worse and one.adjusted < ALPHA), found=said)
