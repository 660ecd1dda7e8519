"""Who says what, as questions and lists need it: whose statement a sentence is, and one person under all spellings.

Example: `Asked.of("the Iraqi prime minister").is_said_by(statement)` holds where the speaker is by role "Iraq’s
caretaker prime minister". An organisation speaks through its people: "State Department" holds for a statement of
"State Department spokeswoman Morgan Ortagus". A surname alone never makes one person of two.
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from ingest.names import countries, name_key, person_key
from service.records import Speaker
from service.respond import as_json

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ingest.records import Statement
    from ingest.store import Attributed, Heard, PassageIndex
    from service.answer import Sentence

    Json = dict[str, Any]

_SHARE = 0.3  # of a sentence or of a statement, above which the one is the other
_EVERYBODY = frozenset(
    "official oficial oficials statimint sumibudi aniuni piupli".split()
)  # as `name_key` spells them


@dataclass(frozen=True, slots=True)
class Asked:
    """Whose statements are asked for.

    Args:
        words: As names are compared; `places` apart.
        places: Countries that it names.
    """

    words: frozenset[str]
    places: frozenset[str]

    @classmethod
    def of(cls, phrase: str) -> Asked:
        """The speaker that a question names; with neither words nor places when it names none."""
        places = countries(phrase)
        plain = re.sub(r"\b(?:united states|united kingdom)\b", "", phrase, flags=re.IGNORECASE)
        words = [word for word in plain.split() if not countries(word)]
        return cls(name_key(" ".join(words)) - _EVERYBODY, frozenset(places))

    @property
    def is_anybody(self) -> bool:
        """Whether the question names nobody."""
        return not self.words and not self.places

    def is_said_by(self, statement: Statement) -> bool:
        """Whether the statement is theirs."""
        who = f"{statement.speaker or ''} {statement.role or ''}"
        return self.words <= name_key(who) and self.places <= countries(who) and not self.is_anybody


class Person(NamedTuple):
    """Somebody who makes statements, under every spelling.

    Args:
        id: By which the statements are read.
        name: The spelling of most statements.
        names: All spellings.
    """

    id: str
    name: str
    names: tuple[str, ...]
    role: str | None
    statements: int
    documents: int


def statement_at(statements: Iterable[Statement], start: int, end: int) -> Statement | None:
    """The statement that a sentence at `[start, end)` mostly is, or mostly holds; `None` when there is none."""
    best, most = None, 0
    for one in statements:
        shared = min(one.end, end) - max(one.start, start)
        if shared > most and shared >= _SHARE * min(one.end - one.start, end - start):
            best, most = one, shared
    return best


def speakers_of(index: PassageIndex, sentences: Sequence[Sentence]) -> list[Speaker | None]:
    """Who says each sentence of an answer; `None` where nobody does, or it is not known who."""
    statements = index.statements(sentence.row.document_key for sentence in sentences)
    return [
        speaker_of(statement_at(statements.get(sentence.row.document_key, ()), sentence.start, sentence.end))
        for sentence in sentences
    ]


def speaker_of(statement: Statement | None) -> Speaker | None:
    """The speaker as answers show one; `None` when nobody is named."""
    if statement is None or not statement.speaker:
        return None
    return Speaker(
        id=person_key(statement.speaker),
        name=statement.speaker,
        affiliation=statement.role,
        verb=statement.cue or "said",
        direct=statement.form != "indirect",
    )


def people(index: PassageIndex, wanted: str = "") -> list[Person]:
    """Everybody who makes statements, most statements first.

    Args:
        wanted: Only those whose names, in any spelling, have all these words.
    """
    words = name_key(wanted)
    found = [_person(group) for group in _groups(index.speakers())]
    kept = [one for one in found if words <= frozenset().union(*map(name_key, one.names))]
    return sorted(kept, key=lambda one: (-one.statements, one.name))


def statements_of(index: PassageIndex, person_id: str, limit: int, offset: int) -> tuple[list[Attributed], int]:
    """The statements of a person under every spelling, latest first, and how many there are; none of an unknown id."""
    for group in _groups(index.speakers()):
        ids = {heard.person for heard in group}
        if person_id in ids:
            return index.statements_of(sorted(ids), limit, offset)
    return [], 0


def speakers_json(index: PassageIndex, limit: int, offset: int, name: str) -> Json:
    """The JSON of a list of speakers."""
    found = people(index, name)
    return {"speakers": as_json(found[offset : offset + limit]), "total": len(found), "limit": limit, "offset": offset}


def statements_json(index: PassageIndex, speaker_id: str, limit: int, offset: int) -> Json:
    """The JSON of a list of statements."""
    found, total = statements_of(index, speaker_id, limit, offset)
    texts = index.texts(one.document_id for one in found)
    listed = [_shown(one, texts[one.document_id]) for one in found if one.document_id in texts]
    return {"statements": listed, "total": total, "limit": limit, "offset": offset}


def statement_json(said: Statement, text: str) -> Json:
    """The JSON of one statement of a document that has this text."""
    return {
        "start": said.start,
        "end": said.end,
        "text": text[said.start : said.end],
        "form": said.form,
        "speaker": said.speaker,
        "role": said.role,
        "cue": said.cue,
    }


def _groups(heard: Sequence[Heard]) -> list[list[Heard]]:
    """Spellings by person: the same words, or two or more that are all in exactly one longer name."""
    of_key: dict[str, list[Heard]] = defaultdict(list)
    for one in heard:
        of_key[one.person].append(one)
    having: dict[str, set[str]] = defaultdict(set)
    for key in of_key:
        for word in key.split("-"):
            having[word].add(key)
    groups: dict[str, list[Heard]] = {}
    for key in sorted(of_key, key=lambda key: -len(key.split("-"))):
        words = key.split("-")
        longer = set.intersection(*(having[word] for word in words)) - {key} if len(words) > 1 else set()
        whole = next(iter(longer)) if len(longer) == 1 else key
        groups.setdefault(whole, []).extend(of_key[key])
    return list(groups.values())


def _person(group: Sequence[Heard]) -> Person:
    most = max(group, key=lambda one: (one.statements, len(one.name)))
    return Person(
        id=max((one.person for one in group), key=len),
        name=most.name,
        names=tuple(dict.fromkeys(one.name for one in group)),
        role=next((one.role for one in group if one.role), None),
        statements=sum(one.statements for one in group),
        documents=max(one.documents for one in group),
    )


def _shown(one: Attributed, text: str) -> Json:
    return {
        "document_id": one.document_id,
        **statement_json(one.statement, text),
        "outlet": one.outlet,
        "title": one.title,
        "published_on": as_json(one.published_on),
        "url": one.url,
    }
