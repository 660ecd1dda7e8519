"""The command line: what it prints, how it ends, and that a library served elsewhere is worked on all the same."""

from __future__ import annotations

import io
import json
import os
import re
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from http.client import HTTPConnection
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import quote, urlsplit

import pytest
from rich.console import Console
from typer.testing import CliRunner

from ingest.errors import LibraryBusyError, OnrecordError
from ingest.records import RawArticle
from ingest.settings import Settings
from ingest.store import PassageIndex
from onrecord.cli import app
from onrecord.client import ServedLibrary
from onrecord.exits import exit_code
from onrecord.progress import Progress
from onrecord.render import console, printable, show_passages, show_result
from service.api.problem_types import PREFIX
from service.api.schemas import (
    AbstentionResponse,
    AnswerResponse,
    DocumentsResponse,
    IngestResponse,
    LibraryResponse,
    SearchResponse,
)
from service.errors import CitationError, ServeError
from service.server import serve
from tests.commands import address, assert_one_line, start, wait_for

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from typer.testing import Result

SEEDS = Path(__file__).parents[1] / "seeds"
ARTICLE = (
    "The harbour bridge reopened on Tuesday after repairs that took eleven weeks. The mayor, Ada Quill, said "
    "that the work had cost nine million crowns. Lorries may not cross it before autumn."
)
QUESTION = "How many American soldiers are in Iraq?"
ANSI = re.compile(r"\x1b")


@pytest.fixture(autouse=True)
def _elsewhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A folder of its own, so that no `.env` and no `library` of the person's is used."""
    monkeypatch.chdir(tmp_path)


def _run(*arguments: str | Path) -> Result:
    """A command in this process."""
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def _json(result: Result) -> dict[str, Any]:
    assert result.exit_code in {0, 1}, result.stderr
    value: dict[str, Any] = json.loads(result.stdout)
    return value


def _article(folder: Path, name: str = "harbour.txt", text: str = ARTICLE) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


# --- starting ------------------------------------------------------------------------------------------------------


def test_help_answers_at_once() -> None:
    durations = []
    for _ in range(5):
        started = time.perf_counter()
        process = start("--help")
        process.communicate()
        durations.append(time.perf_counter() - started)
        assert process.returncode == 0

    assert min(durations) < 0.25


@pytest.mark.parametrize("arguments", [["--help"], ["ask", "--help"], ["--version"], ["library", "--help"]])
def test_nothing_heavy_is_imported_to_answer_help(arguments: list[str]) -> None:
    command = [sys.executable, "-X", "importtime", "-m", "onrecord", *arguments]
    imported = {
        line.rpartition("|")[2].strip().partition(".")[0]
        for line in subprocess.run(command, capture_output=True, text=True, check=True).stderr.splitlines()
    }

    heavy = {"chromadb", "fastapi", "numpy", "openvino", "pydantic_settings", "rich", "starlette", "tantivy", "uvicorn"}
    assert imported & heavy == set()


def test_the_version_is_shown() -> None:
    result = _run("--version")

    assert (result.exit_code, result.stdout) == (0, "onrecord 0.1.0\n")


@pytest.mark.parametrize(
    "arguments",
    [
        ["nothing"],
        ["ask"],
        ["ask", "who?", "--mode", "guess"],
        ["search", "x", "-k", "0"],
        ["search", "x", "-k", "101"],
        ["search", "x", "--from", "soon"],
        ["search", "x", "--from", "2020-02-01", "--to", "2020-01-01"],
        ["serve", "--port", "70000"],
        ["library", "list", "--offset", "99999999999999999999"],
        ["library", "list", "--outlet", "\udcff"],
        ["search", "x", "--outlet", "\udcff"],
        ["library", "remove", "\udcff"],
        ["library", "remove"],
        ["ingest"],
        ["ingest", "nowhere"],
    ],
)
def test_a_wrong_use_ends_with_2_and_makes_nothing(arguments: list[str], tmp_path: Path) -> None:
    result = _run(*arguments)

    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr
    assert list(tmp_path.iterdir()) == []


