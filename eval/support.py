"""Whether quotes support a claim, by its words: enough of them, and every number and name.

Example: `supports(["About 5,200 soldiers are in Iraq."], "5,200 soldiers are in Iraq.")` is `True`.
It knows no paraphrase, no negation and no arithmetic; `docs/evaluation.md` says how often it is right.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from eval.wording import normal

if TYPE_CHECKING:
    from collections.abc import Iterable

RECALL = 0.6  # of the claim's content words
_STOP = frozenset(
    "s and or but of in on at to for from by with as is are was were be been being has have had do does did it its "
    "he she they him his her them their this that these those which who whom what when where while than then there i "
    "we you our your said says say will would can could may might must shall should also into about over after "
    "before".split()
)
_JOINT = re.compile(r"[’‘'`/\-–—]")  # parts of a word count by themselves: "Iraq’s" is about Iraq
_BEGINS = re.compile(r"(?:^|[.!?…:]\W*\s)\W*$")  # a capital letter after this says nothing


class _Words(NamedTuple):
    """Content words of a claim, and those of its names and numbers."""

    all: frozenset[str]
    needed: frozenset[str]


def supports(quotes: Iterable[str], claim: str) -> bool:
    """Whether the quotes, taken together, carry the claim."""
    found = frozenset[str]().union(*map(_found, quotes))
    words = _words(claim)
    if not words.all:
        return bool(found)
    return words.needed <= found and len(words.all & found) >= RECALL * len(words.all)


@lru_cache(maxsize=1_000)  # quotes and claims are looked at again for each citation
def _found(quote: str) -> frozenset[str]:
    return frozenset(normal(_JOINT.sub(" ", quote)))


@lru_cache(maxsize=1_000)
def _words(claim: str) -> _Words:
    every, needed = set(), set()
    text = _JOINT.sub(" ", claim)
    for match in re.finditer(r"\S+", text):
        own = set(normal(match[0])) - _STOP
        every |= own
        first = next((letter for letter in match[0] if letter.isalnum()), "")
        if any(map(str.isdigit, match[0])) or (first.isupper() and not _BEGINS.search(text[: match.start()])):
            needed |= own
    return _Words(frozenset(every), frozenset(needed))
