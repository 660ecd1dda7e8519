"""Within the check of a claim: the sentences that it rests on, where its writer said, or elsewhere in what was read.

Example: `Shelf.of(passages, sentences, encoder).rest("Iran fired 22 missiles.", cited=(2,))` is a `Rested` with the
best sentence of the second passage; when none there supports the claim and one of the fourth does, that one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from service.merge import say_the_same
from service.orders import is_order
from service.support import Claimed, Evidence, Verdict, check, score
from service.support_facts import common_words

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ingest.embed import Encoder
    from service.answer import Sentence
    from service.records import Speaker
    from service.retrieve import Ranked

_TRIED = 6  # sentences of the cited passages, and again of the others
_MOST = 5  # citations of a claim


class Rested(NamedTuple):
    """What a claim rests on, the most telling first, and whether that supports it."""

    sentences: tuple[Sentence, ...]
    verdict: Verdict


class _Kept(NamedTuple):
    sentence: Sentence
    evidence: Evidence
    passage: int  # from 1; 0 for copies, which nobody was shown


@dataclass(frozen=True, slots=True)
class Shelf:
    """The sentences that claims may rest on."""

    kept: tuple[_Kept, ...]
    common: frozenset[str]
    encoder: Encoder

    @classmethod
    def of(
        cls,
        passages: Sequence[Ranked],
        sentences: Sequence[Sentence],
        tokens: dict[int, Ranked],
        speakers: Sequence[Speaker | None],
        encoder: Encoder,
    ) -> Shelf:
        """The shelf of the passages that a model reads, and of the copies of their stories.

        Args:
            passages: In the order of their numbers.
            sentences: Of these and of others.
            tokens: The ranked passage of each key.
            speakers: Who says each of the sentences.
        """
        number = {ranked.candidate.row.key: n for n, ranked in enumerate(passages, start=1)}
        kept = []
        for sentence, speaker in zip(sentences, speakers, strict=True):
            if is_order(sentence.text):
                continue
            ranked = tokens[sentence.row.key]
            spans = sentence.row.sentences
            at = int(np.flatnonzero(spans[:, 0] == sentence.start)[0])
            first, last = spans[at, 2:].tolist()
            before = ""
            if at:
                start, end = spans[at - 1, :2].tolist()
                before = sentence.row.text[start - sentence.row.start : end - sentence.row.start]
            evidence = Evidence(sentence.text, sentence.row.published_on, ranked.tokens[first:last], before, speaker)
            kept.append(_Kept(sentence, evidence, number.get(sentence.row.key, 0)))
        common = common_words(" ".join(one.sentence.text for one in kept))
        return cls(tuple(kept), common, encoder)

    def rest(self, text: str, cited: Sequence[int], without: Sequence[Sentence] = ()) -> Rested:
        """What the claim rests on: sentences of the cited passages, else of others, else the nearest, unsupporting.

        Args:
            without: Sentences that have been tried, and nothing that says the same is tried either.
        """
        claim = Claimed.of(text, self.encoder.encode_question(text), self.common)
        shown = [(score(claim, [one.evidence]), one) for one in self._shown(without)]
        shown.sort(key=lambda pair: -pair[0])
        there = [one for _, one in shown if one.passage in cited]
        elsewhere = [one for _, one in shown if one.passage not in cited]
        nearest: Rested | None = None
        for tried in (there[:_TRIED], elsewhere[:_TRIED]):
            for one in tried:
                verdict = check(claim, [one.evidence])
                if verdict.reason is None:
                    return Rested(self._with_others(claim, one, there), verdict)
                nearest = nearest or Rested((one.sentence,), verdict)
        return nearest or Rested((), Verdict(0.0, "support"))

    def evidence_of(self, sentence: Sentence) -> Evidence:
        """What is known of one of the sentences."""
        return next(one.evidence for one in self.kept if one.sentence is sentence)

    def _shown(self, without: Sequence[Sentence]) -> list[_Kept]:
        """The sentences that a model was shown."""
        return [
            one
            for one in self.kept
            if one.passage and not any(one.sentence is other or say_the_same(one.sentence, other) for other in without)
        ]

    def _with_others(self, claim: Claimed, best: _Kept, there: Sequence[_Kept]) -> tuple[Sentence, ...]:
        """The sentence, with the best of each other cited passage that supports the claim too, and with its copies."""
        chosen = [best]
        for one in there[: 2 * _TRIED]:
            if one.passage not in {other.passage for other in chosen} and check(claim, [one.evidence]).reason is None:
                chosen.append(one)
        for one in self.kept:
            documents = {other.sentence.row.document_id for other in chosen}
            if one.sentence.row.document_id not in documents and say_the_same(one.sentence, best.sentence):
                chosen.append(one)
        return tuple(one.sentence for one in chosen[:_MOST])
