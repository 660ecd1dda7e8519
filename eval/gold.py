"""Where the gold stands: spans of evidence in the documents, and the passages that hold them.

Example: `Gold(door).of(question)` is `{"spans": [["a.md", 120, 311]], "passages": ["a.md#0"], "missing": 0}`.
A passage is relevant when a gold span overlaps it. A span is evidence where the set has some, else an accepted answer
within a relevant document.
"""

from __future__ import annotations

import re
import threading
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from ingest.records import Document

if TYPE_CHECKING:
    from eval.data import Question
    from eval.door import Door

    Json = dict[str, Any]
    Span = tuple[str, int, int]

_KEPT = ("title", "outlet", "published_on", "text", "language")


class Gold:
    """Finds gold in the documents of a library, each of which is read and split once."""

    def __init__(self, door: Door) -> None:
        self._door = door
        self._documents: dict[str, Json | None] = {}
        self._passages: dict[str, list[Span]] = {}
        self._alone = threading.Lock()

    def document(self, document_id: str) -> Json | None:
        """What a reader sees of a document, and its text; `None` when it is not there."""
        if document_id not in self._documents:
            found = self._door.document(document_id)
            self._documents[document_id] = None if found is None else {name: found.get(name) for name in _KEPT}
        return self._documents[document_id]

    def text(self, document_id: str, start: int, end: int) -> str | None:
        """What stands there; `None` when there is no such document or place."""
        document = self.document(document_id)
        whole = "" if document is None else str(document["text"])
        return whole[start:end] if 0 <= start < end <= len(whole) else None

    def of(self, question: Question) -> Json:
        """The question's gold spans, the ids of the passages that hold them, and how much evidence was not found."""
        wanted = question.evidence or question.answers
        places = {wording: self._places(wording, question.relevant) for wording in wanted} if question.relevant else {}
        spans = sorted({place for found in places.values() for place in found})
        missing = sum(not found for found in places.values()) if question.evidence else 0
        passages = [self.passages_over(span) for span in spans]
        return {
            "spans": [list(span) for span in spans],
            "passages": sorted({id_ for found in passages for id_ in found}),
            "missing": missing,
        }

    def passages_over(self, span: Span) -> list[str]:
        """Ids of the passages that a span overlaps."""
        document_id, start, end = span
        return [id_ for id_, first, last in self._split(document_id) if first < end and start < last]

    def _places(self, wording: str, document_ids: tuple[str, ...]) -> list[Span]:
        """Where a text stands in the documents, in any case."""
        documents = ((document_id, self.document(document_id)) for document_id in document_ids)
        return [
            (document_id, at, at + len(wording.strip()))
            for document_id, document in documents
            if document
            for at in _starts(str(document["text"]), wording)
        ]

    def passage(self, passage_id: str) -> Json | None:
        """A passage with its text and what a reader sees of its document; `None` when it is not there."""
        document_id = passage_id.rpartition("#")[0]
        document = self.document(document_id)
        place = next(((start, end) for id_, start, end in self._split(document_id) if id_ == passage_id), None)
        if document is None or place is None:
            return None
        start, end = place
        seen = {name: document[name] for name in ("outlet", "title", "published_on")}
        own = {"start": start, "end": end, "text": document["text"][start:end]}
        return {"passage_id": passage_id, "document_id": document_id} | seen | own

    def _split(self, document_id: str) -> list[Span]:
        from ingest.split import split

        with self._alone:  # the splitter is asked by one thread at a time
            if document_id not in self._passages:
                document = self.document(document_id)
                made = split(_as_document(document_id, document)) if document and document["text"] else []
                self._passages[document_id] = [(f"{document_id}#{one.ordinal}", one.start, one.end) for one in made]
            return self._passages[document_id]


def _starts(text: str, wording: str) -> list[int]:
    return [found.start() for found in re.finditer(re.escape(wording.strip()), text, re.IGNORECASE)]


def _as_document(document_id: str, fields: Json) -> Document:
    """As much of a document as the splitter looks at."""
    return Document(
        id=document_id,
        uri=document_id,
        text=fields["text"],
        title=None,
        outlet=None,
        byline=None,
        agency=None,
        dateline=None,
        published_on=None,
        updated_on=None,
        url=None,
        language=fields["language"],
        fetched_at=datetime.min.replace(tzinfo=UTC),
    )
