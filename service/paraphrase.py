"""Within the second stage of a question: groups that say the same in other words become one.

Example: "The UK answered the raid with strikes on rebel camps, killing at least 25 people." and "The United Kingdom
replied to the raid, killing at least 25 people in strikes on camps of the rebels." are one claim of two outlets.
`merge` looks at shared words; here it is late interaction both ways, and again nothing may set the two apart.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from service.merge import nothing_apart

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from service.answer import Sentence
    from service.retrieve import Ranked

    Vectors = NDArray[np.float32]

_ALIKE = 0.82  # mean of late interaction from one to the other and back
_NEAR = 0.8  # cosine of their means, below which that is not worked out
_CLAIMS = 5  # groups of which an answer shows no more
_COMPARED = 30  # best sentences, which may carry a claim without being one
_FEWEST = 6  # tokens
_TINY = 1e-9  # keeps a length of zero from being divided by


def join(groups: Sequence[list[Sentence]], best_first: Sequence[Sentence], ranked: Sequence[Ranked]) -> None:
    """Puts into each group what paraphrases its first sentence, of other documents; a whole group, if its first does.

    Args:
        groups: Best first; those that others take in are left empty.
        best_first: Sentences, some of which are in no group.
        ranked: The passages that they are of.
    """
    vectors = _Vectors({one.candidate.row.key: one for one in ranked})
    for i, group in enumerate(groups[:_CLAIMS]):
        for other in groups[i + 1 :]:
            if group and other and vectors.are_alike(group[0], other[0]):
                _take(group, other)
                other.clear()
    grouped = {(one.row.key, one.start) for group in groups for one in group}
    for one in best_first[:_COMPARED]:
        if (one.row.key, one.start) not in grouped:
            _take(next((group for group in groups[:_CLAIMS] if group and vectors.are_alike(group[0], one)), []), [one])


def _take(group: list[Sentence], others: Sequence[Sentence]) -> None:
    for one in others:
        if group and all(one.row.document_id != own.row.document_id for own in group):
            group.append(one)


@dataclass(slots=True)
class _Vectors:
    """Token vectors of sentences, each of length one, made when they are first needed."""

    ranked: dict[int, Ranked]
    made: dict[tuple[int, int], tuple[Vectors, Vectors]] = field(default_factory=dict)

    def are_alike(self, one: Sentence, other: Sentence) -> bool:
        """Whether two sentences of different documents say the same in other words."""
        if one.row.document_id == other.row.document_id:
            return False
        (mine, my_mean), (its, its_mean) = self._of(one), self._of(other)
        if min(len(mine), len(its)) < _FEWEST or float(my_mean @ its_mean) < _NEAR:
            return False
        similarities = mine @ its.T
        mean = (float(similarities.max(axis=1).mean()) + float(similarities.max(axis=0).mean())) / 2
        return mean >= _ALIKE and nothing_apart(one.text, other.text)

    def _of(self, sentence: Sentence) -> tuple[Vectors, Vectors]:
        key = (sentence.row.key, sentence.start)
        if key not in self.made:
            at = int(np.searchsorted(sentence.row.sentences[:, 0], sentence.start))
            first, last = sentence.row.sentences[at, 2:].tolist()
            tokens = _directions(self.ranked[sentence.row.key].tokens[first:last])
            self.made[key] = tokens, _directions(tokens.sum(axis=0))
        return self.made[key]


def _directions(vectors: Vectors) -> Vectors:
    directions: Vectors = vectors / np.maximum(np.linalg.norm(vectors, axis=-1, keepdims=True), _TINY)
    return directions
