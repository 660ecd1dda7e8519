"""Quotations in a text, also those that run over sentences and paragraphs; words in scare quotes are found too.

Example: `quotes('“We agree,” she said.')` is `[Quote(0, 11)]`, with its marks.
"""

from __future__ import annotations

import re
from typing import NamedTuple

_OPENING, _CLOSING, _STRAIGHT = "“«„", "”»", '"'
_MARK = re.compile(r"[“”«»„\"]")
_SINGLE = re.compile(r"(?<![\w’'])[‘'](?=\w)([^‘\n]{12,600}?[,.!?])[’'](?![\w])")
_WORD, _STOP = re.compile(r"[^\W\d_][\w’'-]*"), re.compile(r"[.!?;:]")
_SMALL = frozenset("a an and at by for from in is of on or the to with".split())
_BEFORE_TITLE = re.compile(
    r"(?:\b(?:on|in|of|by|titled|entitled|book|novel|film|movie|show|program|programme|podcast|song|album|series|essay|"
    r"memoir|documentary|magazine|host of)|[’']s?) $"
)
_LONGEST_TITLE = 6
_LONGEST = 6_000  # characters; a mark that was never closed does not swallow an article


class Quote(NamedTuple):
    """`[start, end)` with the marks; one that goes on in the next paragraph ends with its own."""

    start: int
    end: int


def quotes(text: str) -> list[Quote]:
    """The quotations in order, none within another."""
    found: list[Quote] = []
    opened: int | None = None
    for mark in _MARK.finditer(text):
        at, character = mark.start(), mark.group()
        if opened is not None and (at - opened > _LONGEST or "\n" in text[opened:at]):
            found += _left_open(text, opened)
            opened = None
        if opened is None:
            if character in _CLOSING or not _may_open(text, at):
                continue
            opened = at
        elif character in _CLOSING or (character == _STRAIGHT and text[opened] == _STRAIGHT):
            if at > opened + 1:
                found.append(Quote(opened, at + 1))
            opened = None
        elif character in _OPENING and not _may_open(text, at):  # a mark the wrong way round
            found.append(Quote(opened, at + 1))
            opened = None
    if opened is not None:
        found += _left_open(text, opened)
    return found or [Quote(match.start(), match.end()) for match in _SINGLE.finditer(text)]


def is_title(text: str, quote: Quote) -> bool:
    """Whether it is the name of a book, a song or a programme: on “State of the Nation”."""
    inside = text[quote.start + 1 : quote.end - 1].rstrip(",.")
    words = [word for word in _WORD.findall(inside) if word.lower() not in _SMALL]
    return (
        0 < len(words) <= _LONGEST_TITLE
        and all(word[0].isupper() for word in words)
        and not _STOP.search(inside)
        and bool(_BEFORE_TITLE.search(text, max(0, quote.start - 40), quote.start))
    )


def masked(text: str, found: list[Quote]) -> str:
    """The text with every character of a quotation, but its marks, as a control character: offsets stay."""
    pieces, last = [], 0
    for quote in found:
        pieces += [text[last : quote.start + 1], "\x01" * max(0, quote.end - quote.start - 2)]
        last = max(quote.start + 1, quote.end - 1)
    return "".join([*pieces, text[last:]])


def _may_open(text: str, at: int) -> bool:
    """Whether a mark stands before a word, as an opening one does."""
    before, after = text[at - 1 : at], text[at + 1 : at + 2]
    if text[at] in "„«":
        return True
    return (not before or not before.isalnum()) and bool(after) and not after.isspace() and after not in ",.;:!?"


def _left_open(text: str, opened: int) -> list[Quote]:
    """A quotation that has no closing mark: to the end of its paragraph, where the next begins with a mark again."""
    end = text.find("\n", opened)
    end = len(text) if end < 0 else end
    follows = text[end:].lstrip()[:1]
    if follows and follows in _OPENING + _STRAIGHT and text[opened] in follows + _OPENING:
        return [Quote(opened, len(text[:end].rstrip()))]
    return []
