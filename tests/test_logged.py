"""What the server logs: a line of JSON for each request, and no word or key of it."""

from __future__ import annotations

import json
from pathlib import Path

import httpx2

from tests import commands

CANARY = "canary4711secret"


def test_each_request_is_a_line_of_json_that_tells_nothing_of_it(own_library: Path) -> None:
    code, key, _ = commands.run("key", "create", "me", "--library", own_library)
    assert code == 0
    environment = commands.environment({"ONRECORD_LOG": "json", "ONRECORD_REQUIRE_KEY": "true"})
    server = commands.start("serve", "--library", own_library, "--port", "0", env=environment)
    address = commands.address(server)
    own = {"Authorization": f"Bearer {key.strip()}"}
    with httpx2.Client(base_url=address) as client:
        responses = [
            client.post("/v1/ask", json={"question": f"What did {CANARY} say about a delegation?"}, headers=own),
            client.post("/v1/ask", json={"question": "?", "mode": CANARY}, headers=own),
            client.post("/v1/ask", json={"question": CANARY}, headers={"Authorization": f"Bearer {CANARY}"}),
            client.get(f"/v1/documents/{CANARY}?{CANARY}={CANARY}", headers=own),
            client.get(f"/{CANARY}", headers={**own, "x-request-id": CANARY, "x-other": CANARY}),
            client.post("/v1/ask", content=f"{{{CANARY}", headers=own),
            client.post("/v1/ask", json={}, headers={"Host": CANARY}),
            client.post("/v1/chat/completions", json={"messages": CANARY}, headers=own),
        ]
    server.terminate()
    _, stdout, stderr = commands.finish(server)

    lines = [json.loads(line) for line in stderr.splitlines()]
    requests = [line for line in lines if line["logger"] == "onrecord.requests"]
    assert [line["request_id"] for line in requests] == [one.headers["x-request-id"] for one in responses]
    assert [line["status"] for line in requests] == [one.status_code for one in responses]
    assert [line["status"] for line in requests][:3] == [200, 422, 401]
    assert requests[0]["route"] == "/v1/ask"
    assert requests[4]["route"] == "none"
    assert all(line["duration_ms"] >= 0 for line in requests)
    for secret in (CANARY, key.strip()):
        assert secret not in stdout + stderr
    assert key.strip() not in "".join(one.text + str(one.headers) for one in responses)


def test_as_text_nothing_is_written_of_a_request(own_library: Path) -> None:
    server = commands.start("serve", "--library", own_library, "--port", "0")
    address = commands.address(server)

    ids = {httpx2.get(f"{address}/healthz").headers["x-request-id"] for _ in range(3)}
    server.terminate()
    _, stdout, stderr = commands.finish(server)

    assert (stdout, stderr) == ("", "")
    assert len(ids) == 3
