"""Traces go to a collector that is named, without a word of what was asked; without one there are none."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import httpx2
import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from ingest.settings import Settings
from ingest.store import PassageIndex
from service.api.app import create_app
from tests.commands import address, environment, finish, start
from tests.fakes import Reply, ScriptedLlm
from tests.serving import serving

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from ingest.embed import Encoder

CANARY = "What did the envoy Quastel-4711 say about a delegation?"


class Collector:
    """A collector on loopback: what it was sent, read from OTLP's own messages."""

    def __init__(self) -> None:
        received: list[bytes] = []

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                assert self.path == "/v1/traces"
                received.append(self.rfile.read(int(self.headers["Content-Length"])))
                self.send_response(200)
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                pass

        self.received = received
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def spans(self) -> list[dict[str, Any]]:
        """Each with its name, its attributes, its id and its parent's."""
        found = []
        for body in self.received:
            message = ExportTraceServiceRequest.FromString(body)
            for span in (span for of in message.resource_spans for scope in of.scope_spans for span in scope.spans):
                attributes = {one.key: one.value.string_value or one.value.int_value for one in span.attributes}
                own = {"name": span.name, "id": span.span_id, "parent": span.parent_span_id, "kind": span.kind}
                found.append(
                    own | {"attributes": attributes, "ns": span.end_time_unix_nano - span.start_time_unix_nano}
                )
        return found

    def close(self) -> None:
        """Ends it."""
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def collector() -> Iterator[Collector]:
    """An open one."""
    opened = Collector()
    yield opened
    opened.close()


def test_a_question_is_a_request_with_its_stages_and_none_of_its_words(
    encoder: Encoder, own_library: Path, collector: Collector
) -> None:
    with PassageIndex.open(own_library) as index:
        app = create_app(index, encoder, Settings(_env_file=None, otlp_url=collector.url))
        with serving(app) as url:
            httpx2.post(f"{url}/v1/ask", json={"question": "What did the State Department say about a delegation?"})
            httpx2.get(f"{url}/v1/timeline", params={"query": CANARY})
            httpx2.get(f"{url}/v1/documents/Quastel-4711")
        app.state.parts.traces.close()

    spans = collector.spans()
    request = next(span for span in spans if span["name"] == "POST /v1/ask")
    stages = [span for span in spans if span["parent"] == request["id"] and span["name"].startswith("onrecord.")]
    assert {"onrecord.embed", "onrecord.search", "onrecord.rank", "onrecord.answer"} <= {one["name"] for one in stages}
    assert all(one["ns"] > 0 for one in stages)
    assert request["attributes"]["http.route"] == "/v1/ask"
    assert b"4711" not in b"".join(collector.received)
    assert b"delegation" not in b"".join(collector.received)


def test_a_model_is_a_span_with_the_names_of_the_conventions(
    encoder: Encoder, own_library: Path, collector: Collector
) -> None:
    reply = Reply(json.dumps({"claims": [{"text": "The United States refused the request.", "citations": [1, 2, 3]}]}))
    with ScriptedLlm(lambda _: reply) as llm, PassageIndex.open(own_library) as index:
        settings = Settings(_env_file=None, otlp_url=collector.url, llm_url=llm.url, llm_model="small")
        app = create_app(index, encoder, settings)
        with serving(app) as url:
            answer = httpx2.post(f"{url}/v1/ask", json={"question": "What did Morgan Ortagus say about a delegation?"})
        app.state.parts.traces.close()

    assert answer.json()["usage"]["requests"] >= 1
    (model,) = [span for span in collector.spans() if span["name"].startswith("chat")]
    assert model["attributes"]["gen_ai.operation.name"] == "chat"
    assert model["attributes"]["gen_ai.usage.output_tokens"] == answer.json()["usage"]["tokens_out"]


def test_a_server_that_ends_sends_what_is_left(own_library: Path, collector: Collector) -> None:
    named = environment({"ONRECORD_OTLP_URL": collector.url})
    process = start("serve", "--port", "0", "--library", own_library, env=named)
    httpx2.get(f"{address(process)}/healthz")
    process.terminate()
    finish(process)

    assert [span["name"] for span in collector.spans()] == ["GET /healthz"]


def test_a_collector_that_is_not_there_disturbs_nobody(encoder: Encoder, own_library: Path) -> None:
    with PassageIndex.open(own_library) as index:
        app = create_app(index, encoder, Settings(_env_file=None, otlp_url="http://127.0.0.1:9"))
        with serving(app) as url:
            found = httpx2.post(f"{url}/v1/ask", json={"question": "What did the State Department say?"})
        began = time.monotonic()
        app.state.parts.traces.close()

    assert found.status_code == 200
    assert time.monotonic() - began < 8


def test_without_a_collector_nothing_is_recorded_whatever_the_environment_says(
    encoder: Encoder, own_library: Path, collector: Collector, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", collector.url)
    monkeypatch.setenv("FASTAPI_OTEL_AUTO_CONFIGURE", "true")
    with PassageIndex.open(own_library) as index:
        app = create_app(index, encoder, Settings(_env_file=None))
        assert app.state.parts.traces is None
        with serving(app) as url:
            httpx2.post(f"{url}/v1/ask", json={"question": "What did the State Department say?"})

    assert collector.received == []


def test_the_exporter_is_not_imported_without_a_collector() -> None:
    code = "import sys, service.api.app; print([m for m in sys.modules if m.startswith('opentelemetry.exporter')])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert json.loads(done.stdout.replace("'", '"')) == []
