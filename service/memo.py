"""A conversation as a Markdown memo with footnoted sources, and reports as cases for the evaluation.

Example: `as_markdown(conversations.read(id_))` has "[^1]" after each claim and "[^1]: The Daily, 2020-01-10, …" below.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from service.markdown import escaped

if TYPE_CHECKING:
    from collections.abc import Iterator

    Json = dict[str, Any]


def as_markdown(conversation: Json) -> str:
    """The memo; what would be Markdown in an article's or a reader's words is escaped."""
    lines = [f"# {_escaped(conversation['title'])}", ""]
    number = 0
    for turn in conversation["turns"]:
        result = turn["result"]
        lines += [f"## {_escaped(turn['question'])}", ""]
        if result["query"] != turn["question"]:
            lines += [f"Searched as: {_escaped(result['query'])}", ""]
        if result["kind"] != "answer":
            lines += [_escaped(result["text"]), ""]
            lines += [f"- {_escaped(reading)}" for reading in result.get("readings", ())]
            continue
        notes = []
        for claim in result["claims"]:
            marks = ""
            for citation in claim["citations"]:
                number += 1
                marks += f"[^{number}]"
                notes.append(f"[^{number}]: {_source(citation)}")
            lines += [f"{_escaped(claim['text'])} {marks}", ""]
        lines += [*notes, ""]
    return "\n".join(lines)


def as_cases(reports: list[Json]) -> Iterator[Json]:
    """Each report as a question for the evaluation: what was asked, and what a reader found wrong with the answer."""
    for report in reports:
        claims = report["result"].get("claims", [])
        wrong = claims[report["claim"]] if report["claim"] is not None and report["claim"] < len(claims) else None
        yield {
            "id": f"feedback-{report['id']}",
            "question": report["result"].get("query") or report["question"],
            "answerable": True,
            "type": f"feedback: {report['verdict']}",
            "relevant": sorted({one["document_id"] for claim in claims for one in claim["citations"]}),
            "feedback": {
                "verdict": report["verdict"],
                "comment": report["comment"],
                "claim": wrong and wrong["text"],
                "speaker": wrong and wrong["speaker"],
                "at": report["at"],
            },
        }


def _source(citation: Json) -> str:
    known = [citation["outlet"], citation["published_on"], citation["title"]]
    named = ", ".join(_escaped(part) for part in known if part) or _escaped(citation["document_id"])
    url = citation["url"]
    address = f", <{url}>" if url and re.fullmatch(r"https?://[^\s<>]+", url) else ""
    return f"{named}: “{_escaped(citation['quote'])}”{address}"


def _escaped(text: str) -> str:
    return escaped(" ".join(text.split()))
