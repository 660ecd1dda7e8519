"""A question in a conversation, answered: its query is worded by the model first, where one is to write the answer.

Example: `follow(index, encoder, Asked.of("And Iraq?", earlier, index), writer=writer)` has the events of `stream`, and
its last one says under which query the articles were searched, and what the wording of it cost.
"""

from __future__ import annotations

from contextlib import aclosing
from typing import TYPE_CHECKING

from service.records import Filters
from service.reword import Reworded, reword
from service.stream import Event, stream

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from ingest.embed import Encoder
    from ingest.store import PassageIndex
    from service.rewrite import Asked
    from service.stream import Writer

_ALL = Filters()


async def follow(
    index: PassageIndex, encoder: Encoder, asked: Asked, *, filters: Filters = _ALL, writer: Writer | None = None
) -> AsyncGenerator[Event]:
    """The events of a question that `pipeline.check` has let pass; closing the generator ends the work.

    Args:
        writer: Who words the query and the answer; rules and the articles do when `None`.

    Raises:
        CitationError: As `stream`.
    """
    worded = await reword(writer.llm, asked, writer.rewrite_s) if writer else Reworded(asked.ruled.query)
    async with aclosing(stream(index, encoder, worded.query, filters=filters, writer=writer)) as events:
        async for event in events:
            yield Event("done", worded.told(event.data)) if event.name == "done" else event
