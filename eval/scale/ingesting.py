"""A real `onrecord ingest`, watched from outside, between two embeddings of the same passages by the model alone.

Example: `measure(articles, library)` is `{"ingest": {"passages": 10006, "wall_s": 92.1, …, "memory": [[0.5, 61, 40],
…]}, "bare": [{"n": 10000, …}, {"n": 10000, …}], "disk": {"catalog": 31_000_000, …}}`.
"""

from __future__ import annotations

import json
import resource
import shutil
import subprocess
import sys
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from eval.scale.memory import counted_memory_of

if TYPE_CHECKING:
    from pathlib import Path

ONRECORD = [sys.executable, "-m", "onrecord"]
_EVERY_S = 0.5
_POINTS = 240  # of the course of memory that are kept
_MB = 1_000_000


def measure(articles: Path, library: Path) -> dict[str, Any]:
    """Makes the library anew; the model alone comes before and after, since a machine's speed drifts."""
    shutil.rmtree(library, ignore_errors=True)
    before = bare(articles)
    ingested = ingest(articles, library)
    after = bare(articles)
    return {"ingest": ingested, "bare": [before, after], "disk": disk(library)}


def bare(articles: Path) -> dict[str, Any]:
    """Time that the model alone needs for the passages."""
    command = [sys.executable, "-m", "eval.scale.bare", "passages", str(articles)]
    found: dict[str, Any] = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)
    return found


def ingest(articles: Path, library: Path) -> dict[str, Any]:
    """What it reported, its time, and the course of its memory: `[seconds, private MB, mapped MB]`.

    Raises:
        RuntimeError: It failed; says what it wrote.
    """
    command = [*ONRECORD, "ingest", str(articles), "--library", str(library), "--json"]
    usage, started = _children_s(), time.perf_counter()
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        memory = _watched(process, started)
        out, errors = process.communicate()
    wall_s, processor_s = time.perf_counter() - started, _children_s() - usage
    if process.returncode:
        message = f"{' '.join(command)} ended with exit code {process.returncode}: {errors or out}"
        raise RuntimeError(message)
    report = json.loads(out)
    return {
        "articles": report["added"],
        "passages": report["passages"],
        "wall_s": round(wall_s, 2),
        "processor_s": round(processor_s, 2),
        "memory": memory[:: -(-len(memory) // _POINTS) or 1],
        "peak_private_mb": max((private for _, private, _ in memory), default=0.0),
    }


def disk(library: Path) -> dict[str, int]:
    """Bytes that each part of a library occupies, by the names of files and folders without what follows a dot."""
    parts: dict[str, int] = {}
    for path in library.rglob("*"):
        if path.is_file():
            part = path.relative_to(library).parts[0].partition(".")[0]
            parts[part] = parts.get(part, 0) + 512 * path.stat().st_blocks
    return dict(sorted(parts.items()))


def _watched(process: subprocess.Popen[str], started: float) -> list[list[float]]:
    samples: list[list[float]] = []
    while process.poll() is None:
        with suppress(OSError):  # it ends between two looks
            memory = counted_memory_of(process.pid)
            second = time.perf_counter() - started
            samples.append([round(second, 1), round(memory.private / _MB, 1), round(memory.mapped / _MB, 1)])
        with suppress(subprocess.TimeoutExpired):
            process.wait(_EVERY_S)
    return samples


def _children_s() -> float:
    """Processor time of all children that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
