"""An answer that a model writes: its claims are checked one by one, and only then shown.

Example: of "Iran fired 22 missiles [1]" and "Nobody was hurt [9]" the first is shown with the sentence that says it,
and `usage.dropped` counts the second.
"""

from __future__ import annotations

import time
from collections import Counter
from contextlib import aclosing
from dataclasses import replace
from typing import TYPE_CHECKING

from anyio import to_thread

from service.answer import Draft, candidates, drafted
from service.cite import check as check_citation
from service.cite import citation_of
from service.compare import corroborate
from service.disagree import disagree
from service.errors import CitationError, LlmError
from service.event_dates import dates_of
from service.llm import Usage, total
from service.records import ModelUse, Support
from service.respond import Told, abstained, claim_of, composed
from service.review import Review
from service.speakers import speakers_of
from service.support_quotes import Shelf
from service.verify import judge
from service.write import MOST_PASSAGES, Writing

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Sequence

    from ingest.embed import Encoder
    from ingest.store import PassageIndex
    from service.answer import Sentence
    from service.records import Abstention, Answer, Citation, Claim, Reason
    from service.retrieve import Retrieved
    from service.stream import Writer
    from service.support_quotes import Rested
    from service.write_reply import Written

    Pair = tuple[Written, Rested]

MODE = "model"


class Modelled:
    """One question's answer by a model; `claims` first, then `result`.

    Attributes:
        note: Why there is no such answer, or what is wrong with it.
    """

    def __init__(
        self, index: PassageIndex, encoder: Encoder, question: str, retrieved: Retrieved, writer: Writer
    ) -> None:
        self.note: str | None = None
        self._index = index
        self._encoder = encoder
        self._retrieved = retrieved
        self._writer = writer
        self._question = question
        self._started = time.perf_counter()
        self._first_ms: float | None = None
        self._writing = Writing(question, ())
        self._review = Review(writer.llm) if writer.verifies else None
        self._shown: list[Claim] = []
        self._dropped: Counter[str] = Counter()
        self._citations: dict[tuple[str, int], Citation] = {}

    async def claims(self) -> AsyncGenerator[tuple[int, Claim]]:
        """Each claim that is shown, with its place in the answer, as soon as it has been checked."""
        self._writing, shelf = await to_thread.run_sync(self._prepared)
        async with aclosing(self._rested(shelf)) as found:
            async for written, rested in found:
                claim = await to_thread.run_sync(self._checked, written, rested)
                if claim is not None:
                    self._first_ms = self._first_ms or self._since()
                    self._shown.append(claim)
                    yield len(self._shown) - 1, claim

    async def _rested(self, shelf: Shelf) -> AsyncGenerator[Pair]:
        """Each claim with what it rests on; where claims are read once more, all of them after that."""
        waiting: list[Pair] = []
        try:
            async with aclosing(self._writing.claims(self._writer.llm)) as written:
                async for one in written:
                    pair = (one, await to_thread.run_sync(shelf.rest, one.text, one.passages))
                    if self._review is None:
                        yield pair
                    else:
                        waiting.append(pair)
            self.note = self._writing.warning
        except LlmError as error:
            self.note = f"{error}; what it had written by then is shown" if self._shown or waiting else str(error)
        if self._review is not None:
            for pair in await self._review.settled(shelf, waiting):
                yield pair
            self.note = ". ".join(filter(None, (self.note, self._review.note))) or None

    def result(self) -> Answer | Abstention | None:
        """The whole, once there are no more claims; nothing when the model has said nothing that can be used."""
        drafts, best_first = drafted(self._index, self._question, self._retrieved)
        judged = judge(self._index, self._question, self._retrieved, drafts)
        self._retrieved.timings_ms["write"] = self._since()
        found: Answer | Abstention
        if any(claim.support.verdict == "supported" for claim in self._shown):
            told = [claim.citations for claim in self._shown]
            standing = [one for one, _ in judged.drafts]
            differ = disagree(self._index, standing, best_first, told, self._question)
            found = composed(self._question, self._retrieved, self._shown, judged.confidence, differ)
        elif self._writing.says_none or self._dropped:
            reason: Reason = "no_evidence" if self._writing.says_none else "unsupported"
            found = abstained(self._question, self._retrieved, judged, self._index.n_documents, reason)
        else:
            self.note = f"this answer is made of the articles' own sentences: {self.note}"
            return None
        return replace(
            found,
            mode=MODE,
            model=self._writer.llm.model,
            prompt_version=self._writing.prompt_version,
            usage=self._usage(),
            note=self.note,
        )

    def _prepared(self) -> tuple[Writing, Shelf]:
        ranked = self._retrieved.ranked
        writing = Writing.of(self._question, ranked, self._writer.llm.context_tokens)
        of_key = {one.candidate.row.key: one for one in ranked}
        sentences = candidates(self._index, self._question, self._retrieved, MOST_PASSAGES)
        return writing, Shelf.of(
            writing.passages, sentences, of_key, speakers_of(self._index, sentences), self._encoder
        )

    def _checked(self, written: Written, rested: Rested) -> Claim | None:
        if rested.verdict.reason is not None:
            self._dropped[rested.verdict.reason] += 1
            if not self._writer.flags:
                return None
        try:
            return self._claim(written, rested)
        except CitationError:  # the article was replaced while the model wrote
            self._dropped["replaced"] += 1
            return None

    def _claim(self, written: Written, rested: Rested) -> Claim | None:
        if not rested.sentences:
            return None
        score, reason = rested.verdict
        support = Support(round(score, 3), "unsupported" if reason else "supported", reason)
        best = rested.sentences[0]
        (speaker,) = speakers_of(self._index, [best])
        (carried,) = corroborate(self._index, [Draft(rested.sentences, score)])
        told = Told(self._cited(rested.sentences), dates_of(self._index, best), speaker, None, carried)
        return claim_of(written.text, support, told)

    def _cited(self, sentences: Sequence[Sentence]) -> tuple[Citation, ...]:
        """Citations that stand in their articles; a sentence that was cited before keeps its marker."""
        texts = self._index.texts(sentence.row.document_id for sentence in sentences)
        cited = []
        for sentence in sentences:
            key = (sentence.row.document_id, sentence.start)
            citation = self._citations.get(key) or citation_of(len(self._citations) + 1, sentence)
            check_citation(citation, texts.get(citation.document_id))
            self._citations[key] = citation
            cited.append(citation)
        return tuple(cited)

    def _usage(self) -> ModelUse:
        spent = self._writing.usage
        review = self._review.usage if self._review else Usage()
        return ModelUse(
            tokens_in=total(spent.tokens_in, review.tokens_in),
            tokens_out=total(spent.tokens_out, review.tokens_out),
            requests=spent.requests + review.requests,
            first_claim_ms=self._first_ms,
            total_ms=self._since(),
            markers=self._writing.named,
            unknown_markers=self._writing.unknown,
            dropped=dict(self._dropped),
            verifying=self._review.use if self._review else None,
        )

    def _since(self) -> float:
        return round(1000 * (time.perf_counter() - self._started), 1)
