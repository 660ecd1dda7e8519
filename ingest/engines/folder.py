"""The folder of a library: before there is one in it, and how large it is.

Example: `make_folder(folder)` makes it, and refuses one that has other things in it.
"""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from ingest.engines.bundle import CATALOG, CHROMA
from ingest.errors import LibraryError, LibraryNotFoundError

# Files with which the making of a library begins, and those of the keys to it, which may be made before.
_OF_A_START = {"lock", CATALOG, f"{CATALOG}-journal", "keys.json", "keys.lock"}


def is_unmade(folder: Path) -> bool:
    """Whether there is no library yet, or one whose making was cut short by a crash."""
    catalog = folder / CATALOG
    return not catalog.exists() or (not catalog.stat().st_size and not (folder / CHROMA).exists())


def none_in(folder: Path) -> LibraryNotFoundError:
    """What is to be raised where there is no library."""
    message = f"there is no library in {folder}; make one with `onrecord ingest PATH --library {folder}`"
    return LibraryNotFoundError(message)


def make_folder(folder: Path) -> None:
    """Makes the folder, if it is not there yet.

    Raises:
        LibraryError: It cannot be made, or something else is in it.
    """
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        others = [entry.name for entry in folder.iterdir() if entry.name not in _OF_A_START]
    except OSError as error:
        message = f"no library can be made in {folder}: {error.strerror}"
        raise LibraryError(message) from error
    if others:
        message = f"{folder} is not empty and holds no library; choose another folder"
        raise LibraryError(message)


def size_of(folder: Path) -> int:
    """Bytes of all files in it; what disappears meanwhile, as files of tantivy do, is passed over."""
    size = 0
    for place, _, names in os.walk(folder):
        for name in names:
            with suppress(FileNotFoundError):
                size += (Path(place) / name).stat().st_size
    return size
