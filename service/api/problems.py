"""Every error as RFC 9457 problem details, and nothing in them that came from an article or a key.

Example: `{"type": "urn:onrecord:problem:document-not-found", "title": "No such document", "status": 404,
"detail": "…", "instance": "/v1/documents/a.md"}` as `application/problem+json`.
"""

from __future__ import annotations

import errno
import logging
import traceback
import uuid
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse

from ingest.errors import OnrecordError
from service.api.problem_types import PREFIX, problem_type_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fastapi import FastAPI
    from starlette.requests import Request
    from starlette.types import Scope

_MOST_ERRORS = 20
_LONGEST_PLACE = 80  # characters of a field name that a caller made up
_COMPATIBLE = ("/v1/chat/", "/v1/models")  # where OpenAI's clients look for `error`
_FRAMES = 8  # of a traceback, the last ones; those before are the framework's
_log = logging.getLogger(__name__)


class Problem(JSONResponse):
    """A response of problem details.

    Args:
        name: Last part of the `type`; `about:blank` when empty, for what HTTP itself names.
        instance: URI of the occurrence; the request's path unless said.
        more: Extension members.
    """

    media_type = "application/problem+json"

    def __init__(
        self,
        scope: Scope,
        status: int,
        detail: str,
        *,
        name: str = "",
        title: str = "",
        instance: str = "",
        headers: Mapping[str, str] | None = None,
        **more: Any,
    ) -> None:
        content = {
            "type": PREFIX + name if name else "about:blank",
            "title": title or HTTPStatus(status).phrase,
            "status": status,
            "detail": detail,
            "instance": instance or quote(scope["path"]),
            **more,
        }
        if scope["path"].startswith(_COMPATIBLE):
            content["error"] = {"message": detail, "type": name or "invalid_request_error", "param": None, "code": name}
        super().__init__(content, status, headers=headers)


def install(app: FastAPI) -> None:
    """Answer every error of the app with problem details."""
    app.add_exception_handler(OnrecordError, _of_ours)
    app.add_exception_handler(HTTPException, _of_http)
    app.add_exception_handler(RequestValidationError, _of_validation)
    app.add_exception_handler(OSError, _of_system)


def unexpected(scope: Scope, error: Exception) -> Problem:
    """A problem that names only an id; where it happened goes to the log under that id.

    The error's own message is not logged: it may hold a key or an article's text.
    """
    occurrence = uuid.uuid4()
    where = "".join(traceback.format_tb(error.__traceback__, limit=-_FRAMES))
    _log.error("%s in %s %s, id %s\n%s", type(error).__name__, scope["method"], scope["path"], occurrence, where)
    return Problem(
        scope,
        500,
        f"Something unexpected happened; the server's log has it under {occurrence}.",
        name="internal",
        instance=f"urn:uuid:{occurrence}",
    )


def problem_of(scope: Scope, error: OnrecordError) -> Problem:
    """An error of ours as a problem."""
    entry = problem_type_of(error)
    headers = None if entry.retry_after is None else {"Retry-After": str(entry.retry_after)}
    return Problem(scope, entry.status, str(error), name=entry.name, title=entry.title, headers=headers)


def _of_ours(request: Request, error: Exception) -> Problem:
    assert isinstance(error, OnrecordError)  # noqa: S101  (what it is registered for)
    return problem_of(request.scope, error)


def _of_http(request: Request, error: Exception) -> Problem:
    assert isinstance(error, HTTPException)  # noqa: S101  (what it is registered for)
    detail = {404: "There is nothing at this address; /docs lists what there is."}.get(error.status_code, error.detail)
    return Problem(request.scope, error.status_code, detail, headers=error.headers)


def _of_validation(request: Request, error: Exception) -> Problem:
    """A problem with the place and the message of each mistake, and never the input itself."""
    assert isinstance(error, RequestValidationError)  # noqa: S101  (what it is registered for)
    errors = [
        {
            "at": [str(part)[:_LONGEST_PLACE] for part in found["loc"]],
            "message": found["msg"].removeprefix("Value error, "),
        }
        for found in error.errors()[:_MOST_ERRORS]
    ]
    return Problem(
        request.scope,
        422,
        "The request does not have the expected form; see `errors`.",
        name="request",
        title="The request cannot be used",
        errors=errors,
    )


def _of_system(request: Request, error: Exception) -> Problem:
    assert isinstance(error, OSError)  # noqa: S101  (what it is registered for)
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        detail = "The disk that holds the library is full; free some space and send it again."
        return Problem(request.scope, 507, detail, name="storage", title="The disk is full")
    return unexpected(request.scope, error)
