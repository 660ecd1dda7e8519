"""Vectors on a Chroma server: the same answers, moved there and back, and what happens when the server fails.

Every server here is a real one (`chroma run`).
"""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from typing import TYPE_CHECKING, Any
from urllib.request import urlopen

import pytest

from ingest.engines import vectors
from ingest.errors import ChromaServerError
from ingest.load import load
from ingest.pipeline import ingest
from ingest.store import PassageIndex
from service.pipeline import ask, search
from service.records import Answer
from tests import commands
from tests.chroma_server import ChromaProcess
from tests.conftest import SEEDS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from ingest.embed import Encoder

QUESTIONS = [json.loads(line)["question"] for line in (SEEDS / "questions.jsonl").read_text("utf-8").splitlines()[:12]]
_COLLECTIONS = "/api/v2/tenants/default_tenant/databases/default_database/collections"


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ChromaProcess]:
    """A server for all tests that do it no harm."""
    with ChromaProcess(tmp_path_factory.mktemp("chroma") / "data") as process:
        yield process


@pytest.fixture
def own(tmp_path: Path) -> Iterator[ChromaProcess]:
    """A server to do with as one likes."""
    with ChromaProcess(tmp_path / "chroma") as process:
        yield process


def collections(chroma: ChromaProcess) -> set[str]:
    with urlopen(chroma.url + _COLLECTIONS) as response:  # noqa: S310  (http, loopback)
        return {one["name"] for one in json.loads(response.read())}


def run(chroma: ChromaProcess | None, *arguments: str | Path) -> tuple[int, str, str]:
    env = commands.environment({"ONRECORD_CHROMA_URL": chroma.url} if chroma else {})
    return commands.run(*arguments, env=env)


def move(chroma: ChromaProcess | None, library: Path, to: str) -> dict[str, Any]:
    code, stdout, stderr = run(chroma, "library", "move-vectors", "--to", to, "--library", library, "--json")
    assert code == 0, stderr
    moved: dict[str, Any] = json.loads(stdout)
    return moved


def moved(chroma: ChromaProcess, library: Path) -> Path:
    with PassageIndex.open_to_move(library, chroma.url) as index:
        assert index.move_vectors("server", lambda *_: None).passages > 0
    return library


def as_if_large(monkeypatch: pytest.MonkeyPatch) -> None:
    """From now on a library of any size asks Chroma for what is nearest."""
    monkeypatch.setattr(vectors, "_SMALL", 0)


def found(index: PassageIndex, encoder: Encoder) -> list[list[str]]:
    return [[one.passage_id for one in search(index, encoder, question).passages] for question in QUESTIONS]