# --- a library of one's own ----------------------------------------------------------------------------------------


def test_the_seeds_are_ingested_then_unchanged_then_pruned(tmp_path: Path) -> None:
    folder = tmp_path / "articles"
    for path in SEEDS.glob("0*.md"):
        _article(folder, path.name, path.read_text(encoding="utf-8"))

    first = _json(_run("ingest", folder, "--json"))
    again = _json(_run("ingest", folder, "--json"))
    (folder / "01-baghdad-asks-for-a-roadmap.md").unlink()
    kept = _json(_run("ingest", folder, "--json"))
    pruned = _json(_run("ingest", folder, "--json", "--prune"))

    for report in (first, again, kept, pruned):
        assert list(report) == list(IngestResponse.model_fields)
    assert (first["added"], first["failed"]) == (5, [])
    assert (again["unchanged"], again["passages"]) == (5, 0)
    assert (kept["unchanged"], kept["removed"]) == (4, 0)
    assert (pruned["unchanged"], pruned["removed"]) == (4, 1)
    assert LibraryResponse.model_validate(_json(_run("library", "status", "--json"))).documents == 4


def test_a_bad_article_is_named_the_others_are_stored_and_the_exit_code_is_1(tmp_path: Path) -> None:
    _article(tmp_path / "articles", "good.txt")
    (tmp_path / "articles" / "bad.txt").write_bytes(b"\x00\x01")

    shown = _run("ingest", "articles")
    report = _run("ingest", "articles", "--json")

    assert (shown.exit_code, report.exit_code) == (1, 1)
    assert shown.stdout.startswith("1 added, 0 updated, 0 unchanged, 0 removed, 1 failed\n1 new passage in ")
    assert shown.stdout.endswith(" passages a second\n")
    assert "articles/bad.txt" in shown.stderr
    assert [failure["uri"] for failure in json.loads(report.stdout)["failed"]] == ["articles/bad.txt"]
    assert _json(_run("library", "status", "--json"))["documents"] == 1


def test_a_folder_without_articles_is_said_to_be_one(tmp_path: Path) -> None:
    (tmp_path / "nothing").mkdir()

    result = _run("ingest", "nothing")

    assert result.exit_code == 0
    assert_one_line(result.stderr, "no articles")


def test_an_article_may_be_named_and_be_called_anything(tmp_path: Path) -> None:
    name = "été 2021/صحيفة [bold] %2e.txt"
    _article(tmp_path / "a" / "été 2021", "صحيفة [bold] %2e.txt")

    assert _run("ingest", "a").exit_code == 0
    listing = _run("library", "list")
    removed = _run("library", "remove", name)

    assert name in listing.stdout
    assert (removed.exit_code, removed.stdout) == (0, "1 removed\n")


def test_an_answer_as_json_is_one_document_of_the_documented_form(seed_library: Path) -> None:
    result = _run("ask", QUESTION, "--library", seed_library, "--json")

    answer = _json(result)
    AnswerResponse.model_validate(answer)
    assert result.stderr == ""
    assert answer["question"] == QUESTION


def test_an_answer_shows_its_quotes_and_who_printed_them(seed_library: Path) -> None:
    answer = _json(_run("ask", QUESTION, "--library", seed_library, "--json"))

    shown = " ".join(_run("ask", QUESTION, "--library", seed_library).stdout.split())

    for claim in answer["claims"]:
        assert " ".join(claim["text"].split()) in shown
        for citation in claim["citations"]:
            assert f"[{citation['marker']}]" in shown
            assert citation["outlet"] in shown
            assert " ".join(citation["title"].split()) in shown
    cited, _, considered = shown.partition("Cited ")[2].partition("Also considered, not cited")
    assert all(document_id in cited for document_id in answer["cited"])
    assert all(document_id in considered for document_id in answer["considered"])


