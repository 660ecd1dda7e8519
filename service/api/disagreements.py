"""Disagreements between outlets over HTTP.

Example: `GET /v1/disagreements?query=harbour blast` is answered with what outlets differ on, position against position.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import AfterValidator, BaseModel

from service.api.parts import Json, PartsGiven
from service.api.schemas import DisagreementResponse, encodable
from service.disputed import Wanted, disputed
from service.records import Filters

router = APIRouter(tags=["disagreements"])


class FoundDisagreementResponse(DisagreementResponse):
    """A disagreement, and the topic by which it was found."""

    query: str


class DisagreementsResponse(BaseModel):
    """Disagreements; `total` counts those that were found."""

    disagreements: list[FoundDisagreementResponse]
    total: int
    limit: int
    offset: int


@router.get("/v1/disagreements", response_model=DisagreementsResponse)
def list_disagreements(
    parts: PartsGiven,
    query: Annotated[
        str, Query(description="A topic; the titles of the 100 newest articles without one."), AfterValidator(encodable)
    ] = "",
    outlet: Annotated[list[str] | None, Query(max_length=100, description="Only these outlets.")] = None,
    published_from: date | None = None,
    published_to: date | None = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 50,
    offset: Annotated[int, Query(ge=0, le=2**31)] = 0,
) -> Json:
    """List what outlets differ on: another figure, actor or status, or a denial, each position with its quotes."""
    filters = Filters(tuple(outlet or ()), published_from, published_to)
    return Json(disputed(parts.index, parts.encoder, Wanted(query, filters, limit, offset)))
