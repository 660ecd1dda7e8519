"""Who owns a library: one process, from the moment it opens the folder until it ends, however it ends.

Example: the file `lock` of a library that is served holds `{"pid": 4711, "address": "http://127.0.0.1:8000"}`.
The lock is the system's own (flock), so that a killed process never leaves one behind; the text is for people, and
for command lines that are to be answered by the server.
"""

from __future__ import annotations

import fcntl
import json
import os
from contextlib import ExitStack, suppress
from typing import TYPE_CHECKING, Any, Self

from ingest.errors import LibraryBusyError, LibraryError

if TYPE_CHECKING:
    from pathlib import Path


class Lock:
    """An exclusive lock on a library's folder, held until `release` or the end of the process.

    The lock is on the folder itself, so that it is not lost with a file; who has it stands in the file `lock`.
    """

    def __init__(self, descriptor: int, text: int) -> None:
        self._descriptor: int | None = descriptor
        self._text = text

    @classmethod
    def take(cls, folder: Path) -> Self:
        """The lock, signed with this process's id.

        Args:
            folder: Of the library; it must exist.

        Raises:
            LibraryBusyError: Another process has it; the message and `address` say which.
            LibraryError: The folder or the file cannot be opened.
        """
        with ExitStack() as undo:
            try:
                descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
                undo.callback(os.close, descriptor)
                text = os.open(folder / "lock", os.O_RDWR | os.O_CREAT, 0o600)
                undo.callback(os.close, text)
            except OSError as error:
                message = f"the library in {folder} cannot be locked: {error.strerror}"
                raise LibraryError(message) from error
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                raise _busy(folder, _owner(text)) from None
            undo.pop_all()
        lock = cls(descriptor, text)
        lock.sign(None)
        return lock

    def sign(self, address: str | None, secret: str | None = None) -> None:
        """Writes who has the lock, where it serves, and the secret by which command lines are let in there."""
        if self._descriptor is not None:
            text = json.dumps({"pid": os.getpid(), "address": address, "secret": secret}).encode()
            os.ftruncate(self._text, 0)
            os.pwrite(self._text, text, 0)

    def release(self) -> None:
        """Lets go of it; a second time it does nothing."""
        if self._descriptor is not None:
            with suppress(OSError):
                os.ftruncate(self._text, 0)
            os.close(self._text)
            os.close(self._descriptor)
            self._descriptor = None

    @property
    def is_held(self) -> bool:
        """Whether it has not been released yet."""
        return self._descriptor is not None


def _busy(folder: Path, owner: dict[str, Any]) -> LibraryBusyError:
    who = f"process {owner['pid']}" if "pid" in owner else "another process"
    where = f", serving at {owner['address']}" if owner.get("address") else ""
    message = f"the library in {folder} is in use by {who}{where}; one process owns a library"
    return LibraryBusyError(message, owner.get("address"), owner.get("secret"))


def _owner(descriptor: int) -> dict[str, Any]:
    """What the owner wrote into the lock; nothing when it is just about to."""
    with suppress(ValueError, OSError):
        owner = json.loads(os.pread(descriptor, 4096, 0))
        if isinstance(owner, dict):
            return owner
    return {}