def test_a_question_that_the_articles_do_not_answer_ends_with_0_and_looks_different(tmp_path: Path) -> None:
    _article(tmp_path / "articles")
    _run("ingest", "articles")

    question = "Which orchestra recorded the symphonies of Mahler?"
    abstention = _json(_run("ask", question, "--json"))
    shown = _run("ask", question)

    AbstentionResponse.model_validate(abstention)
    assert shown.exit_code == 0
    assert shown.stdout.startswith("No answer.")
    assert "Searched 1 article." in shown.stdout
    assert "none of which answers the question" in shown.stdout


def test_filters_that_nothing_passes_are_named_and_not_the_whole_library(seed_library: Path) -> None:
    shown = _run("ask", QUESTION, "--outlet", "No Such Paper", "--library", seed_library).stdout

    assert "No article passes these filters." in shown
    assert "Searched" not in shown


def test_passages_are_searched_within_an_outlet_and_dates(seed_library: Path) -> None:
    outlet = _json(_run("library", "list", "--library", seed_library, "--json"))["documents"][0]["outlet"]

    found = _json(_run("search", "troops", "-k", "2", "--outlet", outlet, "--library", seed_library, "--json"))
    early = _json(_run("search", "troops", "--to", "2019-12-31", "--library", seed_library, "--json"))

    assert {passage.outlet for passage in SearchResponse.model_validate(found).passages} == {outlet}
    assert len(found["passages"]) <= 2
    assert early["passages"] == []
    assert _run("search", "troops", "--to", "2019-12-31", "--library", seed_library).stdout == "No passage was found.\n"


def test_documents_are_listed_in_pages(seed_library: Path) -> None:
    listing = _json(_run("library", "list", "--library", seed_library, "--json", "--limit", "2", "--offset", "4"))
    shown = _run("library", "list", "--library", seed_library, "--limit", "2").stdout

    DocumentsResponse.model_validate(listing)
    assert (len(listing["documents"]), listing["total"]) == (1, 5)
    assert "2 of 5 articles" in shown


def test_of_several_ids_those_that_are_there_are_removed(own_library: Path) -> None:
    ids = [
        document["id"] for document in _json(_run("library", "list", "--library", own_library, "--json"))["documents"]
    ]

    result = _run("library", "remove", ids[0], "nothing", ids[1], "--library", own_library, "--json")

    assert result.exit_code == 1
    assert json.loads(result.stdout) == {"removed": 2, "not_found": ["nothing"]}
    assert_one_line(result.stderr, "'nothing'")
    assert _json(_run("library", "status", "--library", own_library, "--json"))["documents"] == 3


