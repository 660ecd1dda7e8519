"""The configured model: any endpoint that speaks OpenAI's chat API, with every wait bounded.

Example: `async for piece in llm.stream("…", schema): …` yields the reply's text as it comes; `usage` has what it cost.
The client is imported when a model is first asked: that takes two seconds, and most questions need none.
Source of the faults it is made for: rows L1 to L10 of docs/reliability.md.
"""

from __future__ import annotations

import asyncio
import time
from contextlib import aclosing
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

from service.errors import LlmError, LlmQuotaError, LlmRefusedError, LlmReplyError

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator, Callable

    from openai import AsyncOpenAI, AsyncStream
    from openai.types.chat import ChatCompletionChunk

    from ingest.settings import Settings

    Json = dict[str, Any]

CONNECT_S, IDLE_S, TOTAL_S = 5.0, 15.0, 120.0
_RETRIES = 2  # of what has not begun to answer
_PAUSE_S = 0.5  # before the first of them; doubled before the next
_LONGEST_PAUSE_S = 5.0  # whoever asks for a longer one is not asked again
_LONGEST_REPLY = 40_000  # characters; an endless one is cut
_AT_ONCE = 4  # requests under way; others wait
_CHARACTERS = 4  # a token, where the endpoint does not count


@dataclass(slots=True)
class Usage:
    """What requests cost: tokens as the endpoint counts them, `None` where it does not; times in ms.

    Args:
        first_ms: Until the first words of the first request.
    """

    tokens_in: int | None = None
    tokens_out: int | None = None
    first_ms: float | None = None
    total_ms: float = 0.0
    requests: int = 0

    def add(self, tokens_in: int | None, tokens_out: int | None) -> None:
        """Counts what an endpoint reported."""
        if tokens_in is not None:
            self.tokens_in = (self.tokens_in or 0) + tokens_in
        if tokens_out is not None:
            self.tokens_out = (self.tokens_out or 0) + tokens_out


@dataclass(slots=True)
class Spent:
    """Tokens of one day, as far as this process knows."""

    day: date | None = None
    tokens: int = 0

    def today(self) -> int:
        """How many were read and written today (UTC)."""
        if self.day != (day := datetime.now(UTC).date()):
            self.day, self.tokens = day, 0
        return self.tokens

    def add(self, tokens: int) -> None:
        """Counts some more."""
        self.tokens = self.today() + tokens


@dataclass(slots=True)
class Abilities:
    """What an endpoint can do, as far as it has turned out."""

    schema: bool = True
    usage: bool = True


