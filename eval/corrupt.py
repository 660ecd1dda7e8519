"""True and false claims made from the sentences of articles: does the check of claims tell them apart?

Example: "Iran fired 22 missiles." gives the true claim "Iran fired 22 missiles." and, with a changed figure, the false
"Iran fired 25 missiles.", both with the article's sentence as the quote. The rules here are not those of the check.
"""

from __future__ import annotations

import random
import re
from typing import TYPE_CHECKING, NamedTuple

from ingest.sentences import sentences
from service.dates import dates_in

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import date

    from ingest.records import Document

_SHORTEST = 8  # words of a sentence
_FAR = 3  # sentences between a claim and the one that it is wrongly given
_SPEECH = "said|told|added|announced|warned|confirmed|stated|declared|denied|explained|insisted|called for|condemned"
_PERSON = r"(?:[A-Z][a-z]+[ -])?(?:al-)?[A-Z][a-z]+(?:-[A-Z][a-z]+)?"
_SPEAKS = re.compile(rf"(?P<before>{_PERSON}) (?:{_SPEECH})\b|\b(?:{_SPEECH}) (?:[a-z]+ ){{0,3}}(?P<after>{_PERSON})")
_NO_PERSON = {
    "The",
    "He",
    "She",
    "It",
    "They",
    "We",
    "A",
    "An",
    "This",
    "That",
    "His",
    "Her",
    "American",
    "Iranian",
    "Iraqi",
}
_FIGURE = re.compile(r"\b\d[\d,]*\b")
_WORD_FIGURE = re.compile(r"\b(two|three|four|five|six|seven|eight|nine|ten|eleven|twelve)\b")
_WORDS = "two three four five six seven eight nine ten eleven twelve".split()
_DAYS = "Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split()
_MONTHS = "January February March April May June July August September October November December".split()
_DAY = re.compile(rf"\b(?:{'|'.join(_DAYS)})\b|\b(?:{'|'.join(_MONTHS)})\b(?= \d)|\b(?:19|20)\d\d\b")
_AUXILIARY = re.compile(r"\b(is|was|were|are|will|would|has|have|had|can|could|should|must)\b(?! not| n)")
_NOT = re.compile(r"\b(?:not) |n’t\b|n't\b")
_QUOTED = re.compile(r"“(?P<words>[^“”]{12,})[”“]")
_INVENTED = ("we shall never forgive this", "this was a complete success", "nobody asked us beforehand")
_ATTRIBUTED = re.compile(
    rf"^(?P<what>[A-Z][^“”]{{30,}}), (?P<who>(?:the |US )?{_PERSON}(?: {_PERSON})?) (?P<verb>said)\.$"
)
_ACCORDING = re.compile(r"^(?P<what>[A-Z].{20,}), according to (?P<whom>[^,.]+)\.$")
_LAST_CLAUSE = re.compile(r"^(?P<kept>[^“”]{60,}), (?:which|where|who|while|as|and) [^“”]+\.$")
_CONTRACTED = (("did not", "didn't"), ("was not", "wasn't"), ("would not", "wouldn't"), ("has not", "hasn't"))


class Case(NamedTuple):
    """A claim, the sentence that it cites with the one before it, and what was done to it.

    Args:
        is_true: Whether the quote says it.
    """

    kind: str
    claim: str
    quote: str
    before: str
    written_on: date | None
    is_true: bool


def cases(documents: Sequence[Document], seed: int = 0) -> Iterator[Case]:
    """True claims and false ones of every sentence that allows them, in the order of the articles."""
    chance = random.Random(seed)
    for document in documents:
        texts = [document.text[one.start : one.end] for one in sentences(document.text)]
        people = sorted({person for text in texts for person in _speakers(text)})
        for at, text in enumerate(texts):
            if len(text.split()) < _SHORTEST:
                continue
            before = texts[at - 1] if at else ""
            day = document.published_on
            made = [(kind, claim, True) for kind, claim in _true(text, day)]
            made += [(kind, claim, False) for kind, claim in _false(text, people, chance)]
            for kind, claim, is_true in made:
                yield Case(kind, claim, text, before, day, is_true)
            far = [j for j, other in enumerate(texts) if abs(j - at) >= _FAR and len(other.split()) >= _SHORTEST]
            if far:
                other = chance.choice(far)
                yield Case("other passage", text, texts[other], texts[other - 1] if other else "", day, is_true=False)


