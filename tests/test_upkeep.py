"""A library that is damaged, made by another version, rebuilt, backed up and restored."""

from __future__ import annotations

import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import tarfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from ingest import split
from ingest.engines import check, rebuild, vectors, writes
from ingest.engines.journal import Entry
from ingest.engines.schema import FORMAT
from ingest.errors import BackupError, DamagedError, FingerprintError, LibraryBusyError, LibraryError
from ingest.store import PassageIndex, restored
from tests.invented import candidates, document, encoded, load_encoder, stored

if TYPE_CHECKING:
    from collections.abc import Callable

DATA = Path(__file__).parent / "data"
N = 1_300  # passages: past the thousand from which Chroma writes its graph to files


def text(i: int) -> str:
    return f"Ferry {i} left harbour {i * 7 % 1_000} for Karsa with {i + 3} passengers."


@pytest.fixture(scope="session")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A library whose every engine has files of its own; not to be changed."""
    folder = tmp_path_factory.mktemp("large") / "library"
    with PassageIndex.open(folder, create=True) as index:
        for first in range(0, N, 100):
            index.add([stored(document(text(i), f"d{i}", outlet="Post")) for i in range(first, first + 100)])
    assert next(folder.glob("chroma/*/header.bin")).stat().st_size
    return folder


@pytest.fixture
def library(large: Path, tmp_path: Path) -> Path:
    """A copy of it, in which the times of files are as they were."""
    return Path(shutil.copytree(large, tmp_path / "library"))


def segment(library: Path) -> Path:
    return next(library.glob("chroma/*/header.bin")).parent


def found(index: PassageIndex) -> list[Any]:
    """What some questions find, with scores: the same before and after a rebuild."""
    results: list[Any] = []
    for i in range(0, index.n_passages, 61):
        vector = encoded(text(i)).vector
        lexical = index.lexical(index.terms(text(i)), 10)
        lexical = [
            (key, score) for key, score in lexical if score > lexical[-1][1]
        ]  # which of equals is last is chance
        both = candidates(index, lexical, index.nearest(vector, 10), vector)
        results.append(sorted((c.row.document_id, round(c.bm25, 4), round(c.cosine, 4)) for c in both))
    return results


def remove(path: Path) -> None:
    path.unlink()


def overwrite(path: Path, at: int, data: bytes) -> None:
    with path.open("r+b") as file:
        file.seek(at)
        file.write(data)


NOISE = random.Random(7).randbytes(64)
DAMAGES: dict[str, tuple[str, Callable[[Path], None]]] = {
    "graph cut short": ("chroma", lambda f: os.truncate(segment(f) / "data_level0.bin", 300_000)),
    "graph overwritten": ("chroma", lambda f: overwrite(segment(f) / "data_level0.bin", 1676 * 40, NOISE)),
    "vector overwritten": ("chroma", lambda f: overwrite(segment(f) / "data_level0.bin", 1676 * 40 + 600, NOISE)),
    "header cut short": ("chroma", lambda f: os.truncate(segment(f) / "header.bin", 20)),
    "header overwritten": ("chroma", lambda f: overwrite(segment(f) / "header.bin", 20, NOISE)),
    "header missing": ("chroma", lambda f: (segment(f) / "header.bin").unlink()),
    "links missing": ("chroma", lambda f: (segment(f) / "link_lists.bin").unlink()),
    "links overwritten": ("chroma", lambda f: overwrite(segment(f) / "link_lists.bin", 0, NOISE)),
    "lengths missing": ("chroma", lambda f: (segment(f) / "length.bin").unlink()),
    "labels missing": ("chroma", lambda f: (segment(f) / "index_metadata.pickle").unlink()),
    "labels overwritten": ("chroma", lambda f: overwrite(segment(f) / "index_metadata.pickle", 0, NOISE)),
    "segment missing": ("chroma", lambda f: shutil.rmtree(segment(f))),
    "database page overwritten": ("chroma", lambda f: overwrite(f / "chroma/chroma.sqlite3", 4096 * 3, NOISE * 64)),
    "database cut short": ("chroma", lambda f: os.truncate(f / "chroma/chroma.sqlite3", 50_000)),
    "database without a header": ("chroma", lambda f: overwrite(f / "chroma/chroma.sqlite3", 0, NOISE)),
    "database empty": ("chroma", lambda f: os.truncate(f / "chroma/chroma.sqlite3", 0)),
    "Chroma missing": ("chroma", lambda f: shutil.rmtree(f / "chroma")),
    "words missing": ("bm25", lambda f: shutil.rmtree(f / "bm25")),
    "words without meta": ("bm25", lambda f: overwrite(f / "bm25/meta.json", 0, b"}")),
    "words overwritten": ("bm25", lambda f: overwrite(max(f.glob("bm25/*.idx")), 30, NOISE)),
    "a file of words missing": ("bm25", lambda f: remove(max(f.glob("bm25/*.term")))),
    "vectors cut short": ("vectors", lambda f: os.truncate(f / "dense.f16", 400_000)),
    "vectors overwritten": ("vectors", lambda f: overwrite(f / "dense.f16", 400_000, NOISE)),
    "token vectors overwritten": ("vectors", lambda f: overwrite(f / "tokens.i8", 70_000, NOISE)),
    "token vectors empty": ("vectors", lambda f: os.truncate(f / "tokens.i8", 0)),
    "facets missing": ("facets", lambda f: (f / "facets.i32").unlink()),
    "facets overwritten": ("facets", lambda f: overwrite(f / "facets.i32", 800, NOISE)),
}


FILES = {"facets": ("facets.i32",), "vectors": ("dense.f16", "tokens.i8")}
DAMAGED_FILES = {"chroma": "chroma", "bm25": r"bm25/.*\.idx", "vectors": r"dense\.f16", "facets": r"facets\.i32"}


@pytest.mark.parametrize("damage", DAMAGES)
def test_damage_is_found_and_named_before_the_library_is_opened(library: Path, damage: str) -> None:
    part, do = DAMAGES[damage]
    do(library)

    findings = check.check(library)

    assert {finding.part for finding in findings} == {part}
    assert all(finding.file.startswith((part, *FILES.get(part, ()))) for finding in findings)


@pytest.mark.parametrize(
    "damage", ["graph overwritten", "segment missing", "words overwritten", "vectors cut short", "facets missing"]
)
def test_a_damaged_library_is_refused_and_rebuilt_to_the_same(
    library: Path, large_found: list[Any], damage: str
) -> None:
    part, do = DAMAGES[damage]
    do(library)

    with pytest.raises(DamagedError, match=f"{DAMAGED_FILES[part]}.*onrecord library rebuild"):
        PassageIndex.open(library)
    with PassageIndex.open(library, damaged=True) as index:
        with pytest.raises(DamagedError, match="onrecord library rebuild"):
            index.require_whole()
        assert index.rebuild(load_encoder) == [part]
        assert found(index) == large_found


@pytest.fixture(scope="session")
def large_found(large: Path) -> list[Any]:
    with PassageIndex.open(large) as index:
        return found(index)


def test_a_library_that_was_closed_in_peace_is_not_looked_over_again(
    library: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with PassageIndex.open(library):  # the copy has other times than the original
        pass
    monkeypatch.setattr(check, "check", None)

    with PassageIndex.open(library) as index:
        assert len(found(index)[0]) >= 10


@pytest.mark.parametrize("seconds", [0.001, 30], ids=["not in time", "in time"])
def test_a_check_that_takes_too_long_is_a_finding(library: Path, seconds: float) -> None:
    findings = check.check(library, timeout_s=seconds)

    assert [finding.problem for finding in findings] == (["cannot be read within 0.001 seconds"] if seconds < 1 else [])


def test_a_damaged_catalog_is_named_and_only_a_backup_is_offered(library: Path) -> None:
    size = (library / "catalog.sqlite").stat().st_size
    for page in range(5, size // 4096 - 1, 3):
        overwrite(library / "catalog.sqlite", page * 4096, NOISE * 4)

    with pytest.raises(LibraryError, match=r"catalog\.sqlite"):
        PassageIndex.open(library)
    with PassageIndex.open(library, damaged=True) as index, pytest.raises(LibraryError, match="library restore"):
        index.rebuild(load_encoder)


def test_a_changed_text_is_found_by_reading_everything(library: Path) -> None:
    with sqlite3.connect(library / "catalog.sqlite") as catalog:
        catalog.execute("UPDATE documents SET text = 'Forged.' WHERE id = 'd7'")
    catalog.close()

    with PassageIndex.open(library) as index:
        (finding,) = index.check()

    assert str(finding) == "catalog.sqlite does not hold the text of 'd7' as it was written"


def test_everything_is_rebuilt_to_the_same(library: Path, large_found: list[Any]) -> None:
    seen: dict[str, tuple[int, int]] = {}
    with PassageIndex.open(library) as index:
        rebuilt = index.rebuild(
            load_encoder, everything=True, on_progress=lambda part, done, total: seen.update({part: (done, total)})
        )
        after = found(index)

    assert rebuilt == list(rebuild.PARTS)
    assert seen == dict.fromkeys(rebuild.PARTS, (N, N))
    assert after == large_found


STOP = """
import os, sys
from pathlib import Path
from ingest.engines import rebuild
from ingest.store import PassageIndex
from tests.invented import load_encoder
rebuild._AT_ONCE = dict.fromkeys(rebuild._AT_ONCE, 100)
index = PassageIndex.open(Path(sys.argv[1]), damaged=True)

