"""The state of the library and of the server.

Example: `GET /readyz` is answered with `{"status": "ready"}`, or with a 503 problem that says why not.
"""

from __future__ import annotations

from fastapi import APIRouter

from service.api.parts import Json, PartsGiven
from service.api.schemas import HealthResponse, LibraryResponse, ProblemResponse
from service.respond import as_json

router = APIRouter(tags=["library"])


@router.get("/v1/library", response_model=LibraryResponse)
def library_status(parts: PartsGiven) -> Json:
    """What the library holds."""
    return Json(as_json(parts.index.status()))


@router.get("/healthz", response_model=HealthResponse)
async def health() -> Json:
    """Whether the server runs."""
    return Json({"status": "ok"})


@router.get(
    "/readyz",
    response_model=HealthResponse,
    responses={503: {"model": ProblemResponse, "description": "The library cannot be used."}},
)
async def readiness(parts: PartsGiven) -> Json:  # no thread: questions may have taken all of them
    """Whether questions can be answered and articles stored.

    The model was loaded before the server began, so it is the library that may be damaged, or its disk full.
    """
    parts.index.require_whole()
    parts.index.require_space()
    return Json({"status": "ready"})
