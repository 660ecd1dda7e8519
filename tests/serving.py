"""An app on a real socket within the test's process, and its server-sent events as a client reads them.

Example: `with serving(app) as address: asked(address, "Who called?")` is `[("retrieved", {…}), …, ("done", {…})]`.
"""

from __future__ import annotations

import json
import socket
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import httpx2
import uvicorn

if TYPE_CHECKING:
    from collections.abc import Iterator

    from starlette.types import ASGIApp


@contextmanager
def serving(app: ASGIApp) -> Iterator[str]:
    """Address of the app, for as long as the context is open."""
    listener = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(app, access_log=False, log_config=None, lifespan="off", timeout_graceful_shutdown=2)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, args=([listener],))
    thread.start()
    try:
        while not server.started:
            time.sleep(0.005)
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join()
        listener.close()


def asked(address: str, question: str, **more: Any) -> list[tuple[str, Any]]:
    """The events of a question, in order: names and data."""
    body = {"question": question, "stream": True, **more}
    response = httpx2.post(f"{address}/v1/ask", json=body, timeout=60)
    assert response.headers["content-type"].startswith("text/event-stream"), response.text
    return parsed(response.text)


def parsed(text: str) -> list[tuple[str, Any]]:
    """Server-sent events as names and data; comments are left out."""
    events = []
    for block in text.split("\n\n"):
        fields = dict(line.split(": ", 1) for line in block.split("\n") if line and not line.startswith(":"))
        if fields:
            events.append((fields["event"], json.loads(fields["data"])))
    return events
