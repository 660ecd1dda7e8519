"""Within the fifth stage of a question: what a sentence says something began with.

Example: `beginnings("The fighting began when a bridge was blown up.")` is
`[Beginning("conflict", "bridge", frozenset({"bridge", "blown"}))]`. Outlets differ where two sentences give the same
thing another beginning that shares hardly a word with the first.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from ingest.names import countries
from service import support_facts as facts

_CONFLICT = (
    r"escalation|flare-?up|cris[ie]s|conflict|confrontation|stand-?off|clash(?:es)?|violence|unrest|war|fighting"
)
_WHAT = rf"(?P<what>{_CONFLICT}|protests?|riots?|strikes?|disputes?|feuds?|rows?|talks|search|investigation|fire|panic)"
_SET_OFF = r"set off|sparked|triggered|touched off|ignited|unleashed|caused|provoked|prompted"
_BEGAN = rf"(?:began|started|erupted|broke out|(?:was|were) (?:launched|started|{_SET_OFF}))"
_TOLD = re.compile(rf"\b(?:began|started|erupted|broke out|launched|{_SET_OFF})\b", re.IGNORECASE)
_PATTERNS = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"\b{_WHAT}\b[^.;]{{0,80}}?\b{_BEGAN}\b(?P<how>[^.;]*)",
        rf"\bwhat (?:started|{_SET_OFF})\b[^,;.]{{0,40}}?\b{_WHAT}\b[^,;.]{{0,40}}? (?:was|were)\b(?P<how>[^.;]+)",
        rf"(?P<how>[^.;,]+?)\b(?:{_SET_OFF}) (?:the|a|this) [^,;.]{{0,40}}?\b{_WHAT}\b",
    )
)
_SINCE = re.compile(r"\b(?:when|after|with|by|over|as)\b(?P<how>.*)", re.IGNORECASE | re.DOTALL)
_FEWEST = 2  # words of a beginning; fewer is a day
_COMMON = frozenset({"attack", "strik", "strike", "kill", "death", "di", "die", "dead", "war", "fight"})  # say little
_SHARED = 0.25  # of the shorter one's words, from which two are one beginning


class Beginning(NamedTuple):
    """What something began with.

    Args:
        what: It, in one word; all that people fight in is a conflict.
        first: The first telling word of how it began.
        words: All of them, without endings, countries, numbers and days.
    """

    what: str
    first: str
    words: frozenset[str]

    def is_that_of(self, other: Beginning) -> bool:
        """Whether both are one beginning of one thing, as far as their words tell."""
        mine, its = self.words - _COMMON, other.words - _COMMON
        is_alike = self.first == other.first or len(mine & its) >= _SHARED * min(len(mine), len(its))
        return self.what == other.what and is_alike

    def differs(self, other: Beginning) -> bool:
        """Whether both began the same thing, with something else."""
        return self.what == other.what and not self.is_that_of(other)


def beginnings(sentence: str) -> list[Beginning]:
    """Everything of which the sentence says what it began with."""
    if not _TOLD.search(sentence):  # a small part of the time of what follows
        return []
    for pattern in _PATTERNS:
        if match := pattern.search(sentence):
            how = since["how"] if (since := _SINCE.search(match["how"])) else match["how"]
            words = [word for word in facts.content(how) if _tells(word)]
            is_conflict = re.fullmatch(_CONFLICT, match["what"], re.IGNORECASE)
            what = "conflict" if is_conflict else facts.stem(match["what"].lower())
            return [Beginning(what, words[0], frozenset(words))] if len(words) >= _FEWEST else []
    return []


def _tells(word: str) -> bool:
    return word.isalpha() and not countries(word) and word not in facts.MONTHS_AND_DAYS
