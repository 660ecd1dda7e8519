"""When a question asks about a time: which one, and which sentences are of it.

Example: "What happened on January 3?" prefers sentences whose own words ("last Friday", in an article of January 10)
resolve to that day; "What did he say after the strike?" prefers those of later days than the strike's dated mentions.

"Last week" and "on January 3" in a question are seen from the newest article of the library, never from the clock: the
same question of the same library has the same answer on any day.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import TYPE_CHECKING

from service.dates import TimeWords, dates_in
from service.dates_calendar import Span
from service.event_dates import dates_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ingest.store import PassageIndex
    from service.answer import Sentence

_FOREMOST = 25  # sentences that are looked at, best first: reading all took longer than ranking them
_WEIGHT = 2.0  # of score, for a sentence of the time that is asked for
_PUBLISHED = 0.25  # of that, for one without words of time in an article of those days
_LONG = timedelta(days=40)
_DAY, _WEEK = timedelta(days=1), timedelta(days=7)
_EVENT = re.compile(
    r"\b(?P<order>before|after|following|since)\s+(?:the|a|an|his|her|its|their)?\s*"
    r"(?P<event>[^?,.;]+?)(?=\s+(?:what|who|how|did|do|does|was|were|had|has|have|is|are|will|on|in)\b|[?,.;]|$)",
    re.IGNORECASE,
)
_STEM = 5  # letters by which the event's words are found again in a sentence


@dataclass(frozen=True, slots=True)
class AskedTimes:
    """The times that a question names.

    Args:
        spans: First and last days of its words of time.
        order: `before` or `after`, when it names an event and not a day.
        event: Terms of that event; empty when none is named.
    """

    spans: tuple[TimeWords, ...]
    order: str = ""
    event: tuple[str, ...] = ()

    @classmethod
    def of(cls, index: PassageIndex, question: str) -> AskedTimes | None:
        """What the question asks for; nothing when it names no time, or one that cannot be resolved."""
        words = dates_in(question, None)
        if any(one.first is None or one.last is None for one in words):
            words = dates_in(question, index.newest())
        spans = tuple(_bounded(question, one) for one in words if one.first is not None)
        if spans:
            return cls(spans)
        match = None if words else _EVENT.search(question)
        event = tuple(index.terms(match["event"])) if match else ()
        if match is None or not event:
            return None
        return cls((), "before" if match["order"].lower() == "before" else "after", event)

    def preferring(self, index: PassageIndex, sentences: Sequence[Sentence]) -> list[Sentence]:
        """The sentences, best first, where those of the time gain and those of other times lose."""
        foremost = [(one, dates_of(index, one)) for one in sentences[:_FOREMOST]]
        spans = self.spans
        if not spans:
            of_event = self._when_it_was(foremost)
            if of_event is None:
                return list(sentences)
            spans = (_beside(of_event, self.order),)
        timed = [one._replace(timed=_fit(spans, one, found)) for one, found in foremost]
        gained = [one._replace(score=one.score + _WEIGHT * one.timed) for one in timed]
        return sorted([*gained, *sentences[_FOREMOST:]], key=lambda one: -one.score)

    def _when_it_was(self, foremost: Sequence[tuple[Sentence, Sequence[TimeWords]]]) -> Span | None:
        """The days of the event that its dated mentions name most often; of several, the earliest."""
        spans: dict[Span, int] = {}
        for sentence, found in foremost:
            span = _when(self.event, sentence, found)
            if span is not None:
                spans[span] = spans.get(span, 0) + 1
        return max(spans, key=lambda span: (spans[span], -(span.first or date.max).toordinal()), default=None)


def _bounded(question: str, words: TimeWords) -> TimeWords:
    """The days asked for; "before 2019" and "after Friday" ask for those on one side of them."""
    lead = question[max(0, words.start - 12) : words.start].lower().split()
    if lead[-1:] == ["before"] and words.first:
        return replace(words, first=date.min, last=words.first - _DAY)
    if lead[-1:] == ["after"] and words.last:
        return replace(words, first=words.last + _DAY, last=date.max)
    return words


def _beside(of_event: Span, order: str) -> TimeWords:
    """The days before or after those of an event, which are neither."""
    if order == "before":
        return TimeWords("", 0, 0, date.min, (of_event.first or date.max) - _DAY)
    return TimeWords("", 0, 0, (of_event.last or date.min) + _DAY, date.max)


def _fit(spans: Sequence[TimeWords], sentence: Sentence, found: Sequence[TimeWords]) -> float:
    """1 when the days of the sentence are asked for, half of it when some of them are, -1 when only others are.

    Little for a sentence that names none.
    """
    known = [one for one in found if one.first is not None and one.last is not None]
    telling = [one for one in known if not _is_long(one) or any(_is_within(one, span) for span in spans)]
    if any(_is_within(one, span) for one in telling for span in spans):
        return 1.0
    if any(_meet(one, span) for one in telling for span in spans):
        return 0.5
    if telling:
        return -1.0
    published = sentence.row.published_on
    is_then = published is not None and any(
        span.text and _is_within(TimeWords("", 0, 0, published, published), span) for span in spans
    )
    return _PUBLISHED if is_then else 0.0


def _is_long(words: TimeWords) -> bool:
    """Whether it names so many days that it says little of any of them: "since 2014"."""
    return words.first is not None and words.last is not None and words.last - words.first > _LONG


def _is_within(one: TimeWords, other: TimeWords) -> bool:
    first, last = other.first or date.min, other.last or date.max
    return one.first is not None and one.last is not None and first <= one.first and one.last <= last


def _meet(one: TimeWords, other: TimeWords) -> bool:
    return (one.first or date.min) <= (other.last or date.max) and (other.first or date.min) <= (one.last or date.max)


def _when(event: Sequence[str], sentence: Sentence, found: Sequence[TimeWords]) -> Span | None:
    """The days on which a sentence says that the event took place: those that stand nearest to its words."""
    days = [one for one in found if one.first and one.last and one.last - one.first <= _WEEK]
    if not days or not sentence.stems.issuperset(event):
        return None
    text = sentence.text.lower()
    places = [at for term in event if (at := text.find(term[:_STEM])) >= 0]
    at = sentence.start + (places[-1] if places else 0)
    nearest = min(days, key=lambda one: min(abs(one.start - at), abs(one.end - at)))
    return Span(nearest.first, nearest.last)
