"""The state of the library and of the server.

Example: `GET /readyz` is answered with `{"status": "ready"}`, or with a 503 problem that says why not.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from fastapi import APIRouter

from service.api.parts import Json, PartsGiven
from service.api.schemas import HealthResponse, LibraryResponse, ProblemResponse
from service.respond import as_json

if TYPE_CHECKING:
    from ingest.store import PassageIndex

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
async def readiness(parts: PartsGiven) -> Json:  # questions may have taken all of the threads that routes share
    """Whether questions can be answered and articles stored.

    The model was loaded before the server began, so it is the library that may be damaged, its disk full, or the Chroma
    server out of reach that has its vectors.
    """
    await asyncio.to_thread(_require_ready, parts.index)
    return Json({"status": "ready"})


def _require_ready(index: PassageIndex) -> None:
    index.require_whole()
    index.require_space()
    index.require_reached()
