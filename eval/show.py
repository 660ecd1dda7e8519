"""Scores as text for a terminal.

Example: a line of `measures(scores)` is `document nDCG@10   0.918  [0.885, 0.946]  n=71`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    Json = dict[str, Any]


def overview(about: Json, scores: Json) -> Iterator[str]:
    """What was asked, all measures, the share right by type of question, and times."""
    data = about["dataset"]
    split = f", split {data['split']}" if data["split"] else ""
    yield f"{data['name']}: {data['questions']} questions, {data['documents']} articles{split}"
    yield f"data {data['hash'][:12]}, settings {about['settings_hash']}, code {about['code']['sources']}"
    if about["failed_articles"]:
        yield f"{about['failed_articles']} articles could not be ingested"
    if missing := about.get("missing_documents"):
        yield f"{len(missing)} documents that answer questions are not in the library: {', '.join(missing[:3])} …"
    if scores["unscored"]:
        yield f"{len(scores['unscored'])} questions could not be asked, and are unscored"
    yield ""
    yield from measures(scores)
    yield "\nright, by type of question"
    for kind, group in scores["groups"]["type"].items():
        if "right" in group:
            yield _line(kind or "all", group["right"])
    yield ""
    yield from _times(about, scores)


def measures(scores: Json) -> Iterator[str]:
    """A line for each measure that has a value, and the reasons why others have none."""
    unscored: dict[str, list[str]] = {}
    for name, figure in scores["measures"].items():
        if figure["value"] is None:
            unscored.setdefault(figure["reason"], []).append(name)
        else:
            yield _line(name, figure)
    for reason, names in unscored.items():
        yield f"  unscored, since {reason}: {', '.join(names)}"


def wrong(results: tuple[Json, ...], scores: Json) -> Iterator[str]:
    """The questions that went wrong, with what was expected and what was said."""
    for one in results:
        if scores["questions"][one["id"]]["right"] != 0:
            continue
        question = one["question"]
        yield f"\n{one['id']} ({question.get('type', '')}): {question['question']}"
        yield f"  expected: {question.get('evidence', [])[:2] if question['answerable'] else 'abstention'}"
        yield from (f"  - {line}" for line in said(one["answer"]))


def said(answer: Json | None, n_claims: int = 3) -> list[str]:
    """An answer in short: its first claims, or that it abstained."""
    if answer is None:
        return ["(could not be asked)"]
    if answer["kind"] == "abstention":
        return [f"(abstained, confidence {answer['confidence']})"]
    return [claim["text"] for claim in answer["claims"][:n_claims]]


def number(value: float | None) -> str:
    """A figure to three places."""
    return "–" if value is None else f"{value:.3f}"


def _line(name: str, figure: Json) -> str:
    interval = f"[{number(figure['low'])}, {number(figure['high'])}]"
    return f"  {name:30} {number(figure['value'])}  {interval:16} n={figure['n']}"


def _times(about: Json, scores: Json) -> Iterator[str]:
    yield f"{'ms':12} {'p50':>8} {'p95':>8} {'p99':>8}"
    for stage, found in scores["curves"]["latency_ms"].items():
        name = "model alone" if stage == "bare" else stage
        if found["n"]:
            yield f"{name:12} {found['p50']:8.2f} {found['p95']:8.2f} {found['p99']:8.2f}"
    rate, peak = about["throughput"]["per_s"], about["memory_mb"]["peak"]
    yield f"{rate or 0:.1f} questions a second, {about['concurrency']} at once; {peak or '?'} MB of memory at most"
