"""The library on disk: one owner, nothing half done, and every engine agrees with the catalog."""

from __future__ import annotations

import os
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import threading
from contextlib import suppress
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, precondition, rule

from ingest import store
from ingest.engines import rebuild, vectors, writes
from ingest.engines.bm25 import Bm25
from ingest.engines.dense import Dense
from ingest.engines.facets import Facets
from ingest.engines.journal import Journal, Pending
from ingest.engines.vectors import Vectors
from ingest.errors import (
    DamagedError,
    DocumentNotFoundError,
    FingerprintError,
    LibraryBusyError,
    LibraryError,
    LibraryNotFoundError,
)
from ingest.records import Shelf
from ingest.store import PassageIndex
from tests.invented import candidates, document, encoded, load_encoder, stored

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

STEPS = [
    (Journal, "add_pending"),
    (Vectors, "append_tokens"),
    (Vectors, "put_dense"),
    (Facets, "put"),
    (Vectors, "flush"),
    (Facets, "flush"),
    (Dense, "put"),
    (Bm25, "add"),
    (Bm25, "commit"),
    (Journal, "make_ready"),
    (Journal, "leftovers"),
    (Journal, "swept"),
]
OLD = "The ferry to Karsa leaves at noon from the old pier."
NEW = "The ferry to Karsa leaves at dusk from the new pier, said Captain Osk."
OTHER = "A storm closed the market of Vell on Monday."
THIRD = "The bakery of Torv won a prize for its rye loaf."


@pytest.fixture
def library(tmp_path: Path) -> Path:
    return tmp_path / "library"


def found_by_words(index: PassageIndex, text: str, k: int = 50) -> dict[str, str]:
    """What the words of a text find: document id to passage text."""
    both = candidates(index, index.lexical(index.terms(text), k), [], encoded(text).vector)
    return {candidate.row.document_id: candidate.row.text for candidate in both}


def found_by_vector(index: PassageIndex, text: str, k: int = 50) -> dict[str, str]:
    vector = encoded(text).vector
    both = candidates(index, [], index.nearest(vector, k), vector)
    return {candidate.row.document_id: candidate.row.text for candidate in both}


def check_whole(index: PassageIndex, expected: dict[str, str]) -> None:
    """Every engine has these documents, whole, and no other."""
    status = index.status()
    assert (status.documents, status.passages, status.pending) == (len(expected), len(expected), 0)
    assert index.texts([*expected, "a", "b", "c"]) == expected
    for document_id, text in expected.items():
        assert found_by_words(index, text)[document_id] == text
        assert found_by_vector(index, text)[document_id] == text
        vector = encoded(text).vector
        (best,) = [
            candidate
            for candidate in candidates(index, [], index.nearest(vector, 1), vector)
            if candidate.row.document_id == document_id
        ]
        assert best.cosine == pytest.approx(1, abs=1e-3)
        assert np.array_equal(index.token_vectors([best.row]), encoded(text).tokens)
    everything = {**found_by_words(index, " ".join((OLD, NEW, OTHER, THIRD))), **found_by_vector(index, OLD)}
    assert everything == expected


# One owner


