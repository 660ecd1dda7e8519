"""Where the outlets of a library differ, on a topic or on what the newest articles are about.

Example: `disputed(index, encoder, Wanted(query="the harbour blast"))` lists that two outlets count 12 and 15 sailors.
Without a topic, the titles of the newest articles are the topics, one after the other.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from service.answer import drafted
from service.disagree import disagree
from service.pipeline import check_question
from service.records import Filters
from service.respond import as_json
from service.retrieve import retrieve

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ingest.embed import Encoder
    from ingest.store import PassageIndex
    from service.records import Disagreement

    Json = dict[str, Any]

_NEWEST = 100  # articles whose titles are asked about when no topic is named
_DRAFTS = 10
_ALL = Filters()


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which disagreements.

    Args:
        query: A topic; empty for those of the newest articles.
        filters: Which articles may be used.
    """

    query: str = ""
    filters: Filters = _ALL
    limit: int = 50
    offset: int = 0


def disputed(index: PassageIndex, encoder: Encoder, wanted: Wanted) -> Json:
    """The disagreements as JSON, with `total` of those that were found.

    Raises:
        QuestionError: The query is too long, or has no word in it.
        DamagedError: The library is damaged.
        CitationError: An article was replaced at this moment.
    """
    if wanted.query:
        check_question(wanted.query)
    index.require_whole()
    topics = [wanted.query] if wanted.query else _titles(index)
    found: dict[frozenset[tuple[str, int]], Json] = {}
    for topic in topics:
        for one in _of_topic(index, encoder, topic, wanted.filters):
            places = frozenset((quote.document_id, quote.start) for side in one.positions for quote in side.quotes)
            if not any(places <= known or known <= places for known in found):
                found[places] = {"query": topic, **as_json(one)}
    listed = list(found.values())
    page = listed[wanted.offset : wanted.offset + wanted.limit]
    return {"disagreements": page, "total": len(listed), "limit": wanted.limit, "offset": wanted.offset}


def _titles(index: PassageIndex) -> list[str]:
    documents, _ = index.documents(limit=_NEWEST, offset=0)
    titles = (one.title for one in documents if one.title and any(map(str.isalnum, one.title)))
    return list(dict.fromkeys(title[:1_000] for title in titles))


def _of_topic(index: PassageIndex, encoder: Encoder, topic: str, filters: Filters) -> Iterator[Disagreement]:
    drafts, best_first = drafted(index, topic, retrieve(index, encoder, topic, filters))
    yield from disagree(index, drafts[:_DRAFTS], best_first, [])
