"""OpenAI's chat API over the same answers, for clients that know no other: a changed base URL is all they need.

Example: `POST /v1/chat/completions {"model": "onrecord", "messages": [{"role": "user", "content": "Who called?"}]}`.
The last message of the user is the question.
"""

from __future__ import annotations

import json
import time
import uuid
from typing import TYPE_CHECKING, Annotated, Any, Literal

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response, StreamingResponse

from service.api.completions import Completion, Reply
from service.api.parts import Json, PartsGiven
from service.api.problems import Problem
from service.api.schemas import FiltersRequest
from service.errors import QuestionError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from service.records import ModelUse

router = APIRouter(tags=["OpenAI-compatible"])
_MODES = {"onrecord": "auto", "onrecord-extractive": "extractive"}
_NO_QUESTION = "### Task:"  # how Open WebUI begins what it asks for itself: titles, tags, follow-up questions


class _Loose(BaseModel):
    """Clients send many fields that have no meaning here; they are let through unread."""

    model_config = ConfigDict(extra="ignore")


class Part(_Loose):
    """A piece of a message; only text is read."""

    type: str
    text: str | None = None


class Message(_Loose):
    """One turn of the conversation."""

    role: str
    content: str | list[Part] | None = None

    def text(self) -> str:
        """Its words."""
        if isinstance(self.content, list):
            return "\n".join(part.text for part in self.content if part.type == "text" and part.text)
        return self.content or ""


class StreamOptions(_Loose):
    """What a stream should end with."""

    include_usage: bool | None = None


class CompletionRequest(_Loose):
    """A question in OpenAI's form. `filters` and `citations` are this service's own."""

    model: str
    messages: Annotated[list[Message], Field(min_length=1, max_length=1000)]
    stream: bool | None = None
    stream_options: StreamOptions | None = None
    filters: Annotated[FiltersRequest, Field(default_factory=FiltersRequest)]
    citations: Annotated[Literal["footnotes", "none"], Field(description="Whether the text ends with its sources.")] = (
        "footnotes"
    )

    def question(self) -> str:
        """What the user said last.

        Raises:
            QuestionError: The user said nothing.
        """
        said = [message.text() for message in self.messages if message.role == "user"]
        if not said:
            message = "`messages` has none with the role `user`; its last one is the question"
            raise QuestionError(message)
        return said[-1]

    def earlier(self) -> list[tuple[str, str]]:
        """What was asked and answered before, oldest first."""
        turns: list[tuple[str, str]] = []
        for message in self.messages:
            if message.role == "user":
                turns.append((message.text(), ""))
            elif message.role == "assistant" and turns:
                turns[-1] = (turns[-1][0], message.text())
        return turns[:-1]


@router.get("/v1/models")
async def list_models() -> Json:
    """List what may be named as `model`."""
    return Json({"object": "list", "data": [_model(name) for name in _MODES]})


@router.get("/v1/models/{model}")
async def read_model(model: str, request: Request) -> Response:
    """Read one of them."""
    return Json(_model(model)) if model in _MODES else _no_model(request, model)


@router.post("/v1/chat/completions")
def complete(body: CompletionRequest, request: Request, parts: PartsGiven) -> Response:
    """Answer the last question of a conversation with quotes, in OpenAI's form."""
    mode = _MODES.get(body.model)
    if mode is None:
        return _no_model(request, body.model)
    completion = Completion(f"chatcmpl-{uuid.uuid4().hex}", int(time.time()), body.model)
    question = body.question()
    base = str(request.base_url).rstrip("/")
    used = None
    if question.startswith(_NO_QUESTION):
        reply = Reply(("{}",), (), base)
    else:
        result = parts.ask(question, body.filters.record(), mode, body.earlier())
        used = result.usage
        reply = Reply.of(result, base, footnotes=body.citations == "footnotes")
    usage = _usage(used)
    if not body.stream:
        return Json(completion.whole(reply, usage))
    wants_usage = body.stream_options is not None and bool(body.stream_options.include_usage)
    events = _events(completion.chunks(reply, usage if wants_usage else None))
    return StreamingResponse(events, media_type="text/event-stream")


def _usage(used: ModelUse | None) -> dict[str, int]:
    """Tokens of the model that wrote the answer; none where the articles word it."""
    n_in, n_out = (used.tokens_in or 0, used.tokens_out or 0) if used else (0, 0)
    return {"prompt_tokens": n_in, "completion_tokens": n_out, "total_tokens": n_in + n_out}


def _events(chunks: Iterator[dict[str, Any]]) -> Iterator[str]:
    for chunk in chunks:
        yield f"data: {json.dumps(chunk)}\n\n"
    yield "data: [DONE]\n\n"


def _model(name: str) -> dict[str, Any]:
    return {"id": name, "object": "model", "created": 0, "owned_by": "onrecord"}


def _no_model(request: Request, name: str) -> Problem:
    known = ", ".join(map(repr, _MODES))
    return Problem(request.scope, 404, f"There is no model {name[:80]!r}; there are {known}.", name="model")
