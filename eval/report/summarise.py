"""Third stage of a report: what all its forms show, in one record.

Example: `summarise([before, after]).groups[0].rows[0]` is a `Row` with the figures of both runs for one measure, and
how far the second is from the first.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from eval.report.differ import paired_interval
from eval.report.figures import Difference, Figure, Row
from eval.report.judge import OUTCOMES, deciding_measure, judge
from eval.report.speed import speed

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from eval.report.judge import Outcome
    from eval.report.read import Result, Run
    from eval.report.speed import Stage

# A measure belongs to the first group of which a word stands in its name. The names are the field's.
_GROUPS = (
    ("Cost", r"\bms\b|_ms\b|latency|seconds|per second|throughput|\bp\d\d\b|\bmb\b|memory|tokens? (in|out)|\bcost"),
    ("Attribution and disagreement", r"speaker|attribut|corroborat|origin|disagree|positions|\bdays\b"),
    ("Judged by a model", r"\bjudge|kappa"),
    ("Abstention", r"abst|coverage|\brisk\b|aurc|auroc|refus|answered|calibration|brier|\bece\b"),
    ("Citations", r"citation|cited|\bspan validity|quote|claims? (fully )?supported|supported"),
    ("Retrieval", r"ndcg|\br@|\brr\b|\brr@|\bap\b|\bap@|\bp@|success@|recall@|retriev"),
    ("Answers", r""),
)
ORDER = (
    "Answers",
    "Citations",
    "Retrieval",
    "Abstention",
    "Attribution and disagreement",
    "Judged by a model",
    "Cost",
)
_LESS_IS_BETTER = re.compile(
    r"aurc|\brisk\b|\bms\b|_ms\b|latency|seconds|\bp\d\d\b|\bmb\b|memory|cost|brier|\bece\b|wrongly"
)
_NEUTRAL = {"coverage"}  # more answers are neither better nor worse
# Of each group, the measure shown large: the first of these that a run has, else the group's first.
_HEADLINES = {
    "Answers": ("right", "gold in first three claims", "gold span covered", "exact match"),
    "Citations": ("span validity", "valid quotes", "citation recall"),
    "Retrieval": ("document nDCG@10", "nDCG@10", "passage nDCG@10"),
    "Abstention": ("AUROC", "AURC", "abstained, of unanswerable"),
}


@dataclass(frozen=True, slots=True)
class Group:
    """Measures that belong together."""

    title: str
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Kind:
    """A type of question: what came of its questions, and its measures, both for each run."""

    name: str
    outcomes: tuple[Counter[Outcome], ...]
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Asked:
    """A question with its outcome in each run; `None` where a run did not ask it."""

    id: str
    question: str
    outcomes: tuple[Outcome | None, ...]


@dataclass(frozen=True, slots=True)
class Summary:
    """A report without its answers.

    Args:
        deciding: The measure that told right from wrong.
        changed: For each run but the first, how many questions went from one outcome to another.
    """

    names: tuple[str, ...]
    abouts: tuple[dict[str, Any], ...]
    deciding: str | None
    outcomes: tuple[Counter[Outcome], ...]
    headlines: tuple[Row, ...]
    groups: tuple[Group, ...]
    kinds: tuple[Kind, ...]
    speed: tuple[Stage, ...]
    changed: tuple[Counter[tuple[Outcome, Outcome]], ...]
    questions: tuple[Asked, ...]


def summarise(runs: Sequence[Run]) -> Summary:
    """The summary of one run or of several, which are compared with the first."""
    deciding = deciding_measure(runs)
    judged = [{result.id: judge(run, result, deciding)[0] for result in run.results} for run in runs]
    rows = _rows(runs, [run.scores.get("measures") or {} for run in runs], paired=True)
    groups = tuple(
        Group(title, of_title)
        for title in ORDER
        if (of_title := tuple(r for r in rows if group_of(r.measure) == title))
    )
    return Summary(
        names=names(runs),
        abouts=tuple(run.about for run in runs),
        deciding=deciding,
        outcomes=tuple(_in_order(Counter(outcomes.values())) for outcomes in judged),
        headlines=tuple(row for group in groups if (row := _headline(group))),
        groups=groups,
        kinds=_kinds(runs, judged),
        speed=speed(runs),
        changed=tuple(_changes(judged[0], later) for later in judged[1:]),
        questions=_asked(runs, judged),
    )


def names(runs: Sequence[Run]) -> tuple[str, ...]:
    """The runs' names, numbered where two have the same."""
    seen: Counter[str] = Counter()
    told = []
    for run in runs:
        seen[run.name] += 1
        told.append(run.name if seen[run.name] == 1 else f"{run.name} ({seen[run.name]})")
    return tuple(told)


