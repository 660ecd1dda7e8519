"""Fifth stage of ingest: who is reported to have said what in a document.

Example: in `“We agree,” said Ada Quill. “There is no other way.”` two statements are Ada Quill's, both direct.
Rules and word lists, no model: a word of saying, the noun phrase beside it, and what the article calls the same person
elsewhere. Whose words could not be told has the speaker `None`; nothing is guessed from outside the article.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ingest.cues import ACCORDING, CUE
from ingest.people import NAME
from ingest.quotes import Quote, is_title, masked, quotes
from ingest.records import Statement
from ingest.reports import Report, reports
from ingest.resolve import Cast

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ingest.records import Sentence

_DIRECT = 0.6  # share of what is said that stands in quotation marks
_SCARE = 4  # words in quotation marks that nobody is said to say are no statement when they are fewer
_WORD = re.compile(r"\w+")
_TAG = re.compile(rf"(?:{NAME.pattern}|[Tt]he [a-z ]{{3,30}}|He|She|They) (?:{CUE.pattern})")


def attribute(text: str, sentences: Sequence[Sentence]) -> list[Statement]:
    """The statements in the text of a document, in its order.

    Args:
        sentences: Of its passages, in order.
    """
    found, hidden = _masked(text)
    cast = Cast(text, hidden)
    statements: list[Statement] = []
    for start, end in _units(text, sentences, found):
        own = [quote for quote in found if quote.start < end and quote.end > start]
        if not own and "\x01" not in hidden[start:end] and not _may_report(hidden[start:end]):
            cast.pass_over(start, end)
            continue
        inside = [Quote(max(quote.start, start) - start, min(quote.end, end) - start) for quote in own]
        heard = reports(hidden[start:end], inside)
        statements += _statements(text, start, end, heard, inside, cast)
        cast.pass_over(start, end)
    return _named_later(text, statements)


def _masked(text: str) -> tuple[list[Quote], str]:
    """Its quotations, and the text with them masked; titles in marks are words like any others."""
    marked = quotes(text)
    found = [one for one in marked if not is_title(text, one)]
    hidden = masked(text, marked)
    for title in {*marked} - {*found}:
        last = "," if text[title.end - 2] == "," else "x"
        hidden = "".join([hidden[: title.start], "x" * (title.end - title.start - 1), last, hidden[title.end :]])
    return found, hidden


def _named_later(text: str, statements: list[Statement]) -> list[Statement]:
    """The same; a quotation that is left open at the end of its paragraph is that of the one who closes the next."""
    for i in range(len(statements) - 2, -1, -1):
        one, following = statements[i], statements[i + 1]
        is_open = one.form == "direct" and not one.cue and text[one.end - 1] not in '”"»'
        if one.speaker is None and is_open and following.form == "direct":
            statements[i] = one._replace(speaker=following.speaker, role=following.role)
    return statements


def _may_report(sentence: str) -> bool:
    return bool(CUE.search(sentence) or ACCORDING.search(sentence))


def _units(text: str, sentences: Sequence[Sentence], found: Sequence[Quote]) -> Iterator[tuple[int, int]]:
    """Sentences; those that share a quotation are one, and one that begins with what closes the last belongs to it."""
    start: int | None = None
    last = 0
    ends = {quote.end: quote.start for quote in found}
    spans = [(quote.start, quote.end) for quote in found]
    for sentence in sentences:
        within = any(a < sentence.start < b for a, b in spans)
        goes_on = start is not None and last in ends and _closes_quote(text, sentence, last)
        if start is None or not (within or goes_on):
            if start is not None:
                yield start, last
            start = sentence.start
        last = sentence.end
    if start is not None:
        yield start, last


def _closes_quote(text: str, sentence: Sentence, last: int) -> bool:
    """Whether a sentence behind a quotation belongs to it: “Is it?” asked Quill. “Go!” Ada Quill told them."""
    own = text[sentence.start : sentence.end]
    if own[0].islower() or "\n" in text[last : sentence.start]:
        return own[0].islower()
    return text[last - 2] in "!?…" and "“" not in own and bool(_TAG.match(own))


def _statements(  # noqa: PLR0913  (a sentence is where it stands, and what is in it)
    text: str, start: int, end: int, heard: Sequence[Report], inside: Sequence[Quote], cast: Cast
) -> Iterator[Statement]:
    """The statements of one sentence, with their speakers as the article calls them."""
    if not heard:
        yield from _continued(text, start, end, inside, cast)
        return
    taken: set[Quote] = set()
    for report in heard:
        who = cast.resolve(text, start, report)
        own = [quote for quote in inside if _nearest(quote, heard) is report and quote not in taken]
        taken.update(own)
        content = report.content
        n_quoted = sum(quote.end - quote.start for quote in own)
        cue = (start + report.cue[0], start + report.cue[1])
        whole = [quote for quote in own if quote.end - quote.start >= _DIRECT * (content[1] - content[0])]
        is_framed = bool(own) and own[0].start <= content[0] and own[-1].end >= content[1]  # “No,” said Quill, “never.”
        if own and (whole or is_framed or n_quoted >= _DIRECT * (content[1] - content[0])):
            for quote in own:
                yield Statement(start + quote.start, start + quote.end, "direct", *who, text[slice(*cue)], *cue)
        else:
            first = min([content[0], *(quote.start for quote in own)])
            last = max([content[1], *(quote.end for quote in own)])
            form = "mixed" if own else "indirect"
            yield Statement(start + first, start + last, form, *who, text[slice(*cue)], *cue)
    left = [quote for quote in inside if quote not in taken and _n_words(text, start, quote) >= _SCARE]
    yield from _continued(text, start, end, left, cast)


def _continued(text: str, start: int, end: int, inside: Sequence[Quote], cast: Cast) -> Iterator[Statement]:
    """Quotations beside which nobody is said to speak: whoever spoke just before goes on."""
    whole = len(text[start:end].strip())
    for quote in inside:
        is_all = quote.end - quote.start >= _DIRECT * whole
        is_introduced = text[start : start + quote.start].rstrip().endswith(":")
        if not (is_all or is_introduced) and _n_words(text, start, quote) < _SCARE:
            continue
        who = cast.going_on(text, start, quote)
        if who is not None or is_all:
            yield Statement(
                start + quote.start, start + quote.end, "direct", *(who or (None, None, None)), "", start, start
            )


def _nearest(quote: Quote, heard: Sequence[Report]) -> Report:
    def distance(report: Report) -> int:
        inside = report.content[0] <= quote.start < report.content[1]
        gap = min(abs(quote.start - report.cue[1]), abs(report.cue[0] - quote.end))
        return gap - (1_000 if inside else 0)

    return min(heard, key=distance)


def _n_words(text: str, start: int, quote: Quote) -> int:
    return len(_WORD.findall(text[start + quote.start : start + quote.end]))
