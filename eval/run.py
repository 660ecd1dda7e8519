"""Asks every question of a set, and keeps what came back: `onrecord eval run --data seeds --out runs/today`.

Example: a line of `results.jsonl` is `{"id": "seed-001", "question": {…}, "answer": {…}, "retrieved": […], …}`.
Every quote is read again in its document at once, and what stands there is kept beside it, in `cited`.
"""

from __future__ import annotations

import random
import shutil
import time
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from eval import trec
from eval.circumstances import circumstances, hash_of, peak_memory_mb, sources_hash
from eval.data import in_split
from eval.door import DEPTH, RefusedError
from eval.gold import Gold
from eval.latency import percentiles
from eval.opening import opened
from eval.stored import FORMAT, Record, RunError, differing, read_run, write_json, write_lines
from service.errors import CitationError, QuestionError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from eval.data import Dataset, Question
    from eval.opening import Place
    from eval.stored import StoredRun

    Json = dict[str, Any]
    Progress = Callable[[str, int, int], None]

_BARE_EVERY = 4  # questions; so often the model alone is timed on the question
_SHOWN = 5  # best passages of which the text is kept


@dataclass(frozen=True, slots=True)
class Options:
    """How a set is asked; part of what makes two runs the same.

    Args:
        limit: How many questions, drawn at random by `seed`; all when `None`.
        concurrency: Questions under way at once. Their times are those of a system with so much to do.
    """

    mode: str = "auto"
    limit: int | None = None
    seed: int = 0
    split: str | None = None
    concurrency: int = 1


def run(
    dataset: Dataset,
    folder: Path,
    options: Options,
    *,
    library: Path | None = None,
    url: str | None = None,
    place: Place | None = None,
    changed: dict[str, float] | None = None,
    on_progress: Progress | None = None,
) -> StoredRun:
    """The run in the folder, finished; what was asked before with the same settings is not asked again.

    Args:
        folder: Where it is kept.
        library: To ask; one of its own when there is neither this nor `url`.
        url: Of a server to ask.
        place: Already open, with the set's articles in it; goes before `library` and `url`.
        changed: What was set otherwise than in the code, by name; a run with other values is another run.
        on_progress: Called with what is being done, how far, and of how much (0: unknown).

    Raises:
        RunError: The folder holds a run with other settings.
        AskError: The server cannot be asked.
    """
    report = on_progress or (lambda _what, _done, _total: None)
    questions = drawn(dataset, options)
    settings = {
        "dataset": dataset.content_hash(),
        "library": url or (str(library.absolute()) if library else "its own"),
        "depth": DEPTH,
        "sources": sources_hash(),
        **asdict(options),
        **(changed or {}),
    }
    with Record(folder, settings, hash_of(settings)) as record:
        if record.about and record.about["complete"]:
            return read_run(folder)
        own = folder / "library"
        with ExitStack() as stack:
            here = place or stack.enter_context(
                opened(dataset, library, url, own, lambda done, _: report("ingesting", done, 0))
            )
            about = _begin(record, folder, dataset, settings, here, len(questions))
            gold = Gold(here.door)
            started = time.perf_counter()
            results = _ask_all(questions, record, here, gold, options, report)
            _finish(folder, about, results, gold, len(questions) - len(record.kept), time.perf_counter() - started)
        shutil.rmtree(own, ignore_errors=True)
        return read_run(folder)


def drawn(dataset: Dataset, options: Options) -> list[Question]:
    """The questions to ask, in the order of the set.

    Raises:
        RunError: There is none in the split.
    """
    questions = [question for question in dataset.questions if in_split(question.id, options.split)]
    if not questions:
        message = f"no question of {dataset.path} is in the split {options.split!r}"
        raise RunError(message)
    if options.limit is None or options.limit >= len(questions):
        return questions
    chosen = sorted(random.Random(options.seed).sample(range(len(questions)), options.limit))
    return [questions[i] for i in chosen]


def _begin(record: Record, folder: Path, dataset: Dataset, settings: Json, place: Place, n_questions: int) -> Json:
    """Writes down how this is asked, or sees that the library is still what it was."""
    held = {name: value for name, value in place.door.status().items() if name in _OF_THE_LIBRARY}
    if record.about:
        if changed := differing(record.about["library"], held):
            message = f"the library is not what it was when {folder} was begun ({'; '.join(changed)}); begin anew"
            raise RunError(message)
        return record.about
    about = {
        "format": FORMAT,
        "name": folder.absolute().name,
        "complete": False,
        **circumstances(),
        "dataset": {
            "name": dataset.path.absolute().name,
            "path": str(dataset.path),
            "hash": settings["dataset"],
            "documents": held["documents"],
            "questions": n_questions,
            "split": settings["split"],
        },
        "settings": settings,
        "settings_hash": hash_of(settings),
        **{name: settings[name] for name in ("mode", "seed", "limit", "concurrency")},
        "library": held,
        "failed_articles": place.failed,
        "served": place.is_served,
    }
    write_json(folder / "run.json", about)
    return about


