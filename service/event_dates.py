"""The days on which things happened that a sentence reports, as seen from the day its article was written.

Example: in an article of Friday 10 January, the sentence "They spoke on Thursday." has one `TimeWords` with the day
2020-01-09 and its offsets in the article.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ingest.errors import DocumentNotFoundError
from service.dates import dates_in

if TYPE_CHECKING:
    from datetime import date

    from ingest.store import PassageIndex, PassageRow
    from service.answer import Sentence
    from service.dates import TimeWords


def written_on(index: PassageIndex, row: PassageRow) -> date | None:
    """The day from which an article's words of time are counted: that of publication, else that of its dateline."""
    if row.published_on:
        return row.published_on
    try:
        return index.document(row.document_id).dateline_on
    except DocumentNotFoundError:  # removed at this moment
        return None


def dates_of(index: PassageIndex, sentence: Sentence) -> tuple[TimeWords, ...]:
    """The words of time in a sentence, with offsets in its document; those that nothing resolves have no days."""
    row = sentence.row
    found = dates_in(row.text, row.published_on, sentence.start - row.start, sentence.end - row.start)
    if found and row.published_on is None:
        day = written_on(index, row)
        found = dates_in(row.text, day, sentence.start - row.start, sentence.end - row.start) if day else found
    return tuple(replace(words, start=words.start + row.start, end=words.end + row.start) for words in found)
