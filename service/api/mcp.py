"""The Model Context Protocol over HTTP, at `/mcp`: stateless, so that any request may come first.

Example: `claude mcp add --transport http onrecord http://127.0.0.1:8000/mcp`.
The package takes a quarter of a second to import, and most servers are never asked this way: the first request pays.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from service.pipeline import search
from service.records import Filters
from service.respond import as_json
from service.speakers import speakers_json, statements_json

if TYPE_CHECKING:
    from mcp.server.streamable_http_manager import StreamableHTTPSessionManager
    from starlette.types import Receive, Scope, Send

    from service.api.parts import Parts

Json = dict[str, Any]


class McpEndpoint:
    """ASGI app that answers MCP's requests from the app's own library.

    Args:
        parts: What the app was made of.
    """

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._manager: asyncio.Future[StreamableHTTPSessionManager] | None = None
        self._keeper: asyncio.Task[None] | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if self._manager is None or self._manager.get_loop() is not asyncio.get_running_loop():
            self._manager = asyncio.get_running_loop().create_future()
            self._keeper = asyncio.create_task(self._keep(self._manager))
        manager = await asyncio.shield(self._manager)
        await manager.handle_request(scope, receive, send)

    async def _keep(self, started: asyncio.Future[StreamableHTTPSessionManager]) -> None:
        """Holds the manager open until the loop ends: it has to be left in the task that entered it."""
        manager = await asyncio.to_thread(self._make)
        async with manager.run():
            started.set_result(manager)
            await asyncio.get_running_loop().create_future()

    def _make(self) -> StreamableHTTPSessionManager:
        from mcp.server.transport_security import TransportSecuritySettings

        from service.mcp import mcp_server

        server = mcp_server(_Opened(self._parts))
        checked_by_guard = TransportSecuritySettings(enable_dns_rebinding_protection=False)
        server.streamable_http_app(stateless_http=True, json_response=True, transport_security=checked_by_guard)
        return server.session_manager


class _Opened:
    """The open library, as the tools ask it."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    def ask(self, question: str, filters: Json, mode: str) -> Json:
        """An answer or an abstention."""
        return _plain(self._parts.ask(question, Filters.of(filters), mode))

    def search(self, query: str, k: int, filters: Json) -> Json:
        """Passages, best first."""
        return _plain(search(self._parts.index, self._parts.encoder, query, k=k, filters=Filters.of(filters)))

    def document(self, document_id: str) -> Json:
        """The document with its text."""
        return _plain(self._parts.index.document(document_id))

    def speakers(self, limit: int, offset: int, name: str) -> Json:
        """Who makes statements, most statements first."""
        return speakers_json(self._parts.index, limit, offset, name)

    def statements(self, speaker_id: str, limit: int, offset: int) -> Json:
        """What somebody is reported to have said, latest first."""
        return statements_json(self._parts.index, speaker_id, limit, offset)


def _plain(record: object) -> Json:
    value: Json = as_json(record)
    return value
