"""Words of a text, as answers are compared: SQuAD's normalisation, for every script.

Example: `normal("The 5,200 U.S. troops.")` is `["5200", "us", "troops"]`.
Source: the evaluation script of SQuAD 1.1 and 2.0 (Rajpurkar and others 2016, 2018): lower case, no punctuation, no
articles. Added: NFKC, case folding, no thousands separators, and each character of Chinese, Japanese or Thai by itself.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

_THOUSANDS = re.compile(r"(?<=\d),(?=\d{3}(?!\d))")
_UNSPACED = re.compile(r"([\u0e00-\u0e7f\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff])")
_ARTICLES = {"a", "an", "the"}


def normal(text: str) -> list[str]:
    """The words of a text without case, punctuation and English articles."""
    folded = _THOUSANDS.sub("", unicodedata.normalize("NFKC", text).casefold())
    spaced = _UNSPACED.sub(r" \1 ", folded)
    bare = "".join(c for c in spaced if unicodedata.category(c)[0] not in "PS")
    return [word for word in bare.split() if word not in _ARTICLES]


def holds(words: Sequence[str], wanted: Sequence[str]) -> bool:
    """Whether the wanted words stand in the others, one after the other; never when none are wanted."""
    n = len(wanted)
    return n > 0 and any(list(words[at : at + n]) == list(wanted) for at in range(len(words) - n + 1))


def token_f1(found: Sequence[str], wanted: Sequence[str]) -> float:
    """F1 of the words in common, each counted as often as it occurs; two empty texts agree."""
    if not found or not wanted:
        return float(list(found) == list(wanted))
    common = sum((Counter(found) & Counter(wanted)).values())
    return 2 * common / (len(found) + len(wanted))
