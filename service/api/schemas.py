"""What requests must look like, and what responses are documented to look like (they are sent as they come, unchecked).

Example: `{"question": "Who telephoned whom?", "filters": {"outlets": ["The Daily"]}}` becomes an `AskRequest`.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from service.records import Filters


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid")


def encodable(text: str) -> str:
    """The text, if it can be searched for and sent back.

    Raises:
        ValueError: It holds a NUL character or half a character.
    """
    if "\0" in text:
        message = "it holds a NUL character"
        raise ValueError(message)
    try:
        text.encode()
    except UnicodeEncodeError:
        message = "it holds half a character (a lone surrogate)"
        raise ValueError(message) from None
    return text


# --- requests ------------------------------------------------------------------------------------------------------


class FiltersRequest(_Model):
    """Which documents may be used; both dates are inclusive."""

    outlets: Annotated[
        list[Annotated[str, AfterValidator(encodable)]], Field(max_length=100, description="Any of these outlets.")
    ] = []
    published_from: date | None = None
    published_to: date | None = None

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.published_from and self.published_to and self.published_from > self.published_to:
            message = "published_from is after published_to"
            raise ValueError(message)
        return self

    def record(self) -> Filters:
        """The same as the service's own record."""
        return Filters(tuple(self.outlets), self.published_from, self.published_to)


class EarlierTurn(_Model):
    """A question that was asked before, and what was answered."""

    question: Annotated[str, Field(max_length=4_000), AfterValidator(encodable)]
    answer: Annotated[str | None, Field(max_length=20_000)] = None


class AskRequest(_Model):
    """A question to be answered from the library."""

    question: Annotated[str, Field(description="At most 4,000 characters, with at least one word.")]
    conversation_id: Annotated[
        str | None,
        Field(max_length=200, description="Of the conversation that `remember` continues; returned with the answer."),
    ] = None
    remember: Annotated[
        bool, Field(description="Whether to keep the answer in that conversation, or in a new one without an id.")
    ] = False
    history: Annotated[
        list[EarlierTurn],
        Field(max_length=50, description="Earlier turns, oldest first, where the client keeps them itself."),
    ] = []
    filters: Annotated[FiltersRequest, Field(default_factory=FiltersRequest)]
    mode: Literal["auto", "extractive", "model"] = "auto"
    stream: Annotated[
        bool, Field(description="Whether to answer with server-sent events, each as soon as it is known.")
    ] = False


class SearchRequest(_Model):
    """A query for passages."""

    query: Annotated[str, Field(description="At most 4,000 characters, with at least one word.")]
    k: Annotated[int, Field(ge=1, le=100, description="How many passages at most.")] = 10
    filters: Annotated[FiltersRequest, Field(default_factory=FiltersRequest)]


class ArticleRequest(_Model):
    """One article, as in a line of a JSONL file; it has either `text` or `html`."""

    id: Annotated[str | int, Field(description="Where it is from; the same id again replaces the article.")]
    text: str | None = None
    html: str | None = None
    title: str | None = None
    outlet: str | None = None
    byline: str | None = None
    agency: str | None = None
    published_on: str | None = None
    updated_on: str | None = None
    url: str | None = None
    language: str | None = None
    source: Annotated[
        str | None,
        Field(
            description="Absolute path of the file it is from, by which another file's article of the same id is "
            "refused instead of replaced; heeded only from this machine, and when the server sees that file.",
        ),
    ] = None
    root: Annotated[
        str | None, Field(description="Absolute path that was given to ingest and led to `source`; goes with it.")
    ] = None


# --- responses -----------------------------------------------------------------------------------------------------


class CitationResponse(_Model):
    """The document's `text[start:end]` is the quote."""

    marker: int
    document_id: str
    passage_id: str
    start: int
    end: int
    quote: str
    outlet: str | None
    title: str | None
    published_on: date | None
    url: str | None


class SpeakerResponse(_Model):
    """Who is reported to have said it, as the article names them; `id` is that of `GET /v1/speakers`."""

    id: str
    name: str
    affiliation: str | None
    verb: str
    direct: bool


