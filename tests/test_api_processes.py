"""Several API processes on one library whose vectors are on a Chroma server: one writes, all answer.

Servers and Chroma are real processes. What a reader answers is compared with every text that ever was.
"""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest

from ingest.store import PassageIndex
from tests import commands
from tests.chroma_server import ChromaProcess

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

KARSA = {"id": "karsa", "text": "The ferry to Karsa leaves at dusk from the new pier, said Captain Osk."}
FERRY = {"question": "When does the ferry to Karsa leave?"}
SOLDIERS = {"question": "How many American soldiers are in Iraq?"}
_STRESS_S = 8
_AS_IT_IS = "from onrecord.cli import main\nmain()\n"
_LARGE = f"from ingest.engines import vectors\nvectors._SMALL = 0\n{_AS_IT_IS}"


@pytest.fixture(scope="module")
def chroma(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ChromaProcess]:
    with ChromaProcess(tmp_path_factory.mktemp("chroma") / "data") as process:
        yield process


@pytest.fixture
def library(own_library: Path, chroma: ChromaProcess) -> Path:
    """A library whose vectors are on the server."""
    if not chroma.answers():
        chroma.start()
    with PassageIndex.open_to_move(own_library, chroma.url) as index:
        index.move_vectors("server", lambda *_: None)
    return own_library


@contextmanager
def serving(
    library: Path, chroma: ChromaProcess, *, as_if_large: bool = False
) -> Iterator[tuple[subprocess.Popen[str], str, str]]:
    """A process that serves the library: itself, its address, and what it says when it is ready.

    Args:
        as_if_large: Whether it asks Chroma for what is nearest, as beyond 10,000 passages.
    """
    env = commands.environment({"ONRECORD_CHROMA_URL": chroma.url})
    command = [sys.executable, "-c", _LARGE if as_if_large else _AS_IT_IS]
    command += ["serve", "--library", str(library), "--port", "0"]
    with subprocess.Popen(command, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=env) as process:
        try:
            assert process.stderr is not None
            line = process.stderr.readline()
            assert " at http://" in line, line + process.stderr.read()
            yield process, line.split(" at ")[1].partition(",")[0].strip(), line
        finally:
            process.kill()


def call(address: str, method: str, path: str, body: dict[str, Any] | None = None) -> tuple[int, dict[str, Any]]:
    data = None if body is None else json.dumps(body).encode()
    request = Request(address + path, data, {"Content-Type": "application/json"}, method=method)  # noqa: S310  (http)
    try:
        with urlopen(request, timeout=120) as response:  # noqa: S310  (http, loopback)
            content = response.read()
            return response.status, json.loads(content) if content else {}
    except HTTPError as error:
        return error.code, json.loads(error.read())


def ask(address: str, question: dict[str, str]) -> tuple[int, dict[str, Any]]:
    return call(address, "POST", "/v1/ask", question)


def cited(answer: dict[str, Any]) -> list[str]:
    return [one["document_id"] for claim in answer.get("claims", ()) for one in claim["citations"]]


class Traffic:
    """Who writes and who asks at once, until told to stop; with every text that ever was of each article written."""

    def __init__(self) -> None:
        self.stop = threading.Event()
        self.wrong: list[object] = []
        self.n_asked = self.n_replaced = 0
        self._texts: dict[str, set[str]] = {}

    def write(self, address: str) -> None:
        version = 0
        while not self.stop.is_set():
            version += 1
            id_ = f"ferry-{version % 5}"
            text = f"{'Fog lay over the bay. ' * (version % 7)}Ferry {version % 5} to Karsa left at {version} o'clock."
            self._texts.setdefault(id_, set()).add(text)
            if call(address, "POST", "/v1/documents", {"id": id_, "text": text})[0] != 201:
                self.wrong.append(("write", id_))
            if version % 3 == 0:
                call(address, "DELETE", f"/v1/documents/{id_}")

    def read(self, address: str) -> None:
        while not self.stop.is_set():
            status, answer = ask(address, {"question": f"When did ferry {self.n_asked % 5} to Karsa leave?"})
            self.n_asked += 1
            if answer.get("type") == "urn:onrecord:problem:citation":  # replaced twice while one question was answered
                self.n_replaced += 1
            elif status != 200 or not self._stood_there(answer):
                self.wrong.append((status, answer))
            if (status := call(address, "GET", "/v1/library")[0]) != 200:
                self.wrong.append(("library", status))

    def _stood_there(self, answer: dict[str, Any]) -> bool:
        """Whether each quote of an article that was written here once stood where it says."""
        citations = [one for claim in answer.get("claims", ()) for one in claim["citations"]]
        return all(
            any(text[one["start"] : one["end"]] == one["quote"] for text in set(self._texts[one["document_id"]]))
            for one in citations
            if one["document_id"] in self._texts
        )