def test_the_library_of_the_environment_is_used(seed_library: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ONRECORD_LIBRARY", str(seed_library))

    status = _json(_run("library", "status", "--json"))

    assert list(status) == list(LibraryResponse.model_fields)
    assert status["documents"] == 5


def test_the_help_of_serve_says_what_insecure_allows() -> None:
    shown = " ".join(_run("serve", "--help").stdout.split())

    assert "--insecure" in shown
    assert "whoever reaches it may read, add and remove articles" in shown


def test_an_empty_setting_is_unset(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("ONRECORD_THREADS=\n", encoding="utf-8")
    monkeypatch.setenv("ONRECORD_PORT", "")

    settings = Settings()

    assert (settings.threads, settings.port) == (None, 8000)


def test_the_bar_is_not_full_before_all_is_stored() -> None:
    out = io.StringIO()
    articles = [RawArticle(f"{n}", f"{n}.txt", ARTICLE) for n in range(2)]
    with Progress(Console(file=out, width=100, force_terminal=True), len(articles)) as progress:
        for number, article in enumerate(progress.watched(articles), start=1):
            progress.show(number, article.uri)
            progress._bars.refresh()
        out.truncate(out.seek(0))
        progress._bars.refresh()
        last = out.getvalue()

    assert "storing" in last
    assert "reading" not in last
    assert "2 articles" in last


# --- how it ends when it cannot work -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "arguments",
    [["ask", "who?"], ["search", "x"], ["library", "status"], ["library", "list"], ["serve", "--port", "0"]],
)
def test_69_where_there_is_no_library(arguments: list[str], tmp_path: Path) -> None:
    result = _run(*arguments)

    assert result.exit_code == 69
    assert_one_line(result.stderr, f"onrecord ingest PATH --library {tmp_path / 'library'}")


def test_75_while_another_process_that_serves_nothing_owns_the_library(own_library: Path, tmp_path: Path) -> None:
    _article(tmp_path / "articles")
    with PassageIndex.open(own_library):
        for arguments in (["ask", "who?"], ["ingest", "articles"], ["library", "status"], ["serve", "--port", "0"]):
            result = _run(*arguments, "--library", own_library)

            assert result.exit_code == 75
            assert_one_line(result.stderr, str(os.getpid()))


def test_65_when_another_model_made_the_library(own_library: Path) -> None:
    with sqlite3.connect(own_library / "catalog.sqlite") as catalog:
        catalog.execute("UPDATE meta SET value = 'another model' WHERE name = 'model'")
    catalog.close()

    result = _run("ask", "who?", "--library", own_library)

    assert result.exit_code == 65
    assert_one_line(result.stderr, "another model")


def test_65_when_the_catalog_is_damaged(own_library: Path) -> None:
    (own_library / "catalog.sqlite").write_bytes(b"no database" * 1000)

    result = _run("library", "status", "--library", own_library)

    assert result.exit_code == 65
    assert_one_line(result.stderr, "catalog")


def test_73_when_the_library_cannot_be_made(tmp_path: Path) -> None:
    path = _article(tmp_path)

    for library in (path, path / "below"):
        result = _run("ingest", path, "--library", library)
        assert result.exit_code == 73
        assert_one_line(result.stderr, str(path))


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (PermissionError(13, "Permission denied", "library"), 77),
        (OSError(30, "Read-only file system", "library"), 73),
        (OSError(28, "No space left on device"), 74),
        (OSError(98, "Address already in use"), 75),
        (CitationError("ask again"), 75),
        (OnrecordError("anything else"), 70),
    ],
)
def test_other_errors_end_with_the_codes_of_sysexits(error: OnrecordError | OSError, code: int) -> None:
    assert exit_code(error) == code


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere, so nothing is forbidden to it")
def test_77_where_one_may_not_write(tmp_path: Path) -> None:
    (tmp_path / "locked").mkdir(mode=0o500)

    result = _run("ingest", _article(tmp_path), "--library", tmp_path / "locked" / "library")

    assert result.exit_code == 77
    assert_one_line(result.stderr, "locked")


