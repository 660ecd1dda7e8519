"""The one table from errors to HTTP; without FastAPI, so that the command line can read it backwards.

Example: `DocumentNotFoundError` is answered with status 404 and `"type": "urn:onrecord:problem:document-not-found"`.
"""

from __future__ import annotations

from typing import NamedTuple

from ingest.errors import (
    ArticleError,
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
)

PREFIX = "urn:onrecord:problem:"


class ProblemType(NamedTuple):
    """How one kind of error looks over HTTP: status, last part of the `type`, and title.

    Args:
        retry_after: Seconds after which the same request may succeed; `None` when waiting does not help.
    """

    status: int
    name: str
    title: str
    retry_after: int | None = None


PROBLEM_TYPES: dict[type[OnrecordError], ProblemType] = {
    QuestionError: ProblemType(422, "question", "The question cannot be used"),
    ModelNotConfiguredError: ProblemType(422, "model-not-configured", "No model is configured"),
    ArticleError: ProblemType(422, "article", "The article cannot be used"),
    DocumentNotFoundError: ProblemType(404, "document-not-found", "No such document"),
    LibraryNotFoundError: ProblemType(503, "library-not-found", "There is no library"),
    LibraryBusyError: ProblemType(503, "library-busy", "The library is busy", retry_after=5),
    CitationError: ProblemType(503, "citation", "The article was replaced at this moment", retry_after=1),
    FingerprintError: ProblemType(503, "fingerprint", "The library was made with another model"),
    DamagedError: ProblemType(503, "library-damaged", "The library is damaged"),
    ChromaServerError: ProblemType(503, "chroma-server", "The Chroma server cannot be used", retry_after=5),
    ReadOnlyError: ProblemType(409, "read-only", "Another process writes the library"),
    BackupError: ProblemType(422, "backup", "No backup can be made there"),
    LibraryError: ProblemType(503, "library", "The library cannot be used"),
    ConversationNotFoundError: ProblemType(404, "conversation-not-found", "No such conversation"),
    KeepingError: ProblemType(503, "conversations", "Conversations cannot be read or written", retry_after=5),
    AccessError: ProblemType(503, "keys", "The keys cannot be read"),
    LlmError: ProblemType(502, "llm", "The configured model did not answer"),
    ModelFilesError: ProblemType(503, "model-files", "The packaged model cannot be used"),
    OnrecordError: ProblemType(500, "internal", "Something went wrong"),
}


def problem_type_of(error: OnrecordError) -> ProblemType:
    """How an error looks over HTTP: its own entry, or that of its nearest ancestor."""
    return next(PROBLEM_TYPES[kind] for kind in type(error).__mro__ if kind in PROBLEM_TYPES)


def error_from(problem_type: str, detail: str) -> OnrecordError:
    """The error that a server's problem stands for; a plain `OnrecordError` when the type is not of the table.

    Args:
        problem_type: The problem's `type`.
        detail: The problem's `detail`.
    """
    for kind, entry in PROBLEM_TYPES.items():
        if problem_type == PREFIX + entry.name:
            return kind(detail)
    return OnrecordError(detail)
