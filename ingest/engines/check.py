"""Whether a library is whole, found out by another process: a damaged Chroma store can end the one that opens it.

Example: `check(folder)` is `[]`, or `[Finding("chroma", "chroma/chroma.sqlite3", "is damaged: …")]`.
The process prints a line of JSON when it begins a part and one for each finding, so that where it dies is known. A
library that was closed and has not been touched since needs no check: `closed.json` has the size and the time of
every file as they then were.
"""

from __future__ import annotations

import json
import math
import os
import random
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from ingest.engines import bm25
from ingest.engines import dense as chroma
from ingest.engines.bundle import BM25, CATALOG, CHROMA, Engines
from ingest.engines.chroma import Served
from ingest.engines.facets import NAME as FACETS
from ingest.engines.facets import facets_of
from ingest.engines.schema import FORMAT
from ingest.engines.vectors import files_of
from ingest.errors import ChromaServerError, LibraryError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import numpy as np
    from numpy.typing import NDArray

    from ingest.engines.catalog import Extent
    from ingest.engines.dense import Dense

_UNREACHED = "is out of reach: "
_CLOSED = "closed.json"
_BESIDE = ("closed.", "keys.", "conversations.")  # what stands in the folder and is no part of the library
_TIMEOUT_S, _FULL_TIMEOUT_S = 60, 3600
_SAMPLE = 5_000  # passages that are looked at where not all are
_SEARCHED, _SEARCHED_FULL = 300, 5_000  # of these, passages that have to find themselves
_AT_ONCE = 1_000  # passages read at once
_NEAREST = 10  # passages among which one has to find itself
_ALIKE = 1e-3  # of cosine: passages of the same words are as near as the one that is looked for
_LOST = 0.03  # share of passages that may not find themselves: the graph is approximate


class Finding(NamedTuple):
    """Something that is wrong with a library.

    Args:
        part: What has to be made anew: `catalog`, `vectors`, `facets`, `bm25` or `chroma`.
        file: Path within the library.
        problem: What is wrong with it, continuing "the file …".
    """

    part: str
    file: str
    problem: str

    def __str__(self) -> str:
        return f"{self.file} {self.problem}"

    @property
    def is_unreached(self) -> bool:
        """Whether nothing is known to be wrong, and the server did not answer."""
        return self.problem.startswith(_UNREACHED)


def note_as_closed(folder: Path) -> None:
    """Writes down what every file of a library that has just been closed looks like."""
    path = folder / _CLOSED
    new = path.with_suffix(".new")
    new.write_text(json.dumps(_files(folder)), encoding="utf-8")
    new.replace(path)


def is_as_closed(folder: Path) -> bool:
    """Whether nothing has changed since the library was closed."""
    return _noted(folder) == _files(folder)


def _noted(folder: Path) -> dict[str, list[int]]:
    try:
        noted = json.loads((folder / _CLOSED).read_bytes())
    except (OSError, ValueError, RecursionError):
        return {}
    return noted if isinstance(noted, dict) else {}


def _files(folder: Path) -> dict[str, list[int]]:
    """Size and time of change by path of every file that holds something."""
    found = {}
    for place, _, names in os.walk(folder):
        for name in names:
            if not (name.endswith("lock") or name.startswith(_BESIDE)):
                path = os.path.join(place, name)  # noqa: PTH118  (a library may have a thousand files)
                stat = os.lstat(path)
                found[os.path.relpath(path, folder)] = [stat.st_size, stat.st_mtime_ns]
    return found


