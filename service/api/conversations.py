"""Conversations and feedback over HTTP.

Example: `POST /v1/ask {"question": "Who called?", "remember": true}` begins one; `GET /v1/conversations` lists them.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated, Any, Literal

from fastapi import APIRouter, Query
from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from starlette.responses import Response

from service.api.parts import Json, PartsGiven
from service.api.schemas import ProblemResponse, encodable
from service.errors import KeepingError
from service.memo import as_cases, as_markdown
from service.rewrite import TURNS, Asked

if TYPE_CHECKING:
    from service.api.parts import Parts
    from service.api.schemas import AskRequest

router = APIRouter(tags=["conversations"])
_NOT_FOUND: dict[int | str, dict[str, Any]] = {
    404: {"model": ProblemResponse, "description": "No conversation has that id."}
}


class ConversationSummaryResponse(BaseModel):
    """A conversation without its turns; the title is its first question."""

    id: str
    title: str
    created_at: str
    updated_at: str
    turns: int


class ConversationsResponse(BaseModel):
    """Conversations, the one continued last first."""

    conversations: list[ConversationSummaryResponse]
    total: int
    limit: int
    offset: int


class TurnResponse(BaseModel):
    """A question and the whole answer, as it was given."""

    turn: int
    question: str
    asked_at: str
    filters: dict[str, Any]
    result: dict[str, Any]


class ConversationResponse(BaseModel):
    """A conversation with its turns, oldest first."""

    id: str
    title: str
    created_at: str
    updated_at: str
    turns: list[TurnResponse]


class FeedbackRequest(BaseModel):
    """What a reader reports of an answer."""

    model_config = ConfigDict(extra="forbid")

    conversation_id: Annotated[str, Field(max_length=200), AfterValidator(encodable)]
    turn: Annotated[int, Field(ge=0, le=2**31)]
    claim: Annotated[int | None, Field(ge=0, le=1000, description="Of the answer, from 0; the whole when null.")] = None
    verdict: Literal["not_supported", "wrong_speaker", "missing"]
    comment: Annotated[str | None, Field(max_length=2000)] = None


class FeedbackMadeResponse(BaseModel):
    """The report that was kept."""

    id: str


def in_conversation(body: AskRequest, parts: Parts) -> Asked:
    """The question with what was asked before, and the query or the readings that rules make of it.

    Raises:
        ConversationNotFoundError: There is no conversation with the id that is to be remembered.
    """
    if body.history:
        earlier = [(turn.question, turn.answer or "") for turn in body.history]
    elif body.conversation_id and body.remember:
        try:
            earlier = parts.conversations.earlier(body.conversation_id, TURNS)
        except KeepingError:  # said when the turn cannot be kept either
            earlier = []
    else:
        earlier = []
    return Asked.of(body.question, earlier, parts.index)


@router.get("/v1/conversations", response_model=ConversationsResponse)
def list_conversations(
    parts: PartsGiven,
    limit: Annotated[int, Query(ge=1, le=1000)] = 50,
    offset: Annotated[int, Query(ge=0, le=2**31)] = 0,
) -> Json:
    """List the conversations that are kept."""
    return Json(parts.conversations.listed(limit, offset))


@router.get("/v1/conversations/{conversation_id}", response_model=ConversationResponse, responses=_NOT_FOUND)
def read_conversation(conversation_id: str, parts: PartsGiven) -> Json:
    """Read a conversation with all its answers."""
    return Json(parts.conversations.read(conversation_id))


@router.get(
    "/v1/conversations/{conversation_id}/export",
    response_class=Response,
    responses={**_NOT_FOUND, 200: {"content": {"text/markdown": {}, "application/json": {}}, "description": "Either"}},
)
def export_conversation(
    conversation_id: str,
    parts: PartsGiven,
    format: Literal["markdown", "json"] = "markdown",  # noqa: A002  (its name in the address)
) -> Response:
    """Write a conversation as a memo with footnoted sources, or as JSON."""
    found = parts.conversations.read(conversation_id)
    if format == "json":
        return Json(found)
    return Response(as_markdown(found), media_type="text/markdown; charset=utf-8")


@router.delete("/v1/conversations/{conversation_id}", status_code=204, response_class=Response, responses=_NOT_FOUND)
def delete_conversation(conversation_id: str, parts: PartsGiven) -> Response:
    """Forget a conversation."""
    parts.conversations.delete(conversation_id)
    return Response(status_code=204)


@router.post("/v1/feedback", response_model=FeedbackMadeResponse, status_code=201, responses=_NOT_FOUND)
def report(body: FeedbackRequest, parts: PartsGiven) -> Json:
    """Report what is wrong with an answer of a conversation."""
    made = parts.conversations.report(body.conversation_id, body.turn, body.claim, body.verdict, body.comment)
    return Json({"id": made}, status_code=201)


@router.get("/v1/feedback")
def list_feedback(parts: PartsGiven) -> Json:
    """List what readers reported, oldest first, each with the answer as it was."""
    return Json({"feedback": parts.conversations.reported()})


@router.get(
    "/v1/feedback/export",
    response_class=Response,
    responses={200: {"content": {"application/jsonl": {}}, "description": "A report a line"}},
)
def export_feedback(parts: PartsGiven) -> Response:
    """Write the reports as `questions.jsonl` for the evaluation."""
    lines = [json.dumps(case, ensure_ascii=False) + "\n" for case in as_cases(parts.conversations.reported())]
    return Response("".join(lines), media_type="application/jsonl; charset=utf-8")