def show(part, done, total):
    if (part, done) == (sys.argv[2], 200):
        os._exit(9)

index.rebuild(load_encoder, everything=True, on_progress=show)
"""


@pytest.mark.parametrize("part", rebuild.PARTS)
def test_a_rebuild_that_was_killed_goes_on_where_it_stopped(tmp_path: Path, part: str) -> None:
    library = tmp_path / "library"
    with PassageIndex.open(library, create=True) as index:
        index.add([stored(document(text(i), f"d{i}")) for i in range(400)])
        before = found(index)
    killed = subprocess.run([sys.executable, "-c", STOP, library, part], check=False)
    assert killed.returncode == 9

    with pytest.raises(DamagedError, match="still to be made anew"):
        PassageIndex.open(library)
    steps: list[tuple[str, int]] = []
    with PassageIndex.open(library, damaged=True) as index:
        index.rebuild(load_encoder, on_progress=lambda part, done, _: steps.append((part, done)))
        after = found(index)

    assert steps[0] == (part, 400)
    assert after == before


# Other models and versions


def test_a_library_of_another_splitter_is_split_and_embedded_anew(library: Path) -> None:
    with sqlite3.connect(library / "catalog.sqlite") as catalog:
        catalog.execute("UPDATE meta SET value = 'punkt-1' WHERE name = 'splitter'")
    catalog.close()

    with pytest.raises(FingerprintError, match=r"splitter punkt-1.*onrecord library rebuild"):
        PassageIndex.open(library)
    with PassageIndex.open(library, damaged=True) as index:
        assert index.rebuild(load_encoder) == ["passages", *rebuild.PARTS]
        assert index.check() == []
        assert index.n_passages == N
        vector = encoded(text(5)).vector
        (nearest,) = candidates(index, [], index.nearest(vector, 1), vector)
        assert nearest.row.document_id == "d5"


def test_a_library_of_the_first_format_is_brought_up_to_this_one(tmp_path: Path) -> None:
    """Made by an early version, of two of the seeds, which today's splitter splits as that one's did."""
    with tarfile.open(DATA / "library-format-1.tar.xz") as archive:
        archive.extractall(tmp_path, filter="data")
    catalog = sqlite3.connect(tmp_path / "library/catalog.sqlite")
    with catalog:
        now = f"{split.VERSION}-{split.PASSAGE_TOKENS}"
        catalog.execute("UPDATE meta SET value = ? WHERE name = 'splitter'", (now,))
    before = catalog.execute("SELECT id, text, title, outlet FROM documents ORDER BY key").fetchall()
    catalog.close()

    for _ in range(2):
        with PassageIndex.open(tmp_path / "library") as index:
            assert index.status().format == FORMAT
            assert index.check() == []
            documents = [index.document(id_) for id_, *_ in before]
            assert [(d.id, d.text, d.title, d.outlet) for d in documents] == before
            of_outlet = index.nearest(encoded("a").vector, 50, outlets=[documents[0].outlet or ""])
            rows = [candidate.row for candidate in candidates(index, [], of_outlet, encoded("a").vector)]
            assert {row.document_id for row in rows} == {documents[0].id}
            assert sorted(row.ordinal for row in rows) == list(range(len(rows)))


def test_a_library_of_a_later_version_is_refused_and_left_as_it_is(library: Path) -> None:
    with sqlite3.connect(library / "catalog.sqlite") as catalog:
        catalog.execute("UPDATE meta SET value = ? WHERE name = 'format'", (FORMAT + 1,))
    catalog.close()
    before = (library / "catalog.sqlite").read_bytes()

    for damaged in (False, True):
        with pytest.raises(FingerprintError, match="use the version that made it"):
            PassageIndex.open(library, damaged=damaged)
    assert (library / "catalog.sqlite").read_bytes() == before


# Backups


def test_a_backup_is_restored_to_a_library_that_finds_the_same(
    library: Path, tmp_path: Path, large_found: list[Any]
) -> None:
    with PassageIndex.open(library) as index:
        made = index.back_up(tmp_path / "backup")
        index.remove("d0")  # the backup is of the moment before

    restored(tmp_path / "backup", tmp_path / "again", lambda *_: None)
    with PassageIndex.open(tmp_path / "again", damaged=True) as index:
        assert index.rebuild(load_encoder) == ["bm25", "chroma"]
        assert index.check() == []
        assert found(index) == large_found
    assert made.documents == N
    assert made.bytes == sum(f.stat().st_size for f in (tmp_path / "backup").iterdir() if f.name != "backup.json")


def test_a_backup_overwrites_nothing_and_a_damaged_one_is_refused(library: Path, tmp_path: Path) -> None:
    backup = tmp_path / "backup"
    with PassageIndex.open(library) as index:
        index.back_up(backup)
        with pytest.raises(BackupError, match="is not empty"):
            index.back_up(backup)
    with pytest.raises(BackupError, match="is not empty"):
        restored(backup, library, lambda *_: None)
    with pytest.raises(BackupError, match="there is no backup"):
        restored(library, tmp_path / "new", lambda *_: None)
    overwrite(backup / "tokens.i8", 100, NOISE)
    with pytest.raises(BackupError, match=r"tokens\.i8 is not as it was"):
        restored(backup, tmp_path / "new", lambda *_: None)
    assert not (tmp_path / "new").exists()


# Where one state meets another


def test_a_library_that_grows_beyond_what_is_kept_in_memory_stays_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(vectors, "_SMALL", 50)
    with PassageIndex.open(tmp_path / "library", create=True) as index:
        for first in (0, 40, 80):
            index.add([stored(document(text(i), f"d{i}")) for i in range(first, first + 40)])
            for i in (0, first + 5, first + 39):
                (nearest,) = candidates(index, [], index.nearest(encoded(text(i)).vector, 1), encoded(text(i)).vector)
                assert nearest.row.document_id == f"d{i}"
        assert index.rebuild(load_encoder, everything=True) == list(rebuild.PARTS)


def test_a_library_full_of_holes_is_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(check, "_SAMPLE", 5)
    monkeypatch.setattr(check, "_AT_ONCE", 2)
    folder = tmp_path / "library"
    with PassageIndex.open(folder, create=True) as index:
        index.add([stored(document(text(i), f"d{i}")) for i in range(60)])
        index.remove(*(f"d{i}" for i in range(50)))

    with PassageIndex.open(folder) as index:
        for _ in range(5):
            assert list(check._chroma(index._engines, False, may_compare=True)) == []


def test_what_is_removed_does_not_come_back_out_of_a_crash(tmp_path: Path) -> None:
    with PassageIndex.open(tmp_path / "library", create=True) as index:
        index.add([stored(document(text(1), "a"))])
        lines = writes.stems_of(index._engines, None, stored(document(text(2), "a")).passages)
        new = stored(document(text(2), "a"))
        index._engines.journal.add_pending(
            [Entry(new.article, new.document, np.array([1], np.uint64), new.passages, lines)]
        )

        index.remove("a")
        index.finish(load_encoder)

        assert index.n_documents == 0


def test_a_rebuild_that_stopped_in_a_store_which_was_then_damaged_begins_it_anew(tmp_path: Path) -> None:
    library = tmp_path / "library"
    with PassageIndex.open(library, create=True) as index:
        index.add([stored(document(text(i), f"d{i}")) for i in range(400)])
    subprocess.run([sys.executable, "-c", STOP, library, "chroma"], check=False)
    overwrite(library / "chroma/chroma.sqlite3", 0, NOISE)

    with PassageIndex.open(library, damaged=True) as index:
        assert index.rebuild(load_encoder) == ["chroma"]
        assert index.check() == []


def test_a_rebuild_for_another_model_is_not_gone_on_with(tmp_path: Path) -> None:
    library = tmp_path / "library"
    with PassageIndex.open(library, create=True) as index:
        index.add([stored(document(text(i), f"d{i}")) for i in range(300)])
    subprocess.run([sys.executable, "-c", STOP, library, "vectors"], check=False)
    with sqlite3.connect(library / "catalog.sqlite") as catalog:
        catalog.execute("UPDATE meta SET value = 'another' WHERE name = 'rebuilding_for'")
    catalog.close()

    with PassageIndex.open(library, damaged=True) as index:
        steps: list[tuple[str, int]] = []
        index.rebuild(load_encoder, on_progress=lambda part, done, _: steps.append((part, done)))

    assert steps[0] == ("vectors", 256)  # from the first passage on


def test_damage_to_an_empty_library_is_found_and_mended(tmp_path: Path) -> None:
    library = tmp_path / "library"
    with PassageIndex.open(library, create=True) as index:
        index.add([stored(document(text(1), "a"))])
        index.remove("a")
    overwrite(library / "chroma/chroma.sqlite3", 0, NOISE)

    with pytest.raises(DamagedError, match="chroma"):
        PassageIndex.open(library)
    with PassageIndex.open(library, damaged=True) as index:
        assert index.rebuild(load_encoder) == ["chroma"]
        index.add([stored(document(text(2), "b"))])
        assert index.check() == []


@pytest.mark.parametrize(
    "change", ["UPDATE passages SET text = 'x' WHERE key = 7", "DELETE FROM passages WHERE key = 7"]
)
def test_changed_passages_are_found_by_reading_everything(library: Path, change: str) -> None:
    with sqlite3.connect(library / "catalog.sqlite") as catalog:
        catalog.execute(change)
    catalog.close()

    assert "catalog" in {finding.part for finding in check.check(library, full=True)}


def test_a_library_without_its_lock_file_still_has_one_owner(tmp_path: Path) -> None:
    library = tmp_path / "library"
    with PassageIndex.open(library, create=True):
        (library / "lock").unlink()
        with pytest.raises(LibraryBusyError):
            PassageIndex.open(library)


def test_no_backup_is_made_within_the_library_and_a_restore_can_be_repeated(library: Path, tmp_path: Path) -> None:
    with PassageIndex.open(library) as index:
        with pytest.raises(BackupError, match="within the library"):
            index.back_up(library / "chroma" / "backup")
        index.back_up(tmp_path / "backup")
    (tmp_path / "again").mkdir()
    (tmp_path / "again" / "tokens.i8").write_bytes(b"half of it")
    (tmp_path / "again" / "catalog.sqlite.part").write_bytes(b"half of it")

    restored(tmp_path / "backup", tmp_path / "again", lambda *_: None)

    assert (tmp_path / "again/tokens.i8").read_bytes() == (tmp_path / "backup/tokens.i8").read_bytes()


def test_a_check_ends_with_the_process_that_began_it(library: Path) -> None:
    program = "import sys, pathlib\nfrom ingest.engines import check\ncheck.check(pathlib.Path(sys.argv[1]), full=True)"
    with subprocess.Popen([sys.executable, "-c", program, library]) as process:
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
        until = time.monotonic() + 30
        while not (started := children.read_text().split()) and time.monotonic() < until:
            time.sleep(0.01)
        process.kill()
    until = time.monotonic() + 10
    while Path(f"/proc/{started[0]}").exists() and time.monotonic() < until:
        time.sleep(0.02)

    assert not Path(f"/proc/{started[0]}").exists()


# Crashes at random moments

CHANGING = """
import os, sys
from pathlib import Path
import chromadb, numpy, tantivy
from ingest.store import PassageIndex
from tests.invented import document, load_encoder, stored

