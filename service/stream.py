"""An answer in the order in which it becomes known, for readers who do not want to wait for the whole.

Example: the events of a question are `retrieved`, a `claim` for each claim in the answer's order, a `disagreement` for
each of those, and `done` with the whole answer; an abstention is `retrieved` and `done`.
"""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from anyio import to_thread

from service.llm import Llm
from service.pipeline import answer
from service.records import Answer, Filters
from service.respond import considered
from service.retrieve import retrieve

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable

    from ingest.embed import Encoder
    from ingest.settings import Settings
    from ingest.store import PassageIndex
    from service.records import Abstention

_ALL = Filters()


class Event(NamedTuple):
    """Something that has become known; `data` is a record, or a dictionary of them."""

    name: Literal["retrieved", "claim", "disagreement", "done"]
    data: Any


@dataclass(frozen=True, slots=True)
class Writer:
    """The model that writes answers.

    Args:
        flags: Whether claims that their quotes do not support are shown as such, rather than dropped.
        verifies: Whether it reads its claims with their quotes once more.
        rewrite_s: How long it may take to word a follow-up; 0 leaves that to rules.
    """

    llm: Llm
    flags: bool = False
    rewrite_s: float = 8.0
    verifies: bool = False

    @classmethod
    def of(cls, settings: Settings) -> Writer | None:
        """The writer that is configured; `None` when none is."""
        llm = Llm.of(settings)
        return cls(llm, settings.unsupported == "flag", settings.llm_rewrite_s, settings.llm_verify) if llm else None


async def stream(
    index: PassageIndex, encoder: Encoder, question: str, *, filters: Filters = _ALL, writer: Writer | None = None
) -> AsyncGenerator[Event]:
    """The events of a question that `pipeline.check` has let pass; closing the generator ends the work.

    When the writer cannot be reached, or writes nothing that can be used, the answer is extractive; its `note` says so.

    Args:
        writer: Who words the answer; the articles do when `None`.

    Raises:
        CitationError: A quote failed its check, because the article was replaced in this very moment.
    """
    retrieved = await to_thread.run_sync(partial(retrieve, index, encoder, question, filters))
    yield Event("retrieved", {"query": question, "considered": considered(retrieved)})
    note = None
    if writer is not None and retrieved.ranked:
        from service.modelled import Modelled

        modelled = Modelled(index, encoder, question, retrieved, writer)
        async with aclosing(modelled.claims()) as claims:
            async for number, claim in claims:
                yield Event("claim", {"index": number, "claim": claim})
        result = await to_thread.run_sync(modelled.result)
        if result is not None:
            for disagreement in getattr(result, "disagreements", ()):
                yield Event("disagreement", disagreement)
            yield Event("done", result)
            return
        note = modelled.note
    extracted = await to_thread.run_sync(partial(answer, index, encoder, question, retrieved, filters))
    extracted = replace(extracted, note=note)
    if isinstance(extracted, Answer):
        for number, claim in enumerate(extracted.claims):
            yield Event("claim", {"index": number, "claim": claim})
        for disagreement in extracted.disagreements:
            yield Event("disagreement", disagreement)
    yield Event("done", extracted)


def written(
    events: AsyncGenerator[Event], writer: Writer | None, hear: Callable[[Event], None] | None = None
) -> Answer | Abstention:
    """The answer by that writer, for who has no event loop; the connections are closed afterwards.

    Args:
        hear: Is told each event as it comes.
    """

    async def asked() -> Answer | Abstention:
        try:
            return await whole(events, hear)
        finally:
            if writer:
                await writer.llm.aclose()

    return asyncio.run(asked())


async def whole(events: AsyncGenerator[Event], hear: Callable[[Event], None] | None = None) -> Answer | Abstention:
    """The answer or abstention with which the events end."""
    last: Any = None
    async with aclosing(events):
        async for event in events:
            last = event.data
            if hear is not None:
                hear(event)
    result: Answer | Abstention = last
    return result