HOLD = """
import sys
from pathlib import Path
from ingest.store import PassageIndex
with PassageIndex.open(Path(sys.argv[1]), create=True) as index:
    index.announce("http://127.0.0.1:4321")
    print("open", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def owner(library: Path) -> Iterator[subprocess.Popen[str]]:
    """Another process that owns the library."""
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(library)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "open\n"
        yield process
        process.kill()


def test_a_second_owner_is_refused_and_told_who_the_first_is(library: Path, owner: subprocess.Popen[str]) -> None:
    with pytest.raises(LibraryBusyError, match=rf"process {owner.pid}, serving at http://127\.0\.0\.1:4321;") as caught:
        PassageIndex.open(library)

    assert caught.value.address == "http://127.0.0.1:4321"


def test_the_lock_of_a_dead_process_is_taken_over(library: Path, owner: subprocess.Popen[str]) -> None:
    owner.send_signal(signal.SIGKILL)
    owner.wait()
    assert str(owner.pid) in (library / "lock").read_text()

    with PassageIndex.open(library) as index:
        assert index.status().documents == 0
        assert str(os.getpid()) in (library / "lock").read_text()


def test_a_library_is_opened_once_even_within_a_process(library: Path) -> None:
    with PassageIndex.open(library, create=True):
        with pytest.raises(LibraryBusyError, match=f"process {os.getpid()};") as caught:
            PassageIndex.open(library)
        assert caught.value.address is None

    PassageIndex.open(library).close()


def test_being_refused_leaves_no_file_open(library: Path) -> None:
    with PassageIndex.open(library, create=True):
        before = len(list(Path("/proc/self/fd").iterdir()))
        for text in ("", "{}", "[]", '{"pid": 1}'):
            (library / "lock").write_text(text)
            with pytest.raises(LibraryBusyError):
                PassageIndex.open(library)

        assert len(list(Path("/proc/self/fd").iterdir())) == before


def test_closing_twice_does_nothing(library: Path) -> None:
    index = PassageIndex.open(library, create=True)
    index.close()
    other = os.open(library / "lock", os.O_RDWR)  # takes the number of the lock that was just closed
    os.write(other, b"kept")

    index.close()

    assert os.pread(other, 10, 0) == b"kept"
    os.close(other)


@pytest.mark.parametrize("ending", ["closed", "refused"])
def test_nothing_stays_open(library: Path, ending: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with PassageIndex.open(library, create=True) as index:
        index.add([stored(document(OLD, "a"))])
    with PassageIndex.open(library) as index:
        assert found_by_words(index, OLD) == {"a": OLD}
    if ending == "refused":
        monkeypatch.setitem(store._FINGERPRINT, "model", "another")
        with pytest.raises(FingerprintError):
            PassageIndex.open(library)

    assert [path for path in open_files() if path.is_relative_to(library) and "chroma" not in path.parts] == []


def open_files() -> list[Path]:
    """What this process has open; Chroma closes its own files a little later."""
    paths = []
    for link in Path("/proc/self/fd").iterdir():
        with suppress(FileNotFoundError):
            paths.append(link.readlink())
    return paths


# What is opened


def test_a_folder_without_a_library_is_not_found(library: Path) -> None:
    with pytest.raises(LibraryNotFoundError, match="onrecord ingest PATH"):
        PassageIndex.open(library)

    assert not library.exists()


def test_a_folder_of_other_things_is_not_made_a_library(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("mine")

    with pytest.raises(LibraryError, match="not empty and holds no library; choose another folder"):
        PassageIndex.open(tmp_path, create=True)

    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]


@pytest.mark.parametrize("where", ["file", "file/library"])
def test_a_file_in_its_place_is_an_error_of_ours(tmp_path: Path, where: str) -> None:
    (tmp_path / "file").write_text("mine")

    with pytest.raises(LibraryError):
        PassageIndex.open(tmp_path / where, create=True)


def test_a_library_is_readable_by_its_owner_only(library: Path) -> None:
    with PassageIndex.open(library, create=True) as index:
        index.add([stored(document(OLD, "a"))])

    assert all(path.stat().st_mode & 0o077 == 0 for path in (library, *library.rglob("*")))


@pytest.mark.parametrize(
    ("name", "value"), [("model", "another"), ("weights", "0"), ("splitter", "punkt"), ("dimension", "768+96")]
)
def test_a_library_made_by_another_model_or_splitter_is_refused(library: Path, name: str, value: str) -> None:
    PassageIndex.open(library, create=True).close()
    with sqlite3.connect(library / "catalog.sqlite") as catalog:
        catalog.execute("UPDATE meta SET value = ? WHERE name = ?", (value, name))
    catalog.close()

    for _ in range(2):  # a refusal lets go of the lock
        with pytest.raises(
            FingerprintError,
            match=rf"was made with {name} {re.escape(value)}, and this version uses {name} .*onrecord library rebuild",
        ):
            PassageIndex.open(library)


@pytest.mark.parametrize("name", ["catalog.sqlite", "bm25/meta.json", "chroma/chroma.sqlite3"])
def test_a_damaged_file_is_an_error_of_ours(library: Path, name: str) -> None:
    with PassageIndex.open(library, create=True) as index:
        index.add([stored(document(OLD, "a"))])
    (library / name).write_bytes(b"not a database at all " * 50)

    with pytest.raises(LibraryError, match=re.escape(name)):
        PassageIndex.open(library)


@pytest.mark.parametrize("name", ["catalog.sqlite", "chroma/chroma.sqlite3", "dense.f16", "tokens.i8", "facets.i32"])
def test_an_emptied_file_is_an_error_of_ours(library: Path, name: str) -> None:
    with PassageIndex.open(library, create=True) as index:
        index.add([stored(document(OLD, "a"))])
    (library / name).write_bytes(b"")

    with pytest.raises(LibraryError, match=re.escape(name)):
        PassageIndex.open(library)


# Writing and removing


def test_what_is_added_updated_and_removed_is_so_in_every_engine(library: Path) -> None:
    with PassageIndex.open(library, create=True) as index:
        assert index.add([stored(document(OLD, "a")), stored(document(OTHER, "b"))]) == 2
        check_whole(index, {"a": OLD, "b": OTHER})
        index.add([stored(document(NEW, "a"))])
        check_whole(index, {"a": NEW, "b": OTHER})
        index.remove("b")
        check_whole(index, {"a": NEW})
        with pytest.raises(DocumentNotFoundError, match="'b'"):
            index.remove("b")
        with pytest.raises(DocumentNotFoundError, match="'b'"):
            index.document("b")

    with PassageIndex.open(library) as index:
        check_whole(index, {"a": NEW})
        assert index.add([]) == 0


def test_an_id_given_twice_in_one_go_is_the_last_of_the_two(library: Path) -> None:
    with PassageIndex.open(library, create=True) as index:
        index.add([stored(document(OLD, "a")), stored(document(NEW, "a"))])

        check_whole(index, {"a": NEW})


def test_the_last_document_can_be_removed_and_another_added(library: Path) -> None:
    with PassageIndex.open(library, create=True) as index:
        index.add([stored(document(OLD, "a"))])
        index.remove("a")
        check_whole(index, {})
        assert index.nearest(encoded(OLD).vector, 5) == []
        index.add([stored(document(NEW, "a"))])
        check_whole(index, {"a": NEW})


def test_a_document_comes_back_as_it_was(library: Path) -> None:
    given = document(
        "Zoë said “no”. 🎉 قال نعم.\n\nSecond.",
        "a/é.txt",
        title="T",
        outlet="The Vell Post",
        published_on=date(2021, 3, 4),
    )
    with PassageIndex.open(library, create=True) as index:
        index.add([stored(given)])

    with PassageIndex.open(library) as index:
        assert index.document("a/é.txt") == given
        (summary,), total = index.documents(limit=10, offset=0)
        assert (summary.id, summary.characters, summary.passages, total) == ("a/é.txt", len(given.text), 1, 1)
        assert index.documents(limit=10, offset=0, shelf=Shelf("Another")) == ([], 0)
        assert (index.status().first_published, index.status().outlets) == (date(2021, 3, 4), 1)


def test_sentences_know_their_tokens(library: Path) -> None:
    text = "The pier is shut. It rained. Nobody left the old town."
    with PassageIndex.open(library, create=True) as index:
        index.add([stored(document(text, "a"))])
        (candidate,) = candidates(index, index.lexical(["pier"], 5), [], encoded(text).vector)

    words = re.findall(r"\w+", text)
    assert [(text[start:end], words[first:last]) for start, end, first, last in candidate.row.sentences.tolist()] == [
        ("The pier is shut.", ["The", "pier", "is", "shut"]),
        ("It rained.", ["It", "rained"]),
        ("Nobody left the old town.", ["Nobody", "left", "the", "old", "town"]),
    ]


# Crashes


def raising(original: Callable[..., object], *, before: bool) -> Callable[..., object]:
    def step(*arguments: object) -> object:
        if not before:
            original(*arguments)
        message = "the disk is gone"
        raise OSError(message)

    return step


@pytest.mark.parametrize("before", [True, False], ids=["before", "after"])
@pytest.mark.parametrize(("engine", "step"), STEPS, ids=[f"{engine.__name__}.{step}" for engine, step in STEPS])
def test_a_failure_at_any_step_leaves_nothing_half_done(
    library: Path, engine: type, step: str, before: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    old, new = {"a": OLD, "b": OTHER}, {"a": NEW, "b": OTHER, "c": THIRD}
    batch = [stored(document(NEW, "a")), stored(document(THIRD, "c"))]
    with PassageIndex.open(library, create=True) as index:
        index.add([stored(document(text, document_id)) for document_id, text in old.items()])
        with monkeypatch.context() as patched:
            patched.setattr(engine, step, raising(getattr(engine, step), before=before))
            with pytest.raises(OSError, match="the disk is gone"):
                index.add(batch)

        state = index.texts("abc")
        assert state in (old, new)  # all of the batch, or none of it
        assert found_by_words(index, " ".join((OLD, NEW, OTHER, THIRD))) == state
        assert found_by_vector(index, NEW) == state

    with PassageIndex.open(library) as index:
        if index.finish(load_encoder):  # it had been written down, and even that could not be undone
            state = new
        check_whole(index, state)
        index.add(batch)
        check_whole(index, new)


def test_a_list_of_deletions_that_a_crash_left_half_written_is_no_damage(library: Path) -> None:
    with PassageIndex.open(library, create=True) as index:
        index.add([stored(document(OLD, "a")), stored(document(OTHER, "b"))])
    segment = next(path for path in (library / "bm25").glob("*.store")).stem
    (library / "bm25" / f"{segment}.999.del").write_bytes(b"half of i")

    with PassageIndex.open(library) as index:
        index.finish(load_encoder)
        assert index.check() == []
        index.add([stored(document(NEW, "a"))])
        check_whole(index, {"a": NEW, "b": OTHER})
    committed = next((library / "bm25").glob("*.del"))
    committed.write_bytes(committed.read_bytes()[:-1])
    with pytest.raises(DamagedError, match="del is damaged"):
        PassageIndex.open(library)


CRASH = """
import os, sys
from pathlib import Path
import chromadb, numpy
import ingest.engines.bundle
from ingest.store import PassageIndex
from tests.invented import document, stored

