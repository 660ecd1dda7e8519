"""How well words of time are found and resolved, on sentences written for it: `python -m eval.times`.

Example: the line `2020-01-10 | They spoke on [Thursday](2020-01-09).` is a `Case` with one expression. The parts are
told in `docs/time.md`.
"""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from service.dates import TimeWords, dates_in

if TYPE_CHECKING:
    from collections.abc import Iterable

LABELLED = Path(__file__).with_suffix(".txt")
_LABEL = re.compile(r"\[(?P<words>[^]]+)\]\((?P<days>[^)]+)\)")


@dataclass(frozen=True, slots=True)
class Case:
    """A sentence, the day on which it was written, and the words of time in it, as a person labelled them."""

    half: str
    text: str
    written_on: date | None
    labels: tuple[TimeWords, ...]


@dataclass(frozen=True, slots=True)
class Scores:
    """Precision and recall of exact words, and of those found rightly, the share with the right days."""

    labelled: int
    found: int
    right_words: int
    right_days: int

    def line(self) -> str:
        """The figures on one line."""
        precision, recall = self.right_words / max(1, self.found), self.right_words / max(1, self.labelled)
        days = self.right_days / max(1, self.right_words)
        return (
            f"{self.labelled} expressions: precision {precision:.3f}, recall {recall:.3f}, "
            f"right days of these {days:.3f}, right in words and days of all {self.right_days / self.labelled:.3f}"
        )


def read(path: Path = LABELLED) -> list[Case]:
    """The labelled sentences."""
    cases, half = [], ""
    for line in path.read_text("utf-8").splitlines():
        if line in {"# tune", "# report", "# fresh"}:
            half = line.removeprefix("# ")
        elif line and not line.startswith("#"):
            written, sentence = line.split(" | ", 1)
            cases.append(_case(half, None if written == "-" else date.fromisoformat(written), sentence))
    return cases


def score(cases: Iterable[Case]) -> tuple[Scores, list[str]]:
    """The scores, and a line for everything that is wrong."""
    labelled = found = right_words = right_days = 0
    wrong = []
    for case in cases:
        got = {(one.start, one.end): one for one in dates_in(case.text, case.written_on)}
        wanted = {(one.start, one.end): one for one in case.labels}
        shared = got.keys() & wanted.keys()
        right = {at for at in shared if got[at] == wanted[at]}
        labelled, found = labelled + len(wanted), found + len(got)
        right_words, right_days = right_words + len(shared), right_days + len(right)
        wrong += [f"not found   {_shown(wanted[at])} in: {case.text}" for at in sorted(wanted.keys() - shared)]
        wrong += [f"no such     {_shown(got[at])} in: {case.text}" for at in sorted(got.keys() - shared)]
        wrong += [
            f"wrong days  {_shown(got[at])}, not {_shown(wanted[at])} in: {case.text}" for at in sorted(shared - right)
        ]
    return Scores(labelled, found, right_words, right_days), wrong


def main() -> None:
    """Prints the scores of each part; with `--wrong`, also what is wrong in it."""
    for half in ("tune", "report", "fresh"):
        scores, wrong = score(case for case in read() if case.half == half)
        sys.stdout.write(f"{half:<7}{scores.line()}\n")
        if "--wrong" in sys.argv or f"--wrong={half}" in sys.argv:
            sys.stdout.writelines(f"  {line}\n" for line in wrong)


def _case(half: str, written_on: date | None, sentence: str) -> Case:
    text, labels, at = "", [], 0
    for match in _LABEL.finditer(sentence):
        text += sentence[at : match.start()]
        start, at = len(text), match.end()
        text += match["words"]
        first, _, last = match["days"].partition("..")
        labels.append(
            TimeWords(match["words"], start, len(text), _day(first), _day(last if ".." in match["days"] else first))
        )
    return Case(half, text + sentence[at:], written_on, tuple(labels))


def _day(written: str) -> date | None:
    return None if written in {"", "?"} else date.fromisoformat(written)


def _shown(words: TimeWords) -> str:
    return f"{words.text!r} {words.first or '?'}..{words.last or '?'}"


if __name__ == "__main__":
    main()
