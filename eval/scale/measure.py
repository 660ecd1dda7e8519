"""Measures libraries of several sizes, and keeps the tables and plots in the documents.

Example: `onrecord eval speed --passages 10000 --passages 100000 --work DIR --out docs/benchmarks.md`.
What was measured is kept in `DIR/results.json`, and what is there is not measured again: an interrupted run goes on
where it was, `--again` names the steps to repeat, and `--render-only` makes tables and plots of what is there.
"""

from __future__ import annotations

import itertools
import json
import os
import platform
import subprocess
import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from eval.generate import DATA, articles, questions, read_runs, write
from eval.scale import ingesting, serving, tables

_FEW = "5 articles"
_IMAGES = "images"


@dataclass(frozen=True, slots=True)
class Given:
    """What is measured.

    Args:
        passages: Sizes of the libraries.
        work: Folder for articles, libraries and results.
        out: Markdown file whose section of scale is replaced; plots go beside it.
        data: Folder of the source texts.
        questions: Of each door and filter.
        rounds: Starts of each server.
        again: Steps to measure anew.
    """

    passages: tuple[int, ...]
    work: Path
    out: Path | None = None
    data: Path = DATA
    seed: int = 0
    questions: int = 300
    rounds: int = 5
    again: tuple[str, ...] = ()
    render_only: bool = False


def measure(given: Given) -> str:
    """The tables as Markdown, which are also written where `out` says.

    Raises:
        DataError: The source texts are not there.
    """
    given.work.mkdir(parents=True, exist_ok=True)
    results = _Results(given.work / "results.json")
    if not given.render_only:
        _measure(given, results)
    text = tables.render(results.found)
    if given.out:
        from eval.scale.plots import draw

        draw(results.found, given.out.parent / _IMAGES)
        tables.insert(given.out, text)
    return text


class _Results:
    """What was measured so far, on disk after every step."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.found: dict[str, Any] = {"sizes": {}}
        if path.exists():
            self.found = json.loads(path.read_text(encoding="utf-8"))

    def of(self, n_passages: int) -> dict[str, Any]:
        """What is known of the library of that size."""
        size: dict[str, Any] = self.found["sizes"].setdefault(str(n_passages), {})
        return size

    def keep(self) -> None:
        """Writes it down, with where and of what it was measured."""
        self.found["sizes"] = dict(sorted(self.found["sizes"].items(), key=lambda size: int(size[0])))
        self.found["measured"] = circumstances()
        part = self._path.with_suffix(".part")
        part.write_text(json.dumps(self.found, indent=1) + "\n", encoding="utf-8")
        part.replace(self._path)


def _measure(given: Given, results: _Results) -> None:
    for n_passages in given.passages:
        if "ingest" in given.again or "ingest" not in results.of(n_passages):
            say(f"ingest {n_passages:,} passages")
            found = ingesting.measure(_articles(given, n_passages), _library(given, n_passages))
            results.of(n_passages).update(found)
            results.keep()
    libraries = {str(n_passages): _library(given, n_passages) for n_passages in given.passages}
    if _missing(given, results, "start"):
        say(f"start servers, {given.rounds} times each")
        times = serving.starting({_FEW: _library_of_few(given), **libraries}, given.rounds)
        results.found["start of few"] = times.pop(_FEW)
        _keep_each(results, "start", times)
    if _missing(given, results, "serve"):
        say(f"ask {given.questions} questions in each of {len(serving.WAYS)} ways")
        asked = questions(given.data, given.seed)
        _keep_each(results, "serve", serving.answering(libraries, asked, given.questions))


def _missing(given: Given, results: _Results, step: str) -> bool:
    """Whether a step has to be measured: for all sizes together, since they are compared."""
    return step in given.again or any(step not in results.of(n_passages) for n_passages in given.passages)


def _keep_each(results: _Results, step: str, found: dict[str, Any]) -> None:
    for name, of_size in found.items():
        results.of(int(name))[step] = of_size
    results.keep()


def _library(given: Given, n_passages: int) -> Path:
    return Path(given.work / f"library-{n_passages}")


def _articles(given: Given, n_passages: int) -> Path:
    """The file of generated articles, made unless it is there."""
    path = Path(given.work / f"articles-{n_passages}-seed-{given.seed}.jsonl")
    if not path.exists():
        say(f"generate {n_passages:,} passages")
        part = path.with_suffix(".part")
        write(part, articles(read_runs(given.data, given.seed), given.seed), n_passages)
        part.replace(path)
    return path


def _library_of_few(given: Given) -> Path:
    """A library of the first five of the articles, made unless it is there."""
    library, path = Path(given.work / "library-few"), Path(given.work / "articles-few.jsonl")
    if not library.exists():
        with _articles(given, given.passages[0]).open(encoding="utf-8") as lines:
            path.write_text("".join(itertools.islice(lines, 5)), encoding="utf-8")
        ingesting.ingest(path, library)
    return library


def circumstances() -> dict[str, Any]:
    """On which day, of which code and on which machine something is measured."""
    command = ["git", "describe", "--always", "--dirty"]
    code = subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()
    return {
        "on": datetime.now(UTC).date().isoformat(),
        "code": code or "unknown",
        "cores": len(os.sched_getaffinity(0)),
        "processor": _processor(),
    }


def _processor() -> str:
    with Path("/proc/cpuinfo").open(encoding="utf-8") as lines:
        named = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
        return next(named, platform.machine())


def say(what: str) -> None:
    """Tells on stderr what is being done, and when."""
    print(f"{datetime.now(UTC):%H:%M:%S} {what}", file=sys.stderr, flush=True)
