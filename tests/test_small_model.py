"""A small real model, which really makes things up: nothing that its quotes do not support reaches an answer."""

from __future__ import annotations

import asyncio
import json
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from eval.support import supports
from service.llm import Llm
from service.records import Answer
from service.reword import Reworded, reword
from service.reword_check import fault
from service.rewrite import Asked
from service.stream import Writer, stream, whole
from tests.small_model import CONTEXT_TOKENS, small_model

if TYPE_CHECKING:
    from ingest.embed import Encoder
    from ingest.store import PassageIndex
    from service.records import Abstention

QUESTIONS = Path(__file__).parents[1] / "seeds" / "questions.jsonl"

_AMERICA = re.compile(r"United States(?: of America)?|U\.S\.|America\b")


async def _ask_all(index: PassageIndex, encoder: Encoder, url: str) -> list[Answer | Abstention]:
    lines = QUESTIONS.read_text(encoding="utf-8").splitlines()
    llm = Llm(url, "small", "none", CONTEXT_TOKENS, patience_s=120)
    try:
        return [
            await whole(stream(index, encoder, json.loads(line)["question"], writer=Writer(llm)))
            for line in lines[::3][:30]
        ]
    finally:
        await llm.aclose()


def test_a_follow_up_that_it_words_is_searched_only_when_it_adds_nothing() -> None:
    earlier = [("What did the State Department say about a delegation?", "That no delegation would discuss leaving.")]
    asked = Asked.of("And what did Iraq say?", earlier)

    async def worded(url: str) -> Reworded:
        llm = Llm(url, "small", "none", CONTEXT_TOKENS)
        try:
            return await reword(llm, asked, within_s=4)
        finally:
            await llm.aclose()

    with small_model() as url:
        result = asyncio.run(worded(url))

    assert result.use is not None  # it was asked
    assert result.use.requests == 1
    texts = [text for turn in earlier for text in turn]
    assert result.query == asked.ruled.query or fault(result.query, asked.question, texts) is None
    assert (result.note is None) == (result.query != asked.ruled.query)


@pytest.mark.timeout(1800)  # a minute and a half on two idle cores
def test_over_thirty_questions_no_claim_without_support_reaches_an_answer(
    index: PassageIndex, encoder: Encoder
) -> None:
    with small_model() as url:
        results = asyncio.run(_ask_all(index, encoder, url))

    written = [one for one in results if one.mode == "model"]
    claims = [claim for one in written if isinstance(one, Answer) for claim in one.claims]
    dropped = sum(sum(one.usage.dropped.values()) for one in written if one.usage)
    assert len(results) == 30
    assert len(written) > 15, [one.note for one in results]
    assert dropped > 5  # it did make things up
    for claim in claims:  # judged by another rule than the service's own: content words, all names and all numbers
        assert supports([_plain(one.quote) for one in claim.citations], _plain(claim.text)), claim


def _plain(text: str) -> str:
    """With one name for the United States, and countries for their people: "Iranian missiles" are missiles of Iran."""
    return re.sub(r"\b(Iran|Iraq)(?:ians?|is?)\b", r"\1", _AMERICA.sub("US", text))