def test_78_when_no_model_or_a_wrong_setting_is_configured(seed_library: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    result = _run("ask", "Who called?", "--mode", "model", "--library", seed_library)
    monkeypatch.setenv("ONRECORD_PORT", "secret-port")
    wrong = _run("library", "status")

    assert (result.exit_code, wrong.exit_code) == (78, 78)
    assert_one_line(result.stderr, "model")
    assert_one_line(wrong.stderr, "ONRECORD_PORT")
    assert "secret-port" not in wrong.stderr


def test_78_when_the_settings_are_not_utf_8(tmp_path: Path) -> None:
    (tmp_path / ".env").write_bytes(b"ONRECORD_LIBRARY=caf\xe9\n")

    result = _run("library", "status")

    assert result.exit_code == 78
    assert_one_line(result.stderr, ".env", "UTF-8")


@pytest.mark.parametrize("question", ["", "?!", "x" * 4001])
def test_2_for_a_question_that_is_none(seed_library: Path, question: str) -> None:
    result = _run("ask", question, "--library", seed_library)

    assert result.exit_code == 2
    assert_one_line(result.stderr, "question")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_ingest_keeps_what_it_stored(tmp_path: Path, number: signal.Signals) -> None:
    lines = [json.dumps({"id": f"a{n}", "text": f"Report {n}. {ARTICLE} {n * 7} ships came."}) for n in range(4000)]
    articles = _article(tmp_path, "many.jsonl", "\n".join(lines))

    process = start("ingest", articles, "--library", "library")
    wait_for(lambda: any(Path("library/bm25").glob("*.store")))
    process.send_signal(number)
    stdout, stderr = process.communicate(timeout=60)

    assert process.returncode == 128 + number
    assert (stdout, stderr) == ("", "")
    stored = _json(_run("library", "status", "--json"))
    assert stored["pending"] == 0
    assert 0 < stored["documents"] < len(lines)


def test_output_that_nobody_reads_ends_quietly(seed_library: Path) -> None:
    with start("library", "list", "--library", seed_library) as process:
        assert process.stdout is not None
        process.stdout.close()
        assert process.stderr is not None
        assert process.stderr.read() == ""

    assert process.returncode == 141


# --- text in a terminal --------------------------------------------------------------------------------------------


def test_nothing_in_an_article_reaches_the_terminal_as_a_command(tmp_path: Path) -> None:
    text = "The \x1b[31mred\x1b[0m \x9b2J harbour \x07bell [bold]rang[/bold] :smile: \x1b]0;title\x07 \u202etwice."
    line = json.dumps({"id": "x [red]y", "title": "A [link=http://x]title[/link]\x1b[2J", "text": f"{text} {ARTICLE}"})
    _article(tmp_path, "a.jsonl", line)
    _run("ingest", "a.jsonl")

    for arguments in (["search", "harbour bell"], ["ask", "Who rang the harbour bell?"], ["library", "list"]):
        shown = _run(*arguments).stdout
        assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]", shown)
        assert "[link=http://x]title[/link]" in " ".join(shown.split())
    assert "[bold]rang[/bold] :smile:" in " ".join(_run("search", "harbour bell").stdout.split())
    raw = _run("search", "harbour bell", "--json").stdout
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f]", raw)
    assert "\x1b[31mred" in json.loads(raw)["passages"][0]["text"]


def test_a_terminal_that_knows_only_ascii_is_served_too(seed_library: Path) -> None:
    environment = {**os.environ, "PYTHONIOENCODING": "ascii"}
    with start("library", "list", "--library", seed_library, env=environment) as process:
        shown, errors = process.communicate()
    with start("library", "list", "--library", seed_library, "--json", env=environment) as process:
        printed, _ = process.communicate()

    assert (shown.isascii(), errors) == (True, "")
    titles = [document["title"] for document in json.loads(printed)["documents"]]
    assert not all(title.isascii() for title in titles)


RESULT = {
    "kind": "answer",
    "question": "When did the bridge reopen?",
    "query": "When did the bridge reopen?",
    "text": "",
    "claims": [
        {
            "text": "The bridge reopened on Tuesday.",
            "speaker": {"name": "Ada Quill", "affiliation": "mayor of Fairwater", "verb": "said", "direct": True},
            "support": {"score": 0.4, "verdict": "unsupported"},
            "corroboration": {"outlets": ["Courier", "Ledger"], "documents": 3, "origins": 2},
            "citations": [
                {
                    "marker": marker,
                    "document_id": f"{marker}.md",
                    "quote": text,
                    "outlet": None if marker == 2 else "Courier",
                    "title": None if marker == 2 else "Bridge 开放了",
                    "published_on": None if marker == 2 else "2021-05-04",
                    "url": "https://courier.example/1" if marker == 1 else None,
                }
                for marker, text in ((1, "The bridge\n reopened on Tuesday."), (2, "It reopened " * 20 + "on Monday."))
            ],
        }
    ],
    "disagreements": [
        {
            "topic": "the day",
            "positions": [
                {"text": "on Tuesday", "citations": [1], "quotes": []},
                {"text": "on Monday", "citations": [2], "quotes": []},
            ],
        }
    ],
    "cited": ["1.md", "2.md"],
    "considered": ["3.md"],
}


