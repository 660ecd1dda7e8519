"""Questions that a library can probably answer, made of the names that its newest articles have in common.

Example: of articles in which "Morgan Ortagus said" something, `examples(index)` has "What did Morgan Ortagus say?".
"""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ingest.store import PassageIndex

_NEWEST = 40
_LONGEST = 20_000  # characters of a text that are read
_WORD = r"[A-Z][\w’'-]*[a-z]"
_NAME = re.compile(rf"(?<=[a-z,] )(?:the )?{_WORD}(?: {_WORD}){{1,4}}\b(?!['’]s\b)")
_SPOKE = re.compile(rf"\b({_WORD}(?: {_WORD}){{0,2}})(?:, [^,.\n]{{3,60}},)? (?:said|told|warned|announced)\b")
_TITLES = frozenset(
    "Mr Mrs Ms Dr Gen Prime President Minister Secretary Foreign Spokesman Spokeswoman Senator Judge Mayor".split()
)
_NO_NAMES = frozenset(
    "What When Who The A An In On At But And He She It They We You There Officials Police Sources State Office "
    "Department Ministry Monday Tuesday Wednesday Thursday Friday Saturday Sunday January February March April May "
    "June July August September October November December".split()
)


def examples(index: PassageIndex, most: int = 4) -> list[str]:
    """A few questions, those on what most articles mention first; none for an empty library."""
    summaries, _ = index.documents(limit=_NEWEST, offset=0)
    texts = [text[:_LONGEST] for text in index.texts([summary.id for summary in summaries]).values()]
    spoke = _common([set(_SPOKE.findall(text)) for text in texts])
    named = _common([set(_NAME.findall(text)) for text in texts])
    said = spoke[: most // 2]
    surnames = {re.split(r"[ -]", name)[-1] for name in said}
    topics = [name for name in named if re.split(r"[ -]", name)[-1] not in surnames]
    about = [f"What is reported about {name}?" for name in topics[: most - len(said)]]
    return [f"What did {name} say?" for name in said] + about


def _common(names: list[set[str]]) -> list[str]:
    """Names by how many articles have them, each last word once, and then as it is written longest."""
    counts: Counter[str] = Counter()
    written: dict[str, str] = {}
    for name in (_untitled(name) for of_one in names for name in sorted(of_one)):
        last = re.split(r"[ -]", name)[-1].casefold()
        if name and not _NO_NAMES & set(name.split()):
            counts[last] += 1
            written[last] = max(written.get(last, ""), name, key=len)
    return [written[last] for last, _ in counts.most_common()]


def _untitled(name: str) -> str:
    words = name.split()
    while words and words[0] in _TITLES:
        del words[0]
    return " ".join(words)
