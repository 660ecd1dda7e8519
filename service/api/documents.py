"""Documents over HTTP: list, read, add, remove.

Example: `POST /v1/documents {"id": "a1", "text": "…", "outlet": "The Daily"}` is answered with 201 and
`{"added": 1, "updated": 0, "unchanged": 0, "removed": 0, "failed": [], "passages": 2, "seconds": 0.08}`.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Query
from starlette.responses import Response

from ingest.pipeline import ingest
from ingest.records import Shelf
from service.api.arrivals import BODY, ArrivalGiven
from service.api.parts import Json, PartsGiven
from service.api.problems import Problem
from service.api.schemas import DocumentResponse, DocumentsResponse, IngestResponse, ProblemResponse
from service.origins import shown
from service.respond import as_json

router = APIRouter(tags=["documents"])
_NOT_FOUND: dict[int | str, dict[str, Any]] = {
    404: {"model": ProblemResponse, "description": "No document has that id."}
}


@router.get("/v1/documents", response_model=DocumentsResponse)
def list_documents(
    parts: PartsGiven,
    limit: Annotated[int, Query(ge=1, le=1000)] = 50,
    offset: Annotated[int, Query(ge=0, le=2**31)] = 0,
    outlet: Annotated[str | None, Query(description="Only this outlet's documents.")] = None,
    query: Annotated[str, Query(max_length=200, description="Words of the title, the outlet or the byline.")] = "",
    first: Annotated[date | None, Query(alias="from", description="Published on this day or later.")] = None,
    last: Annotated[date | None, Query(alias="to", description="Published on this day or earlier.")] = None,
) -> Json:
    """List the documents, newest first."""
    shelf = Shelf(outlet, query, first, last)
    documents, total = parts.index.documents(limit=limit, offset=offset, shelf=shelf)
    listed = [as_json(document) for document in documents]
    return Json({"documents": listed, "total": total, "limit": limit, "offset": offset})


@router.get("/v1/documents/{document_id:path}", response_model=DocumentResponse, responses=_NOT_FOUND)
def read_document(document_id: str, parts: PartsGiven) -> Json:
    """Read one document with its text, and with what was set aside as not the article."""
    return Json(shown(parts.index, document_id))


@router.post(
    "/v1/documents",
    response_model=IngestResponse,
    responses={
        201: {"model": IngestResponse, "description": "At least one article was added or updated."},
        415: {"model": ProblemResponse, "description": "Neither JSON nor an upload."},
        422: {"model": ProblemResponse, "description": "No article could be used; `failed` says why."},
        503: {"model": ProblemResponse, "description": "Another ingest is running; `Retry-After` says when to try."},
    },
    openapi_extra={"requestBody": BODY},
)
def add_documents(arrival: ArrivalGiven, parts: PartsGiven) -> Response:
    """Add articles: one as JSON, or uploaded `.txt`, `.md`, `.html`, `.jsonl` and `.jsonl.gz` files.

    An article whose id is known replaces the one that is stored. Those that cannot be used are listed in `failed`.
    """
    max_bytes = parts.settings.max_article_mb * 1_000_000
    with parts.alone(), arrival.articles(max_bytes) as articles:
        report = ingest(articles, parts.index, lambda: parts.encoder)
    if report.failed and not report.added + report.updated + report.unchanged:
        return Problem(
            arrival.scope,
            422,
            "No article could be stored; see `failed`.",
            name="articles",
            title="No article could be used",
            failed=as_json(report)["failed"],
        )
    return Json(as_json(report), status_code=201 if report.added + report.updated else 200)


@router.delete("/v1/documents/{document_id:path}", status_code=204, response_class=Response, responses=_NOT_FOUND)
def remove_document(document_id: str, parts: PartsGiven) -> Response:
    """Remove one document and its passages."""
    with parts.alone():
        parts.index.remove(document_id)
    return Response(status_code=204)