def test_one_process_writes_and_the_other_sees_it_with_its_next_question(library: Path, chroma: ChromaProcess) -> None:
    with serving(library, chroma) as (_, writer, said), serving(library, chroma) as (_, reader, said_too):
        assert ("only for reading" in said, "only for reading" in said_too) == (False, True)
        assert ask(writer, SOLDIERS)[1]["claims"] == ask(reader, SOLDIERS)[1]["claims"]
        assert "karsa" not in cited(ask(reader, FERRY)[1])

        assert call(writer, "POST", "/v1/documents", KARSA)[0] == 201
        assert cited(ask(reader, FERRY)[1])[0] == "karsa"
        assert call(reader, "GET", "/v1/documents/karsa")[1]["text"] == KARSA["text"]

        changed = KARSA | {"text": "The ferry to Karsa leaves at noon from the old pier, said Captain Osk."}
        assert call(writer, "POST", "/v1/documents", changed)[0] == 201
        assert "noon" in ask(reader, FERRY)[1]["text"]

        assert call(writer, "DELETE", "/v1/documents/karsa")[0] == 204
        assert "karsa" not in cited(ask(reader, FERRY)[1])
        assert call(reader, "GET", "/v1/documents/karsa")[0] == 404


def test_a_conversation_goes_on_with_whichever_process_is_asked(library: Path, chroma: ChromaProcess) -> None:
    with serving(library, chroma) as (_, writer, _), serving(library, chroma) as (_, reader, _):
        begun = call(reader, "POST", "/v1/ask", SOLDIERS | {"remember": True})[1]
        turn = {"question": "Who refused?", "remember": True, "conversation_id": begun["conversation_id"]}
        gone_on = call(writer, "POST", "/v1/ask", turn)[1]
        kept = call(reader, "GET", f"/v1/conversations/{begun['conversation_id']}")[1]

    assert (begun["turn"], gone_on["turn"], len(kept["turns"])) == (0, 1, 2)


def test_a_write_sent_to_a_reader_is_refused_with_who_writes(library: Path, chroma: ChromaProcess) -> None:
    with serving(library, chroma) as (process, writer, _), serving(library, chroma) as (_, reader, _):
        for method, path, body in (
            ("POST", "/v1/documents", KARSA),
            ("DELETE", "/v1/documents/03-us-refuses-baghdad.md", None),
            ("POST", "/v1/library/rebuild", {}),
            ("POST", "/v1/library/check", {}),
        ):
            status, problem = call(reader, method, path, body)
            assert (status, problem["type"]) == (409, "urn:onrecord:problem:read-only")
            assert writer in problem["detail"]
            assert str(process.pid) in problem["detail"]
        code, stdout, _ = commands.run("library", "check", "--library", library, "--json")  # asks the one that writes
        assert (code, json.loads(stdout)["documents"]) == (0, 5)


def test_without_a_server_of_chroma_a_second_process_is_refused_with_the_reason(own_library: Path) -> None:
    with commands.start("serve", "--library", own_library, "--port", "0") as first:
        try:
            commands.address(first)
            code, _, stderr = commands.run("serve", "--library", own_library, "--port", "0")
        finally:
            first.kill()

    assert code == 75
    commands.assert_one_line(stderr, f"process {first.pid}", "one process owns a library", "ONRECORD_CHROMA_URL")


def test_a_reader_takes_over_when_the_one_that_wrote_was_killed(library: Path, chroma: ChromaProcess) -> None:
    with serving(library, chroma) as (process, _, _), serving(library, chroma) as (_, reader, _):
        process.kill()
        process.wait()

        assert ask(reader, SOLDIERS)[0] == 200
        assert call(reader, "POST", "/v1/documents", KARSA)[0] == 201
        assert cited(ask(reader, FERRY)[1])[0] == "karsa"
        with serving(library, chroma) as (_, third, said):
            assert "only for reading" in said
            assert cited(ask(third, FERRY)[1])[0] == "karsa"
            status, problem = call(third, "DELETE", "/v1/documents/karsa")
            assert (status, reader in problem["detail"]) == (409, True)
        assert commands.run("library", "remove", "karsa", "--library", library)[0] == 0  # by the one that now writes
        assert "karsa" not in cited(ask(reader, FERRY)[1])


