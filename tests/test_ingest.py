"""The way in as a whole: what an ingest reports is what the library then holds."""

from __future__ import annotations

import itertools
import json
import shutil
import signal
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from ingest import pipeline
from ingest.load import load
from ingest.pipeline import ingest
from ingest.records import Failure
from ingest.store import PassageIndex
from tests.invented import article, candidates

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from ingest.embed import Encoded, Encoder
    from ingest.records import IngestReport, RawArticle

FERRY = "The ferry to Karsa will leave at dusk from the new pier, Captain Osk said on Monday.\n"
STORM = "A storm closed the market of Vell on Monday and tore the roof off the old town hall.\n"
BREAD = "The bakery of Torv won a prize for its rye loaf, which is baked in a clay oven.\n"


@pytest.fixture
def empty(tmp_path: Path) -> Iterator[PassageIndex]:
    with PassageIndex.open(tmp_path / "library", create=True) as index:
        yield index


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Three articles in files."""
    folder = tmp_path / "articles"
    folder.mkdir()
    for name, text in (("a.txt", FERRY), ("b.txt", STORM), ("c.txt", BREAD)):
        (folder / name).write_text(text)
    return folder


def no_encoder() -> Encoder:
    message = "the model was loaded though nothing had changed"
    raise AssertionError(message)


def counts(report: IngestReport) -> tuple[int, int, int, int, int]:
    return report.added, report.updated, report.unchanged, report.removed, len(report.failed)


def take(index: PassageIndex, encoder: Encoder, *paths: Path, prune: bool = False) -> IngestReport:
    roots = [str(path.absolute()) for path in paths] if prune else []
    return ingest(load(paths, max_bytes=100_000), index, lambda: encoder, prune_roots=roots)


def test_the_report_counts_articles_and_passages(empty: PassageIndex, encoder: Encoder, folder: Path) -> None:
    (folder / "long.txt").write_text("".join(FERRY.replace("dusk", f"{i} o'clock") for i in range(60)))
    (folder / "broken.jsonl").write_text("{\n")

    report = take(empty, encoder, folder)

    assert counts(report) == (4, 0, 0, 0, 1)
    assert report.failed[0].uri == f"{folder / 'broken.jsonl'}:1"
    assert report.passages == empty.n_passages > 4
    assert report.seconds > 0
    assert empty.document("a.txt").text == FERRY.strip()


def test_a_second_run_changes_nothing_and_does_not_load_the_model(
    empty: PassageIndex, encoder: Encoder, folder: Path
) -> None:
    take(empty, encoder, folder)

    report = ingest(load([folder], max_bytes=100_000), empty, no_encoder)

    assert counts(report) == (0, 0, 3, 0, 0)
    assert report.passages == 0
    assert empty.n_passages == 3


def test_an_edited_article_replaces_its_passages(empty: PassageIndex, encoder: Encoder, folder: Path) -> None:
    take(empty, encoder, folder)
    (folder / "a.txt").write_text(FERRY.replace("dusk", "dawn"))

    report = take(empty, encoder, folder)

    assert counts(report) == (0, 1, 2, 0, 0)
    assert "dawn" in empty.document("a.txt").text
    assert empty.lexical(empty.terms("dusk"), 10) == []
    assert len(empty.lexical(empty.terms("dawn"), 10)) == 1
    assert empty.n_passages == 3


def test_pruning_removes_what_is_gone_from_the_folder_and_nothing_else(
    empty: PassageIndex, encoder: Encoder, folder: Path, tmp_path: Path
) -> None:
    other = tmp_path / "other"
    other.mkdir()
    (other / "d.txt").write_text(FERRY * 2)
    take(empty, encoder, folder, other)
    (folder / "a.txt").unlink()
    (other / "d.txt").unlink()

    assert counts(take(empty, encoder, folder)) == (0, 0, 2, 0, 0)
    assert counts(take(empty, encoder, folder, prune=True)) == (0, 0, 2, 1, 0)
    assert sorted(empty.texts(["a.txt", "b.txt", "c.txt", "d.txt"])) == ["b.txt", "c.txt", "d.txt"]


@pytest.mark.parametrize("relative", [False, True])
def test_what_is_there_but_cannot_be_read_is_not_pruned(
    empty: PassageIndex, encoder: Encoder, folder: Path, relative: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "d.jsonl").write_text(json.dumps({"id": "line", "text": BREAD * 2}) + "\n")
    monkeypatch.chdir(folder.parent)
    path = Path(folder.name) if relative else folder
    take(empty, encoder, path)
    (folder / "a.txt").write_bytes(b"\x00\x01\x02 binary")
    (folder / "b.txt").write_text("  \n")
    (folder / "d.jsonl").write_text("{ half a line")

    report = take(empty, encoder, path, prune=True)

    assert counts(report) == (0, 0, 1, 0, 3)
    assert sorted(empty.texts(["a.txt", "b.txt", "line"])) == ["a.txt", "b.txt", "line"]


@pytest.mark.parametrize("gone", ["the folder", "a folder within"])
def test_a_folder_that_cannot_be_reached_is_not_pruned(
    empty: PassageIndex, encoder: Encoder, folder: Path, tmp_path: Path, gone: str
) -> None:
    """A disk that is not mounted, or a path with a slip of typing, must not empty the library."""
    (folder / "inner").mkdir()
    (folder / "inner" / "d.txt").write_text(FERRY * 2)
    take(empty, encoder, folder)
    if gone == "the folder":
        folder.rename(tmp_path / "elsewhere")
    else:
        shutil.rmtree(folder / "inner")
        (folder / "inner").symlink_to(tmp_path / "not-mounted")

    articles = [*load([folder], max_bytes=100_000)]
    if gone == "a folder within":
        articles.append(Failure(str(folder / "inner"), "no permission to read it: change its permissions"))
    report = ingest(articles, empty, no_encoder, prune_roots=[str(folder)])

    assert report.removed == 0
    assert report.failed
    assert empty.n_documents == 4


def test_files_of_one_name_in_two_folders_do_not_replace_each_other(
    empty: PassageIndex, encoder: Encoder, tmp_path: Path
) -> None:
    for name, text in (("x", FERRY), ("y", STORM)):
        (tmp_path / name).mkdir()
        (tmp_path / name / "a.txt").write_text(text)

    together = take(empty, encoder, tmp_path / "x", tmp_path / "y")
    later = take(empty, encoder, tmp_path / "y")

    assert counts(together) == (1, 0, 0, 0, 1)
    assert counts(later) == (0, 0, 0, 0, 1)
    assert "'a.txt' already belongs to" in later.failed[0].reason
    assert "give one of them its own id" in later.failed[0].reason
    assert empty.document("a.txt").text == FERRY.strip()


def test_a_file_that_was_moved_with_its_folder_is_the_same_article(
    empty: PassageIndex, encoder: Encoder, folder: Path, tmp_path: Path
) -> None:
    take(empty, encoder, folder)
    moved = folder.rename(tmp_path / "moved")

    report = ingest(load([moved], max_bytes=100_000), empty, no_encoder)

    assert counts(report) == (0, 0, 3, 0, 0)
    assert empty.document("a.txt").uri == str(moved / "a.txt")
    assert counts(take(empty, encoder, moved, prune=True)) == (0, 0, 3, 0, 0)


def test_the_same_text_under_another_id_is_kept_as_another_document(empty: PassageIndex, encoder: Encoder) -> None:
    printed = [article("one", FERRY, outlet="The Vell Post"), article("two", FERRY, outlet="Karsa Daily")]

    report = ingest(printed, empty, lambda: encoder)

    assert counts(report) == (2, 0, 0, 0, 0)
    assert empty.document("one").content_hash == empty.document("two").content_hash
    assert empty.document("two").outlet == "Karsa Daily"


@pytest.mark.parametrize("second", [FERRY, STORM])
def test_an_id_twice_in_one_run_is_counted_once_as_added(empty: PassageIndex, encoder: Encoder, second: str) -> None:
    report = ingest([article("a", FERRY), article("a", second)], empty, lambda: encoder)

    assert empty.document("a").text == second.strip()
    assert report.added == empty.n_documents == 1


def test_an_article_that_cannot_be_used_stops_no_other_and_leaves_what_was_there(
    empty: PassageIndex, encoder: Encoder
) -> None:
    ingest([article("b", STORM)], empty, lambda: encoder)

    report = ingest(
        [article("a", FERRY), article("b", " \n\n "), Failure("x.html", "binary"), article("c", BREAD)],
        empty,
        lambda: encoder,
    )

    assert counts(report) == (2, 0, 0, 0, 2)
    assert {failure.uri for failure in report.failed} == {"b", "x.html"}
    assert all(failure.reason for failure in report.failed)
    assert empty.document("b").text == STORM.strip()


@pytest.mark.parametrize(
    "body",
    ["🎉" * 300, "漢字。" * 400, "\u202eeno\u202c two. " * 20, "e\u0301" * 200, "a" * 20_000, "\u200b\u200b", "x"],
    ids=["emoji", "cjk", "bidi", "combining", "one word", "zero width", "one letter"],
)
def test_any_text_is_stored_with_true_offsets_or_reported(empty: PassageIndex, encoder: Encoder, body: str) -> None:
    report = ingest([article("a", body), article("b", FERRY)], empty, lambda: encoder)

    assert report.added + len(report.failed) == 2
    vector = encoder.encode_question("x").vector
    texts = empty.texts(["a", "b"])
    for candidate in candidates(empty, [], empty.nearest(vector, 100), vector):
        row = candidate.row
        assert texts[row.document_id][row.start : row.end] == row.text
    assert empty.document("b").text == FERRY.strip()


def test_progress_is_told_for_every_article(empty: PassageIndex, encoder: Encoder) -> None:
    told: list[tuple[int, str]] = []

    ingest(
        [article("a", FERRY, uri="a.txt"), Failure("b.txt", "binary"), article("a", FERRY, uri="a.txt")],
        empty,
        lambda: encoder,
        on_progress=lambda n, uri: told.append((n, uri)),
    )

    assert told == [(1, "a.txt"), (2, "b.txt"), (3, "a.txt")]


@pytest.mark.parametrize("error", [KeyboardInterrupt, OSError])
def test_what_was_read_before_an_interruption_is_stored(
    empty: PassageIndex, encoder: Encoder, error: type[BaseException], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pipeline, "_FIRST_BATCH", 2)
    monkeypatch.setattr(pipeline, "_BATCH", 3)
    told: list[int] = []

    def interrupted() -> Iterator[RawArticle]:
        for i in range(12):
            yield article(f"a{i}", f"Ferry number {i} sailed to Karsa in the storm.")
        raise error

    with pytest.raises(error):
        ingest(interrupted(), empty, lambda: encoder, on_progress=lambda n, _: told.append(n))

    assert told == list(range(1, 13))
    assert empty.n_documents == 12
    assert empty.status().pending == 0


def test_an_interruption_while_the_model_is_waited_for_loses_nothing(
    empty: PassageIndex, encoder: Encoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pipeline, "_FIRST_BATCH", 2)
    monkeypatch.setattr(pipeline, "_BATCH", 3)
    encode, calls, told = encoder.encode, itertools.count(), list[int]()

    def interrupted(texts: Sequence[str], is_stopped: Callable[[], bool]) -> list[Encoded]:
        """What the model gives; the first call comes with Ctrl-C when it has been waited for some time."""
        if next(calls) == 0:
            time.sleep(0.5)
            signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)
            time.sleep(0.5)
        return encode(texts, is_stopped)

    monkeypatch.setattr(encoder, "encode", interrupted)
    articles = [article(f"a{i}", f"Ferry number {i} sailed to Karsa in the storm.") for i in range(40)]

    with pytest.raises(KeyboardInterrupt):
        ingest(articles, empty, lambda: encoder, on_progress=lambda n, _: told.append(n))

    assert empty.n_documents == told[-1] + 1  # and the one that was being taken
    assert empty.status().pending == 0


def test_the_model_is_loaded_once_for_many_batches(
    empty: PassageIndex, encoder: Encoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pipeline, "_FIRST_BATCH", 2)
    monkeypatch.setattr(pipeline, "_BATCH", 3)
    loads: list[int] = []

    def load_encoder() -> Encoder:
        loads.append(1)
        return encoder

    report = ingest([article(f"a{i}", f"Ferry number {i} sailed to Karsa.") for i in range(11)], empty, load_encoder)

    assert report.added == empty.n_documents == report.passages == 11
    assert loads == [1]


def test_a_model_that_cannot_be_loaded_stops_the_ingest_and_stores_nothing(empty: PassageIndex) -> None:
    with pytest.raises(AssertionError, match="the model was loaded"):
        ingest([article("a", FERRY)], empty, no_encoder)

    assert empty.n_documents == 0