class SupportResponse(_Model):
    """How well the quotes carry the claim, in 0..1; a claim that they do not carry is shown only where that is set."""

    score: float
    verdict: Literal["supported", "unsupported"]
    reason: str | None = Field(description="What of the claim is not in its quotes, or is contradicted there.")


class CorroborationResponse(_Model):
    """Who carries the claim; a wire story printed by five outlets is one origin."""

    outlets: list[str]
    documents: int
    origins: int


class TimeWordsResponse(_Model):
    """Words of time in the text of the first citation's document, and the days that they name, both inclusive."""

    text: str
    start: int
    end: int
    first: date | None = Field(description="Null when it is not known.")
    last: date | None = Field(description="Null when it is not known, or open.")


class ClaimResponse(_Model):
    """One checkable sentence of an answer."""

    text: str
    speaker: SpeakerResponse | None
    support: SupportResponse
    corroboration: CorroborationResponse
    citations: list[CitationResponse]
    dates: list[TimeWordsResponse]
    superseded_by: CitationResponse | None = Field(description="Where a later report says that it corrects this.")


class PositionResponse(_Model):
    """One side of a disagreement; markers of quotes that no claim has run on after the claims'."""

    text: str
    citations: list[int]
    outlets: list[str]
    origins: int
    quotes: list[CitationResponse]


class DisagreementResponse(_Model):
    """A topic on which outlets differ."""

    topic: str
    kind: Literal["figure", "date", "actor", "status", "denial", "cause"]
    positions: list[PositionResponse]


class FoundResponse(_Model):
    """A passage; the document's `text[start:end]` is its text, and a higher score is better."""

    passage_id: str
    document_id: str
    start: int
    end: int
    text: str
    score: float
    outlet: str | None
    title: str | None
    published_on: date | None
    url: str | None


class PassUseResponse(_Model):
    """What one part of a model's work cost; the whole has it too."""

    prompt_version: str
    requests: int
    tokens_in: int | None
    tokens_out: int | None
    total_ms: float


class ModelUseResponse(_Model):
    """What a model's answer cost, and what the checks made of it."""

    tokens_in: int | None
    tokens_out: int | None
    requests: int
    first_claim_ms: float | None
    total_ms: float
    markers: int = Field(description="How many passages the model named.")
    unknown_markers: int = Field(description="How many of these there are not.")
    dropped: dict[str, int] = Field(description="Claims that their quotes do not support, by reason.")
    rewriting: PassUseResponse | None = Field(description="Of the wording of a follow-up; null where none was worded.")
    verifying: PassUseResponse | None = Field(description="Of the second check of claims; null where there was none.")


class _Result(_Model):
    question: str
    query: str
    mode: str
    text: str
    considered: list[str]
    timings_ms: dict[str, float]
    confidence: float
    model: str | None
    prompt_version: str | None
    usage: ModelUseResponse | None
    note: str | None = Field(description="Why it is another answer than was asked for.")
    conversation_id: str | None
    turn: int | None = Field(description="Of the conversation, from 0; null when it is not kept.")


class AnswerResponse(_Result):
    """Claims with their quotes, the most useful first."""

    kind: Literal["answer"]
    claims: list[ClaimResponse]
    disagreements: list[DisagreementResponse]
    cited: list[str]


class AbstentionResponse(_Result):
    """The articles do not say; `closest` does not answer the question."""

    kind: Literal["abstention"]
    reason: Literal["no_evidence", "unsupported", "empty_library", "ambiguous"]
    closest: list[FoundResponse]
    readings: list[str] = Field(description="Questions of which one is meant, when the reason is `ambiguous`.")


class SearchResponse(_Model):
    """Passages for a query, best first."""

    query: str
    passages: list[FoundResponse]
    timings_ms: dict[str, float]


class _Described(_Model):
    id: str
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


class DocumentSummaryResponse(_Described):
    """A document without its text."""

    passages: int
    characters: int


