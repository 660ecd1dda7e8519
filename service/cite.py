"""Third stage of a question: sentences into citations whose quotes are checked against the articles.

Example: a draft with sentences in two articles becomes a claim with the markers 1 and 2, where
`document.text[start:end] == quote` for both. Numbers run through the answer in the order of reading.
"""

from __future__ import annotations

from itertools import zip_longest
from typing import TYPE_CHECKING

from service.errors import CitationError
from service.records import Citation

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ingest.store import PassageIndex
    from service.answer import Draft, Sentence
    from service.standalone import Before


def cite(
    index: PassageIndex, drafts: Sequence[Draft], leads: Sequence[Before | None] = ()
) -> list[tuple[Citation, ...]]:
    """The citations of each draft, in its order, best first; last that of the sentence which it brings.

    Raises:
        CitationError: A quote does not stand in its article as cited; no answer may leave.
    """
    texts = index.texts(sentence.row.document_id for draft in drafts for sentence in draft.sentences)
    citations, marker = [], 0
    for draft, brought in zip_longest(drafts, leads):
        of_claim = []
        for sentence in (*draft.sentences, *([brought] if brought else [])):
            marker += 1
            of_claim.append(citation_of(marker, sentence))
        citations.append(tuple(of_claim))
    for citation in (citation for of_claim in citations for citation in of_claim):
        check(citation, texts.get(citation.document_id))
    return citations


def cite_revisions(
    index: PassageIndex, drafts: Sequence[Draft], citations: Sequence[Sequence[Citation]]
) -> list[Citation | None]:
    """For each draft, where a later report says that it corrects it; markers run on after those of the claims.

    Raises:
        CitationError: A quote does not stand in its article as cited; no answer may leave.
    """
    cited = {(one.document_id, one.start): one for of_claim in citations for one in of_claim}
    marker = len(cited)
    revisions: list[Citation | None] = []
    for revision in (draft.superseded_by for draft in drafts):
        key = (revision.row.document_id, revision.start) if revision else None
        if revision and key and key not in cited:
            marker += 1
            cited[key] = citation_of(marker, revision)
            check(cited[key], index.texts([key[0]]).get(key[0]))
        revisions.append(cited[key] if key else None)
    return revisions


def cite_sentences(index: PassageIndex, sentences: Sequence[Sentence], first_marker: int) -> list[Citation]:
    """A checked citation of each sentence, numbered from a marker on.

    Raises:
        CitationError: A quote does not stand in its article as cited.
    """
    texts = index.texts(sentence.row.document_id for sentence in sentences)
    citations = [citation_of(marker, one) for marker, one in enumerate(sentences, start=first_marker)]
    for citation in citations:
        check(citation, texts.get(citation.document_id))
    return citations


def check(citation: Citation, text: str | None) -> None:
    """Returns if the quote stands in the text at its offsets.

    Args:
        citation: To be checked.
        text: Canonical text of its document; `None` when the library no longer has it.

    Raises:
        CitationError: It does not.
    """
    if text is None or not citation.quote or text[citation.start : citation.end] != citation.quote:
        message = f"the citation {citation.marker} does not stand in {citation.document_id!r} as quoted; ask again"
        raise CitationError(message)


def citation_of(marker: int, sentence: Sentence | Before) -> Citation:
    """The citation of a sentence, to be checked."""
    row = sentence.row
    return Citation(
        marker=marker,
        document_id=row.document_id,
        passage_id=f"{row.document_id}#{row.ordinal}",
        start=sentence.start,
        end=sentence.end,
        quote=sentence.text,
        outlet=row.outlet,
        title=row.title,
        published_on=row.published_on,
        url=row.url,
    )
