"""Whether a library is whole, seen from outside: for tests of what interrupts it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ingest.store import PassageIndex
from tests.invented import candidates

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from ingest.embed import Encoder

_SAMPLED = 40  # documents looked for by their own words and vectors
_LEG = 30  # passages of each engine, as many as a question looks at
_MOST_UNREACHED = 1  # Chroma's graph leads to about one in 800 near copies from nowhere, also without any fault


def n_whole(library: Path, expected: Mapping[str, str], encoder: Encoder) -> int:
    """How many documents a library holds, once each has been seen to be whole and to be found by its own words.

    Args:
        expected: Text by id, each of one passage, of the documents that may be there; no other may.
    """
    with PassageIndex.open(library) as index:
        texts = index.texts(expected)
        status = index.status()
        assert (status.documents, status.passages) == (len(texts), len(texts))  # what is pending is found by nobody
        assert texts == {document_id: expected[document_id] for document_id in texts}
        index.warm_up()  # raises where vectors are lost
        sample = list(texts)[:: max(1, len(texts) // _SAMPLED)]
        unreached = []
        for document_id, encoded in zip(sample, encoder.encode([texts[one] for one in sample]), strict=True):
            lexical = index.lexical(index.terms(texts[document_id]), _LEG)
            nearest = index.nearest(encoded.vector, _LEG)
            both = candidates(index, lexical, [], encoded.vector)
            (own,) = [one for one in both if one.row.document_id == document_id]
            assert own.cosine > 0.999
            assert np.array_equal(index.token_vectors([own.row]), encoded.tokens)
            unreached += [] if own.row.key in nearest else [document_id]
        assert len(unreached) <= _MOST_UNREACHED, unreached
    return len(texts)
