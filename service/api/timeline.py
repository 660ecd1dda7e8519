"""Dated events over HTTP.

Example: `GET /v1/timeline?query=Soleimani&from=2020-01-01` is answered with events, oldest first, each with its quotes.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from service.api.parts import Json, PartsGiven
from service.api.schemas import CitationResponse, CorroborationResponse, encodable
from service.errors import QuestionError
from service.respond import as_json
from service.timeline import Wanted, timeline

router = APIRouter(tags=["questions"])


class EventResponse(BaseModel):
    """What the articles say happened, or will happen, from `first` to `last`, both inclusive."""

    model_config = ConfigDict(extra="forbid")

    first: date
    last: date
    words: str = Field(description="The words of time of the sentence shown.")
    text: str
    corroboration: CorroborationResponse
    citations: list[CitationResponse]


class TimelineResponse(BaseModel):
    """Events, oldest first; `total` counts also those beyond the limit, which fit the query less."""

    model_config = ConfigDict(extra="forbid")

    query: str
    events: list[EventResponse]
    total: int
    timings_ms: dict[str, float]


@router.get("/v1/timeline", response_model=TimelineResponse)
def list_events(
    parts: PartsGiven,
    query: Annotated[str, Query(description="A topic, or a question."), AfterValidator(encodable)],
    first: Annotated[date | None, Query(alias="from", description="Events of this day or later.")] = None,
    last: Annotated[date | None, Query(alias="to", description="Events of this day or earlier.")] = None,
    outlet: Annotated[list[str] | None, Query(max_length=100, description="Any of these outlets.")] = None,
    limit: Annotated[int, Query(ge=1, le=100, description="How many events at most.")] = 20,
) -> Json:
    """List the dated events that the articles report on a topic, oldest first.

    The days are those on which the events took place, as far as the sentences say so, not those of publication.
    """
    if first and last and first > last:
        message = "`from` is after `to`"
        raise QuestionError(message)
    wanted = Wanted(query, tuple(outlet or ()), first, last, limit)
    return Json(as_json(timeline(parts.index, parts.encoder, wanted)))