_OF_THE_LIBRARY = {"documents", "passages", "model", "splitter", "format"}


def _ask_all(
    questions: Sequence[Question], record: Record, place: Place, gold: Gold, options: Options, report: Progress
) -> list[Json]:
    """All results in the order of the questions; those of an earlier sitting are marked as cached."""
    results = {id_: kept | {"cached": True} for id_, kept in record.kept.items()}
    wanted = [(number, question) for number, question in enumerate(questions) if question.id not in results]
    report("asking", len(results), len(questions))
    for result in _asked(wanted, place, gold, options):
        record.append(result)
        results[result["id"]] = result
        report("asking", len(results), len(questions))
    return [results[question.id] for question in questions]


def _asked(wanted: list[tuple[int, Question]], place: Place, gold: Gold, options: Options) -> Iterator[Json]:
    """Results as they come; never more questions under way than the options say."""
    pool = ThreadPoolExecutor(options.concurrency, thread_name_prefix="ask")
    try:
        under_way = set()
        for number, question in wanted:
            bare = place.encoder if number % _BARE_EVERY == 0 else None
            under_way.add(pool.submit(_one, question, place, gold, options.mode, bare))
            if len(under_way) >= options.concurrency:
                done, under_way = wait(under_way, return_when=FIRST_COMPLETED)
                yield from (future.result() for future in done)
        for future in under_way:
            yield future.result()
    finally:
        pool.shutdown(cancel_futures=True)


def _one(question: Question, place: Place, gold: Gold, mode: str, bare: Any) -> Json:
    answer, error, retrieved = None, None, []
    started = time.perf_counter()
    try:
        answer = place.door.ask(question.question, mode, question.earlier())
        latency_ms = _since(started)
        retrieved = place.door.search(answer["query"])
    except (QuestionError, CitationError, RefusedError) as refused:
        latency_ms, error = _since(started), str(refused)
    bare_ms = None
    if bare is not None:
        started = time.perf_counter()
        bare.encode_question(question.question)
        bare_ms = _since(started)
    return {
        "id": question.id,
        "question": question.fields,
        "answer": answer,
        "retrieved": [_ranked(rank, found) for rank, found in enumerate(retrieved, start=1)],
        "latency_ms": latency_ms,
        "bare_ms": bare_ms,
        "tokens": _tokens(answer),
        "cost": None,  # what a token costs is the endpoint's to say
        "error": error,
        "cached": False,
        "gold": gold.of(question),
        "cited": [_cited(gold, citation) for citation in citations(answer)],
        "cluster": question.cluster,
    }


def _tokens(answer: Json | None) -> Json | None:
    """What a model read and wrote for an answer; `None` where none did, or it does not say."""
    usage = (answer or {}).get("usage")
    return {"in": usage["tokens_in"], "out": usage["tokens_out"]} if usage else None


def citations(answer: Json | None) -> list[Json]:
    """Every citation of an answer, claim by claim; none of an abstention."""
    return [citation for claim in (answer or {}).get("claims", []) for citation in claim["citations"]]


def _ranked(rank: int, found: Json) -> Json:
    names = ("passage_id", "document_id", "start", "end", "score")
    return {"rank": rank} | {name: found[name] for name in names}


def _cited(gold: Gold, citation: Json) -> Json:
    place = {name: citation[name] for name in ("document_id", "start", "end")}
    return place | {"text": gold.text(citation["document_id"], citation["start"], citation["end"])}


def _finish(folder: Path, about: Json, results: list[Json], gold: Gold, n_asked: int, seconds: float) -> None:
    wanted = {found["passage_id"] for one in results for found in one["retrieved"][:_SHOWN]}
    wanted |= {citation["passage_id"] for one in results for citation in citations(one["answer"])}
    passages = [gold.passage(id_) for id_ in sorted(wanted)]
    write_lines(folder / "passages.jsonl", [passage for passage in passages if passage])
    trec.write(folder, results)
    write_lines(folder / "results.jsonl", results)
    answers = [one["answer"] for one in results if one["answer"]]
    relevant = {id_ for one in results for id_ in one["question"].get("relevant", [])}
    about |= {
        "complete": True,
        "missing_documents": sorted(id_ for id_ in relevant if gold.document(id_) is None),
        "model": next((answer["model"] for answer in answers if answer.get("model")), None),
        "prompt_versions": {v: v for v in sorted({a["prompt_version"] for a in answers if a.get("prompt_version")})},
        "bare": {"embed_ms": percentiles([one["bare_ms"] for one in results if one["bare_ms"] is not None])},
        "memory_mb": {"peak": None if about["served"] else peak_memory_mb()},
        "seconds": round(seconds, 3),
        "throughput": {"questions": n_asked, "per_s": round(n_asked / seconds, 3) if n_asked else None},
    }
    write_json(folder / "run.json", about)


def _since(started: float) -> float:
    return round(1000 * (time.perf_counter() - started), 3)
