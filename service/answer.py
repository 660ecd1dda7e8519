"""Second stage of a question: the sentences that answer it, best first; those that say the same are one draft.

Example: `draft("Who called Pompeo?", retrieved)` is up to five `Draft`s, each with its sentences in every article.
Extractive: a draft's words are an article's own. Each sentence of the best passages is scored by what it shares with
the question in meaning (late interaction) and in words (rarer ones weigh more), by its passage, and by whether it has
a thing of the kind that is asked for. The weights are chosen by measuring, see `docs/decisions.md`.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from service import expect
from service.asked_times import AskedTimes
from service.merge import merge
from service.paraphrase import join
from service.runs import largest, total
from service.speakers import Asked, statement_at
from service.supersede import superseding

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from ingest.records import Statement
    from ingest.store import PassageIndex, PassageRow
    from service.retrieve import Ranked, Retrieved

    Column = NDArray[np.float64]  # a value for each sentence

_DRAFTS = 10
_CARRIED = 0.6  # score of a statement for every doubling of the articles that carry it
_PASSAGES = 12  # whose sentences are considered
_COPIES = 48  # of those passages, which are only counted
_HALF = 0.25  # of a name, squared
_HINT = 0.6  # of a statement, for one whose speaker is named near it and not known
_WORD = re.compile(r"\w+")
_TINY = 1e-9  # keeps a length of zero from being divided by


class Features(NamedTuple):
    """What is known of a sentence as an answer, each in 0..1 or so.

    Args:
        interaction: Mean over the question's words, rarer ones weighing more, of the best cosine among the
            sentence's tokens.
        asked: The same without the names in the question, which the article may have told before; as above when it has
            nothing else.
        meaning: Cosine of the mean of its tokens with that of the question's.
        coverage: Share of the question's words, weighted by rarity, that the sentence has.
        context: The same, of the sentence with the ones beside it and the title.
        passage: Score of its passage in the ranking.
        kind: Whether it has a thing of the kind that is asked for.
        spoken: Whether it is a statement by the speaker that is asked for; -1 when it is somebody else's.
        quoted: Whether it quotes, where a statement is asked for.
        lead: Whether it opens its document.
    """

    interaction: float
    asked: float
    meaning: float
    coverage: float
    context: float
    passage: float
    kind: float
    spoken: float
    quoted: float
    lead: float


class Sentence(NamedTuple):
    """A sentence of a passage, as a candidate; `around` are the stems of its passage and title."""

    row: PassageRow
    start: int
    end: int
    text: str
    stems: frozenset[str]
    around: frozenset[str]
    features: Features
    score: float
    timed: float = 0.0  # whether it is of the time that the question names: 1 if so, below 0 if of another


@dataclass(frozen=True, slots=True)
class Draft:
    """Sentences of different articles that say the same, the best first, and how well they answer."""

    sentences: tuple[Sentence, ...]
    score: float
    superseded_by: Sentence | None = None  # of a later report, which says that it corrects this


WEIGHTS = Features(
    interaction=10.0,
    asked=3.0,
    meaning=6.0,
    coverage=2.7,
    context=1.5,
    passage=7.0,
    kind=1.2,
    spoken=2.5,
    quoted=1.0,
    lead=0.0,
)


def draft(index: PassageIndex, question: str, retrieved: Retrieved) -> list[Draft]:
    """Up to ten candidate answers, best first; nothing when nothing was retrieved."""
    return drafted(index, question, retrieved)[0]


def drafted(index: PassageIndex, question: str, retrieved: Retrieved) -> tuple[list[Draft], list[Sentence]]:
    """The same, and every sentence that was considered, best first."""
    asked = _Asked.of(index, question, retrieved)
    best_first = _best_first(index, question, retrieved, asked)
    carried = _CARRIED if asked.kind == "statement" else 0.0
    groups = sorted(merge(best_first, None if carried else _DRAFTS), key=lambda group: -_worth(group, carried))
    groups = groups[:_DRAFTS]
    join(groups, best_first, retrieved.ranked)
    drafts = [Draft(tuple(group), _worth(group, carried)) for group in groups if group]
    drafts.sort(key=lambda draft: -draft.score)
    by_later = superseding(drafts, best_first)
    return [replace(one, superseded_by=by) for one, by in zip(drafts, by_later, strict=True)], best_first


def _worth(group: Sequence[Sentence], carried: float) -> float:
    return group[0].score + carried * math.log2(len(group))


def candidates(index: PassageIndex, question: str, retrieved: Retrieved, n_passages: int) -> list[Sentence]:
    """Every sentence of the passages of so many stories and of their copies, best first."""
    return _best_first(index, question, retrieved, _Asked.of(index, question, retrieved), n_passages)


def _best_first(
    index: PassageIndex, question: str, retrieved: Retrieved, asked: _Asked, n_passages: int = _PASSAGES
) -> list[Sentence]:
    considered = _considered(retrieved, n_passages)
    statements = index.statements(one.candidate.row.document_key for one in considered) if asked.by else {}
    scored = sorted(_score(asked, considered, statements), key=lambda sentence: -sentence.score)
    if any(sentence.features.spoken == 1 for sentence in scored):  # then nobody else's words answer
        scored = [sentence for sentence in scored if sentence.features.spoken >= 0]
    times = AskedTimes.of(index, question)
    return times.preferring(index, scored) if times else scored


@dataclass(frozen=True, slots=True)
class _Asked:
    """The question, as far as every sentence is compared with it."""

    kind: expect.Kind
    words: set[str]
    weights: dict[str, float]
    token_weights: NDArray[np.float32]
    nameless_weights: NDArray[np.float32]
    vector: NDArray[np.float32]
    speaker: frozenset[str]
    by: Asked | None

    @classmethod
    def of(cls, index: PassageIndex, question: str, retrieved: Retrieved) -> _Asked:
        kind = expect.kind(question)
        names = {stem for name in expect.NAMED.findall(question) for stem in index.terms(name)}
        nameless = retrieved.token_weights * np.array([word not in names for word in retrieved.words], np.float32)
        by = Asked.of(expect.speaker(question)) if kind == "statement" else None
        return cls(
            kind=kind,
            words={word.lower() for word in _WORD.findall(question)},
            weights=retrieved.weights,
            token_weights=retrieved.token_weights,
            nameless_weights=nameless if nameless.any() else retrieved.token_weights,
            vector=retrieved.vector,
            speaker=frozenset(index.terms(expect.speaker(question))) if kind == "statement" else frozenset(),
            by=None if by is None or by.is_anybody else by,
        )


class _Read(NamedTuple):
    """A sentence as it stands in its passage: the fields of `Sentence` that no question decides."""

    row: PassageRow
    start: int
    end: int
    text: str
    stems: frozenset[str]
    around: frozenset[str]


def _considered(retrieved: Retrieved, n_passages: int) -> list[Ranked]:
    stories = [ranked for ranked in retrieved.ranked if ranked.copy_of is None][:n_passages]
    copied = {story.candidate.row.document_id for story in stories}
    return stories + [ranked for ranked in retrieved.ranked if ranked.copy_of in copied][:_COPIES]


def _score(asked: _Asked, passages: Sequence[Ranked], statements: Mapping[int, Sequence[Statement]]) -> list[Sentence]:
    """Every sentence of the passages with its features and its score, in their order.

    Each feature is worked out for all sentences at once, as a column: one by one they took four times as long.
    """
    rows = [ranked.candidate.row for ranked in passages]
    stems = [[frozenset(line.split()) for line in row.stems.split("\n")] for row in rows]
    titles = [of_title for of_title, *_ in stems]
    sentences = [one for row, of_row in zip(rows, stems, strict=True) for one in _read(row, of_row)]
    if not sentences:
        return []
    owners = np.repeat(np.arange(len(rows)), [len(row.sentences) for row in rows])
    interaction, nameless, meaning = _meet(asked, passages, owners)
    coverage, context = _cover(asked, titles, owners, sentences)
    spoken, quoted = _speech(asked, sentences, statements)
    columns = [
        interaction,
        nameless,
        meaning,
        coverage,
        context,
        np.array([ranked.score for ranked in passages])[owners],
        np.array([expect.has(asked.kind, sentence.text, asked.words) for sentence in sentences]),
        spoken,
        quoted,
        np.array([sentence.start == 0 for sentence in sentences]),
    ]
    table = np.column_stack(columns).astype(np.float64)
    scores = (table * WEIGHTS).sum(axis=1)
    return [
        Sentence(*sentence, Features(*values), score)
        for sentence, values, score in zip(sentences, table.tolist(), scores.tolist(), strict=True)
    ]


def _read(row: PassageRow, stems: Sequence[frozenset[str]]) -> list[_Read]:
    starts, ends = row.sentences[:, :2].T.tolist()
    texts = [row.text[start - row.start : end - row.start] for start, end in zip(starts, ends, strict=True)]
    around = frozenset().union(*stems)
    return [_Read(row, *one, around) for one in zip(starts, ends, texts, stems[1:], strict=True)]


def _meet(asked: _Asked, passages: Sequence[Ranked], owners: NDArray[np.int_]) -> tuple[Column, Column, Column]:
    """Of each sentence: late interaction with the question, the same without its names, and closeness in meaning."""
    firsts = np.cumsum([len(ranked.tokens) for ranked in passages]) - [len(ranked.tokens) for ranked in passages]
    runs = np.concatenate([ranked.candidate.row.sentences for ranked in passages])[:, 2:] + firsts[owners, np.newaxis]
    best = largest(np.concatenate([ranked.similarities for ranked in passages]), runs)
    meant = total(np.concatenate([ranked.tokens for ranked in passages]), runs)
    # Row by row, so that sentences with the same numbers get the same score to the last digit.
    interaction, nameless = (
        (best * weights).sum(axis=1) / max(float(weights.sum()), _TINY)
        for weights in (asked.token_weights, asked.nameless_weights)
    )
    meaning = (meant * asked.vector).sum(axis=1) / np.maximum(np.linalg.norm(meant, axis=1), _TINY)
    return interaction, nameless, meaning


def _cover(
    asked: _Asked, titles: Sequence[frozenset[str]], owners: NDArray[np.int_], sentences: Sequence[_Read]
) -> tuple[Column, Column]:
    """Share of the question's words, weighted by rarity, of each sentence alone and with those beside it.

    Zeros for a question of stop words.
    """
    weights = np.array(list(asked.weights.values()))
    shares = weights / max(float(weights.sum()), _TINY)
    here = np.array([[word in sentence.stems for word in asked.weights] for sentence in sentences], bool)
    around = here | np.array([[word in title for word in asked.weights] for title in titles], bool)[owners]
    beside = np.flatnonzero(owners[1:] == owners[:-1])
    around[beside + 1] |= here[beside]
    around[beside] |= here[beside + 1]
    return (here * shares).sum(axis=1), (around * shares).sum(axis=1)


def _speech(
    asked: _Asked, sentences: Sequence[_Read], statements: Mapping[int, Sequence[Statement]]
) -> tuple[Column, Column]:
    """Whether each sentence is a statement of the speaker asked for (-1: of somebody else); and a quotation.

    Where it is not known who says it, the name in it, or just before it, is a hint.
    """
    spoken, quoted = np.zeros(len(sentences)), np.zeros(len(sentences))
    if asked.kind == "statement":
        for i, sentence in enumerate(sentences):
            before = sentences[i - 1] if i and sentences[i - 1].row is sentence.row else None
            said = statement_at(statements.get(sentence.row.document_key, ()), sentence.start, sentence.end)
            if said is not None and said.speaker and asked.by is not None:
                spoken[i] = 1.0 if asked.by.is_said_by(said) else -0.5
            if spoken[i] <= 0:  # also where one reports what another said: then both are named
                named = _spoken(asked.speaker, sentence, None if spoken[i] else before)
                spoken[i] = _HINT * named if named > _HALF else spoken[i]
            quoted[i] = bool(expect.QUOTED.search(sentence.text))
    return spoken, quoted


def _spoken(speaker: frozenset[str], sentence: _Read, before: _Read | None) -> float:
    outside = expect.QUOTED.sub(" ", sentence.text)
    if not speaker or not (expect.SAID.search(outside) or not outside.strip(" .,“”\"'")):
        return 0.0
    named = [
        (len(speaker & heard) / len(speaker)) ** 2  # half a name is hardly a name
        for heard in (sentence.stems, before.stems if before else frozenset())
    ]
    return max(named[0], 0.5 * named[1])
