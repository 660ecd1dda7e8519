"""What stands on a web page besides its article, block by block and in page order; called by `page`.

Example:
    `left_out(tree, ["Iraq …", "He …"])` is `[(0, "Home"), (1, "A minister. Photo: A. N."), (2, "Most read")]`:
    the menu stood above the first paragraph, the caption above the second, and the last block below both.
"""

from __future__ import annotations

import re
from itertools import accumulate
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from lxml.html import HtmlElement  # type: ignore[import-untyped]  # lxml ships no types

_MAX_CHARACTERS = 200_000  # kept of one page; those that people read have a tenth of it
_LEAST = 20  # characters as which a block counts at least, so that there are not more than 10,000
_NEAR = 20_000  # characters of the article, from the last paragraph on, in which a part of a paragraph is looked for
_MIN_PART = 20  # characters from which a part is known wherever it stands in a paragraph
_NOT_WORDS = re.compile(r"[\W_]+")
_HIDDEN_STYLE = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)
_WITHOUT_TEXT = frozenset(
    "audio canvas datalist embed head iframe math noscript object option script select style svg template textarea "
    "title video".split()
)
_INLINE = frozenset(
    "a abbr acronym b bdi bdo big cite code data del dfn em font i img ins kbd label mark q rp rt ruby s samp small "
    "span strike strong sub sup time tt u var wbr".split()
)


def left_out(tree: HtmlElement, article: Sequence[str]) -> list[tuple[int, str]]:
    """The visible blocks of text that are not in the article, each with the number of the paragraph below it.

    At most 200,000 characters in 10,000 blocks are kept, those nearest the top. A block of which only a part is in the
    article is kept whole.

    Args:
        article: Its paragraphs, in order.
    """
    place = _Place(article)
    kept: list[tuple[int, str]] = []
    room = _MAX_CHARACTERS
    for block in _blocks(tree):
        if not place.holds(block):
            kept.append((place.paragraph, block[:room]))
            room -= max(len(block), _LEAST)
        if room <= 0:
            break
    return kept


class _Place:
    """How far down the article the page has been read."""

    def __init__(self, article: Sequence[str]) -> None:
        self.paragraph = 0
        self._keys = [_key(text) for text in article]
        self._all = "".join(self._keys)
        self._starts = [0, *accumulate(map(len, self._keys))][:-1]  # of each paragraph, within all of them
        self._numbers: dict[str, list[int]] = {}  # of the paragraphs that are not found yet, the next one last
        for number in reversed(range(len(self._keys))):
            self._numbers.setdefault(self._keys[number], []).append(number)

    def holds(self, block: str) -> bool:
        """Whether the block is in the article or has no word in it; moves on to where it stands."""
        key = _key(block)
        if not key:
            return True
        if numbers := self._numbers.get(key):
            self.paragraph = max(self.paragraph, numbers.pop() + 1)
            return True
        if self._is_part(key):
            return True
        while self.paragraph < len(self._keys) and self._keys[self.paragraph] in key:
            self.paragraph += 1
        return False

    def _is_part(self, key: str) -> bool:
        if not self._starts:
            return False
        start = self._starts[max(self.paragraph - 1, 0)]
        at = self._all.find(key, start, start + _NEAR + len(key))
        if at < 0 or (len(key) < _MIN_PART and at not in self._starts[self.paragraph : self.paragraph + 1]):
            return False
        while self.paragraph < len(self._starts) and self._starts[self.paragraph] <= at:
            self.paragraph += 1
        return True


def _key(text: str) -> str:
    """The letters and digits, by which two printings of a paragraph are equal."""
    return _NOT_WORDS.sub("", text)


def _blocks(tree: HtmlElement) -> Iterator[str]:
    """The visible text of the page, cut where a browser begins a new line."""
    from lxml import etree  # type: ignore[import-untyped]  # lxml ships no types

    parts: list[str] = []
    walk = etree.iterwalk(tree, events=("start", "end"))
    for event, element in walk:
        if event == "start":
            cuts, text = element.tag not in _INLINE, element.text
            if _is_hidden(element):
                walk.skip_subtree()
                text = None
        else:
            cuts, text = element.tag not in _INLINE, element.tail
        if cuts and (block := " ".join("".join(parts).split())):
            yield block
        if cuts:
            parts.clear()
        if text:
            parts.append(text)
    if block := " ".join("".join(parts).split()):
        yield block


def _is_hidden(element: HtmlElement) -> bool:
    return (
        element.tag in _WITHOUT_TEXT
        or "hidden" in element.attrib
        or element.get("aria-hidden") == "true"
        or _HIDDEN_STYLE.search(element.get("style") or "") is not None
    )