def group_of(measure: str) -> str:
    """The title of the group that a measure belongs to."""
    return next(title for title, words in _GROUPS if re.search(words, measure, re.IGNORECASE))


def less_is_better(measure: str) -> bool:
    """Whether a smaller value is the better one."""
    return bool(_LESS_IS_BETTER.search(measure.lower()))


def kind_of(result: Result) -> str:
    """What the set calls the type of a question; empty when it does not say."""
    return str(result.question.get("type") or "")


def _headline(group: Group) -> Row | None:
    if group.title not in _HEADLINES:
        return None
    wanted = _HEADLINES[group.title]
    return next((row for name in wanted for row in group.rows if row.measure == name), group.rows[0])


def _rows(runs: Sequence[Run], measures: Sequence[dict[str, Any]], *, paired: bool = False) -> tuple[Row, ...]:
    """A row for each measure that any run has, in the order of the runs."""
    known = dict.fromkeys(measure for of_run in measures for measure in of_run)
    figures = {measure: tuple(_figure(of_run.get(measure)) for of_run in measures) for measure in known}
    return tuple(
        Row(
            measure,
            of_measure,
            tuple(_difference(runs, of_measure, later, measure, paired) for later in range(1, len(runs))),
        )
        for measure, of_measure in figures.items()
    )


def _figure(stored: dict[str, Any] | None) -> Figure | None:
    if stored is None:
        return None
    value, low, high = (stored.get(name) for name in ("value", "low", "high"))
    return Figure(value, low, high, int(stored.get("n") or 0), int(stored.get("unscored") or 0), stored.get("reason"))


def _difference(
    runs: Sequence[Run], figures: Sequence[Figure | None], later: int, measure: str, paired: bool
) -> Difference | None:
    before, after = figures[0], figures[later]
    if before is None or after is None or before.value is None or after.value is None:
        return None
    value = after.value - before.value
    interval = paired_interval(runs[0], runs[later], measure, value) if paired else None
    if interval is None:
        return Difference(value)
    low, high = interval
    better = None if low <= 0 <= high or measure in _NEUTRAL else (value > 0) != less_is_better(measure)
    return Difference(value, low, high, better)


def _kinds(runs: Sequence[Run], judged: Sequence[dict[str, Outcome]]) -> tuple[Kind, ...]:
    found = dict.fromkeys(kind_of(result) for run in runs for result in run.results)
    stored = [(run.scores.get("groups") or {}).get("type") or {} for run in runs]
    return tuple(
        Kind(
            name,
            tuple(_of_kind(run, outcomes, name) for run, outcomes in zip(runs, judged, strict=True)),
            _rows(runs, [of_run.get(name) or {} for of_run in stored]),
        )
        for name in sorted(found)
    )


def _of_kind(run: Run, outcomes: dict[str, Outcome], name: str) -> Counter[Outcome]:
    return _in_order(Counter(outcomes[result.id] for result in run.results if kind_of(result) == name))


def _asked(runs: Sequence[Run], judged: Sequence[dict[str, Outcome]]) -> tuple[Asked, ...]:
    questions = {result.id: str(result.question.get("question") or "") for run in runs for result in run.results}
    return tuple(Asked(id_, text, tuple(of_run.get(id_) for of_run in judged)) for id_, text in questions.items())


def _changes(before: dict[str, Outcome], after: dict[str, Outcome]) -> Counter[tuple[Outcome, Outcome]]:
    moves: Iterable[tuple[Outcome, Outcome]] = ((before[id_], after[id_]) for id_ in before if id_ in after)
    return Counter((old, new) for old, new in moves if old != new)


def _in_order(counted: Counter[Outcome]) -> Counter[Outcome]:
    return Counter({outcome: counted[outcome] for outcome in OUTCOMES if counted[outcome]})
