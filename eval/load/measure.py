"""Loads a real server and measures it: `onrecord eval load --library DIR --out docs/benchmarks.md`.

A copy of the library is served, and one round of articles ingested by way of the server. One reader asks alone, which
is the latency without load. Then, while rounds of articles of the same ids go on being ingested, readers who think ask
for the whole time, after them as many who do not think, and more than are let in. At the end the server is told to stop
while it answers.

Example: `measure(Given(library, minutes=1))` is `{"unloaded": {"p50": 8.9, …}, "loaded": {…}, "closed": {…}, …}`.
"""

from __future__ import annotations

import shutil
import signal
import subprocess
import tempfile
import threading
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from eval.generate import DATA, articles, questions, read_runs
from eval.latency import percentiles
from eval.load.ingest import Rounds
from eval.load.readers import ANSWERED, BROKEN, REFUSED, Crowd, ask, ask_for, connect, named
from eval.scale.measure import circumstances, say
from eval.scale.memory import counted_memory_of, processor_s
from eval.scale.serving import served
from ingest.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Sequence

    from eval.load.readers import Reply
    from eval.scale.serving import Server

    Json = dict[str, Any]

_ALONE, _WARMING = 330, 30  # questions without load, of which the first are not counted
_CLOSED_S, _CROWDED_S = 60.0, 10.0  # of readers who do not think; a quarter of the whole time where that is less
_CROWD = 3  # times the questions that the server lets in
_UNDER_WAY = 24  # questions when it is told to stop
_SAY_S = 30
_MB = 1_000_000


@dataclass(frozen=True, slots=True)
class Given:
    """What is measured.

    Args:
        library: Copied; the original is only read.
        think_s: Shortest and longest time between an answer and a reader's next question.
        data: Folder of the texts that articles and questions are from.
    """

    library: Path
    readers: int = 50
    minutes: float = 10
    think_s: tuple[float, float] = (1.0, 2.0)
    data: Path = DATA
    seed: int = 0


def measure(given: Given) -> Json:
    """What was measured.

    Raises:
        DataError: The texts are not there.
        OSError: The library cannot be copied.
    """
    asked = questions(given.data, given.seed)
    made = articles(read_runs(given.data, given.seed), given.seed)
    with tempfile.TemporaryDirectory(prefix="onrecord-load-") as name:
        library = Path(name) / "library"
        shutil.copytree(given.library, library)
        with served(library) as server:
            rounds = Rounds(library, made, Path(name))
            say("the first articles are ingested")
            rounds.once()
            found = _asked(given, server, asked, rounds)
            say("the server is told to stop while it answers")
            found["stopped"] = _stopped(server, asked)
    about = {"readers": given.readers, "minutes": given.minutes, "think_s": given.think_s}
    return found | {"given": about, "measured": circumstances()}


def _asked(given: Given, server: Server, asked: Sequence[str], rounds: Rounds) -> Json:
    whole_s = 60 * given.minutes
    closed_s, crowded_s = min(_CLOSED_S, whole_s / 4), min(_CROWDED_S, whole_s / 4)
    say("one reader asks alone")
    alone = _alone(server, asked)
    memory = _Memory(server.pid)
    with rounds:
        say(f"{given.readers} readers ask for {given.minutes:g} minutes")
        crowd = Crowd(server.address, asked, given.readers, given.think_s)
        used = processor_s(server.pid)
        loaded = ask_for(whole_s, crowd, lambda at_s: memory.look(at_s, crowd.replies))
        used = (processor_s(server.pid) - used) / whole_s
        say(f"they do not think, for {closed_s:g} s")
        closed = ask_for(closed_s, Crowd(server.address, asked, given.readers))
        n_crowd = _CROWD * Settings().questions_at_once
        say(f"{n_crowd} readers ask for {crowded_s:g} s")
        crowded = ask_for(crowded_s, Crowd(server.address, asked, n_crowd))
    return {
        "alone": alone,
        "loaded": _summary(loaded, whole_s) | {"cores": round(used, 2)},
        "closed": _summary(closed, closed_s),
        "crowded": _summary(crowded, crowded_s) | {"readers": n_crowd, "let_in": n_crowd // _CROWD},
        "memory_mb": memory.seen,
        "ingested": {"articles": rounds.articles, "passages": rounds.passages, "failures": rounds.failures[:3]},
    }


def _alone(server: Server, asked: Sequence[str]) -> Json:
    connection = connect(server.address)
    taken = []
    for question in asked[:_ALONE]:
        started = time.perf_counter()
        ask(connection, question)
        taken.append(1000 * (time.perf_counter() - started))
    connection.close()
    return percentiles(taken[_WARMING:])


def _summary(replies: Sequence[Reply], seconds: float) -> Json:
    """Answers, refusals and errors, each with its own latencies."""
    by_status = Counter(reply.status for reply in replies)
    latencies = [reply.latency_ms for reply in replies if reply.status == ANSWERED]
    refusals = [reply.latency_ms for reply in replies if reply.status in REFUSED]
    return {
        "answered": by_status[ANSWERED],
        "a_second": round(by_status[ANSWERED] / seconds, 1),
        "refused": len(refusals),
        "errors": {named(status): n for status, n in by_status.items() if status not in {ANSWERED, *REFUSED}},
        "latency_ms": percentiles(latencies),
        "refusal_ms": percentiles(refusals),
    }


class _Memory:
    """Private memory of the server over time: `[second, MB]`; says how far the run is, too."""

    def __init__(self, pid: int) -> None:
        self.seen: list[tuple[float, float]] = []
        self._pid = pid
        self._said_at_s = 0.0

    def look(self, at_s: float, replies: Sequence[Reply]) -> None:
        private = counted_memory_of(self._pid).private / _MB
        self.seen.append((round(at_s, 1), round(private, 1)))
        if at_s >= self._said_at_s + _SAY_S:
            self._said_at_s = at_s
            now = _summary(list(replies), at_s)
            latency = now["latency_ms"]
            say(
                f"{at_s:.0f} s: {now['answered']:,} answered, {now['refused']} refused, errors "
                f"{now['errors'] or 'none'}, p50 {latency['p50']} ms, p99 {latency['p99']} ms, {private:.0f} MB"
            )


def _stopped(server: Server, asked: Sequence[str]) -> Json:
    """What became of questions that were being answered when the server was told to stop."""
    statuses: list[int] = []

    def read(question: str) -> None:
        statuses.append(ask(connect(server.address), question))

    readers = [threading.Thread(target=read, args=(question,)) for question in asked[-_UNDER_WAY:]]
    for reader in readers:
        reader.start()
    while not statuses:  # the first answer is there, so the server has read the other questions and is at work
        time.sleep(0.001)
    under_way, started = len(readers) - len(statuses), time.perf_counter()
    server.process.send_signal(signal.SIGTERM)
    for reader in readers:
        reader.join()
    with suppress(subprocess.TimeoutExpired):
        server.process.wait(30)
    return {
        "under_way": under_way,
        "whole": statuses.count(ANSWERED),
        "asked": len(readers),
        "broken": statuses.count(BROKEN),
        "seconds": round(time.perf_counter() - started, 2),
        "exit_code": server.process.returncode,
    }
