"""Callers that begin a request and never end it: hundreds leave the server to others; of too many it says 503."""

from __future__ import annotations

import socket
from contextlib import ExitStack
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import httpx2

from tests import commands

if TYPE_CHECKING:
    from pathlib import Path


def test_hundreds_of_unfinished_requests_leave_the_server_to_others(own_library: Path) -> None:
    server = commands.start("serve", "--library", own_library, "--port", "0")
    address = commands.address(server)
    question = {"question": "What did the State Department say about a delegation?"}
    with ExitStack() as idle:
        begin(address, 480, idle)
        probed = httpx2.get(f"{address}/healthz", timeout=10)
        answered = httpx2.post(f"{address}/v1/ask", json=question, timeout=10)
        begin(address, 60, idle)
        refused = httpx2.get(f"{address}/healthz", timeout=10)
    commands.wait_for(lambda: httpx2.get(f"{address}/healthz", timeout=10).status_code == 200, 20)
    server.terminate()
    code, _, _ = commands.finish(server)

    assert (probed.status_code, answered.status_code, refused.status_code) == (200, 200, 503)
    assert answered.json()["kind"] == "answer"
    assert code == 0


def begin(address: str, n: int, idle: ExitStack) -> None:
    """Opens connections with half a request each."""
    where = urlsplit(address)
    for _ in range(n):
        connection = idle.enter_context(socket.create_connection((where.hostname, where.port)))
        connection.sendall(b"POST /v1/ask HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: ")
