"""A configured model as a judge of answers, and how far people agree with it: `onrecord eval judge RUN --labels FILE`.

Example: a line of `RUN/judged.jsonl` is `{"id": "seed-001", "label": "right", "reason": "…", "prompt": "ab12…", …}`.
A judge is asked for a label and never for a number, once more when it gives none, and what it then cannot say is
*unscored*: not wrong. Its agreement with people comes before its verdicts, and below a kappa of 0.6 on 100 labels they
decide nothing.
Sources: Cohen 1960 for kappa; its interval by resampling the labelled answers.
"""

from __future__ import annotations

import asyncio
import json
import secrets
from typing import TYPE_CHECKING, Any

import numpy as np

from eval.intervals import Figure, pooled
from eval.stored import RunError, append_line, cut_torn_line, read_lines, write_json
from prompts.load import read as read_prompt
from service.errors import LlmError, LlmReplyError
from service.llm import Usage

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from eval.stored import StoredRun
    from prompts.load import Prompt
    from service.llm import Llm

    Json = dict[str, Any]

NAME = "judged right"
LABELS = ("right", "partly", "wrong")
KAPPA, ENOUGH_LABELS = 0.6, 100
_FILE, _AGREEMENT = "judged.jsonl", "judge.json"
_ASKS = 2
_AT_ONCE = 4
_TOKENS = 200
_SCHEMA = {
    "type": "object",
    "properties": {"reason": {"type": "string"}, "label": {"type": "string", "enum": list(LABELS)}},
    "required": ["reason", "label"],
    "additionalProperties": False,
}


def judge(run: StoredRun, llm: Llm, on_progress: Callable[[str, int, int], None] | None = None) -> list[Json]:
    """A verdict for every answer of the run, in its order; what this judge has judged before is not asked again.

    Raises:
        LlmError: The endpoint refuses every request, or cannot be reached.
    """
    prompt = read_prompt("judge")
    path = run.folder / _FILE
    known = {line["id"]: line for line in _kept(path) if _is_of(line, prompt, llm)}
    wanted = [one for one in run.results if one["answer"] and one["id"] not in known]
    report = on_progress or (lambda _what, _done, _total: None)

    async def ask_all() -> None:
        places = asyncio.Semaphore(_AT_ONCE)

        async def ask(result: Json) -> None:
            async with places:
                verdict = await _verdict(result, prompt, llm)
            known[result["id"]] = verdict
            append_line(path, verdict)
            report("judging", len(known), len(known) + len(wanted))

        try:
            async with asyncio.TaskGroup() as tasks:
                for result in wanted:
                    tasks.create_task(ask(result))
        finally:
            await llm.aclose()

    try:
        asyncio.run(ask_all())
    except* LlmError as errors:
        raise errors.exceptions[0] from None
    return [known[one["id"]] for one in run.results if one["id"] in known]


def read_labels(path: Path) -> dict[str, str]:
    """Labels that people gave, by question.

    Raises:
        RunError: A line of the file has no `id`, or no label that the judge could give.
    """
    labels = {}
    for number, line in enumerate(read_lines(path), start=1):
        if not isinstance(line.get("id"), str) or line.get("label") not in LABELS:
            message = f"{path}, line {number}: it needs an `id` and a `label` that is one of {', '.join(LABELS)}"
            raise RunError(message)
        labels[line["id"]] = line["label"]
    return labels


def agreement(verdicts: Sequence[Json], labels: Mapping[str, str]) -> Json:
    """How far people agree with the judge, over the answers that both have labelled.

    Returns:
        `kappa` with its interval, `n`, `base_rate` (what a judge would reach that always gave the label that people
        gave most), `accuracy`, `unscored`, and `decides`: whether that is enough to gate by.
    """
    pairs = [(one["label"], labels[one["id"]]) for one in verdicts if one["label"] and one["id"] in labels]
    codes = np.array([[LABELS.index(label) for label in pair] for pair in pairs], float).reshape(-1, 2)
    kappa = pooled(_kappa, (codes[:, 0], codes[:, 1]), [str(i) for i in range(len(codes))])
    kappa = kappa if codes.size else Figure(None, None, None, 0)
    people = [label for _, label in pairs]
    return {
        "kappa": kappa._asdict() | {"n": len(pairs)},
        "base_rate": max(map(people.count, LABELS)) / len(people) if people else None,
        "accuracy": sum(one == other for one, other in pairs) / len(pairs) if pairs else None,
        "unscored": sum(one["label"] is None for one in verdicts),
        "decides": kappa.value is not None and kappa.value >= KAPPA and len(pairs) >= ENOUGH_LABELS,
    }


def keep(run: StoredRun, found: Json) -> None:
    """Writes the judge's agreement beside the run."""
    write_json(run.folder / _AGREEMENT, found)


def judged(run: StoredRun) -> dict[str, float | None]:
    """1 for an answer that the judge found right, 0 for another, `None` for one that it could not judge."""
    path = run.folder / _FILE
    lines = _kept(path)
    return {line["id"]: None if line["label"] is None else float(line["label"] == "right") for line in lines}


def decides(run: StoredRun) -> bool:
    """Whether the judge of this run agrees with people well enough to gate by."""
    path = run.folder / _AGREEMENT
    return path.exists() and bool(json.loads(path.read_text(encoding="utf-8")).get("decides"))


def _kept(path: Path) -> list[Json]:
    """Verdicts so far; a last one that was not written to its end is removed."""
    if not path.exists():
        return []
    cut_torn_line(path)
    return read_lines(path)


async def _verdict(result: Json, prompt: Prompt, llm: Llm) -> Json:
    """One verdict; asked once more when the reply has no label."""
    usage = Usage()
    text = prompt.fill(**_fields(result), fence=f"<<<{secrets.token_hex(8)}>>>")
    found: Json = {"label": None, "reason": "the judge gave no label"}
    for _ in range(_ASKS):
        try:
            parsed = _parsed(await llm.complete(text, usage, _SCHEMA, _TOKENS))
        except LlmReplyError:
            parsed = None
        if parsed:
            found = parsed
            break
    tokens = {"in": usage.tokens_in, "out": usage.tokens_out}
    return {"id": result["id"], **found, "prompt": prompt.version, "model": llm.model, "tokens": tokens}


def _fields(result: Json) -> dict[str, str]:
    question, answer = result["question"], result["answer"]
    expected = [*question.get("answers", []), *question.get("evidence", []), *question.get("key_facts", [])]
    said = "\n".join(claim["text"] for claim in answer.get("claims", []))
    return {
        "question": question["question"],
        "expected": "\n".join(expected) if question["answerable"] else "nothing",
        "answer": said or "The articles do not say.",
    }


def _parsed(reply: str) -> Json | None:
    start, end = reply.find("{"), reply.rfind("}")
    try:
        found = json.loads(reply[start : end + 1])
    except ValueError:
        return None
    if not isinstance(found, dict) or found.get("label") not in LABELS:
        return None
    return {"label": found["label"], "reason": str(found.get("reason", ""))[:500]}


def _is_of(line: Json, prompt: Prompt, llm: Llm) -> bool:
    return bool(line["prompt"] == prompt.version and line["model"] == llm.model)


def _kappa(one: NDArray[np.float64], other: NDArray[np.float64]) -> float | None:
    """Agreement beyond what chance would give; `None` where all labels are the same and chance gives everything."""
    by_chance = sum(float((one == code).mean() * (other == code).mean()) for code in range(len(LABELS)))
    return None if by_chance >= 1 else (float((one == other).mean()) - by_chance) / (1 - by_chance)
