"""Nothing is ever fetched and nobody is told: every connection that a command makes is watched from outside it.

`strace` sees what Python's own sockets would not show: those of onnx, OpenVINO, Chroma and tokenizers.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
from http.client import HTTPConnection
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

from tests.commands import address, assert_one_line, finish, run, start

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

TEXT = (
    "The harbour bridge reopened on Tuesday after repairs that took eleven weeks. The mayor, Ada Quill, said that "
    "the work had cost nine million crowns."
)
# A page that asks for something to be loaded in every way that a parser could follow.
PAGE = (
    """<?xml version="1.0"?><?xml-stylesheet href="{0}/1.xsl"?>
<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Strict//EN" "{0}/2.dtd">
<html xmlns:xi="http://www.w3.org/2001/XInclude" manifest="{0}/3"><head><base href="{0}/4/"/>
<link rel="stylesheet canonical amphtml" href="{0}/5.css"/><meta http-equiv="refresh" content="0;url={0}/6"/>
<meta property="og:url" content="{0}/7"/><script src="{0}/8.js"></script><style>@import url({0}/9.css);</style></head>
<body background="{0}/10.png"><article><h1>Bridge</h1><p>"""
    + TEXT
    + """</p><img src="{0}/11.png" srcset="{0}/12 2x"/>
<iframe src="{0}/13"></iframe><object data="{0}/14"></object><xi:include href="{0}/15"/>
<video src="{0}/16" poster="{0}/17"></video><a href="{0}/18" ping="{0}/19">more</a></article></body></html>"""
)
_REMOTE = re.compile(r"sa_family=AF_INET6?\b.*")
_LOOPBACK = re.compile(r'inet_addr\("127\.|inet_pton\(AF_INET6, "::1"')


@pytest.fixture
def trace(tmp_path: Path) -> Path:
    """Where `strace` writes what a command did."""
    if shutil.which("strace") is None:
        pytest.skip("strace is not installed, so nobody can watch what a command connects to")
    return tmp_path / "trace"


def watched(trace: Path) -> Sequence[str]:
    """What starts a command so that each address that it or a child of it connects or sends to is written down."""
    calls = "trace=connect,sendto,sendmsg,sendmmsg"
    return ("strace", "--follow-forks", "--seccomp-bpf", "-qq", "-e", calls, "-o", str(trace))


def reached(trace: Path) -> list[str]:
    """Addresses beyond this machine, with their ports; name servers too."""
    found = (_REMOTE.search(line) for line in trace.read_text().splitlines())
    return [match[0] for match in found if match and not _LOOPBACK.search(match[0])]


@pytest.fixture
def canary() -> Iterator[socket.socket]:
    """Something to connect to on this machine, which nobody should."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.setblocking(False)
        yield listener


def was_called(canary: socket.socket) -> bool:
    try:
        canary.accept()[0].close()
    except BlockingIOError:
        return False
    return True


@pytest.fixture
def folder(tmp_path: Path, canary: socket.socket) -> Path:
    """Articles, one of which a page that refers to the canary, and a question for `eval`."""
    folder = tmp_path / "articles"
    folder.mkdir()
    (folder / "page.html").write_text(PAGE.format(f"http://127.0.0.1:{canary.getsockname()[1]}"))
    (folder / "far.html").write_text(PAGE.format("http://192.0.2.1").replace("bridge", "tunnel"))
    (folder / "long.txt").write_text(" ".join(f"Ferry {n} left the harbour of Vell at dusk." for n in range(60)))
    question = {
        "id": "q1", "question": "What did the bridge cost?", "answerable": True, "answers": ["nine million"],
        "relevant": ["page.html"], "evidence": ["the work had cost nine million crowns"],
    }  # fmt: skip
    (folder / "questions.jsonl").write_text(json.dumps(question) + "\n")
    return folder


def test_what_watches_sees_a_connection_and_a_question_to_a_name_server(trace: Path) -> None:
    code = (
        "import socket; s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.connect(('192.0.2.1', 53)); "
        "s.sendto(b'x', ('192.0.2.2', 53)); s.connect(('127.0.0.1', 53))"
    )
    subprocess.run([*watched(trace), sys.executable, "-c", code], check=False)

    assert [re.findall(r"192[0-9.]+", line) for line in reached(trace)] == [["192.0.2.1"], ["192.0.2.2"]]


def test_no_command_reaches_beyond_this_machine_and_nothing_that_a_page_refers_to_is_fetched(
    folder: Path, tmp_path: Path, trace: Path, canary: socket.socket
) -> None:
    library = tmp_path / "library"
    for arguments in (
        ["ingest", str(folder), "--library", str(library), "--json"],
        ["ask", "What did the bridge cost?", "--library", str(library), "--json"],
        ["eval", "run", "--data", str(folder)],
    ):
        code, stdout, stderr = run(*arguments, under=watched(trace))

        assert (code, stderr) == (0, "")
        assert reached(trace) == []
        if "ask" in arguments:
            assert "page.html" in json.loads(stdout)["cited"]
    assert not was_called(canary)


def test_a_server_reaches_nobody_but_those_who_ask_it(own_library: Path, trace: Path) -> None:
    server = start("serve", "--library", own_library, "--port", "0", under=watched(trace))
    connection = HTTPConnection(urlsplit(address(server)).netloc, timeout=30)
    article = {"id": "a", "html": PAGE.format("http://192.0.2.1"), "url": "http://192.0.2.1/a"}
    for path, body in (
        ("/v1/documents", article),
        ("/v1/ask", {"question": "What did the bridge cost?"}),
        ("/v1/search", {"query": "http://192.0.2.1/a"}),
    ):
        connection.request("POST", path, json.dumps(body), {"Content-Type": "application/json"})
        response = connection.getresponse()
        assert response.status in {200, 201}, response.read()
        response.read()
    connection.close()
    os.kill(json.loads((own_library / "lock").read_text())["pid"], signal.SIGTERM)  # strace passes no signal on

    assert finish(server)[0] == 0
    assert reached(trace) == []


@pytest.mark.parametrize("url", ["http://127.0.0.1:{0}/a.html", "file:///etc/hostname", "ftp://127.0.0.1:{0}/a.txt"])
def test_an_address_is_no_path_and_is_not_fetched(url: str, tmp_path: Path, canary: socket.socket) -> None:
    code, stdout, stderr = run("ingest", url.format(canary.getsockname()[1]), "--library", tmp_path / "library")

    assert (code, stdout) == (2, "")
    assert_one_line(stderr, "nothing is fetched")
    assert not was_called(canary)
    assert not (tmp_path / "library").exists()
