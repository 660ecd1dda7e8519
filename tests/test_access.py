"""Who may use a served library and how much, over real sockets: rows S10, S11, S13 and S21 of docs/reliability.md."""

from __future__ import annotations

import json
import shutil
import socket
import stat
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import httpx2
import pytest
from starlette.testclient import TestClient

from ingest.settings import Settings
from ingest.store import PassageIndex
from service.access import FILE, KeyRing
from service.api.app import create_app
from service.errors import AccessError
from tests import commands

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from ingest.embed import Encoder

QUESTION = {"question": "What did the State Department say about a delegation?"}
ARTICLE = {
    "id": "quay",
    "text": "The quay was closed on Monday after a crane fell, the harbour office said.",
}
READING: list[tuple[str, str, Any]] = [
    ("GET", "/v1/documents", None),
    ("GET", "/v1/library", None),
    ("POST", "/v1/ask", QUESTION),
    ("POST", "/v1/search", {"query": "delegation"}),
    ("GET", "/v1/models", None),
    ("GET", "/docs", None),
    ("GET", "/openapi.json", None),
    ("GET", "/metrics", None),
    ("POST", "/mcp", {}),
]
WRITING: list[tuple[str, str, Any]] = [
    ("POST", "/v1/documents", ARTICLE),
    ("DELETE", "/v1/documents/quay", None),
    ("POST", "/v1/library/check", {"full": False}),
    ("POST", "/v1/library/prune", {"roots": [], "seen": [], "failed": []}),
]


class Served:
    """A server that asks for keys, with one key for reading and one for writing."""

    def __init__(self, folder: Path, address: str, read: str, write: str) -> None:
        self.folder, self.address, self.read, self.write = folder, address, read, write

    def send(self, method: str, path: str, body: Any = None, key: str | None = None) -> httpx2.Response:
        """A request, with a key or without."""
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        return httpx2.request(method, self.address + path, json=body, headers=headers, timeout=30)


@pytest.fixture(scope="module")
def served(seed_library: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """The seeds, served as to other machines."""
    folder = shutil.copytree(seed_library, tmp_path_factory.mktemp("access") / "library")
    ring = KeyRing(folder)
    _, read = ring.create("reader", "read")
    _, write = ring.create("editor", "write")
    server = commands.start("serve", "--host", "0.0.0.0", "--port", "0", "--library", folder)  # noqa: S104  (with keys)
    try:
        port = commands.address(server).rpartition(":")[2]
        yield Served(folder, f"http://127.0.0.1:{port}", read, write)
    finally:
        server.terminate()
        code, stdout, stderr = commands.finish(server)
    assert (code, stdout, stderr) == (0, "", "")


@pytest.mark.parametrize(("method", "path", "body"), [*READING, *WRITING])
def test_without_a_key_nothing_is_read_or_written(served: Served, method: str, path: str, body: Any) -> None:
    response = served.send(method, path, body)

    assert response.status_code == 401
    assert response.headers["www-authenticate"] == "Bearer"
    assert response.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
def test_probes_need_no_key(served: Served, path: str) -> None:
    assert served.send("GET", path).status_code == 200


def test_a_key_for_reading_reads_and_does_not_write(served: Served) -> None:
    read = [served.send(*request, key=served.read).status_code for request in READING]
    written = [served.send(*request, key=served.read).status_code for request in WRITING]

    assert not {401, 403} & set(read)
    assert read[:8] == [200] * 8
    assert written == [403] * len(WRITING)


def test_a_key_for_writing_does_both(served: Served) -> None:
    statuses = [served.send(*request, key=served.write).status_code for request in [*READING[:8], *WRITING]]

    assert statuses == [*[200] * 8, 201, 204, 200, 200]


@pytest.mark.parametrize(
    "headers",
    [
        [("Authorization", "Bearer onr_wrong")],
        [("Authorization", "Basic KEY")],
        [("Authorization", "Bearer KEYx")],
        [("Authorization", "Bearer KE")],
        [("Authorization", "Bearer KEY"), ("Authorization", "Bearer KEY")],
        [("X-Api-Key", "KEY")],
        [("Cookie", "key=KEY")],
        [("Authorization", "Bearer \xff\xfe")],
    ],
)
def test_what_is_not_quite_a_key_is_none(served: Served, headers: list[tuple[str, str]]) -> None:
    sent = [(name, value.replace("KEY", served.read).replace("KE", served.read[:-1])) for name, value in headers]
    encoded = [(name.encode(), value.encode("latin-1")) for name, value in sent]

    response = httpx2.get(f"{served.address}/v1/library", headers=encoded)

    assert response.status_code == 401
    assert served.read not in response.text


def test_a_key_in_the_address_is_none(served: Served) -> None:
    assert served.send("GET", f"/v1/library?key={served.read}&access_token={served.read}").status_code == 401


def test_the_scheme_may_be_written_in_any_case(served: Served) -> None:
    headers = {"Authorization": f"bearer {served.read}"}

    assert httpx2.get(f"{served.address}/v1/library", headers=headers).status_code == 200


def test_a_key_is_heeded_and_refused_as_soon_as_it_is_made_and_revoked(served: Served) -> None:
    code, stdout, stderr = commands.run("key", "create", "guest", "--library", served.folder)
    secret = stdout.strip()

    before = served.send("GET", "/v1/library", key=secret).status_code
    revoked = commands.run("key", "revoke", "guest", "--library", served.folder)
    after = served.send("GET", "/v1/library", key=secret).status_code

    assert (code, before, revoked, after) == (0, 200, (0, "", ""), 401)
    assert secret not in stderr


def test_command_lines_of_the_same_machine_need_no_key(served: Served) -> None:
    code, stdout, _ = commands.run("ask", QUESTION["question"], "--library", served.folder, "--json")

    assert code == 0
    assert json.loads(stdout)["kind"] == "answer"


def test_no_secret_is_stored_listed_or_readable_by_others(served: Served) -> None:
    _, listed, _ = commands.run("key", "list", "--library", served.folder)
    _, as_json, _ = commands.run("key", "list", "--json", "--library", served.folder)

    for secret in (served.read, served.write):
        for text in ((served.folder / FILE).read_text(), listed, as_json):
            assert secret not in text
            assert secret.removeprefix("onr_") not in text
    assert len(served.read.removeprefix("onr_")) >= 43  # 32 bytes in base 64
    assert stat.S_IMODE((served.folder / FILE).stat().st_mode) == 0o600
    assert stat.S_IMODE((served.folder / "lock").stat().st_mode) == 0o600


def test_beyond_this_machine_nothing_is_served_without_a_key(own_library: Path) -> None:
    code, _, stderr = commands.run("serve", "--host", "0.0.0.0", "--port", "0", "--library", own_library)  # noqa: S104

    assert code == 78
    commands.assert_one_line(stderr, "onrecord key create")


def test_a_damaged_file_of_keys_is_named(tmp_path: Path) -> None:
    (tmp_path / FILE).write_text("[{]")

    with pytest.raises(AccessError, match=r"keys\.json is damaged"):
        KeyRing(tmp_path).keys()


def test_keys_made_at_once_are_all_kept(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda n: KeyRing(tmp_path).create(f"key {n}", "read"), range(20)))

    assert len(KeyRing(tmp_path).keys()) == 20
    with pytest.raises(AccessError, match="already"):
        KeyRing(tmp_path).create("key 3", "write")
    with pytest.raises(AccessError, match="no key is named"):
        KeyRing(tmp_path).revoke("nobody")


