"""The way out, on one screen: retrieve → answer → cite → verify → compare → respond.

Example: `ask(index, encoder, "What did the State Department say about a delegation?")` is an `Answer`, or an
`Abstention` when the articles do not say; `search` returns passages and goes no further than retrieval.
"""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING

from service.answer import drafted
from service.cite import cite, cite_revisions
from service.compare import corroborate
from service.disagree import disagree
from service.errors import CitationError, ModelNotConfiguredError, QuestionError
from service.event_dates import dates_of
from service.records import LONGEST_QUESTION, Filters, SearchResult
from service.respond import Told, abstained, answered
from service.retrieve import found, retrieve, without_copies
from service.speakers import speakers_of
from service.standalone import readable
from service.verify import judge

if TYPE_CHECKING:
    from ingest.embed import Encoder
    from ingest.store import PassageIndex
    from service.records import Abstention, Answer
    from service.retrieve import Retrieved

_ALL = Filters()


def search(index: PassageIndex, encoder: Encoder, query: str, *, k: int = 10, filters: Filters = _ALL) -> SearchResult:
    """The best passages for a query, best first, each story once; none when no passage passes the filters.

    Raises:
        QuestionError: The query is empty, too long or has no word in it.
        DamagedError: The library is damaged, or is being made anew.
    """
    check_question(query)
    index.require_whole()
    retrieved = retrieve(index, encoder, query, filters, k)
    return SearchResult(query, tuple(map(found, without_copies(retrieved.ranked, k))), retrieved.timings_ms)


def ask(
    index: PassageIndex, encoder: Encoder, question: str, *, filters: Filters = _ALL, mode: str = "auto"
) -> Answer | Abstention:
    """Claims with checked quotes, or an abstention when the articles do not say.

    Args:
        index: The library.
        encoder: The model that made its vectors.
        question: As typed.
        filters: Which articles may be used.
        mode: `auto` or `extractive`; what a model is to write comes by `stream.stream`.

    Raises:
        QuestionError: The question is empty, too long or has no word in it.
        ModelNotConfiguredError: `mode` is `model`.
        DamagedError: The library is damaged, or is being made anew.
        CitationError: A quote failed its check, because the article was replaced in this very moment.
    """
    check(index, question, mode)
    return answer(index, encoder, question, retrieve(index, encoder, question, filters), filters)


def check(index: PassageIndex, question: str, mode: str, *, has_model: bool = False) -> None:
    """Returns if the question can be answered from the library in this mode.

    Raises:
        QuestionError: It is empty, too long or has no word in it.
        ModelNotConfiguredError: `mode` is `model`, and there is none.
        DamagedError: The library is damaged, or is being made anew.
    """
    check_question(question)
    index.require_whole()
    if mode == "model" and not has_model:
        message = "no model is configured: set ONRECORD_LLM_URL and ONRECORD_LLM_MODEL, or use the mode 'extractive'"
        raise ModelNotConfiguredError(message)


def answer(
    index: PassageIndex, encoder: Encoder, question: str, retrieved: Retrieved, filters: Filters = _ALL
) -> Answer | Abstention:
    """What the passages that were found say.

    Raises:
        CitationError: A quote failed its check, because the article was replaced in this very moment.
    """
    try:
        return _answer(index, question, retrieved)
    except CitationError:  # an article was replaced after it had been found: now the new one is
        return _answer(index, question, retrieve(index, encoder, question, filters))


def _answer(index: PassageIndex, question: str, retrieved: Retrieved) -> Answer | Abstention:
    started = time.perf_counter()
    drafts, best_first = drafted(index, question, retrieved)
    judged = judge(index, question, retrieved, drafts)
    confident, brought = readable(index, judged.drafts)
    judged = replace(judged, drafts=tuple(confident))
    standing = [one for one, _ in confident]
    citations = cite(index, standing, brought)
    revisions = cite_revisions(index, standing, citations)
    dates = [dates_of(index, one.sentences[0]) for one in standing]
    speakers = speakers_of(index, [one.sentences[0] for one in standing])
    shown = [*citations, [one for one in revisions if one]]
    disagreements = disagree(index, standing, best_first, shown, question)
    carried = corroborate(index, standing)
    retrieved.timings_ms["answer"] = round(1000 * (time.perf_counter() - started), 3)
    if not judged.drafts:
        return abstained(question, retrieved, judged, index.n_documents)
    told = [*map(Told, citations, dates, speakers, revisions, carried, brought)]
    return answered(question, retrieved, judged, told, disagreements)


def check_question(question: str) -> None:
    """Returns if it is a question that can be asked.

    Raises:
        QuestionError: It is empty, too long or has no word in it.
    """
    try:
        question.encode()
    except UnicodeEncodeError as error:
        message = "the question holds half a character (a lone surrogate); type it anew"
        raise QuestionError(message) from error
    if not any(map(str.isalnum, question)):
        message = 'the question has no word in it; ask in words, for example "Who called Pompeo?"'
        raise QuestionError(message)
    if len(question) > LONGEST_QUESTION:
        message = f"the question has {len(question):,} characters; ask in {LONGEST_QUESTION:,} or fewer"
        raise QuestionError(message)
