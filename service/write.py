"""Second stage of a question when a model is configured: it writes the claims, from numbered passages.

Example: `async for claim in writing.claims(llm): …` yields each claim as soon as it stands in the reply, unchecked:
`Written("Iran fired 22 missiles.", passages=(1, 3), unknown=0)`. What came of it besides is in `writing` afterwards.
Articles are data: they stand between lines that nobody could know when they were written, without invisible characters.
"""

from __future__ import annotations

import secrets
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ingest.split import count_tokens
from prompts.load import read as read_prompt
from service.errors import LlmReplyError
from service.llm import Usage
from service.orders import is_order
from service.write_reply import MOST_CLAIMS, Reading, visible

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Sequence

    from ingest.store import PassageRow
    from service.llm import Llm
    from service.retrieve import Ranked
    from service.write_reply import Written

_REPLY_TOKENS = 1_000
_SHARE = 4  # of a small context, at most one in so many tokens is left for the reply
_MARGIN = 1.15  # other models count up to so many tokens for one of `cl100k_base`
MOST_PASSAGES = 12  # that a model is shown
_FAR_BELOW = 0.6  # of the tokens sent, below which an endpoint has cut the prompt
SCHEMA = {
    "type": "object",
    "properties": {
        "claims": {
            "type": "array",
            "maxItems": MOST_CLAIMS,
            "items": {
                "type": "object",
                "properties": {
                    "text": {"type": "string"},
                    "passages": {"type": "array", "maxItems": 5, "items": {"type": "integer"}},
                },
                "required": ["text", "passages"],
                "additionalProperties": False,
            },
        }
    },
    "required": ["claims"],
    "additionalProperties": False,
}


@dataclass(slots=True)
class Writing:
    """An answer that a model is to write.

    Args:
        passages: That fit into the model's context, best first; number 1 is the first.
        unknown: Passages that the reply named and that there are not.
        says_none: Whether the reply was that no passage answers.
        prompt_version: Of the prompt that was used last.
        warning: What is wrong with the endpoint's settings, as far as it shows.
    """

    question: str
    passages: tuple[Ranked, ...]
    usage: Usage = field(default_factory=Usage)
    unknown: int = 0
    named: int = 0
    says_none: bool = False
    prompt_version: str | None = None
    warning: str | None = None

    @classmethod
    def of(cls, question: str, ranked: Sequence[Ranked], context_tokens: int) -> Writing:
        """The writing with as many whole passages as fit, best first; copies of a story are left out."""
        empty = read_prompt("answer")
        room = context_tokens - reply_tokens(context_tokens) - counted(empty.text + question)
        taken: list[Ranked] = []
        for passage in ranked:
            cost = counted(_shown(passage, len(taken) + 1, "f" * 16))
            if passage.copy_of is None and cost <= room and len(taken) < MOST_PASSAGES:
                taken.append(passage)
                room -= cost
        return cls(question, tuple(taken))

    async def claims(self, llm: Llm) -> AsyncGenerator[Written]:
        """The claims as they become known; a reply that is none is asked for once more.

        Raises:
            LlmError: There is no reply, it broke off, or two of them were malformed.
        """
        for _ in range(2):
            reading = Reading(len(self.passages))
            n_given = 0
            async for claim in self._read(llm, reading):
                n_given += 1
                self.unknown += claim.unknown
                self.named += claim.unknown + len(claim.passages)
                yield claim
            self.says_none = reading.says_none
            if n_given or self.says_none:
                return
            llm.abilities.schema &= reading.is_json  # where schemas are passed over: lines from now on
        message = f"the model at {llm.url} does not reply in the form that it is asked for"
        raise LlmReplyError(message)

    async def _read(self, llm: Llm, reading: Reading) -> AsyncGenerator[Written]:
        prompt = read_prompt("answer" if llm.abilities.schema else "answer_lines")
        self.prompt_version = prompt.version
        fence = secrets.token_hex(8)
        shown = [_shown(passage, number, fence) for number, passage in enumerate(self.passages, start=1)]
        asked = prompt.fill(
            fence=fence, question=visible(self.question), passages="\n".join(shown), most=str(MOST_CLAIMS)
        )
        before = self.usage.tokens_in or 0
        pieces = llm.stream(asked, self.usage, SCHEMA, reply_tokens(llm.context_tokens))
        async with aclosing(pieces):
            async for piece in pieces:
                for claim in reading.feed(piece):
                    yield claim
        for claim in reading.end():
            yield claim
        read = (self.usage.tokens_in or 0) - before
        sent = count_tokens(asked)
        if self.usage.tokens_in is not None and read < _FAR_BELOW * sent:
            self.warning = (
                f"the model at {llm.url} read {read} of about {sent} tokens that it was sent: give it a larger "
                "context, or set ONRECORD_LLM_CONTEXT to what it has (docs/models.md)"
            )


def reply_tokens(context_tokens: int) -> int:
    """How long a reply may be."""
    return min(_REPLY_TOKENS, context_tokens // _SHARE)


def _shown(passage: Ranked, number: int, fence: str) -> str:
    row = passage.candidate.row
    about: list[tuple[str, Any]] = [("Outlet", row.outlet), ("Date", row.published_on), ("Title", row.title)]
    told = "".join(f"{name}: {visible(str(value))}\n" for name, value in about if value and not is_order(str(value)))
    return f"Passage {number}:\n{fence}\n{told}{_without_orders(row)}\n{fence}\n"


def _without_orders(row: PassageRow) -> str:
    """The passage's text, without what nobody sees and without sentences that give orders."""
    kept, at = "", row.start
    for start, end in row.sentences[:, :2].tolist():
        if is_order(row.text[start - row.start : end - row.start]):
            kept, at = kept + row.text[at - row.start : start - row.start], end
    return visible(kept + row.text[at - row.start :]).strip()


def counted(text: str) -> int:
    """How many tokens of a model's context it takes, at most."""
    return int(_MARGIN * count_tokens(text)) + 1
