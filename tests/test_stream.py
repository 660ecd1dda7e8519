"""Answers as server-sent events: what is sent and when, what becomes of errors, and of readers who leave."""

from __future__ import annotations

import asyncio
import shutil
import time
from typing import TYPE_CHECKING, Any

import httpx2
import pytest
from starlette.applications import Starlette
from starlette.routing import Route

from ingest.errors import DamagedError
from ingest.settings import Settings
from ingest.store import PassageIndex
from service.api import stream as api_stream
from service.api.app import create_app
from service.api.stream import as_sse
from service.errors import CitationError
from service.stream import Event
from tests.commands import wait_for
from tests.serving import asked, parsed, serving

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Iterator
    from pathlib import Path

    from starlette.requests import Request
    from starlette.responses import Response

    from ingest.embed import Encoder

QUESTION = "What did the State Department say about a delegation?"
UNANSWERED = "What did the mayor of Lagos say about flooding?"


@pytest.fixture(scope="module")
def opened(seed_library: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[PassageIndex]:
    """A copy of the library of the seeds."""
    folder = shutil.copytree(seed_library, tmp_path_factory.mktemp("stream") / "library")
    with PassageIndex.open(folder) as index:
        yield index


@pytest.fixture(scope="module")
def served(opened: PassageIndex, encoder: Encoder) -> Iterator[str]:
    """Address of a server of the seeds."""
    with serving(create_app(opened, encoder, Settings(_env_file=None))) as address:
        yield address


def _plain(address: str, question: str, **more: Any) -> dict[str, Any]:
    answer: dict[str, Any] = httpx2.post(f"{address}/v1/ask", json={"question": question, **more}).json()
    return answer


def _untimed(answer: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in answer.items() if name != "timings_ms"}


def test_the_events_joined_are_the_plain_answer(served: str) -> None:
    plain = _plain(served, QUESTION, conversation_id="c-1")
    events = asked(served, QUESTION, conversation_id="c-1")

    names = [name for name, _ in events]
    claims = [data for name, data in events if name == "claim"]
    assert names == ["retrieved", *["claim"] * len(plain["claims"]), "done"]
    assert [one["index"] for one in claims] == list(range(len(claims)))
    assert [one["claim"] for one in claims] == plain["claims"]
    assert _untimed(events[-1][1]) == _untimed(plain)


def test_the_first_event_says_what_is_looked_at(served: str) -> None:
    (name, data), *_, (_, answer) = asked(served, QUESTION)

    assert (name, data["query"]) == ("retrieved", QUESTION)
    assert {one["document_id"] for one in data["considered"]} == {*answer["cited"], *answer["considered"]}
    assert set(data["considered"][0]) == {"document_id", "outlet", "title", "published_on"}


def test_an_abstention_is_streamed_as_one(served: str) -> None:
    events = asked(served, UNANSWERED)

    assert [name for name, _ in events] == ["retrieved", "done"]
    assert _untimed(events[-1][1]) == _untimed(_plain(served, UNANSWERED))


def test_what_can_be_refused_is_refused_before_the_stream_begins(served: str) -> None:
    for body in ({"question": "?!"}, {"question": "Who?", "mode": "model"}):
        response = httpx2.post(f"{served}/v1/ask", json=body | {"stream": True})

        assert response.status_code == 422
        assert response.headers["content-type"] == "application/problem+json"


def test_filters_hold_in_a_stream_too(served: str) -> None:
    outlet = asked(served, QUESTION)[0][1]["considered"][0]["outlet"]
    considered = asked(served, QUESTION, filters={"outlets": [outlet]})[0][1]["considered"]

    assert {one["outlet"] for one in considered} == {outlet}


# --- on the way ----------------------------------------------------------------------------------------------------


class Feed:
    """An app of one route, which streams what it is given."""

    def __init__(self, make: Callable[[], AsyncGenerator[Event]]) -> None:
        self.stopping = asyncio.Event()
        self.loop: asyncio.AbstractEventLoop | None = None
        self._make = make
        self.app = Starlette(routes=[Route("/", self._feed)])

    async def _feed(self, request: Request) -> Response:
        self.loop = asyncio.get_running_loop()
        return as_sse(self._make(), request.scope, self.stopping)


def _event(number: int) -> Event:
    return Event("claim", {"index": number})


def test_an_event_is_sent_while_the_next_is_still_worked_on() -> None:
    async def slow() -> AsyncGenerator[Event]:
        yield _event(0)
        await asyncio.sleep(1)
        yield _event(1)

    with serving(Feed(slow).app) as address, httpx2.stream("GET", address) as response:
        started = time.monotonic()
        pieces = [(piece, time.monotonic() - started) for piece in response.iter_text()]

    assert parsed(pieces[0][0]) == [("claim", {"index": 0})]
    assert pieces[0][1] < 0.5 < 1 <= pieces[-1][1] + 0.05


def test_while_nothing_happens_comments_show_that_the_server_lives(monkeypatch: pytest.MonkeyPatch) -> None:
    async def slow() -> AsyncGenerator[Event]:
        await asyncio.sleep(0.5)
        yield _event(0)

    monkeypatch.setattr(api_stream, "HEARTBEAT_S", 0.1)
    with serving(Feed(slow).app) as address:
        text = httpx2.get(address).text

    assert text.startswith(": ping\n\n: ping\n\n")
    assert parsed(text) == [("claim", {"index": 0})]


@pytest.mark.parametrize(
    ("error", "status", "told"),
    [
        (CitationError("the citation 1 does not stand in 'a'"), 503, "does not stand"),
        (DamagedError("the library is damaged"), 503, "damaged"),
        (RuntimeError("secret=sk-123"), 500, "unexpected"),
    ],
)
def test_an_error_on_the_way_is_the_last_event(
    caplog: pytest.LogCaptureFixture, error: Exception, status: int, told: str
) -> None:
    async def failing() -> AsyncGenerator[Event]:
        yield _event(0)
        raise error

    with serving(Feed(failing).app) as address:
        text = httpx2.get(address).text

    (_, (name, problem)) = parsed(text)
    assert (name, problem["status"]) == ("error", status)
    assert told in problem["detail"]
    assert "sk-123" not in text + caplog.text


@pytest.mark.parametrize("reads_first", [True, False])
def test_the_work_stops_when_the_reader_leaves(reads_first: bool) -> None:
    begun: list[int] = []
    ended: list[int] = []

    async def endless() -> AsyncGenerator[Event]:
        begun.append(1)
        try:
            if reads_first:
                yield _event(0)
            await asyncio.sleep(60)
        finally:
            ended.append(1)

    with serving(Feed(endless).app) as address:
        for n in range(1, 21):
            with httpx2.stream("GET", address) as response:
                if reads_first:
                    next(response.iter_text())
            wait_for(lambda n=n: len(ended) == n, seconds=1)  # type: ignore[misc]  # a default binds it

    assert len(begun) == len(ended) == 20


def test_who_still_reads_when_the_server_stops_is_told() -> None:
    async def endless() -> AsyncGenerator[Event]:
        yield _event(0)
        await asyncio.sleep(60)

    feed = Feed(endless)
    with serving(feed.app) as address, httpx2.stream("GET", address) as response:
        pieces = response.iter_text()
        next(pieces)
        assert feed.loop is not None
        feed.loop.call_soon_threadsafe(feed.stopping.set)
        ((name, problem),) = parsed("".join(pieces))

    assert (name, problem["type"]) == ("error", "urn:onrecord:problem:stopping")
