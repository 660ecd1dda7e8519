"""What can go wrong on the way into the library.

OnrecordError
├── ArticleError        one article cannot be used; the others go on
├── LibraryError        the library cannot be opened or used
│   ├── LibraryBusyError      another process owns it
│   ├── LibraryNotFoundError  there is none in that folder
│   ├── FingerprintError      it was made with another model, splitter or version
│   ├── DamagedError          a part of it is damaged, or being rebuilt
│   ├── PlaceError            its vectors are elsewhere than the settings say
│   ├── ChromaServerError     the server that holds its vectors cannot be used
│   ├── ReadOnlyError         this process only reads it, and another one writes it
│   └── BackupError           a backup cannot be made there, or restored from there
├── DocumentNotFoundError     no document has that id
├── ModelFilesError     the packaged model is missing or not the one expected
└── StoppedError        what was being worked out is no longer wanted
"""

from __future__ import annotations


class OnrecordError(Exception):
    """Base of every error that Onrecord raises on purpose; its message says what to do."""


class ArticleError(OnrecordError):
    """One article cannot be used."""


class LibraryError(OnrecordError):
    """The library cannot be opened or used."""


class LibraryBusyError(LibraryError):
    """Another process owns the library.

    Args:
        message: Who owns it.
        address: Where that process serves, if it does.
        secret: By which it lets in whoever can read the library's files, where it asks for keys.
    """

    def __init__(self, message: str, address: str | None = None, secret: str | None = None) -> None:
        super().__init__(message)
        self.address = address
        self.secret = secret


class LibraryNotFoundError(LibraryError):
    """There is no library in that folder."""


class FingerprintError(LibraryError):
    """The library was made with another model or splitter, or by another version of Onrecord."""


class DamagedError(LibraryError):
    """A part of the library is damaged or not complete; `onrecord library rebuild` makes it anew."""


class PlaceError(LibraryError):
    """The vectors of the library are elsewhere than the settings say; `onrecord library move-vectors` moves them."""


class ChromaServerError(LibraryError):
    """The Chroma server that holds the vectors cannot be reached, or has not what it had."""


class ReadOnlyError(LibraryError):
    """This process reads the library, and another one writes it."""


class BackupError(LibraryError):
    """A backup cannot be made in that folder, or restored from it."""


class DocumentNotFoundError(OnrecordError):
    """No document has that id."""


class ModelFilesError(OnrecordError):
    """The packaged model is missing or is not the one expected."""


class StoppedError(OnrecordError):
    """What was being worked out is no longer wanted: the command was told to stop."""