def check(
    folder: Path, *, full: bool = False, chroma_url: str | None = None, timeout_s: float | None = None
) -> list[Finding]:
    """What is wrong with a library that no other process writes; nothing when it is whole.

    Args:
        folder: Of the library.
        full: Whether to read everything, rather than samples.
        chroma_url: Of the server with its vectors; what is on a server is not looked at without.
        timeout_s: For the process that looks; a minute unless told, an hour when `full`.
    """
    more = [*(["--full"] if full else []), *([chroma_url] if chroma_url else [])]
    command = [sys.executable, "-m", __name__, str(folder), *more]
    timeout_s = timeout_s or (_FULL_TIMEOUT_S if full else _TIMEOUT_S)
    life, held = os.pipe()  # its other end closes with this process, or with this call
    with subprocess.Popen(  # noqa: S603  (this module)
        command,
        stdin=life,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        os.close(life)
        try:
            out, _ = process.communicate(timeout=timeout_s)
            ended = _how_it_ended(process.returncode)
        except subprocess.TimeoutExpired:
            process.kill()
            out = process.communicate()[0]
            ended = f"cannot be read within {timeout_s:g} seconds"
        finally:
            os.close(held)
    lines = [json.loads(line) for line in out.splitlines() if line.endswith("]")]
    findings = [Finding(part, file, " ".join(problem.split())) for part, file, problem in filter(_is_finding, lines)]
    if ended:
        part = next((line[0] for line in reversed(lines) if len(line) == 1), CATALOG)
        findings.append(Finding(part, _suspect(folder, part), ended))
    return findings


def _is_finding(line: list[str]) -> bool:
    return len(line) > 1


def _how_it_ended(code: int) -> str:
    if code < 0:
        return f"ends the process that reads it ({signal.Signals(-code).name})"
    return f"ends the process that reads it (exit code {code})" if code else ""


def _suspect(folder: Path, part: str) -> str:
    """The file of the part that changed since the library was closed, if it is one; else the part's folder."""
    noted, files = _noted(folder), _files(folder)
    changed = [name for name in sorted({*noted, *files}) if noted.get(name) != files.get(name)]
    of_part = [name for name in changed if name.partition("/")[0] == part]
    return of_part[0] if len(of_part) == 1 else part


def on_server(engines: Engines) -> list[Finding]:
    """Whether the server has as many vectors as it should, where they are on one and it answers; one question each."""
    home = engines.dense.home
    if not isinstance(home, Served):
        return []
    try:
        found = home.count()
    except ChromaServerError:
        return []
    if found is None and not engines.catalog.n_passages():
        engines.dense.empty()  # of a library that was just made
        return []
    if found is None:
        return [Finding("chroma", CHROMA, _missing(home))]
    return [] if _is_counted(engines, found) else [Finding("chroma", CHROMA, _miscounted(engines, found))]


def _missing(home: Served) -> str:
    return f"is not on the server at {home.url}"


def _miscounted(engines: Engines, found: int) -> str:
    return f"holds {found} vectors where the catalog has {engines.catalog.n_passages()} passages"


# What follows runs in the other process.


def main() -> None:
    """Prints, as lines of JSON, the name of each part before it is read, and what is wrong with it."""
    folder, full, more = Path(sys.argv[1]), "--full" in sys.argv, sys.argv[2:]
    threading.Thread(target=_end_with_the_parent, daemon=True).start()
    _say("catalog")
    try:
        engines = Engines.open(folder, chroma_url=next((one for one in more if one != "--full"), None))
        problems = [*engines.catalog.problems(full=full)]
    except (LibraryError, OSError) as error:
        problems = [f"cannot be read: {error}"]
    for problem in problems:
        _say("catalog", CATALOG, problem)
    if not problems and engines.catalog.meta().get("format") == str(FORMAT):
        _look(engines, full=full)


def _end_with_the_parent() -> None:
    """Ends this process when the one that started it is gone, which then no longer owns the library."""
    sys.stdin.read()
    os._exit(3)


def _look(engines: Engines, *, full: bool) -> None:
    wrong = _say_all("vectors", lambda: _vectors(engines, full))
    _say_all("facets", lambda: _facets(engines, full))
    _say_all("bm25", lambda: _bm25(engines))
    if not (isinstance(engines.dense.home, Served) and engines.dense.home.url is None):
        _say_all("chroma", lambda: _chroma(engines, full, may_compare=not wrong))


def _say_all(part: str, look: Callable[[], Iterator[tuple[str, str]]]) -> bool:
    """Prints what is wrong with a part; whether anything is."""
    _say(part)
    wrong = False
    try:
        for file, problem in look():
            _say(part, file, problem)
            wrong = True
    except ChromaServerError as error:
        _say(part, part, f"{_UNREACHED}{error}")
    except (LibraryError, OSError) as error:
        _say(part, part, f"cannot be read: {error}")
        wrong = True
    return wrong


def _say(*words: str) -> None:
    sys.stdout.write(json.dumps(words) + "\n")
    sys.stdout.flush()


def _extents(engines: Engines, *, full: bool) -> Iterator[list[Extent]]:
    """Passages in batches: all of them, or some drawn at random, always with the last."""
    if full or engines.catalog.n_passages() <= _SAMPLE:
        yield from engines.catalog.extents(_AT_ONCE)
    else:
        last = engines.catalog.last_key()
        draws = sorted({random.randint(1, last) for _ in range(_SAMPLE)} | {last})  # noqa: S311  (a sample)
        for first in range(0, len(draws), _AT_ONCE):
            yield engines.catalog.extents_of(draws[first : first + _AT_ONCE])


def _vectors(engines: Engines, full: bool) -> Iterator[tuple[str, str]]:
    different: dict[str, int] = {}
    for extents in _extents(engines, full=full):
        for one in extents:
            for name in files_of(engines.vectors.checksum(one.key, one.at, one.n_tokens) ^ one.checksum):
                different[name] = different.get(name, 0) + 1
    for name, n in different.items():
        yield name, f"does not hold what was written for {n} of the passages looked at"


def _facets(engines: Engines, full: bool) -> Iterator[tuple[str, str]]:
    rows = engines.facets.rows()
    for extents in _extents(engines, full=full):
        for one in extents:
            expected = facets_of(one.outlet, one.published_on)
            if one.key >= len(rows) or tuple(rows[one.key].tolist()) != expected:
                yield FACETS, f"does not hold what was written for passage {one.key}"
                return


def _bm25(engines: Engines) -> Iterator[tuple[str, str]]:
    if not (engines.folder / BM25).exists() and not engines.catalog.n_passages():
        return
    problems = [(f"{BM25}/{name}", problem) for name, problem in bm25.file_problems(engines.folder / BM25)]
    yield from problems
    if not problems and not _is_counted(engines, found := engines.bm25.count()):
        yield BM25, f"holds {found} passages where the catalog has {engines.catalog.n_passages()}"


def _unopened(engines: Engines) -> Iterator[tuple[str, str]]:
    """What can be seen of Chroma without opening it."""
    home = engines.dense.home
    if isinstance(home, Served):
        if home.count() is None:
            yield CHROMA, _missing(home)
    elif (engines.folder / CHROMA).exists() or engines.catalog.n_passages():
        for name, problem in chroma.file_problems(engines.folder / CHROMA):
            yield f"{CHROMA}/{name}", problem


def _chroma(engines: Engines, full: bool, *, may_compare: bool) -> Iterator[tuple[str, str]]:
    problems = [*_unopened(engines)]
    yield from problems
    if problems or not (engines.dense.home.is_shared or (engines.folder / CHROMA).exists()):
        return
    if not _is_counted(engines, found := engines.dense.count()):
        yield CHROMA, _miscounted(engines, found)
        return
    n_looked_at = engines.catalog.n_passages() if full else min(_SAMPLE, engines.catalog.n_passages())
    if not n_looked_at:
        return
    share = min(1.0, (_SEARCHED_FULL if full else _SEARCHED) / n_looked_at)
    n_searched, n_lost, n_other = 0, 0, 0
    for extents in _extents(engines, full=full):
        keys = [one.key for one in extents]
        stored = engines.dense.vectors(keys)
        n_other += len(keys) - len(stored)
        if may_compare:
            vectors = dict(zip(keys, engines.vectors.dense(keys), strict=True))
            n_other += sum(not abs(vector @ vectors[key] - 1) < _ALIKE for key, vector in stored.items())  # nor is NaN
        searched = random.sample(sorted(stored), math.ceil(share * len(stored)))
        n_lost += sum(not _finds_itself(engines.dense, key, stored[key]) for key in searched)
        n_searched += len(searched)
    if n_other:
        yield CHROMA, f"does not hold the vectors of {n_other} of the passages looked at"
    if n_lost > max(1, _LOST * n_searched):
        yield CHROMA, f"does not find {n_lost} of {n_searched} passages by their own vectors"


def _finds_itself(dense: Dense, key: int, vector: NDArray[np.float32]) -> bool:
    """Whether a passage, or one of the same words, is nearest to its own vector."""
    nearest = dense.search(vector, _NEAREST)
    return key in nearest or bool(nearest and dense.vectors(nearest[:1])[nearest[0]] @ vector > 1 - _ALIKE)


def _is_counted(engines: Engines, found: int) -> bool:
    """Whether an engine has as many passages as the catalog, give or take what a crash left unfinished."""
    ready, unfinished = engines.catalog.n_passages(), engines.catalog.n_unfinished()
    return ready <= found <= ready + unfinished


if __name__ == "__main__":
    main()
