"""Real servers, asked over HTTP: how soon they are ready, how fast they answer, and what memory that takes.

Libraries of several sizes are served at once and asked in turn, so that a machine whose speed drifts is as kind to one
as to the other. No question is put twice to a server, so that none can be answered from a memory of the last time.

Example: `answering({10_000: library}, questions)` is `{10_000: {"doors": {"ask": {"none": {"p50_ms": 20.1, …}}}, …}}`.
"""

from __future__ import annotations

import itertools
import json
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import numpy as np

from eval.generate import FILTERS
from eval.scale.ingesting import ONRECORD
from eval.scale.memory import memory_of, processor_s

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

DOORS = {"ask": "question", "search": "query"}
WAYS = list(itertools.product(DOORS, FILTERS))
_BLOCK = 60  # questions of each way that one server is asked before it is another's turn
_WARMING = 10  # the first of these, which are not counted: the other server has taken the processor's caches
_FEW = 500  # questions after which memory is read for the first time
_MB = 1_000_000


@dataclass(frozen=True, slots=True)
class Server:
    """A server that is ready."""

    pid: int
    process: subprocess.Popen[str]
    address: str
    connection: HTTPConnection
    ready_s: float
    ready_processor_s: float


@contextmanager
def served(library: Path) -> Iterator[Server]:
    """A server of the library, ended when the context is left.

    Raises:
        RuntimeError: It ended by itself; says what it wrote.
    """
    command = [*ONRECORD, "serve", "--port", "0", "--library", str(library)]
    started = time.perf_counter()
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        try:
            address, ready_s = _address(process), time.perf_counter() - started
            connection = HTTPConnection(urlsplit(address).netloc, timeout=600)
            yield Server(process.pid, process, address, connection, ready_s, processor_s(process.pid))
            connection.close()
        finally:
            process.send_signal(signal.SIGTERM)


def _address(process: subprocess.Popen[str]) -> str:
    lines = []
    for line in process.stderr or ():
        if "http://" in line:
            return line[line.index("http://") :].split()[0]
        lines.append(line)
    message = f"the server was not ready: {''.join(lines)}"
    raise RuntimeError(message)


def starting(libraries: Mapping[str, Path], rounds: int) -> dict[str, dict[str, float]]:
    """Medians over the rounds for each library: seconds until it was ready, and milliseconds of a first question."""
    times: dict[str, list[tuple[float, float, float]]] = defaultdict(list)
    for _, (name, library) in itertools.product(range(rounds), libraries.items()):
        with served(library) as server:
            first_ms, _ = _asked(server, "ask", "none", "Who was the first president?")
            times[name].append((server.ready_s, server.ready_processor_s, first_ms))
    names = ("ready_s", "processor_s", "first_ms")
    return {
        name: {
            what: round(statistics.median(column), 3)
            for what, column in zip(names, zip(*rows, strict=True), strict=True)
        }
        for name, rows in times.items()
    }


