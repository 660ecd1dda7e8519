"""Questions and queries over HTTP.

Example: `POST /v1/search {"query": "airport strike", "k": 3}` is answered with three passages, best first.
"""

from __future__ import annotations

from dataclasses import replace

from fastapi import APIRouter

from service.api.parts import Json, PartsGiven
from service.api.schemas import AbstentionResponse, AnswerResponse, AskRequest, SearchRequest, SearchResponse
from service.pipeline import ask, search

router = APIRouter(tags=["questions"])


@router.post("/v1/ask", response_model=AnswerResponse | AbstentionResponse)
def ask_question(body: AskRequest, parts: PartsGiven) -> Json:
    """Answer a question with quotes from the articles, or say that they do not answer it."""
    result = ask(parts.index, parts.encoder, body.question, filters=body.filters.record(), mode=body.mode)
    return Json(replace(result, conversation_id=body.conversation_id))


@router.post("/v1/search", response_model=SearchResponse)
def search_passages(body: SearchRequest, parts: PartsGiven) -> Json:
    """Find the passages nearest to a query, best first."""
    return Json(search(parts.index, parts.encoder, body.query, k=body.k, filters=body.filters.record()))
