"""What stands between the app and a browser in tests, and can be slow or cut; as plain ASGI.

Example: after `wires.cut_after = 2` the next streamed answers end, without a word, after two pieces.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send


class Wires:
    """The app, reached over wires that a test may make worse.

    Attributes:
        cut_after: Pieces of a streamed answer that come through; all when `None`.
        pause_s: Before each of those pieces.
        script: Pieces that are sent in place of the app's answer to a question.
        asked: Bodies that were sent to `/v1/feedback`.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self.mend()

    def mend(self) -> None:
        """All is well again."""
        self.cut_after: int | None = None
        self.pause_s = 0.0
        self.script: list[bytes] | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes one request on."""
        if scope.get("path") != "/v1/ask":
            await self._app(scope, receive, send)
            return
        left = self.cut_after

        async def worse(message: Message) -> None:
            nonlocal left
            if message["type"] == "http.response.body" and message.get("more_body"):
                await asyncio.sleep(self.pause_s)
                if left is not None:
                    left -= 1
                    if left < 0:
                        raise ConnectionResetError
            await send(message)

        if self.script is None:
            await self._app(scope, receive, worse)
            return
        await receive()
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/event-stream")]})
        for piece in self.script:
            await worse({"type": "http.response.body", "body": piece, "more_body": True})
        await send({"type": "http.response.body", "body": b""})
