"""An answer as OpenAI's clients read one: text with markers and footnotes, its sources in every form that they know.

Example: `Reply.of(answer, base="http://127.0.0.1:8000").message()` has `content` "… [1]", then the footnotes, and
`annotations` of the type `url_citation` whose indexes are those of the markers in `content`.
Articles are data: what would be a link, an image or HTML in Markdown is escaped in the text, and exact in `sources`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from service.markdown import escaped
from service.records import Answer
from service.respond import as_json

if TYPE_CHECKING:
    from collections.abc import Iterator

    from service.records import Abstention, Citation, Claim, Disagreement

    Json = dict[str, Any]

_WEB = ("http://", "https://")


@dataclass(frozen=True, slots=True)
class Reply:
    """The pieces of a text in order, and the citations in the order of their markers."""

    pieces: tuple[str, ...]
    citations: tuple[Citation, ...]
    base: str

    @classmethod
    def of(cls, result: Answer | Abstention, base: str, *, footnotes: bool = True) -> Reply:
        """The reply that says a result.

        Args:
            base: URL of this server, no slash at its end: articles without an address of their own are read there.
            footnotes: Whether the text ends with its sources.
        """
        if not isinstance(result, Answer):
            closest = [f"\n- {_named(found.outlet, found.published_on, found.title)}" for found in result.closest]
            heading = ["\n\nClosest, and no answer to it:"] if closest else []
            return cls((_escaped(result.text), *heading, *closest), (), base)
        claims = [claim for claim in result.claims if claim.support.verdict == "supported"]
        citations = {one.marker: one for claim in claims for one in claim.citations}
        citations |= {
            one.marker: one for found in result.disagreements for side in found.positions for one in side.quotes
        }
        sentences = [_sentence(claim, "" if n == 0 else "\n\n") for n, claim in enumerate(claims)]
        in_order = tuple(citations[marker] for marker in sorted(citations))
        notes = tuple(_footnote(one, "\n\n" if n == 0 else "\n") for n, one in enumerate(in_order)) if footnotes else ()
        differ = tuple(_differing(one) for one in result.disagreements)
        return cls((*sentences, *differ, *notes), in_order, base)

    @property
    def content(self) -> str:
        """The whole text."""
        return "".join(self.pieces)

    def message(self) -> Json:
        """The assistant's message."""
        return {"role": "assistant", "content": self.content, "refusal": None, "annotations": self.annotations()}

    def annotations(self) -> list[Json]:
        """A `url_citation` for each marker in the text, where it stands."""
        of_marker = {one.marker: one for one in self.citations}
        return [
            {
                "type": "url_citation",
                "url_citation": {
                    "url": self._url(of_marker[int(found[1])]),
                    "title": of_marker[int(found[1])].title or of_marker[int(found[1])].document_id,
                    "start_index": found.start(),
                    "end_index": found.end(),
                },
            }
            for found in re.finditer(r"(?<!\\)\[(\d+)\]", self.content)
        ]

    def sources(self) -> Json:
        """The members beside `choices`: URLs, search results, sources with quotes; empty lists, never absent."""
        of_url = {self._url(one): one for one in self.citations}
        return {
            "citations": list(of_url),
            "search_results": [
                {"title": one.title or one.document_id, "url": url, "date": as_json(one.published_on)}
                for url, one in of_url.items()
            ],
            "sources": [{**as_json(one), "url": self._url(one)} for one in self.citations],
        }

    def _url(self, citation: Citation) -> str:
        if citation.url and citation.url.lower().startswith(_WEB):
            return citation.url
        return f"{self.base}/v1/documents/{quote(citation.document_id, safe='')}"


@dataclass(frozen=True, slots=True)
class Completion:
    """What every part of one completion says of itself."""

    id: str
    created: int
    model: str

    def whole(self, reply: Reply, usage: Json) -> Json:
        """The completion in one piece."""
        choice = {"index": 0, "message": reply.message(), "finish_reason": "stop", "logprobs": None}
        return {**self._head("chat.completion"), "choices": [choice], "usage": usage, **reply.sources()}

    def chunks(self, reply: Reply, usage: Json | None) -> Iterator[Json]:
        """The completion in pieces; the last with a choice has the sources, the one after it the usage where wanted."""
        yield self._chunk({"role": "assistant", "content": ""})
        for piece in reply.pieces:
            yield self._chunk({"content": piece})
        last = self._chunk({"content": "", "annotations": reply.annotations()}, "stop")
        yield {**last, **reply.sources()}
        if usage is not None:
            yield {**self._head("chat.completion.chunk"), "choices": [], "usage": usage}

    def _chunk(self, delta: Json, finish_reason: str | None = None) -> Json:
        choice = {"index": 0, "delta": delta, "finish_reason": finish_reason, "logprobs": None}
        return {**self._head("chat.completion.chunk"), "choices": [choice]}

    def _head(self, kind: str) -> Json:
        return {"id": self.id, "object": kind, "created": self.created, "model": self.model}


def _sentence(claim: Claim, before: str) -> str:
    return before + _escaped(claim.text) + " " + "".join(f"[{one.marker}]" for one in claim.citations)


def _differing(found: Disagreement) -> str:
    sides = [
        _escaped(side.text) + " " + "".join(f"[{marker}]" for marker in side.citations) for side in found.positions
    ]
    return f"\n\nThe articles disagree ({_escaped(found.topic)}):" + "".join(f"\n- {side}" for side in sides)


def _footnote(citation: Citation, before: str) -> str:
    named = _named(citation.outlet, citation.published_on, citation.title)
    return f"{before}[{citation.marker}] {named}: “{_escaped(citation.quote)}”"


def _named(*parts: object) -> str:
    return _escaped(", ".join(str(part) for part in parts if part)) or "an article without a title"


def _escaped(text: str) -> str:
    return escaped(text.replace("\n", " "))