class DocumentsResponse(_Model):
    """Documents, newest first; `total` counts all of them, not only those listed here."""

    documents: list[DocumentSummaryResponse]
    total: int
    limit: int
    offset: int


class SetAsideResponse(_Model):
    """A piece of the source that is not the article: where it was taken out of the text, and why."""

    at: int
    text: str
    reason: str


class SameStoryResponse(_Model):
    """Another document of the same origin, and why it is: all but the agency is told outside of quotations."""

    document_id: str
    outlet: str | None
    title: str | None
    published_on: date | None
    likeness: float = Field(description="In 0..1; the mean of `words` and `order`, less for a few sentences.")
    words: float = Field(description="Share of the shorter one's words that stand together in a sentence of the other.")
    order: float = Field(description="Share of the shorter one's pairs of neighbouring words that the other has.")
    quotes: int = Field(description="Longer quotations that both have.")
    agency: str | None = Field(description="The agency that both credit.")


class OriginResponse(_Model):
    """The documents that tell one story, this one counted; a wire story printed by five outlets is one origin."""

    documents: int
    others: list[SameStoryResponse]


class DocumentResponse(_Described):
    """A document with its text; every offset in the service indexes into it, in Unicode code points."""

    uri: str
    text: str
    set_aside: list[SetAsideResponse]
    dateline_on: date | None = Field(description="The day that the dateline states: `BAGHDAD, Jan 9 (Agency) –`.")
    origin: OriginResponse


class FailureResponse(_Model):
    """An article that could not be stored, and why."""

    uri: str
    reason: str


class IngestResponse(_Model):
    """What became of the articles that were sent, in counts."""

    added: int
    updated: int
    unchanged: int
    removed: int
    failed: list[FailureResponse]
    passages: int
    seconds: float


class LibraryResponse(_Model):
    """What the library holds."""

    documents: int
    passages: int
    pending: int
    outlets: int
    first_published: date | None
    last_published: date | None
    model: str
    splitter: str
    format: int
    bytes: int
    problems: list[str] = Field(description="What keeps it from being used; `rebuild` mends it. Empty: it is whole.")


class FindingResponse(_Model):
    """Something that is wrong with the library."""

    part: Literal["catalog", "vectors", "facets", "bm25", "chroma"]
    file: str = Field(description="Path within the library.")
    problem: str


class CheckRequest(_Model):
    """How closely to look."""

    full: bool = Field(default=True, description="Read everything, rather than samples.")


class CheckResponse(_Model):
    """Whether everything is as it was written."""

    whole: bool
    findings: list[FindingResponse]
    problems: list[str]
    documents: int
    passages: int


class RebuildRequest(_Model):
    """What to make anew."""

    everything: bool = Field(default=False, description="Also what is whole.")


class RebuildResponse(_Model):
    """How far a rebuild is."""

    state: Literal["idle", "running", "done", "failed"]
    part: str | None = Field(description="What is being made anew.")
    done: int
    total: int
    rebuilt: list[str] = Field(description="The parts that were made anew.")
    detail: str | None = Field(description="Why it failed.")


class BackupRequest(_Model):
    """Where to."""

    folder: Annotated[str, AfterValidator(encodable), Field(description="A new folder on this machine, from the root.")]


class BackupResponse(_Model):
    """The backup that was written."""

    folder: str
    documents: int
    bytes: int


class PruneRequest(_Model):
    """What an ingest saw, so that what is gone can be removed."""

    roots: list[str] = Field(description="Absolute paths that were ingested.")
    seen: list[str] = Field(description="Ids of the articles that were there.")
    failed: list[str] = Field(description="Where the articles are from that could not be read; these stay.")


class PruneResponse(_Model):
    """How many documents were removed."""

    removed: int


class HealthResponse(_Model):
    """That the server runs, or that it can answer."""

    status: Literal["ok", "ready"]


class ProblemResponse(BaseModel):
    """RFC 9457 problem details."""

    type: str
    title: str
    status: int
    detail: str
    instance: str
