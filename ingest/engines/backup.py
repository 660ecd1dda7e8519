"""A copy of what a library cannot be made anew without, taken while it is in use, and a library made of such a copy.

Example: `back_up(engines, target)` writes `catalog.sqlite`, `dense.f16`, `tokens.i8`, `facets.i32` and `backup.json`,
which has the size and the SHA-256 of each; `conversations.sqlite` is with them where there is one. The indexes of words
and of nearest vectors are not in it: `restore` makes them anew, so that a copy is never taken of a store in motion.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ingest.engines.bundle import CATALOG
from ingest.engines.chroma import COLLECTION
from ingest.engines.facets import NAME as FACETS
from ingest.engines.vectors import DENSE, TOKENS
from ingest.errors import BackupError, LibraryError

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from ingest.engines.bundle import Engines

_MANIFEST = "backup.json"
_FILES = (CATALOG, DENSE, TOKENS, FACETS)
_CONVERSATIONS = "conversations.sqlite"  # no part of the library, and lost with it all the same
_PART = ".part"  # ending of a file that is being copied
_BLOCK = 1 << 20
_log = logging.getLogger(__name__)


def back_up(engines: Engines, target: Path) -> int:
    """Writes the copy, of a library that nobody else writes meanwhile; its size in bytes.

    Args:
        target: A folder that is not there yet, or is empty.

    Raises:
        BackupError: It is not empty, or cannot be written.
    """
    _make_empty(target)
    try:
        engines.catalog.copy_to(target / CATALOG, without=COLLECTION)  # the restored library gets its own
        for name in _FILES[1:]:
            shutil.copyfile(engines.folder / name, target / name)
        kept = [_CONVERSATIONS] if _copy_conversations(engines.folder, target) else []
        described = {name: _describe(target / name) for name in (*_FILES, *kept)}
        _write_durably(target / _MANIFEST, json.dumps(described, indent=1))
        return sum(one["bytes"] for one in described.values())
    except (OSError, LibraryError) as error:
        why = error.strerror if isinstance(error, OSError) else error
        message = f"the backup in {target} could not be written: {why}; remove the folder and try again"
        raise BackupError(message) from error


def restore(source: Path, folder: Path, on_progress: Callable[[str, int, int], None]) -> None:
    """Copies a backup into a folder that is to become a library; what it lacks is then made anew.

    Args:
        source: Folder of the backup.
        folder: Of the library; not there yet, or empty.
        on_progress: Called with a word, and how many of how many files are done.

    Raises:
        BackupError: There is no backup in `source`, it is damaged, or `folder` is not empty.
    """
    manifest = _read_manifest(source)
    for name, described in manifest.items():
        if not (source / name).is_file() or _describe(source / name) != described:
            message = f"{source / name} is not as it was when the backup was made; use another backup"
            raise BackupError(message)
    names = sorted(manifest, key=lambda name: name == CATALOG)  # the catalog last: without it there is no library
    _make_empty(folder, but_for={*names[:-1], *(name + _PART for name in names)})
    try:
        for number, name in enumerate(names, start=1):
            if name == _CONVERSATIONS:
                _make_private(folder / (name + _PART))
            shutil.copyfile(source / name, folder / (name + _PART))
            (folder / (name + _PART)).replace(folder / name)
            on_progress("copied", number, len(names))
    except OSError as error:
        message = f"the library in {folder} could not be written: {error.strerror}; try again"
        raise BackupError(message) from error


def _copy_conversations(folder: Path, target: Path) -> bool:
    """Whether there were any to copy; those that are damaged are left out, and the backup is made without them."""
    if not (folder / _CONVERSATIONS).exists():
        return False
    _make_private(target / _CONVERSATIONS)
    try:
        with (
            closing(sqlite3.connect(f"{(folder / _CONVERSATIONS).as_uri()}?mode=ro", uri=True)) as kept,
            closing(sqlite3.connect(target / _CONVERSATIONS)) as copy,
        ):
            kept.backup(copy)
    except sqlite3.Error as error:
        (target / _CONVERSATIONS).unlink()
        _log.warning("the backup in %s is without the conversations: %s", target, error)
        return False
    return True


def _make_private(path: Path) -> None:
    """Makes the file, which only its owner may read."""
    os.close(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600))


def _read_manifest(source: Path) -> dict[str, Any]:
    try:
        manifest = json.loads((source / _MANIFEST).read_bytes())
    except (OSError, ValueError) as error:
        message = f"there is no backup in {source}: {_MANIFEST} is missing or damaged"
        raise BackupError(message) from error
    if not isinstance(manifest, dict) or set(manifest) - {_CONVERSATIONS} != set(_FILES):
        message = f"{source / _MANIFEST} does not list the files of a backup"
        raise BackupError(message)
    return manifest


def _make_empty(folder: Path, but_for: Collection[str] = ()) -> None:
    """Makes the folder, in which there may be nothing but what an earlier attempt left."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        is_empty = all(entry.name in but_for for entry in folder.iterdir())
    except OSError as error:
        message = f"{folder} cannot be written: {error.strerror}"
        raise BackupError(message) from error
    if not is_empty:
        message = f"{folder} is not empty; name a new folder"
        raise BackupError(message)


def _describe(path: Path) -> dict[str, Any]:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            digest.update(block)
    return {"bytes": path.stat().st_size, "sha256": digest.hexdigest()}


def _write_durably(path: Path, text: str) -> None:
    with path.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
