"""What `onrecord eval load` says: every question has an outcome, and the tables follow from what was measured."""

from __future__ import annotations

import json
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import pytest

from eval.load.measure import _summary
from eval.load.readers import BROKEN, Crowd, Reply, ask, ask_for, connect
from eval.load.tables import FIRST, LAST, growth, render
from eval.scale.tables import insert

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


class _Scripted(BaseHTTPRequestHandler):
    """Answers, refuses, breaks off, and sends what is no answer, in turn."""

    protocol_version = "HTTP/1.1"
    turn = 0

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        assert json.loads(body)["mode"] == "extractive"
        status, content = [(200, b'{"kind": "answer"}'), (503, b"{}"), (200, b'{"kind": "an'), (200, b"{}")][
            _Scripted.turn % 4
        ]
        _Scripted.turn += 1
        self.send_response(status)
        self.send_header("content-length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def scripted() -> Iterator[str]:
    _Scripted.turn = 0
    with ThreadingHTTPServer(("127.0.0.1", 0), _Scripted) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        thread.join()


def test_an_answer_that_is_not_whole_is_an_error_and_a_refusal_is_none() -> None:
    with scripted() as address:
        connection = connect(address)
        statuses = [ask(connection, "Who called?") for _ in range(4)]
        connection.close()
    assert statuses == [200, 503, BROKEN, BROKEN]
    summary = _summary([Reply(0, 5.0, status) for status in statuses], seconds=2)
    assert (summary["answered"], summary["refused"], summary["errors"]) == (1, 1, {"connection broken": 2})
    assert summary["a_second"] == 0.5


def test_a_server_that_is_not_there_is_an_error_of_every_question() -> None:
    crowd = Crowd("http://127.0.0.1:9", ["Who called?"], 2, (0.05, 0.05))
    assert {reply.status for reply in ask_for(0.3, crowd)} == {BROKEN}


def test_readers_who_think_ask_as_often_as_they_think_and_not_as_fast_as_they_are_answered() -> None:
    with scripted() as address:
        crowd = Crowd(address, ["Who called?"], 4, (0.2, 0.2), pause_s=0.2)
        assert len(ask_for(1.0, crowd)) <= 4 * 5


def test_memory_that_grows_is_told_by_its_first_and_last_quarter() -> None:
    assert growth([(second, 100 + second) for second in range(100)]) == pytest.approx(187 / 112, abs=0.01)


FOUND: dict[str, Any] = {
    "given": {"readers": 50, "minutes": 1, "think_s": (1.0, 2.0)},
    "measured": {"on": "2026-11-25", "code": "abc", "cores": 2, "processor": "Example"},
    "alone": {"p50": 10.0, "p95": 11.0, "p99": 12.0},
    "loaded": _summary([Reply(0, 90.0, 200), Reply(1, 95.0, 503)], 60) | {"cores": 0.5},
    "closed": _summary([Reply(0, 500.0, 200)], 15),
    "crowded": _summary([Reply(0, 900.0, 200), Reply(1, 3.0, 503)], 10) | {"readers": 192, "let_in": 64},
    "memory_mb": [(0, 100.0), (1, 100.0), (2, 101.0), (3, 101.0)],
    "ingested": {"articles": 40, "passages": 200, "failures": []},
    "stopped": {"under_way": 20, "whole": 24, "asked": 24, "broken": 0, "seconds": 0.3, "exit_code": 0},
}


def test_what_misses_its_aim_is_bold() -> None:
    assert "**" not in render(FOUND)
    slow = FOUND | {"loaded": FOUND["closed"] | {"cores": 1, "errors": {"500": 1}}}
    assert "| 10 × | **50.0** |" in render(slow)
    assert "| errors | 0 | **1** |" in render(slow)
    lost = FOUND | {"stopped": FOUND["stopped"] | {"whole": 23}}
    assert "**23 of 24**" in render(lost)


def test_the_section_of_load_is_replaced_and_the_others_stay(tmp_path: Path) -> None:
    path = tmp_path / "benchmarks.md"
    path.write_text("# Benchmarks\n\nBefore.\n")
    insert(path, render(FOUND), FIRST, LAST)
    insert(path, "New.", FIRST, LAST)
    assert path.read_text() == f"# Benchmarks\n\nBefore.\n\n{FIRST}\n\nNew.\n\n{LAST}\n"
