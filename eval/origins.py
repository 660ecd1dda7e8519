"""How well copies of one story are told from independent reports of one event: `python -m eval.origins`.

Example: `{"half": "other", "pairs": 420, "precision": 1.0, "recall": 0.97, "F1": 0.98}`. Every report is varied:
abridged, given another headline, reordered, reworded with its quotations kept, and several of these at once. Pairs are
of one event only: two variants of one report have one origin, those of two reports have not. The threshold was chosen
on the seeds' articles; the reports in `eval.origin_texts` are the half that figures are reported on.
"""

from __future__ import annotations

import json
import random
import re
import sys
from itertools import combinations
from pathlib import Path
from typing import NamedTuple

from eval.origin_texts import REPORTS, SYNONYMS
from ingest.clean import clean
from ingest.load import load
from ingest.origin import SAME, Story, story, tie
from ingest.records import RawArticle

_QUOTED = re.compile(r"([“\"][^“”\"]+[”\"])")
_WORDS = re.compile(r"\b(" + "|".join(sorted(map(re.escape, SYNONYMS), key=len, reverse=True)) + r")\b", re.IGNORECASE)
_CLAUSE = re.compile(r"^([^,“”\"]{15,}), ((?:and|after|because|which|while|where|since|so)\b[^“”\"]{15,})\.$")
_HEADLINES = ("What we know so far", "Latest news from the region", "Background: how it came about")


class Variant(NamedTuple):
    """A text that was made of a report, and how."""

    report: str
    how: str
    text: str


def variants(name: str, text: str, seed: int = 7) -> list[Variant]:
    """The report itself and what becomes of it in other papers."""
    chance = random.Random(f"{seed} {name}")
    paragraphs = [one for one in text.split("\n") if one.strip()]
    shuffled = chance.sample(paragraphs, len(paragraphs))
    short = paragraphs[: max(3, len(paragraphs) // 2)]
    some = sorted(chance.sample(range(len(paragraphs)), max(3, 2 * len(paragraphs) // 3)))
    headed = [chance.choice(_HEADLINES), *paragraphs[1:]]
    made = {
        "original": paragraphs,
        "abridged": short,
        "excerpted": [paragraphs[number] for number in some],
        "re-headlined": headed,
        "reordered": shuffled,
        "reworded": [_reworded(one) for one in paragraphs],
        "reworded and abridged": [_reworded(one) for one in short],
        "reworded and reordered": [_reworded(one) for one in shuffled],
    }
    return [Variant(name, how, "\n\n".join(parts)) for how, parts in made.items()]


def measure(events: dict[str, dict[str, str]], threshold: float = SAME) -> dict[str, float]:
    """Precision, recall and F1 over the pairs of each event.

    Args:
        events: The reports of each event, by name.
        threshold: Likeness from which a pair counts as one origin.
    """
    outcomes: list[tuple[bool, bool]] = []
    for reports in events.values():
        told: list[tuple[str, Story]] = [
            (name, story(one.text)) for name, text in reports.items() for one in variants(name, text)
        ]
        outcomes += [
            (one[0] == other[0], tie(one[1], other[1]).likeness >= threshold) for one, other in combinations(told, 2)
        ]
    right = sum(same and found for same, found in outcomes)
    precision = right / max(sum(found for _, found in outcomes), 1)
    recall = right / max(sum(same for same, _ in outcomes), 1)
    f1 = 2 * precision * recall / max(precision + recall, 1e-9)
    return {
        "threshold": threshold, "pairs": len(outcomes), "precision": round(precision, 3),
        "recall": round(recall, 3), "F1": round(f1, 3),
    }  # fmt: skip


def seeds(folder: Path) -> dict[str, dict[str, str]]:
    """The seeds' articles as one event."""
    found = [one for path in sorted(folder.glob("0*.md")) for one in load([path], max_bytes=10**7)]
    return {"seeds": {one.id: clean(one).text for one in found if isinstance(one, RawArticle)}}


def main() -> None:
    """Prints the figures of both halves."""
    other = {event: {str(n): text for n, text in enumerate(texts)} for event, texts in REPORTS.items()}
    for half, events in (("tuned", seeds(Path("seeds"))), ("other", other)):
        for threshold in (0.35, 0.4, SAME, 0.5, 0.55):
            sys.stdout.write(json.dumps({"half": half, **measure(events, threshold)}) + "\n")


def _reworded(paragraph: str) -> str:
    """The paragraph in other words, outside of its quotations, and with clauses the other way round."""
    turned = _CLAUSE.sub(lambda found: f"{found[2][0].upper()}{found[2][1:]}: {found[1]}.", paragraph)
    parts = _QUOTED.split(turned)
    return "".join(
        part if number % 2 else _WORDS.sub(lambda found: SYNONYMS[found[0].lower()], part)
        for number, part in enumerate(parts)
    )


if __name__ == "__main__":
    main()
