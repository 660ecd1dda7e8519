"""Second stage of a question: the sentences that answer it, best first; those that say the same are one draft.

Example: `draft("Who called Pompeo?", retrieved)` is up to five `Draft`s, each with its sentences in every article.
Extractive: a draft's words are an article's own. Each sentence of the best passages is scored by what it shares with
the question in meaning (late interaction) and in words (rarer ones weigh more), by its passage, and by whether it has
a thing of the kind that is asked for. The weights are fitted by `eval/fit_answers.py`, see `docs/decisions.md`.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from service import expect

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from ingest.store import PassageIndex, PassageRow
    from service.retrieve import Ranked, Retrieved

_TELLING = 5  # words, below which only the same words are the same statement
_SHARED = 0.75  # of the shorter sentence's words
_LEAST = 0.3  # of the longer one's length
_CARRIED = 0.6  # score of a statement for every doubling of the articles that carry it
_EVERY_WORD = 2.0  # weight of a stop word in late interaction; others weigh their rarity more
_FEWEST = 1000  # passages
_PASSAGES = 12  # whose sentences are considered
_COPIES = 48  # of those passages, which are only counted
_WORD = re.compile(r"\w+")
_NAME = re.compile(r"\b(?!(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day)[A-Z][\w-]+")
# Figures, in digits or in words, and negations: without regard to these, a denial would count as corroboration.
_APART = re.compile(
    rf"\d[\d,.]*|{expect.NUMBER.pattern}|\b(?:not|no|nor|never|neither|cannot)\b|n[’']t\b", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Features:
    """What is known of a sentence as an answer, each in 0..1 or so.

    Args:
        interaction: Mean over the question's words, rarer ones weighing more, of the best cosine among the
            sentence's tokens.
        meaning: Cosine of the mean of its tokens with that of the question's.
        coverage: Share of the question's words, weighted by rarity, that the sentence has.
        context: The same, of the sentence with the ones beside it and the title.
        passage: Score of its passage in the ranking.
        kind: Whether it has a thing of the kind that is asked for.
        spoken: Whether it is a statement by the speaker that is asked for; 0 when none is.
        quoted: Whether it quotes, where a statement is asked for.
        lead: Whether it opens its document.
    """

    interaction: float
    meaning: float
    coverage: float
    context: float
    passage: float
    kind: float
    spoken: float
    quoted: float
    lead: float


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence of a passage, as a candidate."""

    row: PassageRow
    start: int
    end: int
    text: str
    stems: frozenset[str]
    features: Features
    score: float


@dataclass(frozen=True, slots=True)
class Draft:
    """Sentences of different articles that say the same, the best first, and how well they answer."""

    sentences: tuple[Sentence, ...]
    score: float


WEIGHTS = Features(
    interaction=12.0,
    meaning=6.0,
    coverage=2.7,
    context=1.5,
    passage=2.0,
    kind=1.2,
    spoken=2.5,
    quoted=1.0,
    lead=0.2,
)


def draft(index: PassageIndex, question: str, retrieved: Retrieved) -> list[Draft]:
    """Candidate answers, best first; nothing when nothing was retrieved."""
    candidates = score_sentences(index, question, retrieved)
    groups = merge(sorted(candidates, key=lambda sentence: -sentence.score))
    carried = _CARRIED if expect.kind(question) == "statement" else 0.0
    drafts = [Draft(tuple(group), group[0].score + carried * math.log2(len(group))) for group in groups]
    return sorted(drafts, key=lambda draft: -draft.score)


def score_sentences(index: PassageIndex, question: str, retrieved: Retrieved) -> list[Sentence]:
    """Every sentence of the best passages with its features and its score, in no order."""
    asked = _Asked.of(index, question, retrieved)
    stories = [ranked for ranked in retrieved.ranked if ranked.copy_of is None][:_PASSAGES]
    copied = {story.candidate.row.document_id for story in stories}
    copies = [ranked for ranked in retrieved.ranked if ranked.copy_of in copied][:_COPIES]
    return [sentence for ranked in (*stories, *copies) for sentence in _sentences(index, asked, ranked)]


@dataclass(frozen=True, slots=True)
class _Asked:
    """The question, as far as every sentence is compared with it."""

    kind: expect.Kind
    words: set[str]
    weights: dict[str, float]
    token_weights: NDArray[np.float32]
    vector: NDArray[np.float32]
    speaker: frozenset[str]

    @classmethod
    def of(cls, index: PassageIndex, question: str, retrieved: Retrieved) -> _Asked:
        weights = rarity_weights(retrieved.rarity, index.n_passages)
        return cls(
            kind=expect.kind(question),
            words={word.lower() for word in _WORD.findall(question)},
            weights=weights,
            token_weights=np.array([_EVERY_WORD + weights.get(word, 0.0) for word in retrieved.words], np.float32),
            vector=retrieved.vector,
            speaker=frozenset(index.terms(expect.speaker(question))),
        )

    def meets(self, tokens: NDArray[np.float32], similarities: NDArray[np.float32]) -> tuple[float, float]:
        """Late interaction and closeness in meaning of some tokens with the question."""
        if not similarities.size:
            return 0.0, 0.0
        interaction = similarities.max(axis=0) @ self.token_weights / self.token_weights.sum()
        mean = tokens.mean(axis=0)
        return float(interaction), float(mean @ self.vector / max(float(np.linalg.norm(mean)), 1e-9))

    def coverage(self, stems: Iterable[str]) -> float:
        """Share of the question's words among those, weighted by rarity; 0 for a question of stop words."""
        total = sum(self.weights.values())
        return sum(self.weights.get(stem, 0.0) for stem in set(stems)) / total if total else 0.0


