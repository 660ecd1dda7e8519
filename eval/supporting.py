"""How well the check of claims tells true ones from false ones: `onrecord eval support --data seeds --claims DIR`.

Example: `of_articles(documents, encoder)` is `{"kept": …, "caught": …, "kinds": {"changed figure": …}, …}`, and
`of_claims(read_claims(folder), encoder)` has the AUROC of claims with the evidence that supports them against
the same claims with unrelated evidence, and against other claims with evidence that contradicts them.
"""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from scipy.stats import rankdata

from eval.corrupt import cases
from eval.data import DataError, read_lines
from eval.intervals import means
from service.support import Claimed, Evidence, check, features, score
from service.support_facts import common_words

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date
    from pathlib import Path

    from numpy.typing import ArrayLike

    from ingest.embed import Encoder
    from ingest.records import Document

    Json = dict[str, Any]

_SUPPORT, _CONTRADICT, _UNRELATED = "SUPPORT", "CONTRADICT", "UNRELATED"


class Labelled(NamedTuple):
    """A claim with evidence, and what people said of the two."""

    claim: str
    evidence: str
    label: str
    split: str


class _Pairs:
    """Claims and quotes in the form that the check takes, each text encoded once."""

    def __init__(self, encoder: Encoder, texts: Sequence[str], common: frozenset[str] = frozenset()) -> None:
        distinct = list(dict.fromkeys(texts))
        self._encoded = dict(zip(distinct, encoder.encode(distinct), strict=True))
        self._common = common

    def claim(self, text: str) -> Claimed:
        return Claimed.of(text, self._encoded[text], self._common)

    def quote(self, text: str, written_on: date | None = None, before: str = "") -> Evidence:
        return Evidence(text, written_on, self._encoded[text].tokens.astype(np.float32), before)


def of_articles(documents: Sequence[Document], encoder: Encoder, seed: int = 0) -> Json:
    """Shares of true claims that are kept and of false ones that are caught, and the false ones by kind."""
    made = list(cases(documents, seed))
    common = common_words(" ".join(document.text for document in documents))
    pairs = _Pairs(encoder, [text for one in made for text in (one.claim, one.quote)], common)
    told = [
        check(pairs.claim(one.claim), [pairs.quote(one.quote, one.written_on, one.before)]).reason is None
        for one in made
    ]
    right = {
        kind: [float(passes == one.is_true) for one, passes in zip(made, told, strict=True) if kind in _kinds(one)]
        for kind in dict.fromkeys(kind for one in made for kind in _kinds(one))
    }
    return {
        kind: dict(zip(("value", "low", "high", "n"), (*figure[:3], len(right[kind])), strict=True))
        for kind in right
        for figure in [means({kind: right[kind]}, [str(n) for n in range(len(right[kind]))])[kind]]
    } | {
        "mistakes": [
            {"kind": one.kind, "claim": one.claim, "quote": one.quote}
            for one, passes in zip(made, told, strict=True)
            if passes != one.is_true
        ]
    }


def of_claims(labelled: Sequence[Labelled], encoder: Encoder, split: str | None = None, seed: int = 0) -> Json:
    """AUROC of evidence that supports, against unrelated and against contradicting evidence."""
    chosen = [one for one in with_unrelated(labelled, seed) if split in (None, one.split)]
    pairs = _Pairs(encoder, [text for one in chosen for text in (one.claim, one.evidence)])
    scores: dict[str, list[float]] = {_SUPPORT: [], _CONTRADICT: [], _UNRELATED: []}
    for one in chosen:
        scores[one.label].append(score(pairs.claim(one.claim), [pairs.quote(one.evidence)]))
    return {
        "unrelated": auroc(scores[_SUPPORT], scores[_UNRELATED]),
        "contradicting": auroc(scores[_SUPPORT], scores[_CONTRADICT]),
        "n": {label: len(values) for label, values in scores.items()},
    }


def columns(labelled: Sequence[Labelled], encoder: Encoder) -> list[dict[str, float]]:
    """The features of each, for fitting the score."""
    pairs = _Pairs(encoder, [text for one in labelled for text in (one.claim, one.evidence)])
    return [features(pairs.claim(one.claim), [pairs.quote(one.evidence)], one.evidence) for one in labelled]


def read_claims(folder: Path) -> list[Labelled]:
    """The claims of a set whose questions have a `label` and `evidence_sets`, as scifact has them.

    Raises:
        DataError: It has none.
    """
    found = [
        Labelled(line["question"], " ".join(line["evidence_sets"][0]["text"]), line["label"], line.get("split", ""))
        for _, line in read_lines(folder / "questions.jsonl")
        if line.get("evidence_sets") and line.get("label") in (_SUPPORT, _CONTRADICT)
    ]
    if not found:
        message = f"{folder} has no claims with a `label` and `evidence_sets`"
        raise DataError(message)
    return found


def with_unrelated(labelled: Sequence[Labelled], seed: int = 0) -> list[Labelled]:
    """The same, and each supported claim once more with the evidence of another claim of its split."""
    chance = random.Random(seed)
    supported = [one for one in labelled if one.label == _SUPPORT]
    return [
        *labelled,
        *(
            one._replace(evidence=chance.choice(others).evidence, label=_UNRELATED)
            for one in supported
            if (others := [other for other in labelled if other.claim != one.claim and other.split == one.split])
        ),
    ]


def auroc(positive: ArrayLike, negative: ArrayLike) -> float | None:
    """The share of pairs in which the positive one has the higher score, ties counting half; `None` without pairs."""
    high, low = np.asarray(positive, float), np.asarray(negative, float)
    if not len(high) or not len(low):
        return None
    ranks = rankdata(np.concatenate([high, low]))[: len(high)]
    return float((ranks.sum() - len(high) * (len(high) + 1) / 2) / (len(high) * len(low)))


def _kinds(one: Any) -> tuple[str, str]:
    return ("kept" if one.is_true else "caught", f"{'true' if one.is_true else 'false'}: {one.kind}")
