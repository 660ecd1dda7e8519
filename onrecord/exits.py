"""How the command ends: every error on purpose as one line on stderr and an exit code, never a traceback.

Example: `LibraryNotFoundError` is `onrecord: there is no library in …` and exit code 69.

Source: the codes from 64 on are those of sysexits.h; 130 is a shell's for Ctrl-C.
"""

from __future__ import annotations

import errno
import os
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

import typer

from ingest.errors import (
    BackupError,
    ChromaServerError,
    DamagedError,
    DocumentNotFoundError,
    FingerprintError,
    LibraryBusyError,
    LibraryError,
    LibraryNotFoundError,
    ModelFilesError,
    OnrecordError,
    PlaceError,
    ReadOnlyError,
)
from service.errors import (
    AccessError,
    CitationError,
    ConversationNotFoundError,
    KeepingError,
    LlmError,
    ModelNotConfiguredError,
    QuestionError,
    ServeError,
    SettingsError,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

FAILED, USAGE, BAD_DATA, NO_LIBRARY, BROKEN = 1, 2, 65, 69, 70
CANNOT_CREATE, IO_ERROR, BUSY, NO_PERMISSION, MISCONFIGURED = 73, 74, 75, 77, 78
INTERRUPTED, PIPE_CLOSED = 130, 141

_OF_OURS: dict[type[OnrecordError], int] = {
    QuestionError: USAGE,
    DocumentNotFoundError: FAILED,
    LibraryNotFoundError: NO_LIBRARY,
    LibraryBusyError: BUSY,
    FingerprintError: BAD_DATA,
    DamagedError: BAD_DATA,
    PlaceError: MISCONFIGURED,
    ChromaServerError: NO_LIBRARY,
    ReadOnlyError: BUSY,
    BackupError: CANNOT_CREATE,
    LibraryError: BAD_DATA,
    ModelFilesError: BROKEN,
    ModelNotConfiguredError: MISCONFIGURED,
    AccessError: FAILED,
    ConversationNotFoundError: FAILED,
    KeepingError: IO_ERROR,
    CitationError: BUSY,
    LlmError: NO_LIBRARY,
    ServeError: MISCONFIGURED,
    SettingsError: MISCONFIGURED,
    OnrecordError: BROKEN,
}
_OF_SYSTEM = {
    errno.EACCES: NO_PERMISSION,
    errno.EPERM: NO_PERMISSION,
    errno.EADDRINUSE: BUSY,
    errno.EEXIST: CANNOT_CREATE,
    errno.ENOENT: CANNOT_CREATE,
    errno.ENOTDIR: CANNOT_CREATE,
    errno.EROFS: CANNOT_CREATE,
    errno.ENAMETOOLONG: CANNOT_CREATE,
}


def exit_code(error: OnrecordError | OSError) -> int:
    """The code with which the command ends because of the error."""
    if isinstance(error, OnrecordError):
        cause = error.__cause__
        if type(error) is LibraryError and isinstance(cause, OSError):
            return exit_code(cause)
        return next(_OF_OURS[kind] for kind in type(error).__mro__ if kind in _OF_OURS)
    return _OF_SYSTEM.get(error.errno or 0, IO_ERROR)


@contextmanager
def exits() -> Iterator[None]:
    """Turns errors on purpose, errors of the system, and Ctrl-C into a line on stderr and an exit.

    Raises:
        typer.Exit: With the exit code.
    """
    try:
        yield
        sys.stdout.flush()  # here, where a reader that went away can still be told from an error
    except BrokenPipeError:
        # Whoever read the output went away; nothing more may be written, not even at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise typer.Exit(PIPE_CLOSED) from None
    except (OnrecordError, OSError) as error:
        typer.echo(f"onrecord: {_line(error)}", err=True)
        raise typer.Exit(exit_code(error)) from None
    except KeyboardInterrupt:
        raise typer.Exit(INTERRUPTED) from None


def _line(error: OnrecordError | OSError) -> str:
    if isinstance(error, OSError) and error.strerror:
        return f"{error.strerror}: {error.filename}" if error.filename else error.strerror
    return " ".join(str(error).split())
