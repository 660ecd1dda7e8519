"""All measures of a stored run, with how sure they are; nothing is asked: `onrecord eval score runs/today`.

Example: `score(run)["measures"]["AUROC"]` is `{"value": 0.93, "low": 0.87, "high": 0.97, "n": 102, "unscored": 0}`.
A measure that does not apply to a question, or could not be scored, is `None` there and counts in no mean.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from eval import abstaining, answers, citing, judging, retrieval, statements
from eval.intervals import Figure, means, pooled
from eval.latency import latencies
from eval.stored import write_json

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    from eval.stored import StoredRun

    Json = dict[str, Any]
    Scores = dict[str, dict[str, float | None]]

LOWER_IS_BETTER = frozenset({"selective risk", "AURC"})
FEWEST_CLUSTERS = 20  # five articles, drawn anew, say next to nothing: 1 in 16 is the least p that they can give
NEUTRAL = frozenset({"coverage"})
MEANS = (*retrieval.names(), *answers.NAMES, *citing.NAMES, *abstaining.NAMES, *statements.NAMES, judging.NAME)
_UNDERLYING = ("confidence", "answerable", "right if answered")  # not measures: what the areas are made of
POOLED = {
    "AURC": (abstaining.aurc, ("confidence", "right if answered")),
    "AUROC": (abstaining.auroc, ("confidence", "answerable")),
}


def score(run: StoredRun) -> Json:
    """What `scores.json` holds, which is written too."""
    missing = statements.present(run.results)
    judged = judging.judged(run)
    if not judged:
        missing[judging.NAME] = "no judge was asked (`onrecord eval judge`)"
    questions = _by_question(run.results, missing)
    for id_, verdict in judged.items():
        questions[id_][judging.NAME] = verdict
    clusters = _clusters(run.results)
    kinds = {one["id"]: str(one["question"].get("type") or "") for one in run.results}
    scores = {
        "measures": _measures(questions, clusters, missing, _errors(run.results)),
        "groups": {"type": _groups(questions, clusters, kinds)},
        "questions": questions,
        "clusters": clusters,
        "curves": _curves(questions, run.results),
        "unscored": _errors(run.results),
    }
    write_json(run.folder / "scores.json", scores)
    return scores


def _by_question(results: Sequence[Json], missing: dict[str, str]) -> Scores:
    ranked = retrieval.retrieval(results)
    scores: Scores = {}
    for result in results:
        own: dict[str, float] = dict(ranked[result["id"]])
        if result["answer"]:
            own |= answers.answer_scores(result) | citing.citation_scores(result)
            own |= abstaining.abstention_scores(result, own) | statements.statement_scores(result, missing)
        scores[result["id"]] = {
            name: None if own.get(name) is None else round(own[name], 5) for name in (*MEANS, *_UNDERLYING)
        }
    return scores


def _clusters(results: Sequence[Json]) -> dict[str, str]:
    """Which questions belong together; each by itself where there are too few articles to tell anything by.

    The figures then speak of more questions on the same articles, and not of other articles.
    """
    own = {one["id"]: one["cluster"] for one in results}
    asked = {one["cluster"] for one in results if one["question"]["answerable"]}
    return own if len(asked) >= FEWEST_CLUSTERS else {id_: id_ for id_ in own}


def _errors(results: Sequence[Json]) -> dict[str, str]:
    """Questions that could not be asked, and why."""
    return {one["id"]: str(one["error"]) for one in results if one["error"]}


def _measures(
    questions: Scores, clusters: dict[str, str], missing: dict[str, str], errors: dict[str, str]
) -> dict[str, Json]:
    figures = _figures(questions, clusters)
    measures = {}
    for name, figure in figures.items():
        measures[name] = figure._asdict() | {"unscored": 0 if name in retrieval.names() else len(errors)}
        if figure.n == 0:
            measures[name]["reason"] = missing.get(name, "no question of this run has what it needs")
    both = [measures[f"disagreement {part}"]["value"] for part in ("precision", "recall")]
    if None not in both and sum(both):
        f1 = 2 * both[0] * both[1] / sum(both)
        n = measures["disagreement recall"]["n"]
        measures["disagreement F1"] = {"value": f1, "low": None, "high": None, "n": n, "unscored": len(errors)}
    return measures


def _figures(questions: Scores, clusters: dict[str, str]) -> dict[str, Figure]:
    ids = list(questions)
    table = {name: [questions[id_][name] for id_ in ids] for name in MEANS}
    figures = means(table, [clusters[id_] for id_ in ids])
    for name, (statistic, names) in POOLED.items():
        known = [id_ for id_ in ids if all(questions[id_][one] is not None for one in names)]
        arrays = abstaining.columns([questions[id_] for id_ in known], *names)
        figures[name] = pooled(statistic, arrays, [clusters[id_] for id_ in known])
    return {name: _rounded(figure) for name, figure in figures.items()}


def _groups(questions: Scores, clusters: dict[str, str], kinds: dict[str, str]) -> dict[str, dict[str, Json]]:
    """Measures by type of question; of types that have no answer, the AUROC against all that have one."""
    groups = {}
    for kind in sorted(set(kinds.values())):
        own = {id_: scores for id_, scores in questions.items() if kinds[id_] == kind}
        if not any(scores["answerable"] for scores in own.values()):
            against = own | {id_: scores for id_, scores in questions.items() if scores["answerable"]}
            auroc = _figures(against, clusters)["AUROC"]
        else:
            auroc = Figure(None, None, None, 0)
        figures = {name: figure for name, figure in _figures(own, clusters).items() if name in MEANS}
        figures |= {"AUROC": auroc}
        groups[kind] = {name: figure._asdict() | {"unscored": 0} for name, figure in figures.items() if figure.n}
    return groups


def _curves(questions: Scores, results: Sequence[Json]) -> Json:
    every = list(questions.values())
    answered = [scores for scores in every if scores["coverage"]]
    return {
        "risk_coverage": abstaining.risk_coverage(*_pair(every)),
        "calibration": abstaining.calibration(*_pair(answered)),
        "latency_ms": latencies(results),
    }


def _pair(questions: Sequence[dict[str, float | None]]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    confidence, right = abstaining.columns(questions, "confidence", "right if answered")
    return confidence, right


def _rounded(figure: Figure) -> Figure:
    value, low, high = (None if one is None else round(one, 5) for one in figure[:3])
    return Figure(value, low, high, figure.n)