def rarity_weights(rarity: dict[str, int], n_passages: int) -> dict[str, float]:
    """How much each word says: that of BM25, where a word that no passage has says the most.

    In a library of a few articles on one event the words that matter are in every passage; so that they still
    count, the weights are those of a library of at least a thousand passages.
    """
    n_passages = max(n_passages, _FEWEST)
    return {term: math.log(1 + (n_passages - n + 0.5) / (n + 0.5)) for term, n in rarity.items()}


def _sentences(index: PassageIndex, asked: _Asked, ranked: Ranked) -> list[Sentence]:
    row = ranked.candidate.row
    texts = [row.text[start - row.start : end - row.start] for start, end, *_ in row.sentences]
    stems = [frozenset(index.terms(text)) for text in texts]
    title = frozenset(index.terms(row.title or ""))
    sentences = []
    for i, (start, end, first, last) in enumerate(row.sentences.tolist()):
        interaction, meaning = asked.meets(ranked.tokens[first:last], ranked.similarities[first:last])
        around = title.union(*stems[max(0, i - 1) : i + 2])
        features = Features(
            interaction=interaction,
            meaning=meaning,
            coverage=asked.coverage(stems[i]),
            context=asked.coverage(around),
            passage=ranked.score,
            kind=float(expect.has(asked.kind, texts[i], asked.words)),
            **_speech(asked, texts, stems, i),
            lead=float(start == 0),
        )
        sentences.append(Sentence(row, start, end, texts[i], stems[i], features, weigh(features)))
    return sentences


def _speech(asked: _Asked, texts: Sequence[str], stems: Sequence[frozenset[str]], i: int) -> dict[str, float]:
    """Whether sentence `i` is a statement of the speaker asked for, named in it or just before it."""
    if asked.kind != "statement":
        return {"spoken": 0.0, "quoted": 0.0}
    outside = expect.QUOTED.sub(" ", texts[i])
    spoken = 0.0
    if asked.speaker and (expect.SAID.search(outside) or not outside.strip(" .,“”\"'")):
        here, before = (
            (len(asked.speaker & heard) / len(asked.speaker)) ** 2  # half a name is hardly a name
            for heard in (stems[i], stems[i - 1] if i else frozenset())
        )
        spoken = max(here, 0.5 * before)
    return {"spoken": spoken, "quoted": float(bool(expect.QUOTED.search(texts[i])))}


def weigh(features: Features) -> float:
    """The score of a sentence: the weighted sum of its features."""
    return float(sum(getattr(WEIGHTS, name) * getattr(features, name) for name in Features.__slots__))


def merge(sentences: Sequence[Sentence]) -> list[list[Sentence]]:
    """Sentences that say the same as one group, in the order of their best.

    Args:
        sentences: Best first.
    """
    groups: list[list[Sentence]] = []
    for sentence in sentences:
        group = next((group for group in groups if say_the_same(sentence, group[0])), None)
        if group is None:
            groups.append([sentence])
        elif all(sentence.row.document_id != other.row.document_id for other in group):
            group.append(sentence)
    return groups


def say_the_same(one: Sentence, other: Sentence) -> bool:
    """Whether two sentences share nearly all words of the shorter, and no number or negation sets them apart.

    Quotations are compared by what stands inside the marks: outlets cut and introduce the same words differently.
    A quotation and a report of it are two things.
    """
    quotes = expect.quoted(one.text), expect.quoted(other.text)
    if all(quotes):
        words = [frozenset(_WORD.findall(quote.lower())) for quote in quotes]
        return _contains(words[0], words[1]) and _apart(quotes[0]) == _apart(quotes[1])
    if any(quotes):
        return False
    return (
        _contains(one.stems, other.stems)
        and _apart(one.text) == _apart(other.text)
        and _of_the_same_people(one.text, other.text)
    )


def _of_the_same_people(one: str, other: str) -> bool:
    """Whether the names that both have come in one order (who called whom), and not each has one of its own."""
    names = [list(dict.fromkeys(_NAME.findall(text))) for text in (one, other)]
    shared = set(names[0]) & set(names[1])
    if [name for name in names[0] if name in shared] != [name for name in names[1] if name in shared]:
        return False
    words = [{word.lower() for word in _WORD.findall(text)} for text in (one, other)]
    own = [any(name.lower() not in words[1 - i] for name in names[i][1:]) for i in (0, 1)]
    return not all(own)


def _apart(text: str) -> set[str]:
    return {match.group().lower().rstrip(".,") for match in _APART.finditer(text)}


def _contains(one: frozenset[str], other: frozenset[str]) -> bool:
    shorter, longer = sorted((one, other), key=len)
    if len(shorter) < _TELLING:
        return one == other
    return len(shorter & longer) >= _SHARED * len(shorter) and len(shorter) >= _LEAST * len(longer)