@dataclass(slots=True)
class Llm:
    """A model behind an endpoint.

    Args:
        url: Base URL, such as `http://127.0.0.1:11434/v1`.
        model: As the endpoint names it.
        key: Secret; `"none"` where none is needed.
        context_tokens: How much it reads and writes at once.
        patience_s: Until the first words.
        tokens_per_day: Read and written; 0 for any number.
    """

    url: str
    model: str
    key: str = field(repr=False)
    context_tokens: int
    patience_s: float = 20.0
    tokens_per_day: int = 0
    spent: Spent = field(default_factory=Spent)
    abilities: Abilities = field(default_factory=Abilities)
    _client: AsyncOpenAI | None = field(default=None, repr=False)
    _places: asyncio.Semaphore | None = field(default=None, repr=False)

    @classmethod
    def of(cls, settings: Settings) -> Llm | None:
        """The model that is configured; `None` when none is."""
        if not (settings.llm_url and settings.llm_model):
            return None
        key = settings.llm_api_key.get_secret_value() if settings.llm_api_key else "none"
        return cls(
            settings.llm_url,
            settings.llm_model,
            key,
            settings.llm_context,
            settings.llm_patience_s,
            settings.llm_tokens_per_day,
        )

    async def complete(self, prompt: str, usage: Usage, schema: Json | None = None, max_tokens: int = 1_000) -> str:
        """The whole reply to a prompt.

        Raises:
            LlmError: There is none, or it broke off.
        """
        return "".join([piece async for piece in self.stream(prompt, usage, schema, max_tokens)])

    async def stream(
        self, prompt: str, usage: Usage, schema: Json | None = None, max_tokens: int = 1_000
    ) -> AsyncGenerator[str]:
        """The reply in pieces, as they come; closing the generator ends the request.

        Args:
            prompt: Sent as one message of the user.
            usage: Is added to.
            schema: JSON schema that the reply should have, where the endpoint can be told so.
            max_tokens: After which the endpoint stops writing.

        Raises:
            LlmError: There is no reply, or it broke off; the message names the setting to look at.
        """
        if self.tokens_per_day and self.spent.today() >= self.tokens_per_day:
            message = (
                f"the {self.tokens_per_day:,} tokens of ONRECORD_LLM_TOKENS_PER_DAY are used up until midnight UTC"
            )
            raise LlmQuotaError(message)
        if self._places is None:
            self._places = asyncio.Semaphore(_AT_ONCE)
        started = time.perf_counter()
        try:
            async with self._places, aclosing(self._pieces(prompt, usage, schema, max_tokens)) as pieces:
                async for piece in pieces:
                    if usage.first_ms is None:
                        usage.first_ms = _since(started)
                    yield piece
        finally:
            usage.total_ms = round(usage.total_ms + _since(started), 1)
            usage.requests += 1

    async def aclose(self) -> None:
        """Closes the connections."""
        if self._client is not None:
            await self._client.close()
            self._client = None

    async def _pieces(self, prompt: str, usage: Usage, schema: Json | None, max_tokens: int) -> AsyncGenerator[str]:
        import openai

        n_characters, finish, is_counted = 0, None, False
        until = time.monotonic() + TOTAL_S  # no `asyncio.timeout`: it would cancel whoever reads the pieces
        try:
            response = await self._opened(prompt, schema, max_tokens)
            async with response:
                chunks = aiter(response)
                wait_s = self.patience_s
                while chunk := await self._next(chunks, min(wait_s, until - time.monotonic())):
                    wait_s = IDLE_S
                    if chunk.usage is not None:
                        usage.add(chunk.usage.prompt_tokens, chunk.usage.completion_tokens)
                        self.spent.add((chunk.usage.prompt_tokens or 0) + (chunk.usage.completion_tokens or 0))
                        is_counted = True
                    for choice in chunk.choices or ():
                        finish = choice.finish_reason or finish
                        if content := (choice.delta.content if choice.delta else None):
                            n_characters += len(content)
                            yield content
                    if n_characters > _LONGEST_REPLY:
                        message = f"the model at {self.url} did not stop writing"
                        raise LlmReplyError(message)
        except (openai.OpenAIError, ValueError, OSError, AttributeError, TypeError) as error:
            # The client does not check what a chunk holds: where a list or a number stands for an object, the last two.
            raise self._translated(error) from error
        finally:
            if not is_counted:
                self.spent.add((len(prompt) + n_characters) // _CHARACTERS)
        if finish == "content_filter" or not n_characters:
            message = f"the model at {self.url} wrote nothing (finish reason: {finish})"
            raise LlmReplyError(message)

    async def _opened(self, prompt: str, schema: Json | None, max_tokens: int) -> AsyncStream[ChatCompletionChunk]:
        """The beginning of a reply, at the second or third try where the endpoint is busy or fails."""
        import openai

        pause_s = _PAUSE_S
        for attempt in range(_RETRIES + 3):
            asked = Abilities(schema is not None and self.abilities.schema, self.abilities.usage)
            try:
                return await asyncio.wait_for(self._request(prompt, schema, max_tokens, asked), self.patience_s)
            except openai.BadRequestError as error:
                if not self._does_without(error, asked):
                    raise
            except (openai.RateLimitError, openai.InternalServerError, openai.APIConnectionError) as error:
                if attempt >= _RETRIES or isinstance(error, openai.APITimeoutError):
                    raise
                if (wait_s := _asked_for(error) or pause_s) > _LONGEST_PAUSE_S:
                    raise
                await asyncio.sleep(wait_s)
                pause_s *= 2
            except TimeoutError:
                message = (
                    f"the model at {self.url} said nothing within {self.patience_s:.0f} s: see ONRECORD_LLM_PATIENCE_S"
                )
                raise LlmError(message) from None
        message = f"the model at {self.url} refuses requests in every form"
        raise LlmRefusedError(message)

    async def _request(
        self, prompt: str, schema: Json | None, max_tokens: int, asked: Abilities
    ) -> AsyncStream[ChatCompletionChunk]:
        more: Json = {}
        if asked.schema:
            form = {"name": "reply", "schema": schema, "strict": True}
            more["response_format"] = {"type": "json_schema", "json_schema": form}
        if asked.usage:
            more["stream_options"] = {"include_usage": True}
        stream: AsyncStream[ChatCompletionChunk] = await self._connected().chat.completions.create(
            model=self.model,
            messages=[{"role": "user", "content": prompt}],
            temperature=0,
            max_tokens=max_tokens,
            stream=True,
            **more,
        )
        return stream

    def _does_without(self, error: Exception, asked: Abilities) -> bool:
        """Whether the endpoint may have refused something that it can be asked without; that is then remembered."""
        if asked.schema:
            self.abilities.schema = False
        elif asked.usage and "stream_options" in str(error):
            self.abilities.usage = False
        else:
            return False
        return True

    async def _next(self, chunks: AsyncIterator[ChatCompletionChunk], wait_s: float) -> ChatCompletionChunk | None:
        try:
            return await asyncio.wait_for(anext(chunks, None), wait_s)
        except TimeoutError:
            message = f"the model at {self.url} takes too long: nothing came for {max(0, wait_s):.0f} s"
            raise LlmError(message) from None

    def _connected(self) -> AsyncOpenAI:
        if self._client is None:
            import httpx2
            from openai import AsyncOpenAI

            timeout = httpx2.Timeout(TOTAL_S, connect=CONNECT_S)
            self._client = AsyncOpenAI(base_url=self.url, api_key=self.key, timeout=timeout, max_retries=0)
        return self._client

    def _translated(self, error: Exception) -> LlmError:
        """The error in our words: never the endpoint's own, which may repeat the key or an article."""
        import openai

        told: Callable[[str], LlmError] = LlmError
        match error:
            case LlmError():
                return error
            case openai.AuthenticationError() | openai.PermissionDeniedError():
                told, why = LlmRefusedError, "refuses the key: see ONRECORD_LLM_API_KEY"
            case openai.NotFoundError():
                told, why = (
                    LlmRefusedError,
                    f"does not know {self.model!r}: see ONRECORD_LLM_MODEL, ONRECORD_LLM_URL",
                )
            case openai.RateLimitError():
                why = "has no quota left for us, or too many ask it"
            case openai.APITimeoutError() | openai.APIConnectionError():
                why = "cannot be reached: see ONRECORD_LLM_URL"
            case openai.APIStatusError():
                why = f"fails with status {error.status_code}"
            case _:
                why = "sent something that is no reply"
        return told(f"the model at {self.url} {why}")


def total(one: int | None, other: int | None) -> int | None:
    """Tokens of both; `None` where neither endpoint counts them."""
    return other if one is None else one + (other or 0)


def _asked_for(error: Exception) -> float | None:
    """Seconds that the endpoint asks us to wait."""
    response = getattr(error, "response", None)
    given = response.headers.get("retry-after", "") if response is not None else ""
    return float(given) if given.replace(".", "", 1).isdigit() else None


def _since(started: float) -> float:
    return round(1000 * (time.perf_counter() - started), 1)