def test_a_server_finds_what_the_library_alone_finds(
    shared: ChromaProcess, own_library: Path, encoder: Encoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    as_if_large(monkeypatch)
    with PassageIndex.open(own_library) as index:
        alone = found(index, encoder)
        assert (own_library / "chroma").exists()

    with PassageIndex.open(moved(shared, own_library), chroma_url=shared.url) as index:
        assert found(index, encoder) == alone
        assert index.check() == []
    assert not (own_library / "chroma").exists()


def test_vectors_are_moved_there_and_back_and_nothing_is_left(shared: ChromaProcess, own_library: Path) -> None:
    before = collections(shared)

    there = move(shared, own_library, "server")
    again = move(shared, own_library, "server")
    (name,) = collections(shared) - before
    back = move(shared, own_library, "embedded")

    assert (there["to"], there["left_behind"]) == ("server", None)
    assert (again["passages"], there["passages"] > 0) == (0, True)
    assert back == {"to": "embedded", "passages": there["passages"], "left_behind": None}
    assert name not in collections(shared)
    assert run(None, "library", "check", "--library", own_library)[0] == 0


def test_the_wrong_setting_is_refused_with_the_command_that_mends_it(shared: ChromaProcess, own_library: Path) -> None:
    code, _, stderr = run(shared, "library", "status", "--library", own_library)
    assert code == 78
    commands.assert_one_line(stderr, "move-vectors --to server", str(own_library), "unset")

    move(shared, own_library, "server")

    code, _, stderr = run(None, "library", "status", "--library", own_library)
    assert code == 78
    commands.assert_one_line(stderr, "move-vectors --to embedded", "set ONRECORD_CHROMA_URL")


def test_an_address_with_a_password_is_refused_and_not_repeated(own_library: Path) -> None:
    for url in ("http://me:hunter2@127.0.0.1:1", "127.0.0.1:1", "http://127.0.0.1:1/path"):
        env = commands.environment({"ONRECORD_CHROMA_URL": url})
        code, _, stderr = commands.run("library", "status", "--library", own_library, env=env)
        assert code == 78
        commands.assert_one_line(stderr, "ONRECORD_CHROMA_URL")
        assert "hunter2" not in stderr


def test_a_new_library_goes_to_the_server_and_two_share_one(shared: ChromaProcess, tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / f"{name}.txt").write_text(f"The ferry {name} left the harbour of Karsa at noon, said Captain Osk.")
        assert run(shared, "ingest", tmp_path / f"{name}.txt", "--library", tmp_path / name)[0] == 0

    assert run(shared, "library", "remove", "one.txt", "--library", tmp_path / "one")[0] == 0

    for name, documents in (("one", 0), ("two", 1)):
        code, stdout, _ = run(shared, "library", "check", "--library", tmp_path / name, "--json")
        assert (code, json.loads(stdout)["documents"]) == (0, documents)
        assert not (tmp_path / name / "chroma").exists()


@pytest.mark.parametrize("fatal", ["put", "count", "drop"])
def test_a_move_that_is_killed_loses_nothing_and_is_done_by_the_next(
    shared: ChromaProcess, own_library: Path, fatal: str
) -> None:
    before = collections(shared)
    program = (
        f"import os\nfrom ingest.engines.dense import Dense\nDense.{fatal} = lambda *_: os._exit(9)\n"
        "from onrecord.cli import main\nmain()\n"
    )
    command = [
        sys.executable,
        "-c",
        program,
        "library",
        "move-vectors",
        "--to",
        "server",
        "--library",
        str(own_library),
    ]
    env = commands.environment({"ONRECORD_CHROMA_URL": shared.url})
    assert subprocess.run(command, env=env, check=False).returncode == 9

    is_there = fatal == "drop"  # by then the catalog says that the vectors are on the server
    code, stdout, _ = run(shared if is_there else None, "library", "check", "--library", own_library, "--json")
    assert (code, json.loads(stdout)["documents"]) == (0, 5)

    move(shared, own_library, "server")
    assert len(collections(shared) - before) == 1
    assert run(shared, "library", "check", "--library", own_library)[0] == 0


def test_without_the_server_a_small_library_answers_forgets_and_takes_nothing(
    own: ChromaProcess, own_library: Path, encoder: Encoder, tmp_path: Path
) -> None:
    moved(own, own_library)
    own.kill()
    (tmp_path / "a.txt").write_text("The ferry to Karsa leaves at dusk from the new pier, said Captain Osk.")

    code, stdout, _ = run(own, "ask", QUESTIONS[0], "--library", own_library, "--json")
    assert (code, json.loads(stdout)["kind"]) == (0, "answer")
    for command in (["ingest", tmp_path / "a.txt"], ["library", "check"], ["library", "rebuild"]):
        code, _, stderr = run(own, *command, "--library", own_library)
        assert code == 69
        commands.assert_one_line(stderr, own.url)
    (gone, *_) = json.loads(run(own, "library", "list", "--library", own_library, "--json")[1])["documents"]
    assert run(own, "library", "remove", gone["id"], "--library", own_library)[0] == 0

    own.start()

    assert run(own, "ingest", tmp_path / "a.txt", "--library", own_library)[0] == 0
    with PassageIndex.open(own_library, chroma_url=own.url) as index:
        assert index.n_documents == 5
        assert index.check() == []
        assert index._engines.dense.count() == index.n_passages  # what was removed meanwhile is gone there too
        answer = ask(index, encoder, "When does the ferry to Karsa leave?")
        assert isinstance(answer, Answer)
        assert gone["id"] not in index.texts([gone["id"]])


def test_without_the_server_a_large_library_scores_every_passage(
    own: ChromaProcess, own_library: Path, encoder: Encoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    as_if_large(monkeypatch)
    with PassageIndex.open(moved(own, own_library), chroma_url=own.url) as index:
        before = found(index, encoder)
        own.hold_up()
        started = time.monotonic()
        assert found(index, encoder) == before
        held_up_s = time.monotonic() - started
        own.go_on()
        own.kill()
        assert found(index, encoder) == before
        with pytest.raises(ChromaServerError):
            index.require_reached()
        own.start()
        index.require_reached()
        assert found(index, encoder) == before
        assert index._engines.dense.search(encoder.encode_question("ferry").vector, 3)
    assert held_up_s < 30  # of twelve questions the first waits for ten seconds, and hardly any other for two


def test_a_server_that_lost_the_vectors_is_told_and_they_are_made_anew(own: ChromaProcess, own_library: Path) -> None:
    moved(own, own_library)
    own.kill()
    shutil.rmtree(own.folder)
    own.start()

    code, _, stderr = run(own, "ask", QUESTIONS[0], "--library", own_library)
    assert code == 65
    commands.assert_one_line(stderr, "not on the server", "library rebuild")
    code, stdout, stderr = run(own, "library", "rebuild", "--library", own_library, "--json")
    assert (code, stderr, json.loads(stdout)["rebuilt"]) == (0, "", ["chroma"])
    assert run(own, "library", "check", "--library", own_library)[0] == 0


def test_a_server_that_lost_some_vectors_is_told(own: ChromaProcess, own_library: Path) -> None:
    with PassageIndex.open(moved(own, own_library), chroma_url=own.url) as index:
        index._engines.dense.remove([1, 2])

    code, stdout, _ = run(own, "library", "status", "--library", own_library, "--json")

    assert code == 0
    assert "chroma holds" in json.loads(stdout)["problems"][0]


def test_vectors_are_brought_back_without_the_server(own: ChromaProcess, own_library: Path) -> None:
    moved(own, own_library)
    own.kill()

    back = move(None, own_library, "embedded")

    assert back["left_behind"].startswith("onrecord-")
    assert run(None, "library", "check", "--library", own_library)[0] == 0


def test_a_restored_library_has_vectors_of_its_own(shared: ChromaProcess, own_library: Path, tmp_path: Path) -> None:
    before = collections(shared)
    move(shared, own_library, "server")
    assert run(shared, "library", "backup", tmp_path / "backup", "--library", own_library)[0] == 0

    code, _, stderr = run(shared, "library", "restore", tmp_path / "backup", "--library", tmp_path / "restored")

    assert (code, stderr) == (0, "")
    assert len(collections(shared) - before) == 2
    with closing(sqlite3.connect(tmp_path / "backup" / "catalog.sqlite")) as copy:
        assert copy.execute("SELECT count(*) FROM meta WHERE name = 'collection'").fetchone() == (0,)
    for library in (own_library, tmp_path / "restored"):
        assert run(shared, "library", "check", "--library", library)[0] == 0
    assert run(None, "library", "restore", tmp_path / "backup", "--library", tmp_path / "alone")[0] == 0
    assert os.path.exists(tmp_path / "alone" / "chroma")  # noqa: PTH110


def test_a_library_is_not_made_where_the_server_does_not_answer(tmp_path: Path, encoder: Encoder) -> None:
    with pytest.raises(ChromaServerError):
        PassageIndex.open(tmp_path / "library", create=True, chroma_url="http://127.0.0.1:9")

    with PassageIndex.open(tmp_path / "library", create=True) as index:  # and nothing is in the way of the next attempt
        assert ingest(load([SEEDS], max_bytes=1_000_000), index, lambda: encoder).added == 5