def answering(libraries: Mapping[str, Path], questions: Sequence[str], most: int) -> dict[str, dict[str, Any]]:
    """How each library is answered from, by door and filter, with the model's own time in the same answers.

    Args:
        libraries: By name.
        questions: Each way of asking gets its own.
        most: Questions of each way that are counted; fewer when there are not so many.
    """
    n_each = min(-(-most // (_BLOCK - _WARMING)) * _BLOCK, len(questions) // len(WAYS))
    alone = [_embedding_alone(questions[:most])]
    asked: dict[str, _Asked] = {}
    with ExitStack() as stack:
        servers = {name: stack.enter_context(served(library)) for name, library in libraries.items()}
        asked = {name: _Asked(server) for name, server in servers.items()}
        for first, one in itertools.product(range(0, n_each, _BLOCK), asked.values()):
            one.connect_anew()
            for step, way in itertools.product(range(first, min(first + _BLOCK, n_each)), range(len(WAYS))):
                one.ask(WAYS[way], questions[way * n_each + step], counts=step - first >= _WARMING)
        found = {name: one.summary() for name, one in asked.items()}
    alone.append(_embedding_alone(questions[:most]))
    embedding = min(alone, key=lambda one: one["p50_ms"])  # the one that other work on the machine disturbed less
    return {name: {**summary, "embedding_alone": embedding} for name, summary in found.items()}


class _Asked:
    """One server and what came of asking it."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._latencies: dict[tuple[str, str], list[float]] = defaultdict(list)
        self._stages: dict[tuple[str, str], list[dict[str, float]]] = defaultdict(list)
        self._found: dict[tuple[str, str], int] = defaultdict(int)
        self._processor_s: dict[tuple[str, str], float] = defaultdict(float)
        self._n = 0
        self._memory: list[dict[str, float]] = []

    def connect_anew(self) -> None:
        """Lets go of the connection, since a server closes one that is quiet; the next question opens another."""
        self._server.connection.close()

    def ask(self, way: tuple[str, str], question: str, *, counts: bool) -> None:
        processor = processor_s(self._server.pid)
        latency_ms, answer = _asked(self._server, *way, question)
        processor = processor_s(self._server.pid) - processor
        self._n += 1
        if self._n == _FEW:
            self._look()
        if counts:
            self._latencies[way].append(latency_ms)
            self._processor_s[way] += processor  # in steps of a hundredth, which even out over many questions
            self._stages[way].append(answer["timings_ms"])
            self._found[way] += bool(answer.get("claims") or answer.get("passages"))

    def summary(self) -> dict[str, Any]:
        self._look()
        doors: dict[str, dict[str, Any]] = {door: {} for door in DOORS}
        for door, name in WAYS:
            doors[door][name] = self._of(door, name)
        return {"doors": doors, "memory": self._memory}

    def _of(self, door: str, name: str) -> dict[str, Any]:
        latencies, stages = self._latencies[door, name], self._stages[door, name]
        p50, p95, p99 = np.percentile(latencies, [50, 95, 99])
        medians = {
            stage: round(statistics.median(one.get(stage, 0.0) for one in stages), 3)
            for stage in dict.fromkeys(itertools.chain(*stages))
        }
        return {
            "n": len(latencies),
            "found": self._found[door, name],
            "p50_ms": round(float(p50), 2),
            "p95_ms": round(float(p95), 2),
            "p99_ms": round(float(p99), 2),
            "processor_ms": round(1000 * self._processor_s[door, name] / len(latencies), 2),
            "stages_ms": medians,
            "rest_ms": round(
                statistics.median(latency - sum(one.values()) for latency, one in zip(latencies, stages, strict=True)),
                3,
            ),
        }

    def _look(self) -> None:
        memory = memory_of(self._server.pid)
        self._memory.append(
            {
                "questions": self._n,
                "private_mb": round(memory.private / _MB, 1),
                "mapped_mb": round(memory.mapped / _MB, 1),
            }
        )


def _asked(server: Server, door: str, name: str, question: str) -> tuple[float, dict[str, Any]]:
    """Milliseconds until the whole answer was read, and the answer.

    Raises:
        RuntimeError: The server answered with a problem.
    """
    body = json.dumps({DOORS[door]: question, "filters": FILTERS[name]}).encode()
    started = time.perf_counter()
    server.connection.request("POST", f"/v1/{door}", body, {"Content-Type": "application/json"})
    response = server.connection.getresponse()
    content = response.read()
    latency_ms = 1000 * (time.perf_counter() - started)
    if response.status != 200:
        message = f"/v1/{door} answered {response.status}: {content.decode(errors='replace')}"
        raise RuntimeError(message)
    return latency_ms, json.loads(content)


def _embedding_alone(questions: Sequence[str]) -> dict[str, float]:
    """Milliseconds of the model alone on the questions, in a process of its own."""
    handle, name = tempfile.mkstemp(suffix=".json")
    path = Path(name)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            json.dump(list(questions), file)
        command = [sys.executable, "-m", "eval.scale.bare", "questions", name]
        output = subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout
    finally:
        path.unlink()
    found: dict[str, float] = json.loads(output)
    return found