def _true(text: str, day: date | None) -> Iterator[tuple[str, str]]:
    yield "verbatim", text
    if found := _ATTRIBUTED.match(text):
        yield (
            "speaker first",
            f"{found['who'][0].upper()}{found['who'][1:]} {found['verb']} that {_lowered(found['what'])}.",
        )
    if found := _ACCORDING.match(text):
        yield "according to", f"According to {found['whom']}, {_lowered(found['what'])}."
    if found := _LAST_CLAUSE.match(text):
        yield "shortened", f"{found['kept']}."
    if (found := _FIGURE.search(text)) and "," in found[0].strip(","):
        yield "figure without comma", text.replace(found[0], found[0].replace(",", ""), 1)
    for long, short in _CONTRACTED:
        if long in text:
            yield "contracted", text.replace(long, short, 1)
    for time in dates_in(text, day):
        if time.text in _DAYS and time.first and time.first == time.last:
            named = f"{_MONTHS[time.first.month - 1]} {time.first.day}"
            yield "day by its date", text[: time.start] + named + text[time.end :]


def _false(text: str, people: Sequence[str], chance: random.Random) -> Iterator[tuple[str, str]]:
    for person in _speakers(text)[:1]:
        others = [one for one in people if not set(one.split()) & set(person.split())]
        if others:
            yield "swapped speaker", text.replace(person, chance.choice(others), 1)
    dated = {at for found in dates_in(text, None) for at in range(found.start, found.end)}
    if (found := next((one for one in _FIGURE.finditer(text) if one.start() not in dated), None)) is not None:
        value = int(found[0].replace(",", "") or 0)
        yield "changed figure", _replaced(text, found, f"{value + chance.choice((1, 3, 10, 100)):,}")
    if found := _WORD_FIGURE.search(text):
        yield "changed figure", _replaced(text, found, chance.choice([word for word in _WORDS if word != found[0]]))
    if found := _DAY.search(text):
        yield "changed date", _replaced(text, found, _another_day(found[0], chance))
    unquoted = _QUOTED.sub(lambda quoted: " " * len(quoted[0]), text)
    if found := _NOT.search(unquoted):
        yield "negation", _replaced(text, found, "")
    elif found := _AUXILIARY.search(unquoted):
        yield "negation", _replaced(text, found, f"{found[1]} not")
    if found := _QUOTED.search(text):
        yield "invented quotation", text.replace(found["words"], chance.choice(_INVENTED), 1)
        kept = found["words"].split()
        longest = max(range(len(kept)), key=lambda i: len(kept[i]))
        changed = [*kept[:longest], "whatever", *kept[longest + 1 :]]
        yield "invented quotation", text.replace(found["words"], " ".join(changed), 1)
    else:
        yield "invented quotation", f"{text.rstrip('.')}: “{chance.choice(_INVENTED)}”."


def _speakers(text: str) -> list[str]:
    found = [match["before"] or match["after"] for match in _SPEAKS.finditer(text)]
    return [person for person in found if person.split()[0] not in _NO_PERSON]


def _another_day(day: str, chance: random.Random) -> str:
    if day.isdigit():
        return str(int(day) - chance.randint(1, 9))
    return chance.choice([one for one in (_DAYS if day in _DAYS else _MONTHS) if one != day])


def _replaced(text: str, found: re.Match[str], by: str) -> str:
    return text[: found.start()] + by + text[found.end() :]


def _lowered(text: str) -> str:
    first, _, rest = text.partition(" ")
    keeps = first.isupper() or first not in {"The", "A", "An", "In", "On", "It", "He", "She", "They", "His", "Iran’s"}
    return text if keeps else f"{first.lower()} {rest}"
