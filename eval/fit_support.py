"""Fits the score of a claim's support: `python -m eval.fit_support CLAIMS_FOLDER`, on the claims of the split `train`.

A logistic model of "supports" against evidence that contradicts or is unrelated; the numbers go into
`service/support.py`.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
from scipy.optimize import minimize

from eval.supporting import columns, read_claims, with_unrelated
from ingest.embed import Encoder

_RIDGE = 0.05


def main() -> None:
    """Prints the weights."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("claims", type=Path)
    labelled = [one for one in with_unrelated(read_claims(parser.parse_args().claims)) if one.split == "train"]
    rows = columns(labelled, Encoder.load())
    names = list(rows[0])
    table = np.array([[row[name] for name in names] for row in rows])
    wanted = np.array([one.label == "SUPPORT" for one in labelled], float)

    def loss(weights: np.ndarray) -> float:
        logits = table @ weights[1:] + weights[0]
        return float((np.logaddexp(0, logits) - wanted * logits).sum() + _RIDGE * (weights[1:] ** 2).sum())

    best = minimize(loss, np.zeros(len(names) + 1)).x
    print({"intercept": round(float(best[0]), 2)} | dict(zip(names, best[1:].round(2).tolist(), strict=True)))


if __name__ == "__main__":
    main()