def dying(original, before):
    def step(*arguments):
        if not before:
            original(*arguments)
        os._exit(9)
    return step

def die(folder, engine, step, before):
    index = PassageIndex.open(Path(folder))
    engine = getattr(ingest.engines.bundle, engine)
    setattr(engine, step, dying(getattr(engine, step), before != "after"))
    if before == "remove":
        index.remove("a")
    index.add([stored(document(sys.argv[1], "a")), stored(document(sys.argv[2], "c"))])

for line in sys.stdin:
    child = os.fork()
    if not child:
        die(*line.split())
        os._exit(1)
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
"""


@pytest.fixture(scope="module")
def crashing() -> Iterator[Callable[[Path, str, str, str], None]]:
    """A process that starts processes that end, without a word, in the middle of `add`; imports are paid for once."""
    with subprocess.Popen(
        [sys.executable, "-c", CRASH, NEW, THIRD], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:

        def crash(folder: Path, engine: str, step: str, when: str) -> None:
            assert process.stdin is not None
            assert process.stdout is not None
            process.stdin.write(f"{folder} {engine} {step} {when}\n")
            process.stdin.flush()
            assert process.stdout.readline() == "9\n"

        yield crash


@pytest.fixture(scope="module")
def two_documents(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("two") / "library"
    with PassageIndex.open(folder, create=True) as index:
        index.add([stored(document(OLD, "a")), stored(document(OTHER, "b"))])
    return folder


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize(("engine", "step"), STEPS, ids=[f"{engine.__name__}.{step}" for engine, step in STEPS])
def test_the_end_of_the_process_at_any_step_leaves_nothing_half_done(
    library: Path, two_documents: Path, crashing: Callable[..., None], engine: type, step: str, when: str
) -> None:
    shutil.copytree(two_documents, library)

    crashing(library, engine.__name__, step, when)

    old, new = {"a": OLD, "b": OTHER}, {"a": NEW, "b": OTHER, "c": THIRD}
    with PassageIndex.open(library) as index:
        is_ready = step in {"leftovers", "swept"} or (step == "make_ready" and when == "after")
        is_begun = not (step == "add_pending" and when == "before")
        assert index.texts("abc") == (new if is_ready else old)
        assert found_by_words(index, " ".join((OLD, NEW, OTHER, THIRD))) == index.texts("abc")
        assert index.status().pending == (2 if is_begun and not is_ready else 0)
        index.finish(load_encoder)
        check_whole(index, new if is_begun else old)
        index.add([stored(document(NEW, "a")), stored(document(THIRD, "c"))])
        check_whole(index, new)


@pytest.mark.parametrize(("engine", "step"), [("Journal", "leftovers"), ("Bm25", "commit"), ("Dense", "remove")])
def test_what_a_crash_left_in_an_engine_takes_no_place_in_later_results(
    library: Path, two_documents: Path, crashing: Callable[..., None], engine: str, step: str
) -> None:
    shutil.copytree(two_documents, library)

    crashing(library, engine, step, "remove")

    with PassageIndex.open(library) as index:
        assert index.texts("abc") == {"b": OTHER}
        keys = [key for key, _ in index.lexical(index.terms(f"{OLD} {OTHER}"), 50)]
        keys += index.nearest(encoded(OLD).vector, 50)
        rows = candidates(index, [], keys, encoded(OLD).vector)
        assert len(set(keys)) == len(rows) == 1


# Filters


OUTLETS = (None, "The Vell Post", "Karsa Daily", "The Torv Times", "vell post")


@pytest.fixture(scope="module")
def dated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PassageIndex]:
    """Ninety short documents of several outlets and dates, some unknown."""
    draws = np.random.default_rng(7)
    documents = [
        document(
            f"Ferry {i} sailed to harbour {i % 7}.",
            f"d{i}",
            title=f"Ferry {i}",
            outlet=OUTLETS[draws.integers(len(OUTLETS))],
            published_on=None if draws.random() < 0.2 else date(2020, 1, 1 + int(draws.integers(28))),
        )
        for i in range(90)
    ]
    with PassageIndex.open(tmp_path_factory.mktemp("dated") / "library", create=True) as index:
        index.add([stored(each) for each in documents])
        yield index


LIMITS = [
    (("The Vell Post",), None, None),
    (("Karsa Daily", "The Torv Times"), None, None),
    (("No Such Outlet",), None, None),
    (("the vell post",), None, None),
    ((), date(2020, 1, 10), None),
    ((), None, date(2020, 1, 10)),
    ((), date(2020, 1, 10), date(2020, 1, 10)),
    ((), date(2020, 1, 20), date(2020, 1, 10)),
    ((), date(1, 1, 1), date(9999, 12, 31)),
    (("The Vell Post", "vell post"), date(2020, 1, 5), date(2020, 1, 20)),
]


@pytest.mark.parametrize(("outlets", "first", "last"), LIMITS)
@pytest.mark.parametrize("way", ["small", "scored", "sifted"])
def test_filters_find_what_a_look_at_every_document_finds(
    dated: PassageIndex,
    outlets: tuple[str, ...],
    first: date | None,
    last: date | None,
    way: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(vectors, "_SMALL", 10_000 if way == "small" else 0)
    monkeypatch.setattr("ingest.engines.nearest._SIFTED", 1_000.0 if way == "sifted" else 0.0)
    vector = encoded("a question").vector
    everything = candidates(dated, [], dated.nearest(vector, 1_000), vector)
    assert len(everything) == 90
    passing = {
        candidate.row.key: candidate.cosine
        for candidate in everything
        if (not outlets or candidate.row.outlet in outlets)
        and (
            not (first or last)
            or (
                candidate.row.published_on is not None
                and (first or date.min) <= candidate.row.published_on <= (last or date.max)
            )
        )
    }

    lexical = dated.lexical(["ferri"], 1_000, outlets, first, last)
    nearest = dated.nearest(vector, 1_000, outlets, first, last)
    five = dated.nearest(vector, 5, outlets, first, last)

    assert {key for key, _ in lexical} == set(nearest) == set(passing)
    assert [passing[key] for key in nearest] == pytest.approx(sorted(passing.values(), reverse=True), abs=1e-3)
    assert [passing[key] for key in five] == pytest.approx([passing[key] for key in nearest[:5]], abs=1e-3)


def test_a_filter_changes_no_score(dated: PassageIndex) -> None:
    unfiltered = dict(dated.lexical(["ferri", "7"], 1_000))

    for key, score in dated.lexical(["ferri", "7"], 1_000, ("The Vell Post",), date(2020, 1, 2), date(2020, 1, 27)):
        assert score == pytest.approx(unfiltered[key])


def test_no_terms_find_nothing(dated: PassageIndex) -> None:
    assert dated.lexical([], 10) == []
    assert dated.lexical(dated.terms("the of and"), 10) == []
    assert dated.lexical(["nosuchword"], 10) == []
    assert candidates(dated, [], [], encoded("a").vector) == []
    assert dated.token_vectors([]).shape == (0, 96)


def test_titles_are_searched_but_weigh_less(library: Path) -> None:
    with PassageIndex.open(library, create=True) as index:
        index.add([stored(document("A storm came.", "title", title="Volcano")), stored(document("A volcano.", "body"))])

        scores = {
            c.row.document_id: c.bm25 for c in candidates(index, index.lexical(["volcano"], 5), [], encoded("").vector)
        }

    assert 0 < scores["title"] < scores["body"]


def test_a_search_ends_on_the_state_of_the_index_on_which_it_began(library: Path) -> None:
    """Tantivy's addresses mean other passages after a commit."""
    with PassageIndex.open(library, create=True) as index:
        index.add([stored(document(f"Ferry {i} sailed.", f"d{i}")) for i in range(3)])
        keys = [key for key, _ in index.lexical(["ferri"], 10)]
        bm25 = index._engines.bm25
        searcher = bm25._searcher

        class Meanwhile:
            """Lets a commit happen in the middle of a search."""

            def search(self, *arguments: Any, **options: Any) -> Any:
                hits = searcher.search(*arguments, **options)
                bm25.remove(keys)
                bm25.add([Pending(99, 9, 0, "A ferry sank.", (), None, None, 1, None)])
                bm25.commit()
                return hits

            def fast_field_values(self, *arguments: Any) -> Any:
                return searcher.fast_field_values(*arguments)

        bm25._seen = Meanwhile()  # type: ignore[assignment]
        assert sorted(key for key, _ in index.lexical(["ferri"], 10)) == sorted(keys)
        assert [key for key, _ in index.lexical(["ferri"], 10)] == [99]


