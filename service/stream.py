"""An answer in the order in which it becomes known, for readers who do not want to wait for the whole.

Example: the events of a question are `retrieved`, a `claim` for each claim in the answer's order, a `disagreement` for
each of those, and `done` with the whole answer; an abstention is `retrieved` and `done`.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from anyio import to_thread

from service.pipeline import answer
from service.records import Answer, Filters
from service.respond import considered
from service.retrieve import retrieve

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from ingest.embed import Encoder
    from ingest.store import PassageIndex

_ALL = Filters()


class Event(NamedTuple):
    """Something that has become known; `data` is a record, or a dictionary of them."""

    name: Literal["retrieved", "claim", "disagreement", "done"]
    data: Any


async def stream(
    index: PassageIndex, encoder: Encoder, question: str, *, filters: Filters = _ALL
) -> AsyncGenerator[Event]:
    """The events of a question that `pipeline.check` has let pass; closing the generator ends the work.

    Raises:
        CitationError: A quote failed its check, because the article was replaced in this very moment.
    """
    retrieved = await to_thread.run_sync(partial(retrieve, index, encoder, question, filters))
    yield Event("retrieved", {"query": question, "considered": considered(retrieved)})
    result = await to_thread.run_sync(partial(answer, index, encoder, question, retrieved, filters))
    if isinstance(result, Answer):
        for number, claim in enumerate(result.claims):
            yield Event("claim", {"index": number, "claim": claim})
        for disagreement in result.disagreements:
            yield Event("disagreement", disagreement)
    yield Event("done", result)
