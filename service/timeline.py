"""Dated events on a topic, oldest first: retrieve → answer's sentences → those with days → the same events as one.

Example: `timeline(index, encoder, Wanted("Soleimani"))` has an `Event` of 2020-01-03 with the sentence of each outlet
that reports the strike of that day. The day is the sentence's own ("last Friday"), never that of publication.
"""

from __future__ import annotations

import re
import time
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any, Self

from service import expect
from service.answer import Draft, candidates
from service.cite import cite
from service.compare import corroborate
from service.event_dates import dates_of
from service.pipeline import check_question
from service.records import Filters
from service.retrieve import retrieve

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ingest.embed import Encoder
    from ingest.store import PassageIndex
    from service.answer import Sentence
    from service.dates import TimeWords
    from service.records import Citation, Corroboration

_PASSAGES = 40  # of different stories, whose sentences are looked at
_ON_TOPIC = 0.5  # share of the query's words, rarer ones weighing more, in a sentence, those beside it and the title
_BEHIND = 8.0  # of score, from which a sentence is too far behind the best
_SAME = 0.4  # share of the shorter sentence's words, its day's and the query's left out, that the same event shares
_FEWEST = 2  # words shared
_ACTORS = 2  # names shared, whose order says who did it to whom
_REPORTING = re.compile(
    r"\b(?:said|says|told|suggested|announced|stated|reported|wrote|added|confirmed|published|statement|replied)\b"
    r"(?:\s\w+){0,3}\s(?:late |early )?(?:on )?(?:late |early )?$"
)
_STRETCH = re.compile(r"since\b|(?:over |in )?the (?:last|past|next|coming)\b", re.IGNORECASE)
_DENIES = re.compile(
    r"\b(?:not|no|never|neither|nor|den(?:y|ied|ies)|refus(?:e|ed|es)|reject(?:ed|s)?)\b|n[’']t\b", re.IGNORECASE
)
_NAME = re.compile(r"(?<!^)\b(?!(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day)[A-Z][\w-]+")


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which events are asked for.

    Args:
        outlets: Whose articles may be used; empty means all.
        first: With `last`, the days that an event has to touch, both inclusive.
        limit: Events at most: those that fit the query best.
    """

    query: str
    outlets: tuple[str, ...] = ()
    first: date | None = None
    last: date | None = None
    limit: int = 20

    @classmethod
    def of(cls, given: dict[str, Any]) -> Self:
        """What the query string of `GET /v1/timeline` says, as names and values."""
        first, last = (date.fromisoformat(given[name]) if given.get(name) else None for name in ("from", "to"))
        return cls(given["query"], tuple(given.get("outlet", ())), first, last, given["limit"])

    def includes(self, one: _Dated) -> bool:
        """Whether it touches the days asked for."""
        return (self.first is None or one.last >= self.first) and (self.last is None or one.first <= self.last)


@dataclass(frozen=True, slots=True)
class Event:
    """Something that the articles say happened, or will happen, on known days.

    Args:
        first: With `last`, the days, both inclusive.
        words: The words of time of the sentence shown.
        text: That sentence, the one that answers the query best.
        citations: Of it and of the others that report the same event of the same days, one an article.
    """

    first: date
    last: date
    words: str
    text: str
    corroboration: Corroboration
    citations: tuple[Citation, ...]


@dataclass(frozen=True, slots=True)
class Timeline:
    """Events on a topic, oldest first; `total` counts also those beyond the limit, which fit the query less."""

    query: str
    events: tuple[Event, ...]
    total: int
    timings_ms: dict[str, float]


@dataclass(frozen=True, slots=True)
class _Dated:
    """A sentence with the words of time that say when it was."""

    sentence: Sentence
    when: TimeWords
    first: date
    last: date


def timeline(index: PassageIndex, encoder: Encoder, wanted: Wanted) -> Timeline:
    """Events on the query's topic; none when no sentence on it has a day.

    Raises:
        QuestionError: The query is empty, too long or has no word in it.
        DamagedError: The library is damaged, or is being made anew.
        CitationError: An article was replaced in this very moment.
    """
    check_question(wanted.query)
    index.require_whole()
    retrieved = retrieve(index, encoder, wanted.query, Filters(outlets=wanted.outlets), _PASSAGES)
    started = time.perf_counter()
    sentences = candidates(index, wanted.query, retrieved, _PASSAGES)
    dated = [one for one in _dated(index, sentences) if wanted.includes(one)]
    groups = _merged(dated, frozenset(index.terms(wanted.query)), index)
    shown = sorted(groups[: wanted.limit], key=lambda group: (group[0].first, group[0].last))
    drafts = [Draft(tuple(one.sentence for one in group), group[0].sentence.score) for group in shown]
    citations = cite(index, drafts)
    events = tuple(
        Event(group[0].first, group[0].last, group[0].when.text, group[0].sentence.text, carried, of_event)
        for group, carried, of_event in zip(shown, corroborate(index, drafts), citations, strict=True)
    )
    retrieved.timings_ms["timeline"] = round(1000 * (time.perf_counter() - started), 3)
    return Timeline(wanted.query, events, len(groups), retrieved.timings_ms)


def _dated(index: PassageIndex, sentences: Sequence[Sentence]) -> Iterable[_Dated]:
    """The sentences on the topic that say when, best first."""
    for sentence in sentences:
        if sentence.score < sentences[0].score - _BEHIND:
            return
        if sentence.features.context < _ON_TOPIC:
            continue
        when = _when(sentence, dates_of(index, sentence))
        if when is not None and when.first is not None and when.last is not None:
            yield _Dated(sentence, when, when.first, when.last)


def _when(sentence: Sentence, found: Iterable[TimeWords]) -> TimeWords | None:
    """The words that say when it happened, rather than when somebody said so; nothing for "since 2014" alone."""
    known = [one for one in found if one.first and one.last and not _STRETCH.match(one.text)]
    of_event = [one for one in known if not _REPORTING.search(sentence.text[: one.start - sentence.start])]
    return next(iter(of_event or known), None)


def _merged(dated: Iterable[_Dated], asked: frozenset[str], index: PassageIndex) -> list[list[_Dated]]:
    """The same events of the same days as one group, in the order of their best; one sentence an article."""
    groups: list[list[_Dated]] = []
    terms: list[frozenset[str]] = []
    for one in dated:
        own = one.sentence.stems - asked - frozenset(index.terms(one.when.text))
        same = next((i for i, group in enumerate(groups) if _is_same(one, own, group[0], terms[i])), None)
        if same is None:
            groups.append([one])
            terms.append(own)
        elif all(one.sentence.row.document_id != other.sentence.row.document_id for other in groups[same]):
            groups[same].append(one)
    return groups


def _is_same(one: _Dated, own: frozenset[str], other: _Dated, its: frozenset[str]) -> bool:
    """Whether two sentences of the same days share enough words, and no figure, denial or actor sets them apart."""
    shared = len(own & its)
    if (one.first, one.last) != (other.first, other.last) or shared < max(_FEWEST, _SAME * min(len(own), len(its))):
        return False
    mine, theirs = _figures(one), _figures(other)
    if mine and theirs and not mine & theirs:
        return False
    if bool(_DENIES.search(one.sentence.text)) != bool(_DENIES.search(other.sentence.text)):
        return False
    names = [list(dict.fromkeys(_NAME.findall(each.sentence.text))) for each in (one, other)]
    shared_names = [[name for name in names[i] if name in names[1 - i]][:_ACTORS] for i in (0, 1)]
    return shared_names[0] == shared_names[1]


def _figures(one: _Dated) -> set[str]:
    start = one.when.start - one.sentence.start
    text = one.sentence.text[:start] + one.sentence.text[start + len(one.when.text) :]
    return {match.group().lower() for match in expect.NUMBER.finditer(text)}
