"""What `onrecord eval speed` says: memory as the system counts it, and tables that follow from what was measured."""

from __future__ import annotations

import json
import mmap
import os
import re
from typing import TYPE_CHECKING, Any

import pytest

from eval.scale.demands import demands
from eval.scale.ingesting import disk
from eval.scale.measure import Given, measure
from eval.scale.memory import Memory, count, counted_memory_of, memory_of
from eval.scale.plots import draw
from eval.scale.serving import starting
from eval.scale.tables import FIRST, LAST, insert, render

if TYPE_CHECKING:
    from pathlib import Path

_SMAPS = """\
7f0000000000-7f0000001000 r-xp 00000000 08:01 42                         /usr/lib/libexample.so
Rss:                 300 kB
Private_Clean:       200 kB
Private_Dirty:        20 kB
Anonymous:            20 kB
7f0000002000-7f0000003000 rw-p 00000000 00:00 0                          [heap]
Rss:                 500 kB
Private_Clean:         0 kB
Private_Dirty:       500 kB
Anonymous:           500 kB
7f0000004000-7f0000005000 rw-s 00000000 00:05 7                          /dev/zero (deleted)
Rss:                  10 kB
Private_Clean:         0 kB
Private_Dirty:        10 kB
Anonymous:             0 kB
"""


def _way(p50_ms: float, embed: float) -> dict[str, Any]:
    stages = {"embed": embed, "search": 3.0}
    times = {
        "p50_ms": p50_ms,
        "p95_ms": 40.0,
        "p99_ms": 50.0,
        "processor_ms": 20.0,
        "stages_ms": stages,
        "rest_ms": 1.0,
    }
    return {"n": 9, "found": 8, **times}


def _size(passages: int, p50_ms: float) -> dict[str, Any]:
    ways = {"none": _way(p50_ms, 5.0), "outlet, half": _way(2 * p50_ms, 5.0)}
    return {
        "ingest": {
            "articles": passages // 4,
            "passages": passages,
            "wall_s": 60.0,
            "processor_s": 100.0,
            "memory": [[0.5, 100.0, 9.0], [1.0, 200.0, 9.0], [1.5, 200.0, 9.0], [2.0, 220.0, 9.0]],
            "peak_private_mb": 220.0,
        },
        "bare": [{"n": passages, "wall_s": s, "processor_s": 80.0, "reading_processor_s": 2.0} for s in (40.0, 60.0)],
        "disk": {"catalog": 4000 * passages, "tokens": 20_000 * passages, "lock": 0},
        "start": {"ready_s": 3.0, "processor_s": 2.0, "first_ms": 30.0},
        "serve": {
            "doors": {"ask": ways, "search": ways},
            "memory": [{"questions": 500, "private_mb": 900.0, "mapped_mb": 50.0}],
            "embedding_alone": {"p50_ms": 4.0, "processor_ms": 6.0},
        },
    }


@pytest.fixture
def results() -> dict[str, Any]:
    """Two sizes, with figures that are easy to reckon with."""
    sizes = {"1000": _size(1000, 10.0), "2000": _size(2000, 16.0)}
    return {"sizes": sizes, "start of few": {"ready_s": 2.0, "processor_s": 1.0, "first_ms": 20.0}}


def test_pages_of_files_are_private_only_where_they_were_changed() -> None:
    assert count(_SMAPS.splitlines()) == Memory(private=1024 * (20 + 500 + 10), mapped=1024 * 280)


def test_memory_that_a_process_takes_is_private_and_a_file_that_it_maps_is_not(tmp_path: Path) -> None:
    size = 50_000_000
    (tmp_path / "file").write_bytes(os.urandom(size))
    before = memory_of(os.getpid())

    with (tmp_path / "file").open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as mapped:
        assert sum(mapped[:: mmap.PAGESIZE]) > 0
        with_file = memory_of(os.getpid())
    taken = bytearray(os.urandom(size))
    with_both = memory_of(os.getpid())

    assert len(taken) == size
    assert with_file.mapped - before.mapped > 0.9 * size
    assert with_file.private - before.private < 0.1 * size
    assert with_both.private - with_file.private > 0.9 * size
    assert counted_memory_of(os.getpid()).private == pytest.approx(with_both.private, rel=0.1)


