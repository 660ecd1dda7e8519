"""Questions and queries over HTTP.

Example: `POST /v1/search {"query": "airport strike", "k": 3}` is answered with three passages, best first.
"""

from __future__ import annotations

import logging
from contextlib import aclosing
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from service.api.conversations import in_conversation
from service.api.parts import Json, PartsGiven
from service.api.schemas import AbstentionResponse, AnswerResponse, AskRequest, SearchRequest, SearchResponse
from service.api.stream import as_sse, until_left
from service.errors import KeepingError
from service.follow import follow
from service.pipeline import ask, check, search
from service.respond import ambiguous, as_json
from service.rewrite import Asked
from service.stream import Event, whole

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from service.api.parts import Parts
    from service.records import Abstention, Answer

_NOT_KEPT = "This turn could not be kept."
_log = logging.getLogger(__name__)
router = APIRouter(tags=["questions"])


@router.post(
    "/v1/ask",
    response_model=AnswerResponse | AbstentionResponse,
    responses={200: {"content": {"text/event-stream": {}}, "description": "Whole, or with `stream` as events"}},
)
async def ask_question(body: AskRequest, request: Request, parts: PartsGiven) -> Response:
    """Answer a question with quotes from the articles, or say that they do not answer it."""
    filters, writer = body.filters.record(), parts.writer_for(body.mode)
    asked = Asked.of(body.question)
    if body.history or body.remember:
        asked = await run_in_threadpool(in_conversation, body, parts)
    query, _, readings = asked.ruled
    if readings:
        told = _in_conversation(_only(ambiguous(body.question, readings)), body, parts)
        return as_sse(told, request.scope, parts.stopping) if body.stream else Json(await whole(told))
    if not body.stream and writer is None:
        work = partial(ask, parts.index, parts.encoder, query, filters=filters, mode=body.mode)
        return Json(await _kept(await run_in_threadpool(work), body, parts))
    check(parts.index, query, body.mode, has_model=parts.writer is not None)
    events = follow(parts.index, parts.encoder, asked, filters=filters, writer=writer)
    told = _in_conversation(events, body, parts)
    if body.stream:
        return as_sse(told, request.scope, parts.stopping)
    return Json(await until_left(request, whole(told)))


async def _only(result: Abstention) -> AsyncGenerator[Event]:
    yield Event("done", result)


async def _in_conversation(events: AsyncGenerator[Event], body: AskRequest, parts: Parts) -> AsyncGenerator[Event]:
    async with aclosing(events):
        async for event in events:
            is_last = event.name == "done"
            yield Event("done", await _kept(event.data, body, parts)) if is_last else event


async def _kept(result: Answer | Abstention, body: AskRequest, parts: Parts) -> Answer | Abstention:
    """The result under the question as it was typed, counted, and kept where that is wanted."""
    parts.metrics.asked(result)
    if parts.traces is not None:
        parts.traces.asked(result)
    shown = replace(result, question=body.question, conversation_id=body.conversation_id)
    if not body.remember:
        return shown
    filters = body.filters.model_dump(mode="json", exclude_defaults=True)
    add = partial(parts.conversations.add, body.conversation_id, body.question, shown.query, filters, as_json(shown))
    try:
        id_, turn = await run_in_threadpool(add)
    except KeepingError as error:
        _log.warning("%s", error)
        return replace(shown, note=" ".join(filter(None, (shown.note, _NOT_KEPT))))
    return replace(shown, conversation_id=id_, turn=turn)


@router.post("/v1/search", response_model=SearchResponse)
def search_passages(body: SearchRequest, parts: PartsGiven) -> Json:
    """Find the passages nearest to a query, best first."""
    return Json(search(parts.index, parts.encoder, body.query, k=body.k, filters=body.filters.record()))
