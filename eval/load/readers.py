"""Readers of a server, each with a connection of its own, who ask one question after the other.

Example: `ask_for(60, Crowd(address, questions, n=50, think_s=(1.0, 2.0)))` is a list of
`Reply(at_s=12.1, latency_ms=14.2, status=200)`, one for each question.

A person reads the answer before asking again: after each answer a reader thinks for a time drawn evenly from `think_s`,
so that fifty readers ask about 33 questions a second, whatever the server does. Readers who do not think (`(0, 0)`) ask
as soon as they are answered: fifty of them keep fifty questions waiting, and the latency is the queue that they make.
"""

from __future__ import annotations

import json
import random
import threading
import time
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

ANSWERED, BROKEN = 200, 0
REFUSED = frozenset({429, 503})
_PATIENCE_S = 120
_KINDS = frozenset({"answer", "abstention"})


@dataclass(frozen=True, slots=True)
class Reply:
    """What came of one question.

    Args:
        at_s: When it was asked, from the first one on.
        latency_ms: Until the whole response was read.
        status: 200 for a whole answer, 0 where the connection broke or what came was no answer.
    """

    at_s: float
    latency_ms: float
    status: int


@dataclass
class Crowd:
    """Readers and what they ask.

    Args:
        n: How many they are.
        think_s: Shortest and longest time between an answer and the next question.
        pause_s: How long a reader who was refused waits; the server says a second.
    """

    address: str
    questions: Sequence[str]
    n: int
    think_s: tuple[float, float] = (0.0, 0.0)
    pause_s: float = 1.0
    replies: list[Reply] = field(default_factory=list)

    def read(self, number: int, until: float, started: float) -> None:
        """One reader, until the time has come; runs in a thread of its own."""
        numbers = random.Random(number)
        time.sleep(numbers.uniform(0, self.think_s[1]))  # they do not come all at once
        connection = connect(self.address)
        while (now := time.perf_counter()) < until:
            status = ask(connection, numbers.choice(self.questions))
            answered = time.perf_counter()
            self.replies.append(Reply(now - started, 1000 * (answered - now), status))
            time.sleep(self.pause_s if status in REFUSED else numbers.uniform(*self.think_s))
        connection.close()


def ask_for(seconds: float, crowd: Crowd, watch: Callable[[float], None] | None = None) -> list[Reply]:
    """What came of each question of the crowd.

    Args:
        seconds: How long they go on asking.
        watch: Called about once a second, with the seconds that have passed.
    """
    started = time.perf_counter()
    until = started + seconds
    readers = [threading.Thread(target=crowd.read, args=(number, until, started)) for number in range(crowd.n)]
    for reader in readers:
        reader.start()
    while watch and (now := time.perf_counter()) < until:
        watch(now - started)
        time.sleep(min(1.0, max(0.0, until - now)))
    for reader in readers:
        reader.join()
    return crowd.replies


def named(status: int) -> str:
    """The status as a reader of a table knows it."""
    return "connection broken" if status == BROKEN else str(status)


def connect(address: str) -> HTTPConnection:
    """A connection, which is made when it is first used, and again when the server has closed it."""
    return HTTPConnection(urlsplit(address).netloc, timeout=_PATIENCE_S)


def ask(connection: HTTPConnection, question: str) -> int:
    """The status of the answer, which has been read to its end; `BROKEN` where there is no whole one."""
    body = json.dumps({"question": question, "mode": "extractive"}).encode()
    try:
        connection.request("POST", "/v1/ask", body, {"Content-Type": "application/json"})
        response = connection.getresponse()
        content = response.read()
        is_whole = response.status != ANSWERED or json.loads(content)["kind"] in _KINDS
    except (OSError, HTTPException, ValueError, KeyError):
        connection.close()
        return BROKEN
    return response.status if is_whole else BROKEN
