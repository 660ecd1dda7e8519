"""Within the attribution of an article: whom "he", "the spokeswoman", "Quill" and "her office" stand for.

Example: after "State Department spokeswoman Morgan Ortagus", `Ortagus` and `the spokeswoman` are Morgan Ortagus.
"""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ingest.names import countries, last_key, name_key, person_key
from ingest.people import BODIES, NAME, OFFICES, Mention, mention

if TYPE_CHECKING:
    from ingest.quotes import Quote
    from ingest.reports import Report

    Who = tuple[str | None, str | None, tuple[int, int] | None]

_OWNED = re.compile(r"^(?P<whose>his|her|its|their)\s+(?P<what>.+)$", re.IGNORECASE)
_PAPER = r"(?:statement|release|readout|letter|tweet|post|message|note|communique)s?"
_FROM = re.compile(rf"\b{_PAPER}\b.*?\b(?:from|by|of)\s+(?P<who>.+)$", re.IGNORECASE)
_DOCUMENT = re.compile(
    rf"^(?:the (?:end|text|rest) of )?(?:the|this|a|an|that)\s+(?:\w+\s){{0,2}}{_PAPER}$", re.IGNORECASE
)
_CAME_FROM = re.compile(rf"\b{_PAPER} (?:from|by) (?P<who>[^,.;:“”\"\x01]{{2,60}})")
_OFFICE_OF = re.compile(
    r"^(?P<who>.*[A-Z][\w-]+)[’']s (?P<what>(?:\w+ )?(?:office|spokesman|spokeswoman|spokesperson|lawyers?|team))$"
)
_LEAD = re.compile(r"^(?:On|In|At|Also|But|And|Late|Early) (?:\w+ )?(?=the |[A-Z])")
_ISSUED = re.compile(
    r"(?P<who>[\w’'. -]{2,60}?)\s(?:ha[sd] |also |later )*(?:released|issued|published|put out|sent)\s"
    rf"(?:[\w’'-]+\s){{0,4}}{_PAPER}\b"
)
_LEADS = re.compile(
    r"(?:Asked|Speaking|Writing|In|On|At|During|After|Before|While|When|As|If|Although|Though|Since|With)\b"
    r"[^,.;“”\"\x01]{2,120}, "
)
_BY_OFFICE = re.compile(r"\bby (?P<who>(?:the|his|her|its|their) (?:[\w’'-]+ ){0,4}[a-z-]+(?: of [A-Z]\w+)?)[,.]")
_ACTS = re.compile(r" (?:was|is|has|had|will|would|[a-z]+ed|refused|went|left|met|came|took|kept|stood|sat|rose|won)\b")
_RELATED = re.compile(r"(?P<who>(?:His|Her|Their|Its) (?:[a-z-]+ ){0,3}?(?P<what>[a-z-]+)), $")
_OFFICE_FIRST = re.compile(r"(?P<who>(?:The|His|Her|Its|Their|the|his|her|its|their) (?:[a-z-]+ ){0,2}?[a-z-]+)\b")
_BEFORE_OFFICES = frozenset(
    "prime foreign defence defense interior finance top deputy caretaker interim former".split()
)
_RELIGIOUS = frozenset(
    "shia shiite sunni muslim christian catholic religious spiritual cleric ayatollah imam pope bishop archbishop "
    "cardinal rabbi priest pastor patriarch".split()
)
_SHORT = {"gov": "governor", "sen": "senator", "rep": "representative", "gen": "general", "col": "colonel"}
_LONG_AGO = 2  # sentences after which a quotation by itself no longer goes on
_ALIKE = (
    {"premier", "minister"}, {"cleric", "ayatollah", "imam", "leader", "authority"}, {"president", "leader"},
    {"minister", "leader"}, {"premier", "leader"}, {"spokesman", "spokesperson"}, {"spokeswoman", "spokesperson"},
    {"commander", "general"}, {"senator", "lawmaker", "republican"}, {"representative", "lawmaker"},
)  # fmt: skip


@dataclass(slots=True)
class Person:
    """Somebody in an article: the fullest name, the offices that were read, and when last."""

    name: str
    roles: list[str]
    female: bool | None
    seen: int
    spoke: bool = False
    acts: bool = False  # as the subject of a sentence


