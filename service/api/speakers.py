"""Speakers and their statements over HTTP.

Example: `GET /v1/speakers?name=ortagus` lists one person; `GET /v1/speakers/murgan-urtagus/statements` what she said.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel

from service.api.parts import Json, PartsGiven
from service.speakers import speakers_json, statements_json

router = APIRouter(tags=["speakers"])
Limit = Annotated[int, Query(ge=1, le=1000)]
Offset = Annotated[int, Query(ge=0, le=2**31)]


class PersonResponse(BaseModel):
    """Somebody who makes statements, with every spelling of the name."""

    id: str
    name: str
    names: list[str]
    role: str | None
    statements: int
    documents: int


class SpeakersResponse(BaseModel):
    """People, most statements first; `total` counts all of them."""

    speakers: list[PersonResponse]
    total: int
    limit: int
    offset: int


class StatementResponse(BaseModel):
    """What somebody is reported to have said: the document's `text[start:end]` is the text."""

    document_id: str
    start: int
    end: int
    text: str
    form: str
    speaker: str | None
    role: str | None
    cue: str
    outlet: str | None
    title: str | None
    published_on: date | None
    url: str | None


class StatementsResponse(BaseModel):
    """Statements, those of the latest documents first; `total` counts all of them."""

    statements: list[StatementResponse]
    total: int
    limit: int
    offset: int


@router.get("/v1/speakers", response_model=SpeakersResponse)
def list_speakers(
    parts: PartsGiven,
    limit: Limit = 50,
    offset: Offset = 0,
    name: Annotated[
        str, Query(max_length=200, description="Only those with these words, however they are spelt.")
    ] = "",
) -> Json:
    """List who makes statements, most statements first."""
    return Json(speakers_json(parts.index, limit, offset, name))


@router.get("/v1/speakers/{speaker_id}/statements", response_model=StatementsResponse)
def list_statements(speaker_id: str, parts: PartsGiven, limit: Limit = 50, offset: Offset = 0) -> Json:
    """List what somebody is reported to have said; nothing of an unknown id."""
    return Json(statements_json(parts.index, speaker_id, limit, offset))
