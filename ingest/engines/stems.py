"""The terms of a passage's sentences, worked out once, so that a question need not.

Example: of the title "Two calls" and two sentences, `stems(…)` is three lines, of which the first is `two call`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from ingest.records import Sentence


def stems(
    terms: Callable[[str], list[str]], title: str | None, text: str, start: int, sentences: Sequence[Sentence]
) -> str:
    """The terms of the title, then those of each sentence, a line each.

    Args:
        terms: What the words of a text are to the index of words.
        title: Of the passage's document.
        text: Of the passage.
        start: Where the passage begins in its document, in whose text the sentences have their places.
    """
    spoken = [text[first - start : end - start] for first, end in sentences]
    return "\n".join(" ".join(terms(line)) for line in (title or "", *spoken))


def words_of(passages: Iterable[str]) -> list[str]:
    """The terms of a whole document but its title, in order.

    Args:
        passages: The stems of each.
    """
    return [term for lines in passages for line in lines.split("\n")[1:] for term in line.split()]
