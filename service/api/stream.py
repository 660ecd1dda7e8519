"""Events as server-sent events, with a sign of life while nothing happens, and an end that is always said.

Example: `event: claim` and `data: {"index": 0, "claim": {…}}`; an error that is met on the way is the last event,
`event: error` with the problem details that the plain request would have been answered with.
"""

from __future__ import annotations

import asyncio
from contextlib import aclosing, suppress
from typing import TYPE_CHECKING, Any, TypeVar

from fastapi.sse import KEEPALIVE_COMMENT, EventSourceResponse, format_sse_event
from starlette.requests import ClientDisconnect

from ingest.errors import OnrecordError
from service.api.parts import written
from service.api.problems import Problem, problem_of, unexpected

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Coroutine

    from starlette.requests import Request
    from starlette.types import Scope

    from service.stream import Event

T = TypeVar("T")

HEARTBEAT_S = 15.0
_HEADERS = {"X-Accel-Buffering": "no"}  # nginx would keep the events until it has enough of them


def as_sse(events: AsyncGenerator[Event], scope: Scope, stopping: asyncio.Event) -> EventSourceResponse:
    """The response that sends the events; when the reader leaves, they are closed.

    Args:
        scope: Of the request.
        stopping: Set when the server is told to stop: what is still under way then ends with an error.
    """
    return EventSourceResponse(_written(events, scope, stopping), headers=_HEADERS)


async def _written(events: AsyncGenerator[Event], scope: Scope, stopping: asyncio.Event) -> AsyncGenerator[bytes]:
    # The events are made in a task of their own: a heartbeat must not cancel the wait for the next of them.
    made: asyncio.Queue[bytes | None] = asyncio.Queue()
    maker = asyncio.create_task(_make(events, scope, made))
    watcher = asyncio.create_task(_say_goodbye(scope, stopping, made))
    try:
        while True:
            try:
                event = await asyncio.wait_for(made.get(), HEARTBEAT_S)
            except TimeoutError:
                yield KEEPALIVE_COMMENT
                continue
            if event is None:
                return
            yield event
    finally:
        for task in (maker, watcher):
            task.cancel()
        with suppress(asyncio.CancelledError):
            await maker


async def _make(events: AsyncGenerator[Event], scope: Scope, made: asyncio.Queue[bytes | None]) -> None:
    try:
        async with aclosing(events):
            async for event in events:
                made.put_nowait(format_sse_event(event=event.name, data_str=written(event.data).decode()))
    except OnrecordError as error:
        made.put_nowait(_error(problem_of(scope, error)))
    except Exception as error:  # noqa: BLE001  (the process edge: the response has begun, nobody else can say it)
        made.put_nowait(_error(unexpected(scope, error)))
    made.put_nowait(None)


async def _say_goodbye(scope: Scope, stopping: asyncio.Event, made: asyncio.Queue[bytes | None]) -> None:
    await stopping.wait()
    made.put_nowait(_error(Problem(scope, 503, "The server is being stopped; ask again.", name="stopping")))
    made.put_nowait(None)


async def until_left(request: Request, work: Coroutine[Any, Any, T]) -> T:
    """What the work gives; it is stopped when who asked leaves.

    Raises:
        ClientDisconnect: They left.
    """
    worker = asyncio.create_task(work)
    watcher = asyncio.create_task(_left(request))
    try:
        await asyncio.wait({worker, watcher}, return_when=asyncio.FIRST_COMPLETED)
        if not worker.done():
            raise ClientDisconnect
        return worker.result()
    finally:
        worker.cancel()
        watcher.cancel()


async def _left(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass


def _error(problem: Problem) -> bytes:
    return format_sse_event(event="error", data_str=bytes(problem.body).decode())