class Cast:
    """Everybody whom an article names, read once from its beginning to where it has come.

    Args:
        text: The article.
        hidden: The same with quotations masked.
    """

    def __init__(self, text: str, hidden: str) -> None:
        self._text = text
        self._hidden = hidden
        self._full = _full_names(hidden)
        self._people: dict[str, Person] = {}
        self._in_unit: list[Person] = []
        self._before: list[Person] = []
        self._met_before = False
        self._speaker: Person | str | None = None
        self._role: str | None = None
        self._spoken_at = -10
        self._speaking: Person | None = None  # who spoke last, or whose office did
        self._owner: str | None = None  # of the statement that is being told
        self._owner_role: str | None = None
        self._body: str | None = None  # what the last sentence was about that speaks and is nobody: "the statement"
        self._unit = 0

    @functools.cached_property
    def _later(self) -> list[Mention]:
        return _offices(self._hidden)

    def pass_over(self, start: int, end: int) -> None:
        """Reads who is named in a sentence, for the pronouns of the next."""
        self._read(start, end)
        if came := _CAME_FROM.search(self._hidden, start, end):
            speaker, role = self._speaker, self._role
            self._owner, self._owner_role = self._named(came["who"].strip(), start)
            self._speaker, self._role = speaker, role
        if issued := _ISSUED.search(self._hidden, start, end):
            found = mention(_LEAD.sub("", issued["who"].strip()).rsplit(", ", 1)[-1])
            if found is not None and (found.name or found.role):
                self._owner, self._owner_role = found.name or _without_article(found.role or ""), None
        self._met_before = bool(self._in_unit)
        self._before = self._in_unit or self._before
        self._in_unit = []
        self._unit += 1

    def resolve(self, text: str, start: int, report: Report) -> Who:
        """The speaker of a report: name, role, and where the words for it stand."""
        if report.who is None:
            return self._again(None)
        span = (start + report.who[0], start + report.who[1])
        phrase = text[slice(*span)]
        self._read_before(start, span[0])
        name, role = self._named(phrase, span[0])
        self._spoken_at = self._unit
        self._role = role
        return name, role, span

    def going_on(self, text: str, start: int, quote: Quote) -> Who | None:
        """Whoever spoke in the sentence before, or is named before a colon; `None` when nobody did."""
        before = text[start : start + quote.start].rstrip()
        if before.endswith(":") and (found := mention(before.rstrip(":").split(". ")[-1])) is not None and found.name:
            name, role = self._known(found, start)
            return name, role, (start, start + len(before) - 1)
        if before.endswith(":"):  # "Her neighbour, Ada Quill, nodded: “It is.”"
            self._read(start, start + quote.start)
            if (person := next(iter(self._in_unit), None)) is not None:
                self._speaker = self._speaking = person
                self._spoken_at, person.spoke = self._unit, True
                return person.name, person.roles[0] if person.roles else None, None
        if self._unit - self._spoken_at <= _LONG_AGO and self._speaker is not None:
            self._spoken_at = self._unit
            return self._again(None)
        return None

    def _again(self, span: tuple[int, int] | None) -> Who:
        name = self._speaker.name if isinstance(self._speaker, Person) else self._speaker
        return name, self._role, span

    def _read_before(self, start: int, at: int) -> None:
        self._read(start, at)

    def _read(self, start: int, end: int) -> None:
        """Who is named: first the subject, then others, last those whose name stands before what is theirs."""
        main = _main_clause(self._hidden, start, end)
        for named in (_OFFICE_FIRST.match(self._hidden, main, end), _BY_OFFICE.search(self._hidden, main, end)):
            if named and (found := mention(named["who"])) is not None and found.name is None:
                person = self._holder(found)
                offices = {_head(role) for role in person.roles} if person else set()
                # "The president" may be the one who was called a leader, and is as often somebody else.
                is_leader = _head(found.role or "") == "president" and "president" not in offices
                if person is not None and not is_leader and person not in self._in_unit:
                    self._in_unit.append(person)
                is_body = person is None and _head(found.role or "") in BODIES
                self._body = _without_article(named["who"]) if is_body else None
        matches = sorted(
            NAME.finditer(self._hidden, start, end),
            key=lambda match: (_owns(match[0]), match.start() < main, match.start()),
        )
        for match in matches:
            phrase = _with_office(self._hidden, start, match.start(), match.end())
            if (found := mention(phrase)) is not None and found.name:
                person = self._meet(found, match.start())
                person.acts |= match.start() == main and bool(_ACTS.match(self._hidden, match.end(), end))

    def _named(self, phrase: str, at: int) -> tuple[str | None, str | None]:
        owned, found = _OWNED.match(phrase), mention(phrase)
        if owned and found is not None and found.name is not None:  # "her rival, Ada Quill"
            return self._known(found, at)
        if owned:
            person = self._antecedent(_is_female(owned["whose"]), at)
            if person is None:
                return self._as(phrase, None)
            self._owner = f"{person.name}’s {owned['what'].split(' in ')[0]}"
            self._owner_role = person.roles[0] if person.roles else None
            self._speaking = person
            return self._as(self._owner, self._owner_role)
        if _DOCUMENT.match(phrase) and self._owner is None and isinstance(self._speaker, str):
            return self._speaker, self._role
        if _DOCUMENT.match(phrase):
            return self._as(self._owner, self._owner_role)
        if of_office := _OFFICE_OF.match(phrase):
            found = mention(of_office["who"])
            if found is not None and found.name:
                person = self._meet(found, at)
                self._speaking = person
                self._owner, self._owner_role = f"{person.name}’s {of_office['what']}", found.role
                return self._as(self._owner, found.role)
        if came := _FROM.search(phrase):
            name, role = self._named(came["who"].strip(" ,"), at)
            self._owner, self._owner_role = name, role
            return name, role
        return self._mentioned(phrase, at)

    def _mentioned(self, phrase: str, at: int) -> tuple[str | None, str | None]:
        """Who is named by a name, an office or a pronoun."""
        found = mention(phrase)
        if found is None:
            return self._as(_without_article(phrase), None)
        if found.name is not None:
            return self._known(found, at)
        if found.role in {"it", "they", "we"}:
            if self._body and self._unit - self._spoken_at > _LONG_AGO:
                return self._as(self._body, None)
            return self._again(None)[0], self._role
        if found.role in {"he", "she", "i", "who"}:
            person = self._antecedent(found.female, at)
            if person is None:
                return self._as(None, None)
            self._speaker = self._speaking = person
            person.spoke = True
            return person.name, person.roles[0] if person.roles else None
        person = self._holder(found)
        if person is None:
            return self._as(_without_article(phrase), None)
        self._speaker = self._speaking = person
        return person.name, person.roles[0] if person.roles else None

    def _as(self, name: str | None, role: str | None) -> tuple[str | None, str | None]:
        self._speaker = name
        return name, role

    def _known(self, found: Mention, at: int) -> tuple[str, str | None]:
        person = self._meet(found, at)
        person.spoke = True
        self._speaker = self._speaking = person
        return person.name, found.role or (person.roles[0] if person.roles else None)

    def _meet(self, found: Mention, at: int) -> Person:
        assert found.name is not None  # noqa: S101  (callers look)
        name = self._full.get(last_key(found.name), found.name) if len(found.name.split()) < 3 else found.name
        if len(found.name.split()) > 1 and not name_key(found.name) <= name_key(name):
            name = found.name
        key = " ".join(sorted(name_key(name)))
        person = self._people.setdefault(key, Person(name, [], None, at))
        person.seen = max(person.seen, at)
        if person not in self._in_unit:
            self._in_unit.append(person)
        if found.role and found.role not in person.roles:
            person.roles.append(found.role)
        person.female = person.female if found.female is None else found.female
        return person

    def _antecedent(self, female: bool | None, at: int) -> Person | None:
        """Whom a pronoun stands for: who spoke last, if just before, else the person named last."""
        if self._spoken_at < self._unit - 1 and self._met_before and not any(map(_is_person, self._in_unit)):
            near = [*self._before]
            if (one := next((one for one in near if _fits(one, female) and _is_person(one)), None)) is not None:
                return one
        recent = [self._speaking] if self._speaking and self._unit - self._spoken_at <= _LONG_AGO else []
        if not self._in_unit or (recent and (self._spoken_at == self._unit or recent[0] in self._in_unit)):
            near = [*recent, *self._in_unit, *self._before]
        else:
            near = [*self._in_unit, *recent, *self._before]
        for one in near:
            if _fits(one, female) and _is_person(one):
                return one
        people = [one for one in self._people.values() if one.seen < at and _fits(one, female) and _is_person(one)]
        return max(people, key=lambda one: (one.spoke or bool(one.roles), one.seen), default=None)

    def _holder(self, found: Mention) -> Person | None:
        """Who holds an office that is named alone: the one named with it, or one like it, last."""
        office = _head(found.role or "")
        places = countries(found.role or "")
        holders = [
            one
            for one in self._people.values()
            if any(_same_office(office, _head(role)) and _same_place(places, countries(role)) for role in one.roles)
            and _is_religious(found.role or "") == any(map(_is_religious, one.roles))
            and _fits(one, found.female)
        ]
        if re.match(r"an?\s", found.role or "", re.IGNORECASE):
            return None
        is_one = re.match(r"(?:the|this|that|[A-Z][\w-]+[’']s?)\s", found.role or "", re.IGNORECASE)
        if not is_one and not (found.role or "")[:1].isupper():
            return None
        if not holders:  # an article's first sentence often has the office, and the name comes later
            named = [
                one
                for one in self._later
                if _same_office(office, _head(one.role or ""))
                and _same_place(places, countries(one.role or ""))
                and _is_religious(found.role or "") == _is_religious(one.role or "")
            ]
            is_clear = len({person_key(one.name or "") for one in named}) == 1
            return self._meet(named[0], 0) if named and (places or is_clear) else None
        return max(holders, key=lambda one: one.seen)


