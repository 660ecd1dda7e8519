"""The API's description: `/openapi.json`, and `/docs` as a page that loads nothing from elsewhere.

Example: `GET /docs` is a page whose script reads `/openapi.json` and lists every route with its fields.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from fastapi import APIRouter, Request
from starlette.responses import FileResponse

from service.api.parts import Json
from service.api.schemas import ProblemResponse

if TYPE_CHECKING:
    from fastapi import FastAPI

router = APIRouter(include_in_schema=False)
_STATIC = Path(__file__).parent / "static"
_HEADERS = {
    "content-security-policy": "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "cache-control": "no-cache",
}


@router.get("/openapi.json")
async def description(request: Request) -> Json:
    """Every route with its fields, as OpenAPI."""
    return Json(_described(request.app))


def _described(app: FastAPI) -> dict[str, Any]:
    """What FastAPI says of the app, with problems under their own media type."""
    found = app.openapi()
    problem = {"$ref": f"#/components/schemas/{ProblemResponse.__name__}"}
    for operations in found["paths"].values():
        for operation in operations.values():
            for response in operation["responses"].values():
                media = response.get("content", {})
                if media.get("application/json", {}).get("schema") == problem:
                    media["application/problem+json"] = media.pop("application/json")
    return found


@router.get("/docs")
async def docs() -> FileResponse:
    """The page."""
    return FileResponse(_STATIC / "docs.html", headers=_HEADERS)


@router.get("/docs/docs.js")
async def script() -> FileResponse:
    """Its script."""
    return FileResponse(_STATIC / "docs.js", headers=_HEADERS)


@router.get("/docs/docs.css")
async def style() -> FileResponse:
    """Its style sheet."""
    return FileResponse(_STATIC / "docs.css", headers=_HEADERS)
