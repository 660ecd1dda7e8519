"""Beside a document: its origin, which is the other documents that tell the same story, and why they count as one.

Example: `origin_of(index, document)` is `{"documents": 2, "others": [{"document_id": "b.md", "likeness": 0.62, …}]}`.
It is worked out from what the library holds at that moment, so the order in which articles came, their updates and
removals cannot make it wrong. Candidates are found by words, and compared one by one.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from ingest.origin import DAYS, SAME, tie
from service.compare import remembered
from service.respond import as_json

if TYPE_CHECKING:
    from ingest.records import Document
    from ingest.store import PassageIndex, PassageRow

_LEAD = 600  # characters by which candidates are looked for
_CANDIDATES = 40  # passages


def origin_of(index: PassageIndex, document: Document) -> dict[str, Any]:
    """The JSON of a document's origin; `others` are most alike first, and empty when it is the only one."""
    rows = _candidates(index, document)
    texts = index.texts(rows)
    mine = remembered(document.text)
    others: list[tuple[float, dict[str, Any]]] = []
    for id_, text in texts.items():
        found = tie(mine, remembered(text))
        if found.likeness >= SAME:
            row = rows[id_]
            told: dict[str, Any] = {
                "document_id": id_,
                "outlet": row.outlet,
                "title": row.title,
                "published_on": row.published_on,
            }
            told |= found._asdict() | {"agency": _agency(index, document, id_)}
            others.append((-found.likeness, told))
    others.sort(key=lambda one: (one[0], one[1]["document_id"]))
    return {"documents": 1 + len(others), "others": as_json([told for _, told in others])}


def shown(index: PassageIndex, document_id: str) -> dict[str, Any]:
    """The JSON of a document with its origin.

    Raises:
        DocumentNotFoundError: There is none with that id.
    """
    document = index.document(document_id)
    return {**as_json(document), "origin": origin_of(index, document)}


def _candidates(index: PassageIndex, document: Document) -> dict[str, PassageRow]:
    """A passage of every other document that may tell the same story."""
    middle = len(document.text) // 2
    first, last = _days(document.published_on)
    keys: dict[int, float] = {}
    for words in (document.text[:_LEAD], document.text[middle : middle + _LEAD]):
        terms = list(dict.fromkeys(index.terms(words)))
        keys |= dict(index.lexical(terms, _CANDIDATES, (), first, last))
    rows = index.passages(list(keys)).values()
    return {row.document_id: row for row in rows if row.document_id != document.id}


def _days(published_on: date | None) -> tuple[date | None, date | None]:
    if published_on is None:
        return None, None
    span = timedelta(days=DAYS)
    first = published_on - span if published_on - date.min > span else date.min
    return first, published_on + span if date.max - published_on > span else date.max


def _agency(index: PassageIndex, document: Document, other: str) -> str | None:
    """The agency that both credit, if it is one and the same."""
    return document.agency if document.agency and document.agency == index.document(other).agency else None