def test_an_answer_shows_speaker_corroboration_disagreement_and_what_is_not_known() -> None:
    out = io.StringIO()
    show_result(Console(file=out, width=80), RESULT, lambda: 3)

    shown = " ".join(out.getvalue().split())
    for part in (
        "The bridge reopened on Tuesday. [1][2]",
        "Ada Quill, mayor of Fairwater said",
        "[1] word for word in Courier, 2021-05-04, Bridge 开放了",
        "unknown outlet, no date",
        "3 articles, 2 outlets, 2 origins (the others print the same story); the quotes do not carry this",
        "The articles disagree the day – on Tuesday [1] – on Monday [2]",
        "[1] https://courier.example/1",
        "[2] 2.md",
        "Also considered, not cited 3.md",
    ):
        assert part in shown


@pytest.mark.parametrize("width", [30, 47, 80])
def test_lines_keep_to_the_width_of_the_terminal(width: int) -> None:
    out = io.StringIO()
    terminal = Console(file=out, width=width)
    show_result(terminal, RESULT, lambda: 3)

    assert max(terminal.measure(line).maximum for line in out.getvalue().splitlines()) <= width
    assert not any(line.endswith(" ") for line in out.getvalue().splitlines())


def test_what_is_piped_is_plain_and_colours_can_be_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    def shown() -> str:
        out = io.StringIO()
        show_result(console(out), RESULT, lambda: 3)
        return out.getvalue()

    piped = shown()
    monkeypatch.setenv("FORCE_COLOR", "1")
    coloured = shown()
    monkeypatch.setenv("NO_COLOR", "1")
    refused = shown()

    assert not ANSI.search(piped)
    assert re.search(r"\x1b\[[\d;]*3[1-7]", coloured)
    assert not re.search(r"\x1b\[[\d;]*3[1-7]", refused)


def test_printable_text_is_one_line_without_control_characters() -> None:
    assert printable(" a\n\tb\x1b[1m\x85\u2028c\u200bd\ud800 é ") == "a b[1m cd é"


def test_an_empty_search_says_so() -> None:
    out = io.StringIO()
    show_passages(Console(file=out), {"passages": []})

    assert out.getvalue() == "No passage was found.\n"


# --- a library that a server owns ----------------------------------------------------------------------------------


class Served(NamedTuple):
    """A server under test: where it serves, and which library."""

    address: str
    folder: Path