def _full_names(hidden: str) -> dict[str, str]:
    """The fullest name with each surname; none where two people have it."""
    full: dict[str, str] = {}
    shared: set[str] = set()
    for match in NAME.finditer(hidden):
        found = mention(match.group())
        if found is None or not found.name or len(found.name.split()) < 2:
            continue
        key, name = last_key(found.name), found.name
        known = full.setdefault(key, name)
        if not (name_key(known) <= name_key(name) or name_key(name) <= name_key(known)):
            shared.add(key)
        elif len(name) > len(known) and len(name.split()) < 5:
            full[key] = name
        if "-" in name.split()[-1]:  # "Mahdi" for Abdul-Mahdi
            full.setdefault(last_key(name.rpartition("-")[2]), name)
    return {key: name for key, name in full.items() if key not in shared}


def _main_clause(hidden: str, start: int, end: int) -> int:
    """Where a sentence begins behind what leads into it, as "Rand" in "Asked about Quill, Rand paused"."""
    lead = _LEADS.match(hidden, start, end)
    return lead.end() if lead else start


def _owns(name: str) -> bool:
    return name.endswith(("’s", "'s", "’", "'"))


def _offices(hidden: str) -> list[Mention]:
    """Everybody who is named with an office anywhere."""
    found = []
    for match in NAME.finditer(hidden):
        one = mention(_with_office(hidden, max(0, hidden.rfind("\n", 0, match.start())), match.start(), match.end()))
        if one is not None and one.name and one.role and len(one.name.split()) > 1:
            found.append(one)
    return found


