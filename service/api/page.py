"""The page at `/` for people, its files, and what it has to know when it begins.

Example: `GET /page/main.js` is one of the files of `service/page/`; `GET /v1/start` is answered with
`{"documents": 5, "outlets": [{"name": "The Daily", "documents": 3}], "examples": ["What did … say?"], "can": [...]}`.
"""

from __future__ import annotations

from pathlib import Path

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.exceptions import HTTPException
from starlette.responses import FileResponse

from service.api.parts import Json, PartsGiven
from service.examples import examples

router = APIRouter()
_FILES = Path(__file__).parents[1] / "page"
_SHOWN = frozenset({".js", ".css", ".svg"})
_HEADERS = {
    "content-security-policy": "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "img-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; require-trusted-types-for 'script'",
    "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "cache-control": "no-cache",
}
_OPTIONAL = ("conversations", "feedback")  # what a page can do only where the server has a route for it


class OutletResponse(BaseModel):
    """An outlet, and how many documents it has."""

    model_config = ConfigDict(extra="forbid")

    name: str
    documents: int


class StartResponse(BaseModel):
    """What the page shows before the first question."""

    model_config = ConfigDict(extra="forbid")

    documents: int
    outlets: list[OutletResponse] = Field(description="Most documents first.")
    examples: list[str] = Field(description="Questions made of names that the newest articles have in common.")
    can: list[str] = Field(description="Which of the optional parts this server has.")


@router.get("/", include_in_schema=False)
async def page() -> FileResponse:
    """The page."""
    return FileResponse(_FILES / "index.html", headers=_HEADERS)


@router.get("/page/{name}", include_in_schema=False)
def file(name: str) -> FileResponse:
    """One of its files."""
    path = _FILES / Path(name).name
    if path.suffix not in _SHOWN or not path.is_file():
        raise HTTPException(404, "The page has no such file.")
    return FileResponse(path, headers=_HEADERS)


@router.get("/v1/start", response_model=StartResponse, tags=["library"])
def start(request: Request, parts: PartsGiven) -> Json:
    """What a reader may begin with: how much there is, from whom, and a few questions."""
    paths = set(request.app.openapi()["paths"])
    return Json(
        {
            "documents": parts.index.n_documents,
            "outlets": [{"name": name, "documents": n} for name, n in parts.index.outlets()],
            "examples": examples(parts.index),
            "can": [part for part in _OPTIONAL if f"/v1/{part}" in paths],
        }
    )
