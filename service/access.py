"""Access keys of a served library: made once, stored as hashes, and looked up without telling how nearly one was right.

Example: `KeyRing(folder).create("newsroom", "read")` is a `Key` and its secret `onr_…`, which nobody can read again.
The file `keys.json` of the library holds SHA-256 of 32 random bytes, for which no slow hash is needed; it is read anew
when it has changed, so that a server heeds a key that was made or revoked beside it.
"""

from __future__ import annotations

import fcntl
import hashlib
import hmac
import json
import os
import secrets
import threading
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Literal

from service.errors import AccessError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

FILE = "keys.json"
_PREFIX = "onr_"  # by which scanners of source code recognise a key that was left in it
_BYTES = 32

Scope = Literal["read", "write"]


@dataclass(frozen=True, slots=True)
class Key:
    """What is stored of a key; `write` includes `read`."""

    id: str
    name: str
    scope: Scope
    sha256: str
    created_at: str

    def allows(self, scope: Scope) -> bool:
        """Whether its bearer may do what needs that scope."""
        return scope in (self.scope, "read")


class KeyRing:
    """The keys of the library in a folder; it need not be open here.

    Args:
        folder: Of the library.
    """

    def __init__(self, folder: Path) -> None:
        self._path = folder / FILE
        self._read_at: tuple[int, int, int] | None = None
        self._keys: tuple[Key, ...] = ()
        self._reading = threading.Lock()

    def keys(self) -> tuple[Key, ...]:
        """All keys, oldest first.

        Raises:
            AccessError: The file is damaged.
        """
        try:
            stat = self._path.stat()
        except FileNotFoundError:
            return ()
        state = (stat.st_ino, stat.st_size, stat.st_mtime_ns)
        with self._reading:
            if state != self._read_at:
                self._keys = self._read()
                self._read_at = state
            return self._keys

    def find(self, secret: str) -> Key | None:
        """The key with that secret; every key is compared, each in constant time."""
        digest = _digest(secret)
        found = None
        for key in self.keys():
            if hmac.compare_digest(key.sha256, digest):
                found = key
        return found

    def create(self, name: str, scope: Scope) -> tuple[Key, str]:
        """A new key, and its secret, which is kept nowhere.

        Raises:
            AccessError: Another key has that name, or the file is damaged.
        """
        secret = _PREFIX + secrets.token_urlsafe(_BYTES)
        now = datetime.now(UTC).isoformat(timespec="seconds")
        key = Key(secrets.token_hex(4), name, scope, _digest(secret), now)
        with self._changing():
            keys = self.keys()
            if any(other.name == name for other in keys):
                message = f"there is a key named {name!r} already: revoke it, or choose another name"
                raise AccessError(message)
            self._write((*keys, key))
        return key, secret

    def revoke(self, name: str) -> None:
        """Removes the key with that name or id; who uses it is refused from now on.

        Raises:
            AccessError: There is none.
        """
        with self._changing():
            keys = self.keys()
            kept = tuple(key for key in keys if name not in (key.name, key.id))
            if len(kept) == len(keys):
                message = f"no key is named {name!r}; `onrecord key list` shows those there are"
                raise AccessError(message)
            self._write(kept)

    def _read(self) -> tuple[Key, ...]:
        try:
            return tuple(Key(**entry) for entry in json.loads(self._path.read_bytes()))
        except (ValueError, TypeError) as error:
            message = f"{self._path} is damaged: remove it and make new keys with `onrecord key create`"
            raise AccessError(message) from error

    def _write(self, keys: tuple[Key, ...]) -> None:
        new = self._path.with_suffix(".new")
        descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            json.dump([asdict(key) for key in keys], file, indent=1)
            file.flush()
            os.fsync(file.fileno())
        new.replace(self._path)

    @contextmanager
    def _changing(self) -> Iterator[None]:
        """While the context is open, no other command changes the file."""
        descriptor = os.open(self._path.with_suffix(".lock"), os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()