def _with_office(hidden: str, floor: int, start: int, end: int) -> str:
    """A name with the words of its office before it, and an apposition behind it."""
    before = re.search(r"(?:(?:[\w’'-]+ ){0,6})$", hidden[max(floor, start - 60) : start])
    words = before.group().split(" ")[:-1] if before else []
    if (owner := _RELATED.search(hidden, max(floor, start - 60), start)) and owner["what"] in OFFICES:
        return f"{owner['who']}, {hidden[start:end]}"  # "His wife, Ada, was not so sure."
    kept: list[str] = []
    for i, word in reversed(list(enumerate(words))):
        links = word.lower() in {"of", "for"} and i > 0 and words[i - 1].lower() in OFFICES
        if not (word.lower() in OFFICES or word[:1].isupper() or links or (kept and word.lower() in _BEFORE_OFFICES)):
            break
        kept.insert(0, word)
    behind = re.match(r", (?:an?|the|[a-z])[^,.;“”\"\x01]{2,60}(?=,)", hidden[end:])
    words = behind.group().split()[1:] if behind else []
    is_office = bool(words) and not words[0].endswith("ing") and any(word.lower() in OFFICES for word in words)
    office = behind.group() if behind and is_office else ""
    return " ".join([*kept, hidden[start:end]]) + office


def _fits(person: Person, female: bool | None) -> bool:
    if female is not None and countries(person.name):  # "he" is no country
        return False
    return female is None or person.female is None or person.female == female


def _is_person(person: Person) -> bool:
    return (
        person.spoke
        or person.acts
        or bool(person.roles)
        or (len(person.name.split()) > 1 and not countries(person.name))
    )


def _is_female(word: str) -> bool | None:
    return {"her": True, "his": False}.get(word.lower())


def _head(role: str) -> str:
    words = [word.strip(".,").lower() for word in role.split(",")[0].split(" for ")[0].split(" of ")[0].split()]
    return next((word for word in reversed([_SHORT.get(word, word) for word in words]) if word in OFFICES), "")


def _same_office(one: str, other: str) -> bool:
    return bool(one) and (one == other or any({one, other} <= alike for alike in _ALIKE))


def _is_religious(role: str) -> bool:
    return bool(_RELIGIOUS & {word.strip(",.").lower() for word in role.split()})


def _same_place(one: set[str], other: set[str]) -> bool:
    return not one or not other or bool(one & other)


def _without_article(phrase: str) -> str:
    return re.sub(r"^(?:the|a|an)\s+", "", phrase, flags=re.IGNORECASE)
