"""Who is reported to have said what in one document, over HTTP.

Example: `GET /v1/statements?document_id=a1` is answered with `{"statements": [{"speaker": "Morgan Ortagus", …}]}`.
"""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import AfterValidator, BaseModel, ConfigDict

from ingest.errors import DocumentNotFoundError
from service.api.parts import Json, PartsGiven
from service.api.schemas import ProblemResponse, encodable
from service.speakers import statement_json

router = APIRouter(tags=["documents"])
_NOT_FOUND: dict[int | str, dict[str, Any]] = {
    404: {"model": ProblemResponse, "description": "No document has that id."}
}


class StatementOfDocumentResponse(BaseModel):
    """What somebody is reported to have said: the document's `text[start:end]` is the text."""

    model_config = ConfigDict(extra="forbid")

    start: int
    end: int
    text: str
    form: str
    speaker: str | None
    role: str | None
    cue: str


class StatementsOfDocumentResponse(BaseModel):
    """Statements in the order of the text."""

    model_config = ConfigDict(extra="forbid")

    statements: list[StatementOfDocumentResponse]


@router.get("/v1/statements", response_model=StatementsOfDocumentResponse, responses=_NOT_FOUND)
def list_statements_of_document(
    parts: PartsGiven, document_id: Annotated[str, Query(max_length=4_000), AfterValidator(encodable)]
) -> Json:
    """List the statements of one document, in the order of its text."""
    text = parts.index.document(document_id).text
    known = parts.index.known(document_id)
    if known is None:  # it was removed in this very moment
        raise DocumentNotFoundError(document_id)
    found = parts.index.statements([known.key]).get(known.key, [])
    return Json({"statements": [statement_json(one, text) for one in found]})
