"""A folder made to do harm: each trap is one error, in bounded memory, and the articles beside it are stored."""

from __future__ import annotations

import gzip
import json
import os
import socket
import stat
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from ingest.store import PassageIndex
from tests.commands import most_memory_kb, start

if TYPE_CHECKING:
    from collections.abc import Callable

GOOD = (
    "The harbour bridge reopened on Tuesday after repairs that took eleven weeks. The mayor, Ada Quill, said that "
    "the work had cost nine million crowns."
)
MEGABYTE = 1_000_000
LIMIT_BYTES = 4_000 * MEGABYTE  # of address space: OpenVINO and Chroma reserve much more than they use
MOST_KB = 500_000  # of memory that was really used; the model alone takes 265,000


def page(body: str) -> str:
    return f"<html><body><article><p>{GOOD}</p>{body}</article></body></html>"


def lines(*parts: str | bytes) -> bytes:
    return b"".join((part.encode() if isinstance(part, str) else part) + b"\n" for part in parts)


def laughs() -> str:
    entities = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 12))
    return f'<!DOCTYPE lolz [<!ENTITY l0 "lol">{entities}]>' + page("<p>&l11;</p>")


def aliases() -> str:
    nested = "".join(f"{chr(98 + n)}: &{chr(98 + n)} [{','.join(['*' + chr(97 + n)] * 9)}]\n" for n in range(9))
    return f"---\na: &a [{','.join('x' * 9)}]\n{nested}title: *j\n---\n{GOOD}"


def record(document_id: str, text: str = GOOD) -> str:
    return json.dumps({"id": document_id, "text": text})


def behind(trap: str) -> str:
    return record(f"behind {trap}", f"{GOOD} It was {trap} that delayed it.")


# Name, content, and where a failure is reported: at the file, or at a line of it; nowhere when it is harmless.
TRAPS: list[tuple[str, Callable[[], str | bytes], list[str]]] = [
    ("bomb.jsonl.gz", lambda: gzip.compress(b" " * 150 * MEGABYTE, 1), [""]),
    ("bomb in a string.jsonl.gz", lambda: gzip.compress(b'{"id":"x","text":"' + b"a" * 150 * MEGABYTE, 1), [""]),
    ("packed twice.jsonl.gz", lambda: gzip.compress(gzip.compress(b"x" * MEGABYTE)), [":1"]),
    ("torn.jsonl.gz", lambda: gzip.compress(lines(record("torn", GOOD + " 1")))[:-9] + b"junk", [""]),
    ("one line.jsonl", lambda: lines(b"[" * 100 * MEGABYTE, behind("one line")), [":1"]),
    ("deep.jsonl", lambda: lines("[" * 900_000, '{"a":' * 150_000, behind("deep")), [":1", ":2"]),
    ("number.jsonl", lambda: lines('{"id":' + "9" * 900_000 + "}", '{"id":1e999}', behind("number")), [":1", ":2"]),
    ("deep.html", lambda: "<div>" * 150_000 + f"<p>{GOOD}</p>", [""]),
    ("inline.html", lambda: "<b>" * 300_000 + f"<p>{GOOD}</p>", [""]),
    ("tables.html", lambda: "<table><tr><td>" * 50_000 + GOOD, [""]),
    ("many.html", lambda: page("<i></i>" * 130_000), []),
    ("comments.html", lambda: "<!--" * 200_000 + GOOD, [""]),
    ("laughs.html", laughs, [""]),
    ("outside.html", lambda: '<!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/passwd">]>' + page("<p>&x;</p>"), [""]),
    ("ld.html", lambda: page(f"<script type='application/ld+json'>{'[' * 200_000}</script>"), []),
    ("aliases.md", aliases, []),
    ("flow.md", lambda: f"---\ntitle: {'[' * 30_000}\n---\n{GOOD}", [""]),
    ("zeros.txt", lambda: b"\0" * MEGABYTE, [""]),
    ("big.txt", lambda: "word " * 400_000, [""]),
    ("marks.txt", lambda: "a" + "\u0301" * 400_000, [""]),
]  # fmt: skip


BEHIND = ("behind one line", "behind deep", "behind number", "torn")  # articles in files with bad lines or bytes
UP = ("../../../up", "/etc/up", "C:\\up")  # ids that would be places, if an id were ever made one


def _with_traps(folder: Path) -> set[str]:
    """Makes a folder with an article, every trap and whatever else a folder can hold; what is to be reported."""
    folder.mkdir()
    expected = set()
    (folder / "0 first.txt").write_text(GOOD + " 8")
    (folder / "zz last.txt").write_text(GOOD + " 9")
    for name, content, places in TRAPS:
        made = content()
        (folder / name).write_bytes(made.encode() if isinstance(made, str) else made)
        expected |= {f"{folder / name}{place}" for place in places}
    (folder / "up.jsonl").write_bytes(lines(*(record(name) for name in UP)))
    (folder / "lines.jsonl").write_bytes(b"x\n" * 200_000 + lines(record("not read")))
    expected |= {f"{folder / 'lines.jsonl'}:{n}" for n in range(1, 1_001)} | {str(folder / "lines.jsonl")}
    os.mkfifo(folder / "pipe.txt")
    (folder / "zero.txt").symlink_to("/dev/zero")
    (folder / "stdin.txt").symlink_to("/dev/stdin")
    (folder / "memory.txt").symlink_to("/proc/self/mem")
    (folder / "passwd.txt").symlink_to("/etc/passwd")
    (folder / "root").symlink_to("/")
    (folder / "circle").symlink_to(folder)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(folder / "socket.txt"))
    expected |= {
        str(folder / name)
        for name in ("pipe.txt", "zero.txt", "stdin.txt", "memory.txt", "passwd.txt", "root", "socket.txt")
    }
    try:
        os.mknod(folder / "device.txt", stat.S_IFCHR | 0o600, os.makedev(1, 5))
    except PermissionError:
        return expected  # only root may make one
    return expected | {str(folder / "device.txt")}


@pytest.mark.timeout(120)
def test_every_trap_is_an_error_of_its_own_and_the_articles_beside_it_are_stored(tmp_path: Path) -> None:
    expected = _with_traps(tmp_path / "hostile")
    environment = {**os.environ, "ONRECORD_MAX_ARTICLE_MB": "1"}

    with (
        (tmp_path / "report").open("w+") as stdout,
        start(
            "ingest", tmp_path / "hostile", "--library", tmp_path / "library", "--json",
            under=("prlimit", f"--as={LIMIT_BYTES}"), env=environment, stdout=stdout,
        ) as process,
    ):  # fmt: skip
        used_kb = most_memory_kb(process)
        assert process.stderr is not None
        assert process.stderr.read() == ""
        stdout.seek(0)
        report: dict[str, Any] = json.load(stdout)

    assert process.returncode == 1
    assert {failure["uri"] for failure in report["failed"]} == expected
    assert all(failure["reason"] and "\n" not in failure["reason"] for failure in report["failed"])
    with PassageIndex.open(tmp_path / "library") as index:
        stored = {document.id for document in index.documents(limit=100, offset=0)[0]}
    assert stored == {"0 first.txt", "zz last.txt", *BEHIND, *UP, *(name for name, _, places in TRAPS if not places)}
    assert report["added"] == len(stored)
    assert 200_000 < used_kb < MOST_KB
    assert {path.name for path in tmp_path.iterdir()} == {"hostile", "library", "report"}
