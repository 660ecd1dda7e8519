"""First stage of a question in a conversation: a follow-up becomes a query that can be read alone.

Example: after "What did the State Department say about a delegation?" the question "And what did Iraq say?" becomes
"what did Iraq say? (delegation)". A question that names what it is about is left as it is, and so is a new topic.
What is carried over are words of the earlier questions, and a name for a pronoun; nothing is made up. Where two people
may be meant, both readings are given, and none is chosen.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple, Self

from ingest.names import person_key
from ingest.people import NAME, OFFICES, mention
from service.records import LONGEST_QUESTION

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ingest.store import PassageIndex

    Turns = Sequence[tuple[str, str]]

_LEADS = re.compile(
    r"^\s*(?:and|but|so|then|also|ok(?:ay)?|well|yes|no|right|thanks?|thank you)\b[,.!]?\s+", re.IGNORECASE
)
_ABOUT = re.compile(r"^\s*(?:what|how) about\b", re.IGNORECASE)
_PRONOUN = re.compile(
    r"\b(?:he|him|his|she|her|hers|it|its|they|them|their|theirs|this|that|these|those|there|then|one|ones|such|same|"
    r"both|either|neither|former|latter|else|other|others|another|more|again)\b",
    re.IGNORECASE,
)
_PERSON = re.compile(r"\b(?P<he>he|him|his)\b|\b(?P<she>she|her|hers)\b", re.IGNORECASE)
_WORD = re.compile(r"[\w’'-]+")
_SHORT = 5  # words: a question of fewer rarely says what it is about
_READINGS = 4  # at most
_HEARD = 5  # statements in which an office is looked for
_FEW = 4  # words with a meaning of their own: fewer leave open what is meant
_CARRIED = 8  # words that are carried over at most
TURNS = 3  # earlier questions that are looked at, the last first
_PLAIN = frozenset(
    """
    a an the of in on at to for from with by about as is are was were be been being do does did done has have had
    can could will would should shall may might must not no nor or and but if so than then there here what which who
    whom whose when where why how much many any some all more most other another such that this these those it its
    he she they them his her their him i me my we us our you your please tell know think say said says mean let get
    give go make also just very really too
    """.split()
)


class Rewritten(NamedTuple):
    """The query, and whether it says more than the question.

    Args:
        readings: Questions of which one is meant, where it is not known which; none otherwise.
    """

    query: str
    is_rewritten: bool
    readings: tuple[str, ...] = ()


class Asked(NamedTuple):
    """A question in its conversation, and the query that rules make of it.

    Args:
        earlier: Questions and what was answered to them, oldest first.
    """

    question: str
    earlier: Turns
    ruled: Rewritten

    @classmethod
    def of(cls, question: str, earlier: Turns = (), index: PassageIndex | None = None) -> Self:
        """The question with its query."""
        return cls(question, earlier, rewrite(question, earlier, index))


def rewrite(question: str, earlier: Turns, index: PassageIndex | None = None) -> Rewritten:
    """The question as it can be read alone.

    Args:
        question: As typed.
        earlier: Questions and what was answered to them, oldest first.
        index: The library, which knows words that are the same, and who makes statements.
    """
    if not earlier or not _follows(question, _content(question)):
        return Rewritten(question, is_rewritten=False)
    plain = _LEADS.sub("", question).strip()
    meant = _meant(plain, earlier, index)
    if len(meant) > 1:
        return Rewritten(question, is_rewritten=False, readings=tuple(meant))
    plain = meant[0]
    carried = _carried(plain, [asked for asked, _ in reversed(earlier[-TURNS:])], index.terms if index else str.split)
    query = f"{plain} ({' '.join(carried)})" if carried else plain
    if len(query) > LONGEST_QUESTION:
        return Rewritten(question, is_rewritten=False)
    return Rewritten(query, is_rewritten=query != question)


def _carried(question: str, asked: Sequence[str], stems: Callable[[str], Sequence[str]]) -> list[str]:
    """Words of the earlier questions, the last first, that the question lacks.

    They are those of one question; where that one and this have pronouns, "it" may stand further back.
    """
    known = set(stems(question.lower()))
    carried: list[str] = []
    for text in asked:
        for word in _content(text):
            own = stems(word.lower())
            if len(carried) < _CARRIED and not known.intersection(own):
                carried.append(word)
                known.update(own)
        is_whole = text.endswith(")") or not _PRONOUN.search(text)  # a query has its words in brackets already
        if carried and (is_whole or not _PRONOUN.search(question)):
            break
    return carried


def _follows(question: str, content: Sequence[str]) -> bool:
    """Whether it leans on what was asked before."""
    if _LEADS.match(question) or _ABOUT.match(question) or len(content) < _FEW:
        return True
    return bool(_PRONOUN.search(question)) or len(_WORD.findall(question)) < _SHORT


def _meant(question: str, earlier: Turns, index: PassageIndex | None) -> list[str]:
    """The question with "he" or "she" replaced by each person who may be meant; as it is where nobody is known to be.

    Only people whom the library hears under an office make a question ambiguous: capital letters are no person.
    """
    found = _PERSON.search(question)
    if found is None or _is_named_before(question[: found.start()]):
        return [question]
    texts = (text for turn in reversed(earlier[-TURNS:]) for text in turn)
    names = next(filter(None, map(_people, texts)), [])
    heard = [name for name in names if index is not None and _is_heard(index, name)]
    return [
        question[: found.start()] + _declined(name, found.group()) + question[found.end() :]
        for name in heard[:_READINGS] or names[:1]
    ] or [question]


def _is_named_before(text: str) -> bool:
    """Whether the question itself says who "he" is: "Why did the minister change his mind?"."""
    return any(match.start() > 0 for match in NAME.finditer(text)) or any(
        word.lower() in OFFICES for word in _WORD.findall(text)
    )


def _is_heard(index: PassageIndex, name: str) -> bool:
    statements, _ = index.statements_of([person_key(name)], _HEARD, 0)
    return any(one.statement.role for one in statements)


def _people(text: str) -> list[str]:
    found = [mention(match.group()) for match in NAME.finditer(text)]
    names = [one.name for one in found if one is not None and one.name and text.index(one.name) > 0]
    surnames = {re.split(r"[ -]", name)[-1].casefold(): name for name in reversed(names) if " " in name}
    return list(reversed(surnames.values()))


def _declined(name: str, pronoun: str) -> str:
    return f"{name}’s" if pronoun.lower() in {"his", "hers"} else name


def _content(text: str) -> list[str]:
    return [word for word in _WORD.findall(text) if word.lower() not in _PLAIN and len(word) > 1]
