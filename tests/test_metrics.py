"""What `/metrics` counts, and that it tells nothing of what was asked."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from starlette.testclient import TestClient

from ingest.settings import Settings
from ingest.store import PassageIndex
from service.api.app import create_app

if TYPE_CHECKING:
    from pathlib import Path

    from ingest.embed import Encoder


def test_requests_answers_and_stages_are_counted_without_a_word_of_them(encoder: Encoder, own_library: Path) -> None:
    with PassageIndex.open(own_library) as index:
        app = create_app(index, encoder, Settings(_env_file=None))
        client = TestClient(app, base_url="http://127.0.0.1:8000")
        client.post("/v1/ask", json={"question": "What did the State Department say about a delegation?"})
        client.post("/v1/ask", json={"question": "What did the mayor of Lagos say about flooding?"})
        client.post("/v1/ask", json={"question": "?"})
        client.get("/secretpath-4711")
        client.get("/v1/documents/canary-id-4711")
        shown = client.get("/metrics")

    counts = dict(re.findall(r"^(onrecord_\S+) (\S+)$", shown.text, re.MULTILINE))
    assert shown.headers["content-type"].startswith("text/plain")
    assert counts['onrecord_requests_total{method="POST",route="/v1/ask",status="200"}'] == "2.0"
    assert counts['onrecord_requests_total{method="POST",route="/v1/ask",status="422"}'] == "1.0"
    assert (
        counts['onrecord_answers_total{kind="answer"}'] == counts['onrecord_answers_total{kind="abstention"}'] == "1.0"
    )
    assert counts['onrecord_stage_seconds_count{stage="embed"}'] == "2.0"
    assert counts["onrecord_documents"] == "5.0"
    for word in ("Lagos", "Ortagus", "4711", "delegation"):
        assert word not in shown.text
