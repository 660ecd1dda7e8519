"""What ingest hands on from stage to stage, as frozen records.

Example:
    `Document(id="a.md", text="…", outlet="The Daily", published_on=date(2020, 1, 10), …)` with
    `Passage(document_id="a.md", ordinal=0, start=0, end=812, …)`, where `document.text[0:812]` is the passage.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from datetime import date, datetime


_READ_AS = b"2"  # raise it when articles are cleaned or described otherwise: the next ingest then reads them anew


@dataclass(frozen=True, slots=True)
class RawArticle:
    """One article as it was found: its text or HTML, and what came with it (front matter, JSON fields, file name).

    Args:
        id: Where the article is from: its own `id`, its URL, or its path within the ingested folder.
        uri: The file (and line) or URL that a person would open to see it.
        body: Plain text or HTML, decoded, as `is_html` says.
        given: Fields that the source itself states (`title`, `outlet`, `byline`, `agency`, `published_on`,
            `updated_on`, `url`, `language`), as strings.
        source: Absolute path of the file that holds it; empty when it did not come from a file.
        root: Absolute path that was given to ingest and led to that file; `--prune` works within it.
    """

    id: str
    uri: str
    body: str
    is_html: bool = False
    given: dict[str, str] = field(default_factory=dict)
    source: str = ""
    root: str = ""

    @property
    def source_hash(self) -> str:
        """Hash of everything that came in, by which an unchanged article is recognised without cleaning it."""
        digest = hashlib.sha256(_READ_AS)
        for part in (str(self.is_html), self.body, *(f"{key}={self.given[key]}" for key in sorted(self.given))):
            digest.update(part.encode("utf-8", "surrogatepass"))
            digest.update(b"\x00")
        return digest.hexdigest()


class SetAside(NamedTuple):
    """A piece of the source that is not the article, and where it stood.

    Args:
        at: Offset in the canonical text at which the piece was taken out.
        text: The piece, exactly as it stood, with its line break.
        reason: One of `ingest.clean.REASONS`.
    """

    at: int
    text: str
    reason: str


@dataclass(frozen=True, slots=True)
class Document:
    """One article. Every offset in the system indexes into `text`; what is not known is `None`."""

    id: str
    uri: str
    text: str
    title: str | None
    outlet: str | None
    byline: str | None
    agency: str | None
    dateline: str | None
    published_on: date | None
    updated_on: date | None
    url: str | None
    language: str | None
    fetched_at: datetime
    set_aside: tuple[SetAside, ...] = ()
    dateline_on: date | None = None  # worked out from `set_aside` wherever a document is made

    @property
    def content_hash(self) -> str:
        """SHA-256 of the canonical text: equal for two documents that print the same words."""
        return text_hash(self.text)


def text_hash(text: str) -> str:
    """SHA-256 of a text, whatever half characters are in it."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


class Sentence(NamedTuple):
    """Where a sentence stands: `[start, end)` in the document's text."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Passage:
    """A slice of a document made of whole sentences; `document.text[start:end] == text`."""

    document_id: str
    ordinal: int
    start: int
    end: int
    text: str
    sentences: tuple[Sentence, ...]

    @property
    def id(self) -> str:
        """The name by which answers refer to the passage."""
        return f"{self.document_id}#{self.ordinal}"


class Statement(NamedTuple):
    """Something that somebody is reported to have said; `[start, end)` in the document's text is what was said.

    Args:
        form: `direct` for a quotation, `mixed` for a report with one in it, `indirect` for one without.
        speaker: By the fullest name that the document has; `None` when it does not say.
        role: The office as the document has it.
        named: Where the words for the speaker stand; `None` when the statement goes on from the one before.
        cue: The word of saying, at `[cue_start, cue_end)`; empty when it goes on.
    """

    start: int
    end: int
    form: str
    speaker: str | None
    role: str | None
    named: tuple[int, int] | None
    cue: str
    cue_start: int
    cue_end: int


@dataclass(frozen=True, slots=True)
class Failure:
    """An article that could not be stored, and why, in words that say what to do."""

    uri: str
    reason: str


@dataclass(frozen=True, slots=True)
class IngestReport:
    """What one ingest did, in counts of articles; `passages` counts those newly stored."""

    added: int
    updated: int
    unchanged: int
    removed: int
    failed: tuple[Failure, ...]
    passages: int
    seconds: float


class Shelf(NamedTuple):
    """Which documents a listing is to have; by default all.

    Args:
        words: Each has to stand in the title (or, without one, the id), the outlet or the byline, in any case.
        first: Published on this day or later; `last`, on this day or earlier.
    """

    outlet: str | None = None
    words: str = ""
    first: date | None = None
    last: date | None = None
