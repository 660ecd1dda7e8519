"""What the server writes of its own work: every response has an id, and `ONRECORD_LOG=json` writes a line for each.

Example: `{"time": "2020-01-10T12:00:00+00:00", "level": "INFO", "logger": "onrecord.requests", "message": "request",
"request_id": "5f0c…", "method": "POST", "route": "/v1/ask", "status": 200, "duration_ms": 8.1}`. The route and not the
path is written, and no query, body or header: a line holds no word of a question or an article, and no key.
"""

from __future__ import annotations

import json
import logging
import time
import uuid
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

_log = logging.getLogger("onrecord.requests")
_NO_ROUTE = "none"  # refused before there was one, or at no address: its path is a caller's own words
_FIELDS = "fields"


class Logged:
    """ASGI middleware that gives each response the header `x-request-id`, and logs it when it is whole."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started, status, request_id = time.perf_counter(), None, uuid.uuid4().hex

        async def named(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message["headers"], (b"x-request-id", request_id.encode())]
            await send(message)

        try:
            await self._app(scope, receive, named)
        finally:
            fields = {
                "request_id": request_id,
                "method": scope["method"],
                "route": getattr(scope.get("route"), "path", _NO_ROUTE),
                "status": status,  # null: who asked had gone
                "duration_ms": round(1000 * (time.perf_counter() - started), 1),
            }
            _log.info("request", extra={_FIELDS: fields})


class JsonLines(logging.Formatter):
    """A record as one line of JSON; of an exception, its kind only, as its message may hold a key or a text."""

    def format(self, record: logging.LogRecord) -> str:
        """The line."""
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
            **getattr(record, _FIELDS, {}),
        }
        if record.exc_info and record.exc_info[0]:
            line["exception"] = record.exc_info[0].__name__
        return json.dumps(line, ensure_ascii=False)


def begin(form: Literal["text", "json"]) -> None:
    """Logs go to stderr from now on: as text, warnings and errors; as JSON, a line for each request too."""
    if form == "text":
        logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
        return
    handler = logging.StreamHandler()
    handler.setFormatter(JsonLines())
    logging.basicConfig(level=logging.WARNING, handlers=[handler])
    _log.setLevel(logging.INFO)
