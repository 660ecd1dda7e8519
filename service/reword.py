"""First stage of a follow-up when a model is configured: the model makes the query of it, and rules check what it made.

Example: "And what did Iraq say?" becomes "What did Iraq say about the delegation?", and `use` has what that cost. When
the model fails, is slow, or makes a query that says what nobody has said, the query is that of `rewrite`, and `note`
says why. Only a question that leans on earlier ones is put to the model: another is searched as it stands.
"""

from __future__ import annotations

import asyncio
import re
import secrets
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeVar

from ingest.sentences import sentences
from prompts.load import read as read_prompt
from service.errors import LlmError
from service.llm import Usage, total
from service.orders import is_order
from service.records import Abstention, Answer, ModelUse, PassUse
from service.reword_check import fault
from service.rewrite import TURNS
from service.write import counted
from service.write_reply import visible

if TYPE_CHECKING:
    from prompts.load import Prompt
    from service.llm import Llm
    from service.rewrite import Asked

Result = TypeVar("Result", Answer, Abstention)

_LONGEST = 600  # characters of a question that is put to the model, and of each earlier question and answer
_REPLY_TOKENS = 400  # a line, and some thinking before it
_THOUGHT = re.compile(r"^\s*<think>.*?</think>", re.DOTALL)
_QUOTED = re.compile(r"^[\"“'`*]+(.*?)[\"”'`*]+$")
_WHY_NOT = {
    "form": "the model’s wording is no single question",
    "added": "the model’s wording says what nobody had said",
    "lost": "the model’s wording leaves out what was asked",
}


@dataclass(frozen=True, slots=True)
class Reworded:
    """The query, what it cost, and why it is not the model's."""

    query: str
    use: PassUse | None = None
    note: str | None = None

    def told(self, result: Result) -> Result:
        """The result with what the wording cost in it."""
        if self.use is None:
            return result
        note = " ".join(
            filter(None, (self.note and f"The follow-up was understood by rules: {self.note}.", result.note))
        )
        times = {"rewrite": self.use.total_ms} | result.timings_ms
        return replace(result, usage=_added(result.usage, self.use), note=note or None, timings_ms=times)


async def reword(llm: Llm, asked: Asked, within_s: float) -> Reworded:
    """The query of a question, by the model where it leans on earlier ones.

    Args:
        within_s: After which the model is given up; it is not asked when 0.
    """
    ruled = asked.ruled
    if not ruled.is_rewritten or not within_s or len(asked.question) > _LONGEST:
        return Reworded(ruled.query)
    prompt, usage = read_prompt("rewrite"), Usage()
    texts, filled = _filled(prompt, asked, llm.context_tokens)
    query, note = ruled.query, None
    try:
        reply = await asyncio.wait_for(llm.complete(filled, usage, max_tokens=_REPLY_TOKENS), within_s)
    except TimeoutError:
        note = f"the model takes longer than {within_s:g} s"
    except LlmError as error:
        note = str(error)
    else:
        worded = _line(reply)
        wrong = fault(worded, asked.question, texts)
        query, note = (ruled.query, _WHY_NOT[wrong]) if wrong else (worded, None)
    use = PassUse(prompt.version, usage.requests, usage.tokens_in, usage.tokens_out, usage.total_ms)
    return Reworded(query, use, note)


def _filled(prompt: Prompt, asked: Asked, context_tokens: int) -> tuple[list[str], str]:
    """The prompt with as many of the last turns as fit, and the texts that these have."""
    for n_turns in range(TURNS, 0, -1):
        turns = [(_cut(asked_), _cut(_without_orders(said))) for asked_, said in asked.earlier[-n_turns:]]
        fence = secrets.token_hex(8)
        shown = [f"Turn {n}:\n{fence}\n{_shown(*turn)}{fence}\n" for n, turn in enumerate(turns, start=1)]
        filled = prompt.fill(fence=fence, turns="\n".join(shown), question=visible(asked.question))
        if n_turns == 1 or counted(filled) + _REPLY_TOKENS <= context_tokens:
            break
    return [text for turn in turns for text in turn], filled


def _shown(question: str, answer: str) -> str:
    return f"Question: {question}\n" + (f"Answer: {answer}\n" if answer else "")


def _cut(text: str) -> str:
    plain = " ".join(visible(text).split())
    return plain if len(plain) <= _LONGEST else plain[:_LONGEST].rsplit(" ", 1)[0]


def _without_orders(text: str) -> str:
    """What was answered, without sentences that give orders: an article may have had them."""
    kept = text[: 4 * _LONGEST]
    return " ".join(s for one in sentences(kept) if not is_order(s := kept[one.start : one.end]))


def _line(reply: str) -> str:
    return _QUOTED.sub(r"\1", visible(_THOUGHT.sub("", reply)).strip()).strip()


def _added(usage: ModelUse | None, use: PassUse) -> ModelUse:
    """The cost of the whole, with that of the wording in it."""
    whole = usage or ModelUse(None, None, 0, None, 0.0, 0, 0, {})
    return replace(
        whole,
        tokens_in=total(whole.tokens_in, use.tokens_in),
        tokens_out=total(whole.tokens_out, use.tokens_out),
        requests=whole.requests + use.requests,
        first_claim_ms=whole.first_claim_ms and round(whole.first_claim_ms + use.total_ms, 1),
        total_ms=round(whole.total_ms + use.total_ms, 1),
        rewriting=use,
    )
