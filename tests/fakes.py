"""A model's endpoint that does what a test tells it to, on a real socket: good replies, bad ones, and none.

Example: `with ScriptedLlm(lambda asked: Reply("[]")) as llm: …` listens at `llm.url` and keeps what it was asked.
"""

from __future__ import annotations

import json
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Self

    Json = dict[str, Any]
    Script = Callable[[Json], "Reply | Raw"]

_PIECE = 7  # characters of a reply sent at once: markers and multi-byte characters are cut


@dataclass(frozen=True)
class Reply:
    """A reply as an endpoint streams one.

    Args:
        prompt_tokens: As it reports them; it reports none when `None`.
        before_s: Seconds before the first piece; `between_s` before each other one.
    """

    text: str
    prompt_tokens: int | None = 100
    finish_reason: str = "stop"
    before_s: float = 0.0
    between_s: float = 0.0

    def lines(self) -> list[bytes]:
        """The events of the stream."""
        chunks: list[Json] = [{"choices": [{"index": 0, "delta": {"role": "assistant", "content": None}}]}]
        pieces = [self.text[i : i + _PIECE] for i in range(0, len(self.text), _PIECE)]
        chunks += [{"choices": [{"index": 0, "delta": {"content": piece}}]} for piece in pieces]
        chunks.append({"choices": [{"index": 0, "delta": {}, "finish_reason": self.finish_reason}]})
        if self.prompt_tokens is not None:
            n_out = len(self.text) // 4
            usage = {"prompt_tokens": self.prompt_tokens, "completion_tokens": n_out}
            chunks.append({"choices": [], "usage": usage | {"total_tokens": self.prompt_tokens + n_out}})
        head = {"id": "c", "object": "chat.completion.chunk", "created": 0, "model": "scripted"}
        return [f"data: {json.dumps(head | chunk)}\n\n".encode() for chunk in chunks] + [b"data: [DONE]\n\n"]


@dataclass(frozen=True)
class Raw:
    """What is sent instead of a reply, byte for byte.

    Args:
        hangs_s: Seconds for which the connection then stays open without a word.
    """

    body: bytes = b""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=lambda: {"Content-Type": "text/event-stream"})
    hangs_s: float = 0.0


class ScriptedLlm:
    """A server of one script.

    Attributes:
        asked: Bodies of the requests so far.
        left: How many clients went away before their reply was whole.
    """

    def __init__(self, script: Script) -> None:
        self.asked: list[Json] = []
        self.left = 0
        self._script = script
        self._stopped = threading.Event()
        self._server = _Server(self)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)

    @property
    def url(self) -> str:
        """Its base URL."""
        return f"http://127.0.0.1:{self._server.server_address[1]}/v1"

    @property
    def prompts(self) -> list[str]:
        """What it was asked, as text."""
        return ["\n".join(message["content"] for message in body["messages"]) for body in self.asked]

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopped.set()
        self._server.shutdown()
        self._server.server_close()

    def respond(self, body: Json) -> Reply | Raw:
        """What the script says to a request."""
        self.asked.append(body)
        return self._script(body)

    @property
    def is_stopped(self) -> bool:
        """Whether it has been told to stop."""
        return self._stopped.is_set()


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, llm: ScriptedLlm) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.llm = llm


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def do_POST(self) -> None:
        """Answers as the script says."""
        self.close_connection = True
        answer = self.server.llm.respond(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        try:
            if isinstance(answer, Raw):
                self._begin(answer.status, answer.headers)
                self.wfile.write(answer.body)
                self._watch(answer.hangs_s)
            else:
                self._begin(200, {"Content-Type": "text/event-stream"})
                self._watch(answer.before_s)
                for line in answer.lines():
                    self.wfile.write(line)
                    self._watch(answer.between_s)
        except OSError:
            self.server.llm.left += 1

    def _begin(self, status: int, headers: Mapping[str, str]) -> None:
        self.send_response(status)
        for name, value in {**headers, "Connection": "close"}.items():
            self.send_header(name, value)
        self.end_headers()

    def _watch(self, seconds: float) -> None:
        """Waits; a client that goes away meanwhile is an error."""
        until = time.monotonic() + seconds
        self.connection.settimeout(0.02)
        while time.monotonic() < until and not self.server.llm.is_stopped:
            with suppress(TimeoutError):
                if self.connection.recv(1) == b"":
                    raise ConnectionResetError
        self.connection.settimeout(None)

    def log_message(self, *_: object) -> None:
        """Says nothing."""