@pytest.fixture(scope="module")
def served(seed_library: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A real server on a copy of the seeds; a test leaves the library as it found it."""
    folder = shutil.copytree(seed_library, tmp_path_factory.mktemp("served") / "library")
    with start("serve", "--library", folder, "--port", "0") as process:
        try:
            yield Served(address(process), folder)
        finally:
            process.terminate()
            process.communicate(timeout=30)


def _without_times(value: dict[str, Any]) -> dict[str, Any]:
    return {key: part for key, part in value.items() if key not in {"timings_ms", "seconds", "bytes"}}


def test_a_server_answers_as_soon_as_it_says_so(served: Served) -> None:
    place = urlsplit(served.address)
    connection = HTTPConnection(place.hostname or "", place.port, timeout=30)
    connection.request("GET", "/readyz")
    response = connection.getresponse()

    assert (response.status, json.loads(response.read())) == (200, {"status": "ready"})
    assert response.headers["server"] is None
    connection.close()
    assert json.loads((served.folder / "lock").read_text(encoding="utf-8"))["address"] == served.address


COMMANDS: Sequence[list[str]] = (
    ["ask", QUESTION],
    ["ask", "Which orchestra recorded the symphonies of Mahler?"],
    ["search", "airport strike", "-k", "3", "--from", "2020-01-01", "--to", "2020-12-31"],
    ["library", "list", "--limit", "2"],
    ["library", "status"],
)


def test_a_served_library_answers_as_one_of_ones_own(served: Served, seed_library: Path, monkeypatch: Any) -> None:
    for command in COMMANDS:
        own = _json(_run(*command, "--json", "--library", seed_library))
        there = _json(_run(*command, "--json", "--library", served.folder))
        assert _without_times(there) == _without_times(own)
    monkeypatch.setenv("COLUMNS", "80")
    for command in COMMANDS[:4]:
        assert _run(*command, "--library", served.folder).stdout == _run(*command, "--library", seed_library).stdout


def test_articles_are_added_to_and_removed_from_a_served_library(served: Served, tmp_path: Path) -> None:
    document_id = "2021/été & more? #1.txt"
    _article(tmp_path / "articles" / "2021", "été & more? #1.txt")
    (tmp_path / "articles" / "bad.txt").write_bytes(b"\x00")

    added = _run("ingest", "articles", "--library", served.folder, "--json")
    again = _run("ingest", "articles", "--library", served.folder, "--json")
    found = _json(_run("search", "harbour bridge", "-k", "1", "--library", served.folder, "--json"))
    removed = _run("library", "remove", document_id, "nothing", "--library", served.folder, "--json")

    assert (added.exit_code, again.exit_code, removed.exit_code) == (1, 1, 1)
    report = IngestResponse.model_validate_json(added.stdout)
    assert list(json.loads(added.stdout)) == list(IngestResponse.model_fields)
    assert (report.added, [one.uri for one in report.failed]) == (1, ["articles/bad.txt"])
    assert json.loads(again.stdout)["unchanged"] == 1
    assert found["passages"][0]["document_id"] == document_id
    assert json.loads(removed.stdout) == {"removed": 1, "not_found": ["nothing"]}


def test_what_is_gone_is_pruned_from_a_served_library(served: Served, tmp_path: Path) -> None:
    folder = tmp_path / "pruned"
    for name in ("kept.txt", "gone.txt", "unreadable.txt"):
        _article(folder, name)
    assert _json(_run("ingest", folder, "--library", served.folder, "--json"))["added"] == 3
    (folder / "gone.txt").unlink()
    (folder / "unreadable.txt").write_bytes(b"\x00\x01\x02" * 100)

    report = _json(_run("ingest", folder, "--prune", "--library", served.folder, "--json"))
    removed = _run("library", "remove", "kept.txt", "unreadable.txt", "--library", served.folder)

    assert (report["removed"], report["unchanged"], len(report["failed"])) == (1, 1, 1)
    assert removed.stdout == "2 removed\n"


def test_an_article_of_another_folder_does_not_replace_one_of_the_same_name_on_a_server(
    served: Served, tmp_path: Path
) -> None:
    _article(tmp_path / "a")
    _article(tmp_path / "b", text=f"{ARTICLE} Buses may.")

    first = _run("ingest", "a", "--library", served.folder, "--json")
    second = _run("ingest", "b", "--library", served.folder, "--json")
    (tmp_path / "a" / "harbour.txt").unlink()
    moved = _run("ingest", "b", "--library", served.folder, "--json")
    _run("library", "remove", "harbour.txt", "--library", served.folder)

    assert json.loads(first.stdout)["added"] == 1
    assert (second.exit_code, json.loads(second.stdout)["updated"]) == (1, 0)
    assert "already belongs to" in json.loads(second.stdout)["failed"][0]["reason"]
    assert json.loads(moved.stdout)["updated"] == 1


def test_an_id_is_the_same_over_a_real_socket(served: Served) -> None:
    place = urlsplit(served.address)
    connection = HTTPConnection(place.hostname or "", place.port, timeout=30)
    for document_id in ("https://courier.example/a?b=c&d=%20#e", "a//b/../c", "100%", "%2F"):
        body = json.dumps({"id": document_id, "text": ARTICLE})
        connection.request("POST", "/v1/documents", body, {"Content-Type": "application/json"})
        assert connection.getresponse().read()
        connection.request("GET", f"/v1/documents/{quote(document_id, safe='')}")
        assert json.loads(connection.getresponse().read())["id"] == document_id
        connection.request("DELETE", f"/v1/documents/{quote(document_id, safe='')}")
        response = connection.getresponse()
        assert (response.status, response.read()) == (204, b"")
    connection.close()


def test_errors_of_a_server_end_as_ones_own_do(served: Served, tmp_path: Path) -> None:
    _article(tmp_path / "articles")

    for arguments, code in (
        (["ask", "?"], 2),
        (["ask", "Who called?", "--mode", "model"], 78),
        (["serve", "--port", "0"], 75),
    ):
        result = _run(*arguments, "--library", served.folder)
        assert result.exit_code == code
        assert_one_line(result.stderr)


def test_a_server_that_was_killed_leaves_the_library_free(own_library: Path) -> None:
    with start("serve", "--library", own_library, "--port", "0") as process:
        address(process)
        process.kill()

    assert _json(_run("library", "status", "--library", own_library, "--json"))["documents"] == 5


def test_a_server_that_does_not_answer_is_named() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{unused.getsockname()[1]}"

        with pytest.raises(LibraryBusyError, match=re.escape(address)):
            ServedLibrary(address).status()


def test_a_server_to_which_others_write_is_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("onrecord.client._PAUSE_S", 0)
    busy = {"type": f"{PREFIX}library-busy", "detail": "another ingest is running; try again"}
    answers = iter([(503, busy), (503, busy), (204, {})])
    monkeypatch.setattr(ServedLibrary, "_exchange", lambda *_: next(answers))

    ServedLibrary("http://127.0.0.1:1").remove("harbour")

    assert list(answers) == []


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 0), (signal.SIGINT, 130)])
def test_a_server_that_is_told_to_stop_ends_quietly(own_library: Path, number: signal.Signals, code: int) -> None:
    with start("serve", "--library", own_library, "--port", "0") as process:
        address(process)
        process.send_signal(number)
        stdout, stderr = process.communicate(timeout=30)

    assert (process.returncode, stdout, stderr) == (code, "", "")


def test_a_server_can_listen_on_ipv6(own_library: Path) -> None:
    with start("serve", "--library", own_library, "--host", "::1", "--port", "0") as process:
        assert address(process).startswith("http://[::1]:")
        assert _json(_run("library", "status", "--library", own_library, "--json"))["documents"] == 5
        process.terminate()
        process.communicate(timeout=30)


def test_a_server_beyond_this_machine_is_still_reached_from_it(own_library: Path) -> None:
    with start("serve", "--library", own_library, "--host", "0.0.0.0", "--port", "0", "--insecure") as process:  # noqa: S104
        assert address(process).startswith("http://0.0.0.0:")
        assert _json(_run("library", "status", "--library", own_library, "--json"))["documents"] == 5
        process.terminate()
        process.communicate(timeout=30)


def test_a_port_that_is_taken_is_named(own_library: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        result = _run("serve", "--library", own_library, "--port", str(port))

    assert result.exit_code == 75
    assert_one_line(result.stderr, str(port))


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "news.example"])  # noqa: S104  (refused)
def test_a_server_does_not_listen_beyond_this_machine_unless_it_is_told_to(own_library: Path, host: str) -> None:
    result = _run("serve", "--library", own_library, "--host", host, "--port", "0")

    assert result.exit_code == 78
    assert_one_line(result.stderr, host, "onrecord key create")


def test_several_workers_are_refused(own_library: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WEB_CONCURRENCY", "2")

    with pytest.raises(ServeError, match="one process owns a library"):
        serve(Settings(_env_file=None, library=own_library))


def test_a_server_can_begin_with_an_empty_library(tmp_path: Path) -> None:
    with start("serve", "--create", "--library", "new", "--port", "0", cwd=tmp_path) as process:
        address(process)
        article = _article(tmp_path)
        assert _json(_run("ingest", article, "--library", "new", "--json"))["added"] == 1
        process.terminate()
        process.communicate(timeout=30)
