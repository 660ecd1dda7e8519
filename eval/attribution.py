"""How much of what is said is found, and whether the speaker is right: `python -m eval.attribution`.

The sets are `eval/data/statements.jsonl`, `statements_unseen.jsonl` (short texts with the constructions of news) and
`statements_articles.jsonl` (whole articles), written for it: what is said, who says it (`null`: the text does not
tell), and in which form. The last two were written after the rules and run once before they were mended by them too;
docs/attribution.md has the figures of those runs, and what this prints is of sets that were tuned on.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ingest.attribute import attribute
from ingest.names import name_key
from ingest.sentences import sentences

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ingest.records import Statement

    Json = dict[str, Any]

SETS = ("statements", "statements_unseen", "statements_articles")


def measure(cases: Iterable[Json]) -> dict[str, float]:
    """Shares by form: statements found, and of those found the speaker right; and F1 of indirect speech.

    Returns:
        `quotes found`, `quotes right` (of those found), `indirect F1` (found with the right speaker), and counts.
    """
    n_quotes = n_found = n_right = 0
    n_indirect = n_hit = n_said = 0
    for case in cases:
        text = case["text"]
        found = attribute(text, sentences(text, "en"))
        n_said += sum(one.form == "indirect" for one in found)
        for said, speaker, form in case["statements"]:
            own = _that(found, text.index(said), text.index(said) + len(said))
            is_right = own is not None and _same(own.speaker, speaker)
            if form == "indirect":
                n_indirect += 1
                n_hit += is_right
            else:
                n_quotes += 1
                n_found += own is not None
                n_right += is_right
    precision, recall = n_hit / max(1, n_said), n_hit / max(1, n_indirect)
    return {
        "quotes": n_quotes,
        "quotes found": n_found / n_quotes,
        "quotes right": n_right / max(1, n_found),
        "indirect": n_indirect,
        "indirect precision": precision,
        "indirect recall": recall,
        "indirect F1": 2 * precision * recall / max(1e-9, precision + recall),
    }


def cases(name: str = SETS[0]) -> list[Json]:
    """The labelled texts of a set."""
    path = Path(__file__).parent / "data" / f"{name}.jsonl"
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def mistakes(labelled: Iterable[Json]) -> list[str]:
    """What is not found, or said by another than the text says."""
    lines = []
    for case in labelled:
        text = case["text"]
        found = attribute(text, sentences(text, "en"))
        for said, speaker, form in case["statements"]:
            own = _that(found, text.index(said), text.index(said) + len(said))
            if own is None or not _same(own.speaker, speaker):
                lines.append(f"{form}: {said!r} is {speaker!r}, found {own and own.speaker!r}")
        if not case["statements"]:
            lines += [f"none: found {text[one.start : one.end]!r}" for one in found]
    return lines


def _that(found: list[Statement], start: int, end: int) -> Statement | None:
    """The statement that shares most with a span, half of it at least."""
    shared = [(min(one.end, end) - max(one.start, start), -(one.end - one.start), one) for one in found]
    best = max(shared, default=None, key=lambda one: one[:2])
    return best[2] if best and best[0] >= 0.5 * (end - start) else None


def _same(found: str | None, wanted: str | None) -> bool:
    if found is None or wanted is None:
        return found is wanted
    a, b = name_key(found), name_key(wanted)
    return a == b or a <= b or b <= a


def main() -> None:
    """Prints the figures and the mistakes."""
    for of in SETS:
        labelled = cases(of)
        print(of)
        for name, value in measure(labelled).items():
            print(f"{name:20} {value:.3f}" if isinstance(value, float) else f"{name:20} {value}")
        print(*mistakes(labelled), sep="\n")


if __name__ == "__main__":
    main()
