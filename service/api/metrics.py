"""`GET /metrics`: what the server has done, for Prometheus. Where keys are needed, it needs one too.

Example: `onrecord_answers_total{kind="abstention"} 3.0`.
"""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import Response

from service.api.parts import PartsGiven

router = APIRouter(include_in_schema=False)
_TYPE = "text/plain; version=0.0.4; charset=utf-8"


@router.get("/metrics")
def metrics(parts: PartsGiven) -> Response:
    """Counts and times."""
    written = parts.metrics.written(parts.index.n_documents, parts.index.n_passages)
    return Response(written, media_type=_TYPE)