@pytest.mark.parametrize("is_large", [False, True], ids=["scored exactly", "by Chroma"])
def test_a_reader_meets_no_error_and_no_quote_that_never_stood_there_while_another_process_writes(
    library: Path, chroma: ChromaProcess, is_large: bool
) -> None:
    traffic = Traffic()
    with (
        serving(library, chroma, as_if_large=is_large) as (_, writer, _),
        serving(library, chroma, as_if_large=is_large) as (_, reader, _),
    ):
        work = ((traffic.write, writer), (traffic.read, reader), (traffic.read, reader))
        threads = [threading.Thread(target=target, args=(address,)) for target, address in work]
        for thread in threads:
            thread.start()
        time.sleep(_STRESS_S)
        traffic.stop.set()
        for thread in threads:
            thread.join()
        seen = [call(one, "GET", "/v1/documents?limit=100")[1]["documents"] for one in (writer, reader)]
    assert traffic.wrong == []
    assert seen[0] == seen[1]
    assert traffic.n_asked > 20
    assert traffic.n_replaced <= max(2, traffic.n_asked // 20)


def test_a_reader_says_so_while_the_library_is_made_anew_and_then_answers_as_before(
    library: Path, chroma: ChromaProcess
) -> None:
    with serving(library, chroma) as (_, writer, _), serving(library, chroma) as (_, reader, _):
        before = ask(reader, SOLDIERS)[1]["claims"]
        assert call(writer, "POST", "/v1/library/rebuild", {"everything": True})[0] == 202
        statuses = set()
        while call(writer, "GET", "/v1/library/rebuild")[1]["state"] == "running":
            statuses.add(ask(reader, SOLDIERS)[0])
        assert call(writer, "GET", "/v1/library/rebuild")[1]["state"] == "done"
        assert statuses <= {200, 503}
        assert ask(reader, SOLDIERS)[1]["claims"] == before
        assert call(reader, "GET", "/readyz")[0] == 200


def test_a_reader_whose_vectors_were_moved_away_says_what_to_do(library: Path, chroma: ChromaProcess) -> None:
    with serving(library, chroma) as (process, _, _), serving(library, chroma) as (_, reader, _):
        process.kill()
        process.wait()
        assert commands.run("library", "move-vectors", "--to", "embedded", "--library", library)[0] == 0

        status, problem = ask(reader, SOLDIERS)

        assert (status, problem["type"]) == (503, "urn:onrecord:problem:library-damaged")
        assert "start this process again" in problem["detail"]
        assert call(reader, "POST", "/v1/documents", KARSA)[0] == 503


def test_without_the_chroma_server_questions_are_answered_and_readyz_and_writes_say_why(
    library: Path, chroma: ChromaProcess
) -> None:
    with serving(library, chroma) as (_, writer, _), serving(library, chroma) as (_, reader, _):
        chroma.kill()
        for one in (writer, reader):
            status, problem = call(one, "GET", "/readyz")
            assert (status, problem["type"]) == (503, "urn:onrecord:problem:chroma-server")
            assert chroma.url in problem["detail"]
            assert ask(one, SOLDIERS)[1]["kind"] == "answer"
        status, problem = call(writer, "POST", "/v1/documents", KARSA)
        assert (status, problem["type"]) == (503, "urn:onrecord:problem:chroma-server")
        assert "karsa" not in cited(ask(writer, FERRY)[1])

        chroma.start()

        for one in (writer, reader):
            assert call(one, "GET", "/readyz") == (200, {"status": "ready"})
        assert call(writer, "POST", "/v1/documents", KARSA)[0] == 201
        assert cited(ask(reader, FERRY)[1])[0] == "karsa"


def test_a_server_starts_without_the_chroma_server_and_goes_on_when_it_is_back(
    library: Path, chroma: ChromaProcess
) -> None:
    chroma.kill()
    os.utime(library / "dense.f16")  # as after an unclean end, so that it is looked over
    with serving(library, chroma) as (_, address, _):
        assert ask(address, SOLDIERS)[1]["kind"] == "answer"
        assert call(address, "GET", "/readyz")[0] == 503
        chroma.start()
        assert call(address, "GET", "/readyz")[0] == 200
        assert call(address, "POST", "/v1/documents", KARSA)[0] == 201


def test_kills_of_the_one_that_writes_and_of_chroma_lose_nothing_that_was_stored(
    library: Path, chroma: ChromaProcess, tmp_path: Path
) -> None:
    draws = random.Random(7)
    articles = tmp_path / "articles"
    articles.mkdir()
    for n in range(150):
        (articles / f"{n}.txt").write_text(f"Ferry {n} left the harbour of Karsa at {n} o'clock, said Captain Osk.")
    env = commands.environment({"ONRECORD_CHROMA_URL": chroma.url})
    with serving(library, chroma) as (process, _, _), serving(library, chroma) as (_, reader, _):
        process.kill()
        process.wait()
        n_stored = 0
        for victim in ("ingest", "chroma") * 3:
            ingest = commands.start("ingest", articles, "--library", library, env=env)
            time.sleep(draws.uniform(1, 4))
            (chroma.kill if victim == "chroma" else ingest.kill)()
            code, _, stderr = commands.finish(ingest)
            assert code in {0, -9, 69}, stderr
            if victim == "chroma":
                chroma.start()
            status, listing = call(reader, "GET", "/v1/documents?limit=1")
            assert (status, listing["total"] >= n_stored) == (200, True)
            n_stored = listing["total"]
            assert ask(reader, SOLDIERS)[1]["kind"] == "answer"
        assert commands.run("ingest", articles, "--library", library, env=env)[0] == 0
        assert "149.txt" in cited(ask(reader, {"question": "When did ferry 149 leave the harbour of Karsa?"})[1])
        code, stdout, _ = commands.run("library", "check", "--library", library, "--json", env=env)
    assert (code, json.loads(stdout)["documents"]) == (0, 155)
