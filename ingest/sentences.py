"""Sentences with their offsets: sentencex, with the repairs that pasted news pages need.

Example: `sentences("Gen. Milley stayed. He left.")` is `[Sentence(0, 19), Sentence(20, 28)]`.
A quotation stays whole: sentencex does not split inside balanced quotation marks.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from sentencex import get_sentence_boundaries

from ingest.records import Sentence

if TYPE_CHECKING:
    from collections.abc import Iterator

_BLOCK = re.compile(r"\S[^\n]*(?:\n[^\n]*\S[^\n]*)*")  # lines up to the next blank one
_LINE = re.compile(r"[^\n]+")
_ENDS = re.compile(r"[.!?…:;][\"'”’»)\]]*\s*$")
# Before a name, and no end; sentencex knows most others.
_TITLE = re.compile(r"(?:^|[\s“\"(])(?:Ms|Mx|Ft|Gens|Govs|Amb|Atty|Assoc|Treas|Cllr|Spc|Wash|Md)\.$")
_CLOCK = re.compile(r"\b[ap]\.m\.\s*$", re.IGNORECASE)
_AFTER_CLOCK = re.compile(
    r"(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day|(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)|[A-Z]{2,4}\b|\d"
)
_STRETCH = 4_000  # characters of one line that are looked at together
_WRAPPED = range(50, 101)  # line lengths, in characters, of text that was wrapped by an editor


def sentences(text: str, language: str = "en") -> list[Sentence]:
    """Spans of the sentences of `text`, in order, without surrounding white space; everything else is white space."""
    return [Sentence(start, end) for start, end in _spans(text, language)]


def _spans(text: str, language: str) -> Iterator[tuple[int, int]]:
    for start, end in _paragraphs(text):
        pending: tuple[int, int] | None = None
        for piece in _pieces(text, start, end, language):
            if pending and _continues(text, pending, piece):
                pending = (pending[0], piece[1])
                continue
            if pending:
                yield pending
            pending = piece
        if pending:
            yield pending


def _paragraphs(text: str) -> Iterator[tuple[int, int]]:
    """Each line is a paragraph, except where an editor wrapped the lines of a block."""
    for block in _BLOCK.finditer(text):
        lines = block.group().split("\n")
        body = lines[:-1]
        if len(body) > 1 and all(len(line) in _WRAPPED for line in body) and sum(map(_ends, body)) <= len(body) / 2:
            yield block.span()
            continue
        for line in _LINE.finditer(text, *block.span()):
            yield line.span()


def _ends(line: str) -> bool:
    return bool(_ENDS.search(line[-8:]))


def _pieces(text: str, start: int, end: int, language: str) -> Iterator[tuple[int, int]]:
    for begins, ends in _boundaries(text, start, end, language):
        piece = text[begins:ends]
        stripped = piece.strip()
        if stripped:
            first = begins + len(piece) - len(piece.lstrip())
            yield first, first + len(stripped)


def _boundaries(text: str, start: int, end: int, language: str) -> Iterator[tuple[int, int]]:
    """Where sentencex sees sentences, a stretch at a time: its time grows with the square of a line's sentences.

    A stretch begins where the last sentence of the one before began, since that one may have been cut.
    """
    size = _STRETCH
    while start < end:
        found = get_sentence_boundaries(language, text[start : min(start + size, end)])
        is_last = start + size >= end
        if len(found) < 2 and not is_last:
            size *= 2
            continue
        for boundary in found if is_last else found[:-1]:
            yield start + boundary["start_index"], start + boundary["end_index"]
        if is_last:
            return
        start, size = start + found[-1]["start_index"], _STRETCH


def _continues(text: str, before: tuple[int, int], after: tuple[int, int]) -> bool:
    """Whether a full stop between two pieces was no end: "at risk. to create more", "5 p.m. Friday"."""
    head = text[after[0] : after[0] + 12]
    if head[0].islower() and text[before[1] - 1] in '.…”"’':
        return True
    if head[0].isupper() and _TITLE.search(text[max(before[0], before[1] - 8) : before[1]]):
        return True
    return bool(_CLOCK.search(text[max(before[0], before[1] - 6) : before[1]]) and _AFTER_CLOCK.match(head))
