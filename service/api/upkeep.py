"""Looking after the library over HTTP: is it whole, make it anew, back it up, forget what is gone.

Example: `POST /v1/library/rebuild {}` is answered with 202 at once; `GET /v1/library/rebuild` then says how far it is:
`{"state": "running", "part": "chroma", "done": 4000, "total": 100000, …}`. Meanwhile questions are answered with 503.
"""

from __future__ import annotations

import threading
from pathlib import Path

from fastapi import APIRouter, Request

from ingest.errors import BackupError, LibraryBusyError, OnrecordError
from ingest.prune import prune
from service.api.loopback import is_loopback
from service.api.parts import Json, Parts, PartsGiven
from service.api.problems import Problem
from service.api.schemas import (
    BackupRequest,
    BackupResponse,
    CheckRequest,
    CheckResponse,
    ProblemResponse,
    PruneRequest,
    PruneResponse,
    RebuildRequest,
    RebuildResponse,
)
from service.respond import as_json

router = APIRouter(tags=["library"])


@router.post("/v1/library/check", response_model=CheckResponse)
def check_library(body: CheckRequest, parts: PartsGiven) -> Json:
    """See whether everything is as it was written; another process reads it."""
    with parts.alone():
        return Json(as_json(parts.index.checked(full=body.full)))


@router.post("/v1/library/rebuild", status_code=202, response_model=RebuildResponse)
def start_rebuild(body: RebuildRequest, parts: PartsGiven) -> Json:
    """Begin to make anew what is damaged, or everything; `GET` says how far it is."""
    parts.index.require_writer()
    if not parts.writing.acquire(blocking=False):
        message = "the library is being written, or made anew already; try again"
        raise LibraryBusyError(message)
    parts.rebuild.begin()
    threading.Thread(target=_rebuild, args=(parts, body.everything), name="rebuild").start()
    return Json(as_json(parts.rebuild), status_code=202)


@router.get("/v1/library/rebuild", response_model=RebuildResponse)
async def read_rebuild(parts: PartsGiven) -> Json:
    """How far a rebuild is, or how the last one ended."""
    return Json(as_json(parts.rebuild))


def _rebuild(parts: Parts, everything: bool) -> None:
    """Runs in a thread of its own, and ends with the lock let go and its outcome noted."""
    try:
        rebuilt = parts.index.rebuild(lambda: parts.encoder, everything=everything, on_progress=parts.rebuild.reach)
    except (OnrecordError, OSError) as error:
        parts.rebuild.fail(str(error))
    else:
        parts.rebuild.end(rebuilt)
    finally:
        parts.rebuild.settle()
        parts.writing.release()


@router.post(
    "/v1/library/backup",
    response_model=BackupResponse,
    responses={422: {"model": ProblemResponse, "description": "No backup can be made there."}},
)
def back_up_library(body: BackupRequest, request: Request, parts: PartsGiven) -> Json | Problem:
    """Write a backup into a new folder of this machine; only for who asks from this machine."""
    if not _is_local(request):
        return _only_here(request)
    folder = Path(body.folder)
    if not folder.is_absolute():
        message = f"{body.folder!r} is not an absolute path: name the folder from the root on"
        raise BackupError(message)
    with parts.alone():
        return Json(as_json(parts.index.back_up(folder)))


@router.post("/v1/library/prune", response_model=PruneResponse)
def prune_library(body: PruneRequest, request: Request, parts: PartsGiven) -> Json | Problem:
    """Remove the documents that were ingested from some paths and are not there any more."""
    if not _is_local(request):
        return _only_here(request)
    with parts.alone():
        return Json({"removed": prune(parts.index, body.roots, frozenset(body.seen), body.failed)})


def _is_local(request: Request) -> bool:
    return request.client is not None and is_loopback(request.client.host)


def _only_here(request: Request) -> Problem:
    return Problem(request.scope, 403, "Paths of this machine may be named only from this machine.", name="not-local")
