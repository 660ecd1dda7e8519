"""A server whose library is damaged stays up and recovers; one that is in use is backed up."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest

from tests import commands

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

QUESTION = {"question": "Who telephoned whom?"}


@pytest.fixture(autouse=True)
def _elsewhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)


@contextmanager
def serving(library: Path) -> Iterator[tuple[str, list[str]]]:
    """A server on that library: where it serves, and what it said before it was ready."""
    with commands.start("serve", "--library", library, "--port", "0") as process:
        assert process.stderr is not None
        said: list[str] = []
        try:
            while "http://" not in (line := process.stderr.readline()):
                assert line, "the server ended"
                said.append(line)
            yield line.split(" at ")[1].strip(), said
        finally:
            process.terminate()
            process.communicate(timeout=30)


@contextmanager
def serving_process(library: Path) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A server on a whole library, as a process, and where it serves."""
    with commands.start("serve", "--library", library, "--port", "0") as process:
        try:
            yield process, commands.address(process)
        finally:
            process.kill()


def ask(address: str, path: str, body: dict[str, Any] | None = None) -> tuple[int, dict[str, Any]]:
    data = None if body is None else json.dumps(body).encode()
    try:
        with urlopen(Request(address + path, data, {"Content-Type": "application/json"}), timeout=120) as response:  # noqa: S310  (http, loopback)
            return response.status, json.loads(response.read())
    except HTTPError as error:
        return error.code, json.loads(error.read())


def run(*arguments: str | Path) -> tuple[int, str, str]:
    return commands.run(*arguments)


@pytest.mark.parametrize("damaged", ["chroma/chroma.sqlite3", "bm25/meta.json", "tokens.i8"])
def test_a_server_with_a_damaged_store_stays_up_says_so_and_recovers(own_library: Path, damaged: str) -> None:
    os.truncate(own_library / damaged, 30)

    with serving(own_library) as (address, said):
        assert any(damaged in line and "library rebuild" in line for line in said)
        assert ask(address, "/healthz")[0] == 200
        for status, problem in (ask(address, "/readyz"), ask(address, "/v1/ask", QUESTION)):
            assert (status, problem["type"]) == (503, "urn:onrecord:problem:library-damaged")
            assert damaged in problem["detail"]
        assert ask(address, "/v1/documents")[1]["total"] == 5  # the articles are all there
        code, stdout, _ = run("library", "check", "--library", own_library)
        assert (code, damaged in stdout) == (1, True)
        code, stdout, stderr = run("ask", "Who telephoned whom?", "--library", own_library)
        assert (code, stdout) == (65, "")
        commands.assert_one_line(stderr, damaged, "library rebuild")

        code, stdout, stderr = run("library", "rebuild", "--library", own_library, "--json")

        assert (code, stderr) == (0, "")
        assert len(json.loads(stdout)["rebuilt"]) == 1
        assert ask(address, "/readyz") == (200, {"status": "ready"})
        assert ask(address, "/v1/ask", QUESTION)[1]["kind"] == "answer"
        assert run("library", "check", "--library", own_library)[0] == 0


def test_a_library_is_backed_up_while_it_is_served_and_written(own_library: Path, tmp_path: Path) -> None:
    stop = threading.Event()
    stored: list[str] = []

    def write(address: str) -> None:
        while not stop.is_set():
            id_ = f"ferry-{len(stored)}"
            text = f"Ferry {len(stored)} left the harbour of Karsa at noon. Captain Osk said all was well."
            assert ask(address, "/v1/documents", {"id": id_, "text": text})[0] == 201
            stored.append(id_)

    with serving(own_library) as (address, _):
        writer = threading.Thread(target=write, args=(address,))
        writer.start()
        commands.wait_for(lambda: len(stored) > 3)
        before = len(stored)
        code, stdout, stderr = run("library", "backup", tmp_path / "backup", "--library", own_library, "--json")
        stop.set()
        writer.join()
        again = run("library", "backup", tmp_path / "backup", "--library", own_library)
    assert (code, stderr) == (0, "")
    assert (again[0], again[2].count("\n")) == (73, 1)
    made = json.loads(stdout)

    code, _, stderr = run("library", "restore", tmp_path / "backup", "--library", tmp_path / "restored")
    assert (code, stderr) == (0, "")
    code, stdout, _ = run("library", "check", "--library", tmp_path / "restored", "--json")
    report = json.loads(stdout)
    assert (code, report["whole"]) == (0, True)
    assert before + 5 <= report["documents"] == made["documents"] <= len(stored) + 5


def test_a_backup_of_a_server_goes_only_where_it_was_told_to(own_library: Path) -> None:
    with serving(own_library) as (address, _):
        status, problem = ask(address, "/v1/library/backup", {"folder": "here"})
        assert (status, problem["type"]) == (422, "urn:onrecord:problem:backup")
        status, problem = ask(address, "/v1/library/backup", {"folder": str(own_library)})
        assert (status, "within the library" in problem["detail"]) == (422, True)


def test_what_a_crash_left_pending_is_finished_by_the_server(own_library: Path, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("The ferry to Karsa leaves at dusk from the new pier, said Captain Osk.")
    program = (
        "import os, sys\nfrom ingest.engines.dense import Dense\n"
        "Dense.put = lambda *_: os._exit(9)\nfrom onrecord.cli import main\nmain()\n"
    )
    command = [sys.executable, "-c", program, "ingest", "a.txt", "--library", str(own_library)]
    assert subprocess.run(command, check=False).returncode == 9
    assert json.loads(run("library", "status", "--library", own_library, "--json")[1])["pending"] == 1

    with serving(own_library) as (address, _):
        answer = ask(address, "/v1/ask", {"question": "When does the ferry to Karsa leave?"})[1]

    assert answer["claims"][0]["citations"][0]["document_id"] == "a.txt"


@pytest.mark.parametrize(
    ("arguments", "environment"), [(["--workers", "2"], {}), ([], {"WEB_CONCURRENCY": "2"})], ids=["option", "variable"]
)
def test_several_workers_are_refused_with_the_reason(
    own_library: Path, arguments: list[str], environment: dict[str, str]
) -> None:
    env = {**os.environ, **environment}
    code, _, stderr = commands.run("serve", "--library", own_library, *arguments, env=env)

    assert code == 78
    commands.assert_one_line(stderr, "one process owns a library")


def test_a_server_that_is_told_to_stop_while_it_stores_articles_ends_in_ten_seconds(own_library: Path) -> None:
    lines = [{"id": f"f{n}", "text": f"Ferry {n} left the harbour of Karsa at noon. " * 30} for n in range(2_000)]
    part = 'Content-Disposition: form-data; name="files"; filename="many.jsonl"'
    file = "\r\n".join(map(json.dumps, lines))
    body = f"--edge\r\n{part}\r\n\r\n{file}\r\n--edge--\r\n".encode()

    def upload(address: str) -> None:
        with suppress(OSError):  # the server ends meanwhile
            urlopen(Request(f"{address}/v1/documents", body, {"Content-Type": "multipart/form-data; boundary=edge"}))  # noqa: S310  (http, loopback)

    with serving_process(own_library) as (process, address):
        uploading = threading.Thread(target=upload, args=(address,))
        uploading.start()
        commands.wait_for(lambda: ask(address, "/v1/library")[1]["documents"] > 5)
        started = time.monotonic()
        process.terminate()
        code = process.wait(timeout=30)
        uploading.join()

    assert (code, time.monotonic() - started < 12) == (0, True)
    assert run("library", "check", "--library", own_library)[0] == 0
