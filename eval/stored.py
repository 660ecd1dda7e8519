"""A run on disk: what was asked, how, and what came back; everything else is computed from it.

Example: `runs/today/` holds `run.json`, `results.jsonl` with a line for each question, `passages.jsonl`, the TREC files
and `scores.json`. Lines are appended as answers come in, so that a run which was killed goes on where it was.
"""

from __future__ import annotations

import fcntl
import json
import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ingest.errors import OnrecordError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from types import TracebackType
    from typing import Self

    Json = dict[str, Any]

FORMAT = 1
_SYNC_S = 1.0  # at most so much is lost when the machine loses its power; a killed process loses nothing


class RunError(OnrecordError):
    """A stored run cannot be read, or not be continued."""


@dataclass(frozen=True, slots=True)
class StoredRun:
    """A finished run: what `run.json` says, and the results in the order of the dataset."""

    folder: Path
    about: Json
    results: tuple[Json, ...]


def read_run(folder: Path) -> StoredRun:
    """The finished run in a folder.

    Raises:
        RunError: There is none, or it was not finished.
    """
    about = _about(folder)
    if about is None:
        message = f"{folder} holds no run; make one with `onrecord eval run --out {folder}`"
        raise RunError(message)
    if not about.get("complete", True):
        message = f"the run in {folder} was not finished; go on with the command that began it"
        raise RunError(message)
    return StoredRun(folder, about, tuple(read_lines(folder / "results.jsonl")))


def write_json(path: Path, value: object) -> None:
    """Puts a JSON document in place of the one that was there, whole or not at all."""
    new = path.with_name(f".{path.name}.new")
    new.write_text(json.dumps(value, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    new.replace(path)


def write_lines(path: Path, values: Iterable[object]) -> None:
    """Puts a file of JSON lines in place of the one that was there, whole or not at all."""
    new = path.with_name(f".{path.name}.new")
    with new.open("w", encoding="utf-8") as file:
        file.writelines(json.dumps(value, ensure_ascii=False) + "\n" for value in values)
    new.replace(path)


def append_line(path: Path, value: object) -> None:
    """Adds a line to a file of JSON lines."""
    with path.open("a", encoding="utf-8") as file:
        file.write(json.dumps(value, ensure_ascii=False) + "\n")


class Record:
    """The results of a run that is going on; a context that owns the folder.

    Attributes:
        kept: Results of an earlier sitting, by question.
        about: What `run.json` said of it; `None` when it is new.
    """

    def __init__(self, folder: Path, settings: Json, settings_hash: str) -> None:
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._file = (folder / "results.jsonl").open("a+", encoding="utf-8")
        except OSError as error:
            message = f"{folder} cannot hold a run: {error.strerror}"
            raise RunError(message) from error
        try:
            self._take(folder)
            self.about = _about(folder)
            _refuse_other(folder, self.about, settings, settings_hash)
            cut_torn_line(folder / "results.jsonl")
            self.kept = {line["id"]: line for line in read_lines(folder / "results.jsonl")} if self.about else {}
        except BaseException:
            self._file.close()
            raise
        self._synced = time.monotonic()

    def append(self, result: Json) -> None:
        """Adds a result; it is kept even if this process is killed in the next moment."""
        self._file.write(json.dumps(result, ensure_ascii=False) + "\n")
        self._file.flush()
        if time.monotonic() - self._synced > _SYNC_S:
            os.fsync(self._file.fileno())
            self._synced = time.monotonic()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    def _take(self, folder: Path) -> None:
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            message = f"another evaluation is writing to {folder}; wait for it, or name another folder with --out"
            raise RunError(message) from error


def differing(before: Json, now: Json) -> list[str]:
    """What two settings differ in, as one line each."""
    names = sorted(before.keys() | now.keys())
    return [
        f"{name}: {before.get(name)} then, {now.get(name)} now" for name in names if before.get(name) != now.get(name)
    ]


def _refuse_other(folder: Path, about: Json | None, settings: Json, settings_hash: str) -> None:
    if about is None:
        if (folder / "results.jsonl").stat().st_size:
            message = f"{folder} holds results of unknown settings; name another folder with --out"
            raise RunError(message)
    elif about["settings_hash"] != settings_hash:
        message = (
            f"{folder} holds a run with other settings ({'; '.join(differing(about['settings'], settings))}); "
            "name another folder with --out"
        )
        raise RunError(message)


def _about(folder: Path) -> Json | None:
    try:
        about: Json = json.loads((folder / "run.json").read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        message = f"{folder / 'run.json'} cannot be read: {error}"
        raise RunError(message) from error
    if about.get("format") != FORMAT:
        message = f"{folder} is of format {about.get('format')}, and this version reads {FORMAT}; run it again"
        raise RunError(message)
    return about


def read_lines(path: Path) -> list[Json]:
    """The values of a file of JSON lines.

    Raises:
        RunError: It cannot be read.
    """
    try:
        return [json.loads(line) for line in path.read_text(encoding="utf-8").split("\n") if line]
    except (OSError, ValueError) as error:
        message = f"{path} cannot be read: {error}"
        raise RunError(message) from error


def cut_torn_line(path: Path) -> None:
    """Removes a last line that was not written to its end."""
    content = path.read_bytes()
    whole = content.rfind(b"\n") + 1
    if whole < len(content):
        os.truncate(path, whole)