# --- how much --------------------------------------------------------------------------------------------------------


@pytest.fixture
def limited(encoder: Encoder, own_library: Path) -> Iterator[tuple[TestClient, dict[str, str], dict[str, str]]]:
    """An app that lets each caller send five requests a minute, and the headers of two callers."""
    ring = KeyRing(own_library)
    headers = [{"Authorization": f"Bearer {ring.create(name, 'read')[1]}"} for name in ("a", "b")]
    with PassageIndex.open(own_library) as index:
        app = create_app(index, encoder, Settings(_env_file=None, rate_per_minute=5), keys=ring)
        yield TestClient(app, base_url="http://127.0.0.1:8000"), headers[0], headers[1]


def test_who_asks_too_often_waits_and_nobody_else(
    limited: tuple[TestClient, dict[str, str], dict[str, str]],
) -> None:
    client, one, other = limited

    statuses = [client.get("/v1/library", headers=one).status_code for _ in range(6)]
    refused = client.get("/v1/library", headers=one | {"X-Forwarded-For": "10.9.8.7"})

    assert statuses == [200] * 5 + [429]
    assert refused.status_code == 429
    assert 1 <= int(refused.headers["retry-after"]) <= 60
    assert client.get("/v1/library", headers=other).status_code == 200
    assert client.get("/healthz").status_code == 200


def test_who_guesses_keys_is_slowed_down(limited: tuple[TestClient, dict[str, str], dict[str, str]]) -> None:
    client, one, _ = limited

    statuses = [client.get("/v1/library", headers={"Authorization": f"Bearer onr_{n}"}).status_code for n in range(31)]

    assert statuses == [401] * 30 + [429]
    assert client.get("/v1/library", headers=one).status_code == 200


def test_questions_beyond_what_runs_at_once_are_refused_at_once(own_library: Path) -> None:
    """A question whose body is still on its way counts: readers who never finish cannot take all places unseen."""
    environment = {"ONRECORD_QUESTIONS_AT_ONCE": "2"}
    server = commands.start("serve", "--port", "0", "--library", own_library, env=commands.environment(environment))
    try:
        address = commands.address(server)
        host, port = address.removeprefix("http://").split(":")
        waiting = [socket.create_connection((host, int(port))) for _ in range(2)]
        for connection in waiting:
            connection.sendall(
                f"POST /v1/ask HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\n".encode()
                + b"Content-Length: 90\r\n\r\n{"
            )
        commands.wait_for(lambda: httpx2.post(f"{address}/v1/ask", json=QUESTION).status_code == 503)
        refused = httpx2.post(f"{address}/v1/ask", json=QUESTION)
        healthy = httpx2.get(f"{address}/healthz")
        for connection in waiting:
            connection.close()
        commands.wait_for(lambda: httpx2.post(f"{address}/v1/ask", json=QUESTION).status_code == 200)
    finally:
        server.terminate()
        commands.finish(server)

    assert refused.headers["retry-after"] == "1"
    assert refused.json()["type"] == "urn:onrecord:problem:overload"
    assert healthy.status_code == 200
