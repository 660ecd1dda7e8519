"""Within the third stage of a question: what a claim needs so that it can be read alone.

Example: "He missed the vote." has no one to mean; with the sentence before it in its article
the claim is "Ada Quill chairs the council. He missed the vote.", and both are cited.
Only the article's own words are brought. A name in brackets would be a guess at whom the pronoun stands for.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ingest.store import PassageIndex, PassageRow
    from service.answer import Draft, Sentence

    Confident = tuple[Draft, float]

_LINK = r"(?:(?:And|But|Yet|So|Then|Later|Also|Still|Meanwhile|However|Instead|Moreover|As a result|In addition)\b,? )?"
_LEANS = re.compile(
    rf"{_LINK}(?:(?:He|She|They|It|His|Her|Their|Its)\b|(?:This|These|Those|That)\b(?! (?:week|month|year|morning)))",
    re.IGNORECASE,
)
# "It was not until 1895 that …" and "It is the residents who …" mean nothing that was named before.
_EMPTY_IT = re.compile(
    rf"{_LINK}It(?: (?:is|was|will be|would be|has been|had been|may be|remains|seems|appears|took|takes)|[’']s)\b"
    r"[^.;]{0,60}?\b(?:that|who|which|whether|until|when|why|how|if|to|unclear|unlikely|likely)\b",
    re.IGNORECASE,
)
_LONGEST = 400  # characters of what may be brought
_MOST = 2  # sentences


class Before(NamedTuple):
    """Sentences that are brought, `[start, end)` in their document's text."""

    row: PassageRow
    start: int
    end: int
    text: str


def leans(text: str) -> bool:
    """Whether a sentence begins with a pronoun that means something named before it."""
    return bool(_LEANS.match(text)) and not _EMPTY_IT.match(text)


def readable(index: PassageIndex, drafts: Sequence[Confident]) -> tuple[list[Confident], list[Before | None]]:
    """The drafts, and what each brings from before its sentence; `None` where it can be read alone.

    Nothing is brought that itself leans on more, is long, or is the claim just before. A draft of which another brings
    all there is, is left out.
    """
    brought = [_before(index, draft.sentences[0]) for draft, _ in drafts]
    for i, (one, _) in enumerate(drafts[:-1], start=1):
        if any(_is_at(brought[i], sentence) for sentence in one.sentences):
            brought[i] = None
    kept = [
        (both, own)
        for both, own in zip(drafts, brought, strict=True)
        if not all(any(_is_at(one, sentence) for one in brought) for sentence in both[0].sentences)
    ]
    return [both for both, _ in kept], [own for _, own in kept]


def _is_at(brought: Before | None, sentence: Sentence) -> bool:
    return brought is not None and (brought.row.document_key, brought.start, brought.end) == (
        sentence.row.document_key,
        sentence.start,
        sentence.end,
    )


def _before(index: PassageIndex, sentence: Sentence) -> Before | None:
    """The sentence before one that leans, or two where that leans too; `None` where none of them stands alone."""
    row, text = sentence.row, sentence.text
    earlier = row.sentences[row.sentences[:, 0] < sentence.start]
    if not leans(text):
        return None
    if not len(earlier):
        previous = index.passages([row.key - 1]).get(row.key - 1) if row.ordinal else None
        if previous is None or (previous.document_key, previous.ordinal) != (row.document_key, row.ordinal - 1):
            return None
        row, earlier = previous, previous.sentences
    end = int(earlier[-1, 1])
    for start in earlier[: -_MOST - 1 : -1, 0].tolist():
        text = row.text[start - row.start : end - row.start]
        if not leans(text):
            return Before(row, start, end, text) if len(text) <= _LONGEST else None
    return None
