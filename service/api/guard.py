"""The outermost layer of the API, as plain ASGI: who may ask, how much they may send, and what every response carries.

Example: a page of another site that posts to `http://127.0.0.1:8000/v1/documents` is answered with a 403 problem.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from service.api.loopback import is_loopback
from service.api.problems import Problem, unexpected

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.types import ASGIApp, Message, Receive, Scope, Send

_HEADERS = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-resource-policy", b"same-origin"),
)
_DEFAULTS = (
    (b"cache-control", b"no-store"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
)
_PATIENCE_S = 30  # for the next piece of a body
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_LOOPBACK_NAMES = frozenset({"localhost", "127.0.0.1", "[::1]"})


class Guard:
    """ASGI middleware that checks host, origin and size, adds headers, and turns what is left into a 500 problem.

    Args:
        host: Where the server listens; on loopback, requests that name another host are refused (DNS rebinding).
        body_limits: Bytes that may be sent to a path.
        body_limit: Bytes that may be sent to any other path.
    """

    def __init__(self, app: ASGIApp, *, host: str, body_limits: Mapping[str, int], body_limit: int) -> None:
        self._app = app
        self._names = _LOOPBACK_NAMES | {host} if is_loopback(host) else None
        self._body_limits = body_limits
        self._body_limit = body_limit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        reply = _Reply(send)
        limit = self._body_limits.get(scope["path"], self._body_limit)
        refusal = self._refusal(scope, limit)
        if refusal is not None:
            await refusal(scope, receive, reply.send)
            return
        try:
            await self._app(scope, _limited(receive, limit), reply.send)
        except ClientDisconnect:
            pass  # nobody is left to answer
        except Exception as error:  # noqa: BLE001  (the process edge)
            problem = unexpected(scope, error)
            if not reply.started:
                await problem(scope, receive, reply.send)

    def _refusal(self, scope: Scope, limit: int) -> Problem | None:
        headers = dict(scope["headers"])
        host = headers.get(b"host", b"").decode("latin-1").lower()
        if self._names is not None and _without_port(host) not in self._names:
            return Problem(scope, 403, "This server answers only to the names of this machine itself.", name="host")
        origin = headers.get(b"origin", b"").decode("latin-1").lower()
        if origin and scope["method"] not in _SAFE and origin.partition("://")[2] != host:
            return Problem(scope, 403, "Pages of other sites may not send anything here.", name="origin")
        declared = headers.get(b"content-length", b"0")
        if declared.isdigit() and int(declared) > limit:
            return Problem(scope, 413, _too_large(limit))
        return None


class _Reply:
    """The way out: adds the headers, and remembers whether something was sent."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self.started = False

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.started = True
            given = {name for name, _ in message["headers"]}
            message["headers"] = [
                *message["headers"],
                *_HEADERS,
                *((name, value) for name, value in _DEFAULTS if name not in given),
            ]
        await self._send(message)


def _limited(receive: Receive, limit: int) -> Receive:
    """The way in: 413 once more than `limit` bytes came, as a body need not declare its length; 408 when none come."""
    total, is_whole = 0, False

    async def counted() -> Message:
        nonlocal total, is_whole
        try:
            async with asyncio.timeout(None if is_whole else _PATIENCE_S):
                message = await receive()
        except TimeoutError:
            raise HTTPException(408, f"The request did not go on for {_PATIENCE_S} s.") from None
        total += len(message.get("body", b""))
        is_whole = not message.get("more_body", False)
        if total > limit:
            raise HTTPException(413, _too_large(limit))
        return message

    return counted


def _too_large(limit: int) -> str:
    return f"The request is larger than the {limit:,} bytes that are accepted here."


def _without_port(host: str) -> str:
    name, _, port = host.rpartition(":")
    return name if name and port.isdigit() else host