def change(folder, turn):
    index = PassageIndex.open(folder, create=True)
    index.finish(load_encoder)
    known = {int(name[1:]) for name in index.texts([f"d{i}" for i in range(40)])}
    print("begun", flush=True)
    while True:
        i = turn * 7 % 40
        if turn % 5 == 4 and i in known:
            index.remove(f"d{i}")
            known.remove(i)
            print("removed", i, turn, flush=True)
        else:
            pair = [i, (i + 1) % 40]
            index.add([stored(document(f"Ferry {j} of turn {turn} sailed. It came back.", f"d{j}")) for j in pair])
            known.update(pair)
            print("stored", *pair, turn, flush=True)
        turn += 1

for line in sys.stdin:
    child = os.fork()
    if not child:
        change(Path(sys.argv[1]), int(line))
    print(child, flush=True)
    os.waitpid(child, 0)
    print("ended", flush=True)
"""


def test_sixty_kills_at_random_moments_lose_nothing_that_was_reported(tmp_path: Path) -> None:
    """Each process goes on where the last was killed; what it said it had stored is there, whole and once."""
    folder, seed = tmp_path / "library", 20
    chance = random.Random(seed)
    possible: dict[str, set[int | None]] = {}  # turns that each may be of: the last reported, and any in doubt since
    turn, n_reports = 0, 0
    with subprocess.Popen(
        [sys.executable, "-c", CHANGING, folder], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        for _ in range(60):
            process.stdin.write(f"{turn}\n")
            process.stdin.flush()
            lines = sorted(process.stdout.readline() for _ in range(2))  # in either order: its id, and "begun"
            child = int(lines[0])
            assert lines[1] == "begun\n"
            reports = [process.stdout.readline() for _ in range(chance.randint(0, 4))]
            time.sleep(chance.uniform(0, 0.06))
            os.kill(child, signal.SIGKILL)
            reports += iter(process.stdout.readline, "ended\n")
            for report in reports:
                kind, *numbers = report.split()
                n_reports += 1
                turn = int(numbers[-1]) + 1
                possible |= {f"d{i}": {turn - 1 if kind == "stored" else None} for i in numbers[:-1]}
            for number in (0, 1):  # what it was about when it was killed
                possible.setdefault(f"d{(turn * 7 + number) % 40}", {None}).update(
                    {turn, None if turn % 5 == 4 else turn}
                )
            turn += 1

    with PassageIndex.open(folder) as index:
        index.finish(load_encoder)
        assert index.check() == []
        texts = index.texts([f"d{i}" for i in range(40)])
        assert (index.status().pending, index.n_documents) == (0, len(texts))
        for id_, turns in possible.items():
            found_turn = int(texts[id_].split("turn ")[1].split()[0]) if id_ in texts else None
            assert found_turn in turns, f"{id_}, seed {seed}"
        for id_, whole in texts.items():
            vector = encoded(whole).vector
            (best,) = candidates(index, [], index.nearest(vector, 1), vector)
            assert (best.row.document_id, best.row.text) == (id_, whole)
            assert np.array_equal(index.token_vectors([best.row]), encoded(whole).tokens)
    assert n_reports > 60