def test_disk_is_counted_by_part_of_the_library(tmp_path: Path) -> None:
    (tmp_path / "chroma" / "deep").mkdir(parents=True)
    for name, size in {"catalog.sqlite": 9000, "catalog.sqlite-wal": 5000, "chroma/deep/data.bin": 4096}.items():
        (tmp_path / name).write_bytes(b"x" * size)

    parts = disk(tmp_path)

    assert list(parts) == ["catalog", "chroma"]
    assert 14_000 <= parts["catalog"] <= 30_000
    assert 4096 <= parts["chroma"] <= 12_000


def test_what_is_demanded_follows_from_what_was_measured(results: dict[str, Any]) -> None:
    values = {row.what: row.values for row in demands(results)}

    assert values == {
        "`/v1/ask` p50 to the embedding in the same answers": [10 / 5, 16 / 5],
        "the same, filter: outlet, half": [20 / 5, 32 / 5],
        "growth of that p50 from the smallest size": [1, 1.6],
        "ingest to the bare embedding, wall": [pytest.approx(60 / 50)] * 2,
        "ingest to the bare embedding, processor": [pytest.approx(100 / 80)] * 2,
        "memory of ingest, last quarter to second (flat: 1)": [pytest.approx(1.1)] * 2,
        "private memory of the server": [900, 900],
        "disk a passage": [24, 24],
        "start to ready, to 5 articles": [1.5, 1.5],
    }


def test_what_is_over_the_demand_is_bold(results: dict[str, Any]) -> None:
    lines = render(results).splitlines()

    assert "| what | at most | 1,000 passages | 2,000 passages |" in lines
    assert "| `/v1/ask` p50 to the embedding in the same answers | 3 × | 2.00 | **3.20** |" in lines
    assert "| growth of that p50 from the smallest size | 1.5 × | 1.00 | **1.60** |" in lines
    assert "| private memory of the server | 1000 MB | 900 | 900 |" in lines


def test_every_row_of_a_table_has_the_columns_of_its_header(results: dict[str, Any]) -> None:
    tables = re.findall(r"(?:^\|.*\n)+", render(results), re.MULTILINE)

    assert len(tables) == 6
    for table in tables:
        assert len({line.count("|") for line in table.splitlines()}) == 1


def test_what_was_not_measured_is_left_out(results: dict[str, Any]) -> None:
    for found in results["sizes"].values():
        del found["serve"]
    del results["sizes"]["2000"]["start"]

    text = render(results)

    assert "### Questions" not in text
    assert "| start to ready, to 5 articles | 2 × | 1.50 | – |" in text.splitlines()


def test_only_the_section_between_the_marks_is_replaced(tmp_path: Path) -> None:
    page = tmp_path / "benchmarks.md"
    page.write_text(f"# Benchmarks\n\nBefore.\n\n{FIRST}\n\nold\n\n{LAST}\n\nAfter.\n", encoding="utf-8")

    insert(page, "new\n")
    insert(page, "new\n")

    assert page.read_text(encoding="utf-8") == f"# Benchmarks\n\nBefore.\n\n{FIRST}\n\nnew\n\n{LAST}\n\nAfter.\n"


def test_a_page_without_marks_gets_the_section_at_its_end(tmp_path: Path) -> None:
    page = tmp_path / "benchmarks.md"
    page.write_text("# Benchmarks\n\nBefore.\n", encoding="utf-8")

    insert(page, "new")

    assert page.read_text(encoding="utf-8") == f"# Benchmarks\n\nBefore.\n\n{FIRST}\n\nnew\n\n{LAST}\n"


def test_the_plots_are_drawn_without_a_network(tmp_path: Path, results: dict[str, Any]) -> None:
    draw(results, tmp_path / "images")

    drawn = {path.name: path.read_text(encoding="utf-8") for path in (tmp_path / "images").iterdir()}
    assert sorted(drawn) == ["ingest.svg", "latency.svg", "size.svg"]
    assert all(svg.startswith("<svg") and 'fill="white"' not in svg for svg in drawn.values())
    assert "filter: outlet, half" in drawn["latency.svg"]


def test_what_was_measured_is_not_measured_again(tmp_path: Path, results: dict[str, Any]) -> None:
    kept = json.dumps(results)
    (tmp_path / "results.json").write_text(kept, encoding="utf-8")

    text = measure(Given((1000, 2000), tmp_path, data=tmp_path / "nowhere"))

    assert text == render(results)
    assert (tmp_path / "results.json").read_text(encoding="utf-8") == kept


def test_a_server_is_started_asked_and_ended(own_library: Path) -> None:
    times = starting({"seeds": own_library}, rounds=1)

    assert set(times) == {"seeds"}
    assert all(value > 0 for value in times["seeds"].values())
    assert (own_library / "lock").read_bytes() == b""