def test_questions_are_answered_while_articles_are_stored(library: Path) -> None:
    with PassageIndex.open(library, create=True) as index:
        index.add([stored(document(f"Ferry {i} sailed.", f"old{i}")) for i in range(20)])
        expected = {key for key, _ in index.lexical(["ferri"], 100)}
        wrong: list[object] = []
        done = threading.Event()

        def ask() -> None:
            while not done.is_set():
                keys = [key for key, _ in index.lexical(["ferri"], 100)]
                rows = candidates(index, [(key, 1.0) for key in keys], [], encoded("a").vector)
                if set(keys) != expected or {candidate.row.key for candidate in rows} != expected:
                    wrong.append(keys)

        asking = threading.Thread(target=ask)
        asking.start()
        for i in range(8):
            index.add([stored(document(f"Storm {i} came.", f"new{j}")) for j in range(5)])
        done.set()
        asking.join()

        assert len(expected) == 20
        assert wrong == []


# Any order of it all


class Library(RuleBasedStateMachine):
    """The library against a dictionary, over any series of additions, updates, removals and reopenings."""

    ids = Bundle("ids")

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.model: dict[str, str] = {}
        self.keys: set[int] = set()
        self.n_texts = 0
        self.index = PassageIndex.open(Path(self.folder.name) / "library", create=True)

    @rule(target=ids, name=st.sampled_from(["a", "b", "ç/d.txt"]))
    def name(self, name: str) -> str:
        return name

    @rule(names=st.lists(ids, min_size=1, max_size=3), n_sentences=st.integers(1, 4))
    def add(self, names: list[str], n_sentences: int) -> None:
        batch = []
        for name in names:
            self.n_texts += 1
            text = " ".join(f"Unique{self.n_texts} ferry {i} sailed to harbour {i}." for i in range(n_sentences))
            self.model[name] = text
            batch.append(stored(document(text, name), budget=16))
        passages = self.index.add(batch)
        assert passages == sum(len(item.passages) for item in batch)
        rows = candidates(self.index, self.index.lexical([f"unique{self.n_texts}"], 100), [], encoded("").vector)
        new = {candidate.row.key for candidate in rows}
        assert new
        assert not new & self.keys
        assert min(new) > max(self.keys, default=0)
        self.keys |= new

    @rule(names=st.lists(ids, min_size=1, max_size=3), step=st.sampled_from(STEPS), before=st.booleans())
    def crash(self, names: list[str], step: tuple[type, str], before: bool) -> None:
        """An addition stops at some step without undoing anything, and the next opening finishes it."""
        engine, name = step
        self.n_texts += 1
        texts = {name: f"Unique{self.n_texts} ferry {i} sailed." for i, name in enumerate(names)}
        with pytest.MonkeyPatch.context() as patched:
            patched.setattr(writes, "_undo", lambda *_: None)
            patched.setattr(engine, name, raising(getattr(engine, name), before=before))
            with suppress(OSError):
                self.index.add([stored(document(text, name)) for name, text in texts.items()])
        writes.sweep(self.index._engines)  # as at the next opening
        self.index.finish(load_encoder)
        if (name, before) != ("add_pending", True):
            self.model |= texts
        both = candidates(self.index, self.index.lexical([f"unique{self.n_texts}"], 100), [], encoded("").vector)
        self.keys |= {candidate.row.key for candidate in both}

    @rule(parts=st.lists(st.sampled_from(rebuild.PARTS), min_size=1, unique=True))
    def rebuild(self, parts: list[str]) -> None:
        in_order = [part for part in rebuild.PARTS if part in parts]
        rebuild.rebuild(self.index._engines, in_order, load_encoder)

    @precondition(lambda self: self.model)
    @rule(number=st.integers(0, 9))
    def remove(self, number: int) -> None:
        name = sorted(self.model)[number % len(self.model)]
        self.index.remove(name)
        del self.model[name]

    @rule()
    def reopen(self) -> None:
        self.index.close()
        self.index = PassageIndex.open(Path(self.folder.name) / "library")

    @invariant()
    def every_engine_agrees_with_the_model(self) -> None:
        assert self.index.n_documents == len(self.model)
        assert self.index.texts([*self.model, "x"]) == self.model
        lexical = self.index.lexical(["ferri"], 1_000)
        nearest = self.index.nearest(encoded("a").vector, 1_000)
        assert {key for key, _ in lexical} == set(nearest)
        assert len(nearest) == self.index.n_passages
        rows = [candidate.row for candidate in candidates(self.index, lexical, nearest, encoded("a").vector)]
        assert {row.document_id for row in rows} == set(self.model)
        for row in rows:
            assert self.model[row.document_id][row.start : row.end] == row.text
            assert np.array_equal(self.index.token_vectors([row]), encoded(row.text).tokens)

    def teardown(self) -> None:
        self.index.close()
        self.folder.cleanup()


TestLibrary = Library.TestCase
TestLibrary.settings = settings(
    max_examples=12, stateful_step_count=15, deadline=None, suppress_health_check=list(HealthCheck)
)
