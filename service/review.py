"""An optional second look at a model's claims: a model reads each with its quotes, and what it does not find is gone.

Example: `await review.settled(shelf, [(written, rested)])` gives the same pairs, with `Verdict(0.91, "review")` where
the model does not find the claim in its quotes nor in other sentences that the checks without a model accept. It can
only take away: what failed those checks is not put to it. When it fails, their verdict stands and `note` says so.
"""

from __future__ import annotations

import re
import secrets
from typing import TYPE_CHECKING, Any

from anyio import to_thread
from pydantic_core import from_json

from prompts.load import read as read_prompt
from service.errors import LlmError, LlmReplyError
from service.llm import Usage
from service.records import PassUse
from service.write import counted, reply_tokens
from service.write_reply import MOST_CLAIMS, visible

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import Literal

    from service.answer import Sentence
    from service.llm import Llm
    from service.support import Evidence
    from service.support_quotes import Rested, Shelf
    from service.write_reply import Written

    Pair = tuple[Written, Rested]
    Fault = Literal["review", "contradicted"]

LABELS = ("supported", "not_supported", "contradicted")
SCHEMA = {
    "type": "object",
    "properties": {
        "verdicts": {
            "type": "array",
            "maxItems": MOST_CLAIMS,
            "items": {
                "type": "object",
                "properties": {"claim": {"type": "integer"}, "label": {"type": "string", "enum": list(LABELS)}},
                "required": ["claim", "label"],
                "additionalProperties": False,
            },
        }
    },
    "required": ["verdicts"],
    "additionalProperties": False,
}
_FAULTS: dict[str, Fault] = {"not_supported": "review", "contradicted": "contradicted"}
_LINE = re.compile(
    r"^\W*(?:claim\s*)?(?P<claim>\d+)\W+(?P<label>not[ _-]supported|contradicted|supported)\b", re.I | re.M
)
_PRONOUN = re.compile(r"\b(?:he|she|they|his|her|their)\b", re.IGNORECASE)
_THOUGHT = re.compile(r"^\s*<think>.*?</think>", re.DOTALL)
_FENCED = re.compile(r"^\s*```(?:json)?|```\s*$")


class Review:
    """The second look at one answer.

    Attributes:
        note: Why it says nothing, or not on every claim.
    """

    def __init__(self, llm: Llm) -> None:
        self.note: str | None = None
        self.usage = Usage()
        self._llm = llm
        self._prompt_version = ""

    @property
    def use(self) -> PassUse | None:
        """What it cost; nothing when the model was not asked."""
        spent = self.usage
        if not spent.requests:
            return None
        return PassUse(self._prompt_version, spent.requests, spent.tokens_in, spent.tokens_out, spent.total_ms)

    async def settled(self, shelf: Shelf, pairs: Sequence[Pair]) -> list[Pair]:
        """The pairs, in their order, with a reason more where the model does not find the claim.

        A claim is put once more with other sentences that support it by the checks without a model, if there are any.
        """
        put = {n: pair for n, pair in enumerate(pairs) if pair[1].verdict.reason is None}
        said = await self._labels(shelf, put)
        settled = list(pairs)
        again: dict[int, Pair] = {}
        for n, label in said.items():
            if label in _FAULTS:
                written, rested = pairs[n]
                settled[n] = (written, rested._replace(verdict=rested.verdict._replace(reason=_FAULTS[label])))
                other = await to_thread.run_sync(shelf.rest, written.text, written.passages, rested.sentences)
                if other.verdict.reason is None:
                    again[n] = (written, other)
        said_again = await self._labels(shelf, again)
        for n, pair in again.items():
            if said_again.get(n) == LABELS[0]:
                settled[n] = pair
        return settled

    async def _labels(self, shelf: Shelf, pairs: dict[int, Pair]) -> dict[int, str]:
        """The label of each claim, as far as the model gives one; `note` says where it does not."""
        shown = {n: _shown(shelf, pair) for n, pair in pairs.items()}
        found: dict[int, str] = {}
        try:
            for batch in self._batches(shown):
                found |= await self._asked({n: shown[n] for n in batch})
        except LlmError as error:
            self.note = f"The second check of the claims did not take place: {error}"
        else:
            if missed := len(pairs) - len(found):
                self.note = f"The second check of the claims passed over {missed} of them"
        return found

    def _batches(self, shown: dict[int, str]) -> Iterator[list[int]]:
        """The claims in as many requests as the context needs."""
        whole = self._llm.context_tokens - reply_tokens(self._llm.context_tokens) - counted(read_prompt("verify").text)
        batch: list[int] = []
        room = whole
        for n, text in shown.items():
            if batch and counted(text) > room:
                yield batch
                batch, room = [], whole
            batch.append(n)
            room -= counted(text)
        if batch:
            yield batch

    async def _asked(self, shown: dict[int, str]) -> dict[int, str]:
        """The label of each claim that the model gave one; a reply without any is asked for once more.

        Raises:
            LlmError: There is no reply, or two of them were malformed.
        """
        for _ in range(2):
            prompt = read_prompt("verify" if self._llm.abilities.schema else "verify_lines")
            self._prompt_version = prompt.version
            fence = secrets.token_hex(8)
            numbers = dict(enumerate(shown, start=1))
            claims = [f"Claim {number}:\n{fence}\n{shown[n]}{fence}\n" for number, n in numbers.items()]
            filled = prompt.fill(fence=fence, claims="\n".join(claims))
            reply = await self._llm.complete(filled, self.usage, SCHEMA, reply_tokens(self._llm.context_tokens))
            labels = read_labels(reply)
            if labels:
                return {n: labels[number] for number, n in numbers.items() if number in labels}
            self._llm.abilities.schema &= reply.lstrip().startswith("{")
        message = f"the model at {self._llm.url} does not reply in the form that it is asked for"
        raise LlmReplyError(message)


def read_labels(reply: str) -> dict[int, str]:
    """The label of each claim, by its number; of two for one claim the one that takes it away."""
    body = _FENCED.sub("", _THOUGHT.sub("", reply)).strip()
    found: dict[int, str] = {}
    for number, label in _listed(body) or [(int(one["claim"]), one["label"].lower()) for one in _LINE.finditer(body)]:
        plain = re.sub(r"[ -]", "_", label)
        if plain in LABELS and found.get(number, LABELS[0]) == LABELS[0]:
            found[number] = plain
    return found


def _listed(body: str) -> list[tuple[int, str]]:
    try:
        parsed: Any = from_json(body, allow_partial=True)  # one that was cut has whole verdicts before the cut
    except ValueError:
        return []
    items = parsed.get("verdicts") if isinstance(parsed, dict) else parsed
    return [
        (item["claim"], item["label"])
        for item in (items if isinstance(items, list) else [])
        if isinstance(item, dict) and isinstance(item.get("claim"), int) and isinstance(item.get("label"), str)
    ]


def _shown(shelf: Shelf, pair: Pair) -> str:
    written, rested = pair
    quotes = "".join(f"Quote: {_quoted(one, shelf.evidence_of(one))}\n" for one in rested.sentences)
    return f"{visible(written.text)}\n{quotes}"


def _quoted(sentence: Sentence, evidence: Evidence) -> str:
    """The sentence with what a reader knows of it: who printed it, when, who says it, and whom "he" stands for."""
    known = [str(value) for value in (sentence.row.outlet, evidence.written_on) if value]
    known += [f"said by {evidence.speaker.name}"] if evidence.speaker else []
    before = f"{evidence.before} " if _PRONOUN.search(sentence.text) else ""
    return " ".join(visible(f"({', '.join(known)}) {before}{sentence.text}").split())
