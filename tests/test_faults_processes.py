"""Signals, kills and several processes: what was stored before is whole, and the next ingest completes it."""

from __future__ import annotations

import json
import signal
import threading
import time
from typing import TYPE_CHECKING

import numpy as np
import pytest

from ingest.pipeline import ingest
from ingest.store import PassageIndex
from service.pipeline import search
from tests.commands import assert_one_line, finish, run, start, wait_for
from tests.invented import article
from tests.wholeness import n_whole

if TYPE_CHECKING:
    from pathlib import Path

    from ingest.embed import Encoder

TEXTS = {
    f"a{number}": f"Ferry number {number} left the harbour of Vell with {number * 7} crates of rye."
    for number in range(800)
}


@pytest.fixture
def articles(tmp_path: Path) -> Path:
    """A file of so many short articles that an ingest of it can be interrupted."""
    path = tmp_path / "many.jsonl"
    path.write_text("".join(json.dumps({"id": name, "text": text}) + "\n" for name, text in TEXTS.items()))
    return path


def _is_under_way(library: Path) -> bool:
    """Whether a first batch has been handed to every engine."""
    return any((library / "bm25").glob("*.store"))


def test_an_ingest_that_is_told_to_stop_does_so_within_ten_seconds_and_the_next_completes_it(
    articles: Path, tmp_path: Path, encoder: Encoder
) -> None:
    library = tmp_path / "library"
    process = start("ingest", articles, "--library", library)
    wait_for(lambda: _is_under_way(library))
    process.send_signal(signal.SIGTERM)
    told = time.monotonic()
    code, stdout, stderr = finish(process)

    assert time.monotonic() - told < 10
    assert (code, stdout, stderr) == (128 + signal.SIGTERM, "", "")
    n_stored = n_whole(library, TEXTS, encoder)
    assert 0 < n_stored < len(TEXTS)

    code, stdout, stderr = run("ingest", articles, "--library", library, "--json")

    report = json.loads(stdout)
    assert (code, report["unchanged"], report["added"]) == (0, n_stored, len(TEXTS) - n_stored), stderr
    assert n_whole(library, TEXTS, encoder) == len(TEXTS)


def test_of_two_ingests_the_second_is_refused_at_once_and_one_that_was_killed_can_be_repeated(
    articles: Path, tmp_path: Path, encoder: Encoder
) -> None:
    library = tmp_path / "library"
    first = start("ingest", articles, "--library", library)
    wait_for(lambda: _is_under_way(library))
    first.send_signal(signal.SIGSTOP)  # so that it is still at it when the second comes
    started = time.monotonic()
    code, stdout, stderr = run("ingest", articles, "--library", library)

    assert time.monotonic() - started < 20  # though the first one stands still
    assert (code, stdout) == (75, "")
    assert_one_line(stderr, f"process {first.pid};")

    first.kill()
    assert finish(first)[0] == -signal.SIGKILL
    assert n_whole(library, TEXTS, encoder) < len(TEXTS)
    code, _, stderr = run("ingest", articles, "--library", library)

    assert (code, stderr) == (0, "")
    assert n_whole(library, TEXTS, encoder) == len(TEXTS)


def test_readers_meet_no_error_while_three_thousand_passages_arrive_and_find_them_as_soon_as_they_are_stored(
    tmp_path: Path, encoder: Encoder
) -> None:
    errors: list[Exception] = []
    durations: list[float] = []
    done = threading.Event()

    with PassageIndex.open(tmp_path / "library", create=True) as index:
        ingest([article("old", "The lighthouse of Karsa is painted anew each spring.")], index, lambda: encoder)

        def read() -> None:
            while not done.is_set():
                started = time.perf_counter()
                try:
                    assert search(index, encoder, "Who paints the lighthouse of Karsa?", k=50).passages
                except Exception as error:  # noqa: BLE001  (whatever it is, the test fails with it)
                    errors.append(error)
                durations.append(time.perf_counter() - started)

        readers = [threading.Thread(target=read) for _ in range(2)]
        for reader in readers:
            reader.start()
        try:
            for first in range(0, 3_000, 500):
                batch = [article(f"a{n}", f"Ferry {n} sailed.") for n in range(first, first + 500)]
                report = ingest(batch, index, lambda: encoder)
                assert (report.added, report.failed) == (500, ())
                last = f"Ferry {first + 499} sailed."
                assert last in [found.text for found in search(index, encoder, last, k=10).passages]
        finally:
            done.set()
            for reader in readers:
                reader.join()
        assert index.n_passages == 3_001

    assert errors == []
    assert len(durations) > 20
    assert float(np.percentile(durations, 95)) < 1
