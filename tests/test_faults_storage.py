"""Full disks, and folders that may not be written or read: an error that says so, and a library that is whole."""

from __future__ import annotations

import json
import subprocess
from http.client import HTTPConnection
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest
from typer.testing import CliRunner

from onrecord.cli import app
from tests.commands import WITHOUT_PRIVILEGES, address, assert_one_line, finish, run, start
from tests.wholeness import n_whole

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from ingest.embed import Encoder

TEXTS = {
    f"a{number}": f"Ferry number {number} left the harbour of Vell with {number * 7} crates of rye. "
    + f"Captain Osk counted them, and wrote {number * 3} into the book of the new pier. " * 5
    for number in range(220)
}
TEXTS = {name: text.strip() for name, text in TEXTS.items()}


def mount(*arguments: str | Path) -> None:
    """Mounts, or skips the test where that is not allowed."""
    done = subprocess.run(["mount", *map(str, arguments)], capture_output=True, text=True, check=False)  # noqa: S607
    if done.returncode:
        pytest.skip(f"nothing may be mounted here, so this cannot be tested ({done.stderr.strip()})")


def unmount(folder: Path) -> None:
    """Takes a disk away, also when a test that failed still holds a file of it: pytest could not remove its folder."""
    subprocess.run(["umount", "--lazy", folder], check=True)  # noqa: S607


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 3 MB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount("-t", "tmpfs", "-o", "size=3m", "none", folder)
    yield folder
    unmount(folder)


def enlarge(disk: Path) -> None:
    mount("-o", "remount,size=100m", disk)


@pytest.fixture
def read_only_library(own_library: Path, tmp_path: Path) -> Iterator[Path]:
    """A library on a file system that may only be read, also by root."""
    folder = tmp_path / "read-only"
    folder.mkdir()
    mount("--bind", own_library, folder)
    mount("-o", "remount,bind,ro", folder)
    yield folder
    unmount(folder)


@pytest.fixture
def articles(tmp_path: Path) -> Path:
    path = tmp_path / "many.jsonl"
    path.write_text("".join(json.dumps({"id": name, "text": text}) + "\n" for name, text in TEXTS.items()))
    return path


def test_an_ingest_that_filled_the_disk_can_be_repeated_once_there_is_space(
    articles: Path, small_disk: Path, encoder: Encoder
) -> None:
    library = small_disk / "library"
    filled, stdout, _ = run("ingest", articles, "--library", library)
    enlarge(small_disk)
    code, report, stderr = run("ingest", articles, "--library", library, "--json")

    assert filled != 0
    assert stdout == ""
    assert (code, stderr) == (0, "")
    counts = json.loads(report)
    assert counts["unchanged"] + counts["added"] == len(TEXTS)
    assert n_whole(library, TEXTS, encoder) == len(TEXTS)


@pytest.mark.parametrize(
    "arguments",
    [["ask", "Who called?"], ["library", "status"], ["library", "remove", "x"], ["serve", "--port", "0"], ["ingest"]],
    ids=lambda arguments: arguments[0],
)
def test_73_when_the_library_may_only_be_read(read_only_library: Path, arguments: list[str], articles: Path) -> None:
    more = [str(articles)] if arguments == ["ingest"] else []
    result = CliRunner().invoke(app, [*arguments, *more, "--library", str(read_only_library)])

    assert (result.exit_code, result.stdout) == (73, "")
    assert_one_line(result.stderr, str(read_only_library), "Read-only file system")


def test_77_where_a_library_may_not_be_made_or_locked(own_library: Path, articles: Path, tmp_path: Path) -> None:
    locked = tmp_path / "locked"
    locked.mkdir(mode=0o500)
    (own_library / "lock").chmod(0)

    for library in (locked / "library", own_library):
        code, stdout, stderr = run("ingest", articles, "--library", library, under=WITHOUT_PRIVILEGES)
        assert (code, stdout) == (77, "")
        assert_one_line(stderr, str(library), "Permission denied")
    assert list(locked.iterdir()) == []


def test_articles_that_may_not_be_read_are_named_and_the_others_are_stored(tmp_path: Path) -> None:
    folder = tmp_path / "articles"
    (folder / "closed").mkdir(parents=True)
    for name in ("good.txt", "secret.txt", "closed/inside.txt"):
        (folder / name).write_text(TEXTS["a1"])
    (folder / "secret.txt").chmod(0)
    (folder / "closed").chmod(0)

    code, stdout, stderr = run("ingest", folder, "--library", tmp_path / "library", "--json", under=WITHOUT_PRIVILEGES)

    assert code == 1, stderr
    report = json.loads(stdout)
    assert report["added"] == 1
    assert [failure["uri"] for failure in report["failed"]] == [str(folder / "closed"), str(folder / "secret.txt")]
    assert all("permission" in failure["reason"] for failure in report["failed"])
    (folder / "closed").chmod(0o700)  # so that it can be removed


def test_a_full_disk_ends_the_ingest_with_74_and_one_line_that_names_the_library(
    articles: Path, small_disk: Path
) -> None:
    library = small_disk / "library"
    code, stdout, stderr = run("ingest", articles, "--library", library)
    again = run("library", "status", "--library", library)

    assert (code, stdout) == (74, "")
    assert_one_line(stderr, str(library), "space")
    assert again[0] in {0, 74}
    assert "Traceback" not in again[2]


def test_a_server_on_a_full_disk_says_so_answers_and_goes_on_when_there_is_space(small_disk: Path) -> None:
    library = small_disk / "library"
    long = {name: " ".join([TEXTS[name]] * 60) for name in list(TEXTS)[:25]}
    server = start("serve", "--create", "--library", library, "--port", "0")
    connection = HTTPConnection(urlsplit(address(server)).netloc, timeout=60)

    def call(method: str, path: str, body: object = None) -> tuple[int, dict[str, object]]:
        connection.request(
            method, path, json.dumps(body) if body else None, {"Content-Type": "application/json"} if body else {}
        )
        response = connection.getresponse()
        return response.status, json.loads(response.read() or b"{}")

    try:
        assert call("GET", "/readyz")[0] == 200
        stored = []
        for name, text in long.items():
            status, problem = call("POST", "/v1/documents", {"id": name, "text": text})
            if status != 201:
                break
            stored.append(name)
        assert status in {503, 507}, problem
        assert call("GET", "/readyz")[0] == 503
        assert call("GET", "/healthz")[0] == 200
        assert call("POST", "/v1/search", {"query": "ferry"})[0] == 200
        enlarge(small_disk)
        assert call("GET", "/readyz")[0] == 200
        for name, text in long.items():
            assert call("POST", "/v1/documents", {"id": name, "text": text})[0] in {200, 201}
        _, status_now = call("GET", "/v1/library")
        assert (status_now["documents"], status_now["pending"]) == (len(long), 0)
        assert call("GET", "/readyz")[0] == 200
    finally:
        connection.close()
        server.terminate()
        finish(server)
