"""What stops, fills up or may not be read: long articles, full disks, rights; each ends in one line, and in time."""

from __future__ import annotations

import signal
import time
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import pytest

from ingest.clean import clean
from ingest.describe import describe
from ingest.errors import ArticleError
from ingest.page import read_page
from ingest.split import split
from tests.commands import WITHOUT_PRIVILEGES, assert_one_line, finish, most_memory_kb, run, start, wait_for
from tests.invented import article
from tests.timing import processor_s

LEAD = "The harbour bridge of Vell reopened on Tuesday after repairs that took eleven weeks."


def test_an_ingest_of_a_long_article_stops_within_ten_seconds_too(tmp_path: Path) -> None:
    text = "\n\n".join(f"Report {n}. {LEAD} Ferry number {n * 7} sailed to Karsa on Monday." for n in range(6_000))
    (tmp_path / "long.txt").write_text(text)
    process = start("ingest", tmp_path / "long.txt", "--library", tmp_path / "library")
    stat = Path(f"/proc/{process.pid}/stat")
    wait_for(lambda: int(stat.read_text().split()[13]) > 300)  # 3 s of processor time: it is being embedded
    process.send_signal(signal.SIGTERM)
    told = time.monotonic()
    code, _, _ = finish(process)

    assert time.monotonic() - told < 10
    assert code == 143


def test_the_memory_of_an_ingest_does_not_grow_with_an_article(tmp_path: Path) -> None:
    text = "\n\n".join(f"Report {n}. {LEAD} Ferry number {n * 7} sailed to Karsa on Monday." for n in range(3_000))
    (tmp_path / "long.txt").write_text(text)
    process = start("ingest", tmp_path / "long.txt", "--library", tmp_path / "library")
    most = most_memory_kb(process)

    assert finish(process)[0] == 0
    assert most < 650_000  # 540,000 of any ingest, and the article's own vectors


@pytest.mark.parametrize(
    ("unit", "n"),
    [("港口大桥周二重新开放。", 12_000), ("“We stay. ", 50_000), ("We stay. ", 100_000)],
    ids=["cjk", "open quotation", "short"],
)
def test_twice_the_sentences_take_about_twice_the_time(unit: str, n: int) -> None:
    def work(text: str) -> None:
        raw = article("a", text)
        split(describe(raw, clean(raw), datetime(2026, 1, 1, tzinfo=UTC)))

    once = unit * (n // len(unit))
    work(once[:2_000])
    times = [processor_s(partial(work, once * factor)) for factor in (1, 2, 4)]

    assert times[2] < 8 * times[0] + 0.1, times


@pytest.mark.parametrize("attribute", ['a{}="x"', "a{}", "a{}='>'"])
def test_an_element_of_many_attributes_is_refused_at_once(attribute: str) -> None:
    html = "<html><body><p " + " ".join(attribute.format(n) for n in range(60_000)) + f">{LEAD}</p></body></html>"

    def refused() -> None:
        with pytest.raises(ArticleError, match="attributes"):
            read_page(html, None)

    assert processor_s(refused) < 1


@pytest.mark.parametrize("arguments", [["library", "status"], ["ask", "Who?"]])
def test_77_and_one_line_for_a_library_that_may_not_be_read(own_library: Path, arguments: list[str]) -> None:
    own_library.chmod(0)
    code, stdout, stderr = run(*arguments, "--library", own_library, under=WITHOUT_PRIVILEGES)
    own_library.chmod(0o700)

    assert (code, stdout) == (77, "")
    assert_one_line(stderr, str(own_library))


def test_77_for_a_catalog_that_may_not_be_read(own_library: Path) -> None:
    (own_library / "catalog.sqlite").chmod(0)
    code, _, stderr = run("library", "status", "--library", own_library, under=WITHOUT_PRIVILEGES)

    assert code == 77
    assert_one_line(stderr, "catalog.sqlite")


def test_an_article_that_may_not_be_read_is_a_failure_also_when_it_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text(LEAD)
    (tmp_path / "a.txt").chmod(0)
    code, _, stderr = run("ingest", tmp_path / "a.txt", "--library", tmp_path / "l", under=WITHOUT_PRIVILEGES)

    assert code == 1
    assert "no permission to read it" in " ".join(stderr.split())


def test_an_address_is_said_to_be_none(tmp_path: Path) -> None:
    done = run("ingest", "https://vell.example/a", "--library", tmp_path)

    assert done[0] == 2
    assert_one_line(done[2], "https://vell.example/a", "nothing is fetched")
