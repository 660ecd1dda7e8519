"""Within the first stage of a question: which passages are copies of one story.

Example: of a wire story in five outlets, the best ranked passage is the original and the others are copies of it.
Two documents are copies when most of their sketches are the same and neither lacks a name, a number or a denial; those
that have less in common may still be one story in other words, which is told passage by passage.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from service import expect
from service.reworded import ORIGIN, reworded_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from service.retrieve import Ranked

_COPY = 0.7  # share of sketches in common from which two documents are copies of one story
_REWORDED = 0.1  # share of a passage's words that a copy of it may lack
_DENIALS = {"not", "no", "never", "nor", "neither", "denied", "denies"}


def mark_copies(ranked: list[Ranked]) -> list[Ranked]:
    """The same passages, where each copy of a better ranked one of another document says of which."""
    stories = _stories(ranked)
    if len(stories) < 2:
        return ranked
    marked: list[Ranked] = []
    originals: list[Ranked] = []
    for passage in ranked:
        original = None
        if passage.candidate.row.document_key in stories:
            original = _original(passage, originals, stories)
            if original is None:
                originals.append(passage)
        marked.append(replace(passage, copy_of=original) if original else passage)
    return marked


class _Story(NamedTuple):
    """A document's hashes that others have too, and how many it has in all."""

    common: frozenset[int]
    size: int


def _stories(ranked: list[Ranked]) -> dict[int, _Story]:
    """By key, the documents that have enough hashes in common with the others to be a copy of one, or its original.

    One sort of all hashes tells that, where comparing every pair took longer than the ranking.
    """
    sketches = {passage.candidate.row.document_key: passage.candidate.row.sketch for passage in ranked}
    hashes = np.concatenate(list(sketches.values()))
    order = np.argsort(hashes)
    again = hashes[order][1:] == hashes[order][:-1]
    common = np.zeros(hashes.size, bool)
    common[order[1:]] = again
    common[order[:-1]] |= again
    sizes = np.array([sketch.size for sketch in sketches.values()])
    ends, so_far = np.cumsum(sizes), np.concatenate([[0], np.cumsum(common)])
    n_common = so_far[ends] - so_far[ends - sizes]
    if not (n_common >= ORIGIN * sizes).any():
        return {}  # of two copies, the smaller one would have as many
    return {
        key: _Story(frozenset(hashes[end - size : end][common[end - size : end]].tolist()), size)
        for key, end, size, n in zip(sketches, ends.tolist(), sizes.tolist(), n_common.tolist(), strict=True)
        if n >= ORIGIN * sizes.min()
    }


def _original(passage: Ranked, originals: Sequence[Ranked], stories: dict[int, _Story]) -> str | None:
    """Document id of the better ranked passage that this one is a copy of, word for word or in other words."""
    row = passage.candidate.row
    others = [one.candidate.row for one in originals if one.candidate.row.document_key != row.document_key]
    alike = [(other, _share(stories[row.document_key], stories[other.document_key])) for other in others]
    for other, share in alike:
        if share >= _COPY and _says_the_same(row.text, other.text):
            return other.document_id
    reworded = reworded_of(row, [other for other, share in alike if share >= ORIGIN])
    return reworded.document_id if reworded else None


def _share(one: _Story, other: _Story) -> float:
    """Share of the smaller sketch that both have."""
    return len(one.common & other.common) / max(min(one.size, other.size), 1)


def same_story(one: frozenset[int], other: frozenset[int]) -> bool:
    """Whether two documents are copies of one story, by the smallest hashes of their 3-grams."""
    return len(one & other) >= _COPY * min(len(one), len(other)) > 0


def _says_the_same(one: str, other: str) -> bool:
    """Whether the shorter passage stands in the longer one, but for a few words that are no name and no number."""
    shorter, longer = sorted((set(one.split()), set(other.split())), key=len)
    missing, more = shorter - longer, longer - shorter
    if missing & _DENIALS or (more & _DENIALS and len(more) <= _REWORDED * len(shorter)):
        return False
    return len(missing) <= _REWORDED * len(shorter) and not any(
        word[0].isupper() or expect.NUMBER.search(word) for word in missing
    )
