"""The words of a document in few numbers, by which copies of one story are told.

Example: two documents whose sketches have 45 of 64 hashes in common share about 70 % of their word 3-grams.

Source: bottom-k sketches (Broder 1997).
"""

from __future__ import annotations

import hashlib
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

_SIZE = 64  # hashes kept
_PLACES = np.array([0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9], np.uint64)  # odd, one for each word
_MIXER, _SHIFT = np.uint64(0xFF51AFD7ED558CCD), np.uint64(33)  # of MurmurHash3's finaliser


def sketch(terms: Sequence[str]) -> NDArray[np.uint64]:
    """The smallest hashes of a text's 3-grams, ascending, `(≤64,) uint64`.

    Args:
        terms: The text's words, in order.
    """
    words = np.array([_hash(term) for term in terms] or [_hash("")], np.uint64)
    if len(words) < len(_PLACES):
        words = np.resize(words, len(_PLACES))
    n = len(words) - len(_PLACES) + 1
    grams = sum((words[place : place + n] * odd for place, odd in enumerate(_PLACES)), np.zeros(n, np.uint64))
    grams ^= grams >> _SHIFT
    grams *= _MIXER
    grams ^= grams >> _SHIFT
    smallest: NDArray[np.uint64] = np.unique(grams)[:_SIZE]
    return smallest


@lru_cache(maxsize=100_000)
def _hash(term: str) -> int:
    return int.from_bytes(hashlib.blake2b(term.encode(), digest_size=8).digest(), "little")
