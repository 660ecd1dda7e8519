"""Fits the projection that makes token vectors small: `python -m eval.fit_projection CORPUS.jsonl… `.

The 96 directions that keep most of the token vectors' length, without centring, so that dot products stay close:
the eigenvectors of their second-moment matrix. The file in `ingest/data` was fitted on the corpora of clapnq_dev,
mtrag_un and scifact (600 texts each, seed 0); rankings are reported on other sets.
"""

from __future__ import annotations

import argparse
import json
import random
from pathlib import Path

import numpy as np

from ingest import embed

N_TEXTS = 600


def fit(texts: list[str]) -> np.ndarray:
    """The projection, `(384, 96) float32`, and is printed with the share of squared length that it keeps."""
    original = embed.TOKEN_DIMENSION
    encoder = embed.Encoder.load()
    encoder._projection = np.eye(embed.DIMENSION, dtype=np.float32)
    moments = np.zeros((embed.DIMENSION, embed.DIMENSION))
    for encoded in encoder.encode(texts):
        tokens = encoded.tokens.astype(np.float64) / 127
        moments += tokens.T @ tokens
    values, vectors = np.linalg.eigh(moments)
    print(f"kept: {values[-original:].sum() / values.sum():.3f}")
    return vectors[:, ::-1][:, :original].astype(np.float32)


def main() -> None:
    """Fits on the given corpora and writes the file that the encoder reads."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("corpus", nargs="+", type=Path)
    texts: list[str] = []
    for path in parser.parse_args().corpus:
        lines = path.read_text(encoding="utf-8").splitlines()
        texts += [json.loads(line)["text"][:2000] for line in random.Random(0).sample(lines, min(N_TEXTS, len(lines)))]
    np.save(embed._PROJECTION, fit(texts))


if __name__ == "__main__":
    main()
