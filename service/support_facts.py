"""Within the check of a claim: what in it must stand in its quotes, and what is set against it there.

Example: `missing("Iran fired 16 missiles.", [Quote("Iran fired 22 missiles.")])` is `"number"`.
The words are English. A claim in the words of its quote always passes.
"""

from __future__ import annotations

import re
import unicodedata
from functools import partial
from typing import TYPE_CHECKING, Literal, NamedTuple

from service.dates import dates_in
from service.expect import QUOTED

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from service import records
    from service.dates import TimeWords

Reason = Literal["quotation", "number", "date", "name", "speaker", "denial", "hedge", "opposite", "order", "address"]

_ADDRESS = re.compile(
    r"\b[a-z][a-z+.-]*://\S+|\b(?:javascript|data|mailto|file|blob):\S+|\bwww\.\S+|\b[a-z0-9-]+\.[a-z]{2,}\b(?!\.)|\]\(|<[a-z/!]",
    re.IGNORECASE,
)
_WORD = re.compile(r"\w+(?:[.,]\d+)*")
_ABBREVIATED = re.compile(r"\b(?:[A-Z]\.){2,}")
_SMALL = re.compile(r"(?<!\w)[a-z][a-z]+")
_JOINT = re.compile(r"[’‘'`/\-–—]")
_BEGINS = re.compile(r"(?:^|[.!?…:;“”\"]\W*\s?)\W*$")  # a capital letter after this says nothing
_UNITS = {
    word: value
    for value, word in enumerate(
        "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
        "seventeen eighteen nineteen".split()
    )
}
_TENS = {word: 10 * n for n, word in enumerate("twenty thirty forty fifty sixty seventy eighty ninety".split(), 2)}
_SCALES = {"hundred": 100, "thousand": 1_000, "million": 1_000_000, "billion": 10**9, "trillion": 10**12, "dozen": 12}
_SCALES |= {f"{word}s": value for word, value in _SCALES.items()}
_NUMBER = re.compile(
    rf"(?P<digits>\d+(?:,\d{{3}})*(?:\.\d+)?)|\b(?P<words>(?:{'|'.join([*_UNITS, *_TENS])})"
    rf"(?:[- ](?:{'|'.join([*_UNITS, *_TENS])}))*)\b|\b(?P<scale>{'|'.join(_SCALES)})\b",
    re.IGNORECASE,
)
_SCALE = re.compile(rf"[ -](?P<scale>{'|'.join(_SCALES)})\b", re.IGNORECASE)
STOP = frozenset(
    "a an the and or but nor of in on at to for from by with as is are was were be been being has have had do does did "
    "it its he she they him his her them their this that these those which who whom whose what when where while than "
    "then there i we you our your my me us said say says saying will would can could may might must shall should also "
    "into about over after before during since until if so such not no never cannot s t all any some more most other "
    "both each only just very too own same again further once here how why because between against under above up "
    "down out off through according".split()
)
_DENIALS = frozenset(
    "not no never neither nor cannot without none nobody nothing denied denies deny denying refused refuses refuse "
    "refusing rejected rejects reject rejecting unable failed fails fail hardly nt lack lacks lacked unlikely".split()
)
_OPPOSITES = [
    tuple(frozenset(side.split()) for side in pair.split("|"))
    for pair in (
        "rose rise rises rising risen increas up higher grew grow gain gained climb climbed|"
        "fell fall falls falling fallen decreas down lower shrank shrink lost drop dropped declin reduc diminish",
        "increas enhanc promot elevat upregulat stimulat activat|decreas reduc inhibit suppress downregulat impair "
        "diminish attenuat prevent block lower",
        "accept agreed agree approv welcom|reject refus oppos condemn",
        "support back|oppos",
        "more greater|less fewer",
        "before|after",
        "began begin start open reopen|ended end stop close closed shut halt",
        "won win|lost lose",
        "first|last",
        "arrived arrive enter entered join|left leave depart quit withdrew withdraw",
        "alive survived surviv|dead died killed",
        "legal lawful|illegal unlawful",
        "high|low",
        "positive|negative",
        "allow permit|ban banned forbid forbade prohibit",
        "confirm|deny denied",
        "yes|no",
    )
]
_SAID = (
    r"(?:said|says|told|tells|announced|announces|stated|states|added|adds|wrote|writes|tweeted|claimed|claims|warned|"
    r"warns|acknowledged|insisted|insists|argued|argues|declared|declares|replied|responded|urged|urges|suggested|"
    r"suggests|noted|explained|explains|promised|vowed|reiterated|confirmed|confirms|denied|denies|asserted|concluded|"
    r"reported|reports|called for|condemned|demanded|demands|described|admitted|stressed|emphasi[sz]ed|believes|thinks)"
)
_NAME = r"[A-Z][\w’'.-]*(?:\s+(?:(?:of|the|for|and|de|al|bin|van|von)\s+)?[A-Z][\w’'.-]*)*"
_APPOSED = r"(?P<office>, [^,.!?“”\"]{2,80}(?=[,.]))?"  # "Morgan Ortagus, spokeswoman of the State Department,"
_BEFORE = re.compile(
    rf"(?P<who>{_NAME}){_APPOSED},?(?P<between>[^.!?“”\"]{{0,60}}?)\s+(?:has |have |had |also )?\b{_SAID}\b"
)
_INVERTED = (
    r"(?:said|says|added|adds|wrote|writes|stated|noted|explained|insisted|argued|replied|declared|concluded|tweeted|"
    r"reiterated|acknowledged|suggested|announced|claimed|confirmed|continued|went on)"
)
_AFTER = re.compile(rf"\b{_INVERTED}\s+(?P<who>(?:[a-z]+\s+){{0,5}}{_NAME}){_APPOSED}")
_ACCORDING = re.compile(rf"\b[Aa]ccording to (?P<who>(?:[a-z]+\s+){{0,5}}{_NAME}){_APPOSED}")
_OFFICES = frozenset(
    "us american iranian iraqi president prime minister premier secretary state general spokesman spokeswoman foreign "
    "defense defence interim caretaker outgoing senior top leader chief commander official officials military".split()
)
_PRONOUN_SAID = re.compile(
    rf"\b(?:he|she|they|who)\b[^.!?]{{0,40}}\b{_SAID}\b|\b{_SAID} (?:he|she|they)\b", re.IGNORECASE
)
_NOT_THE_SUBJECT = re.compile(r"^,|\b(?:by|to|that|who|whom|with|of|after|when)\b")
_ALIKE = 5  # letters by which "European" is known where "Europe" stands
_HEDGES = frozenset("if whether should would could might may wants want wanted must expects unless".split())
_BEFOREHAND = 8  # words before those of the claim in which a hedge counts
_NEAR = 0.85  # share of a claim's words in a quote, from which their order counts


class Quote(NamedTuple):
    """Words of an article, and the day from which its words of time are counted."""

    text: str
    written_on: date | None = None
    before: str = ""  # the sentence before
    speaker: records.Speaker | None = None  # who says it, as far as that is known


def missing(claim: str, quotes: Sequence[Quote], common: frozenset[str] = frozenset()) -> Reason | None:
    """What of the claim does not stand in the quotes, or is contradicted there; `None` when nothing is.

    Args:
        common: Words that stand in small letters in the articles: at the beginning of a claim they are no names.
    """
    together = " ".join(quote.text for quote in quotes)
    checks: tuple[tuple[Reason, bool], ...] = (
        ("address", has_address(claim)),
        ("quotation", _quotes_what_is_not_there(claim, together)),
        ("number", not numbers(_undated(claim)) <= numbers(together)),
        ("date", _dates_differ(claim, quotes)),
        ("name", not _names_are_there(claim, together, common)),
        ("speaker", _speaker_differs(claim, quotes)),
        ("denial", _denial_differs(claim, together)),
        ("hedge", _hedge_is_lost(claim, together)),
        ("opposite", opposes(claim, together)),
        ("order", _order_differs(claim, quotes)),
    )
    return next((reason for reason, fails in checks if fails), None)


def has_address(text: str) -> bool:
    """Whether an address, a link, an image or HTML stands in it."""
    return bool(_ADDRESS.search(text))


def content(text: str) -> list[str]:
    """Its words that mean something, without their endings, in order."""
    return [stem(word) for word in words(text) if word not in STOP]


def words(text: str) -> list[str]:
    """Its words in small letters; "U.S." is one, "Iraq’s" two."""
    plain = _ABBREVIATED.sub(lambda found: found[0].replace(".", ""), unicodedata.normalize("NFKC", text))
    plain = re.sub(r"n[’']t\b", " nt", plain)
    return [word.lower() for word in _WORD.findall(_JOINT.sub(" ", plain))]


def stem(word: str) -> str:
    """The word without an English ending."""
    for ending in (
        "ations",
        "ation",
        "ings",
        "ing",
        "ions",
        "ion",
        "ies",
        "ied",
        "ers",
        "er",
        "ed",
        "es",
        "ly",
        "s",
        "e",
    ):
        if word.endswith(ending) and len(word) - len(ending) >= 4:
            return word[: -len(ending)]
    return word


def numbers(text: str) -> set[float]:
    """The numbers in a text, in digits or in words; a lone "one" is none."""
    found: set[float] = set()
    for match in _NUMBER.finditer(text):
        if match["digits"]:
            value = float(match["digits"].replace(",", ""))
        elif match["words"]:
            parts = re.split(r"[- ]", match["words"].lower())
            value = float(sum(_UNITS.get(part, _TENS.get(part, 0)) for part in parts))
        else:
            continue
        scale = _SCALE.match(text, match.end())
        if match["words"] and value == 1 and not scale:
            continue
        found.add(value * (_SCALES[scale["scale"].lower()] if scale else 1))
    return found


def common_words(text: str) -> frozenset[str]:
    """The words that stand in small letters in a text: no names, though a capital may begin them elsewhere."""
    return frozenset(_SMALL.findall(text))


def names(text: str, common: frozenset[str] = frozenset()) -> list[str]:
    """Its capitalised words, in small letters, in order; the first of a sentence only if it is no other word."""
    plain = _ABBREVIATED.sub(lambda found: found[0].replace(".", ""), unicodedata.normalize("NFKC", text))
    found = []
    for match in _WORD.finditer(_JOINT.sub(" ", plain)):
        word = match[0]
        if not word[0].isupper() or word.lower() in STOP:
            continue
        if _BEGINS.search(plain[: match.start()]) and word.lower() in common:
            continue
        found.append(word.lower())
    return found


def opposes(claim: str, quote: str) -> bool:
    """Whether the claim has one of two opposite words and the quote only the other."""
    mine, its = set(content(claim)) | set(words(claim)), set(content(quote)) | set(words(quote))
    for one, other in _OPPOSITES:
        for a, b in ((one, other), (other, one)):
            if _has(mine, a) and not _has(mine, b) and _has(its, b) and not _has(its, a):
                return True
    return False


class Speaker(NamedTuple):
    """Who is said to say something: the words of the name, in order, and those of the office after it."""

    name: tuple[str, ...]
    office: tuple[str, ...] = ()

    def is_that(self, other: Speaker) -> bool:
        """Whether it is that one: by the last word of the name, or by all words of an office without a name."""
        theirs = {*other.name, *other.office}
        own = [word for word in self.name if word not in _OFFICES]
        needed = own[-1:] or self.name
        return all(word in theirs or any(map(partial(_alike, word), theirs)) for word in needed)


def speakers(text: str) -> list[Speaker]:
    """Who is said to say something."""
    found = [match for match in _BEFORE.finditer(text) if not _NOT_THE_SUBJECT.search(match["between"])]
    found += [match for pattern in (_AFTER, _ACCORDING) for match in pattern.finditer(text)]
    named = [Speaker(_telling(match["who"]), _telling(match["office"] or "")) for match in found]
    return [speaker for speaker in named if speaker.name]


def _telling(text: str) -> tuple[str, ...]:
    return tuple(word for word in words(text) if word not in STOP and word not in MONTHS_AND_DAYS)


def _has(own: set[str], wanted: frozenset[str]) -> bool:
    return any(word.startswith(one) if len(one) > 4 else word == one for one in wanted for word in own)


def _plain(text: str) -> str:
    return " ".join(words(text))


def _quotes_what_is_not_there(claim: str, together: str) -> bool:
    return any(f" {_plain(match[0])} " not in f" {_plain(together)} " for match in QUOTED.finditer(claim))


def _undated(claim: str) -> str:
    kept, at = "", 0
    for found in dates_in(claim, None):
        kept, at = kept + claim[at : found.start] + " ", found.end
    return kept + claim[at:]


def _dates_differ(claim: str, quotes: Sequence[Quote]) -> bool:
    told = " ".join(_plain(quote.text) for quote in quotes)
    lacking = [found for found in dates_in(claim, None) if f" {_plain(found.text)} " not in f" {told} "]
    if not lacking:
        return False
    theirs = [day for quote in quotes for day in dates_in(quote.text, quote.written_on) if day.first]
    days: set[date | None] = {quote.written_on for quote in quotes}
    for found in lacking:
        readings = [one for day in days for one in dates_in(claim, day) if one.start == found.start and one.first]
        if not any(_within(their, reading) for reading in readings for their in theirs):
            return True
    return False


def _within(one: TimeWords, other: TimeWords) -> bool:
    """Whether one names days of the other."""
    if not (one.first and one.last and other.first and other.last):
        return False
    return other.first <= one.first and one.last <= other.last


def _names_are_there(claim: str, together: str, common: frozenset[str]) -> bool:
    there = set(words(together))
    if {"united", "states"} <= there or not there.isdisjoint(("us", "usa", "america", "american", "americans")):
        there |= {"us", "usa", "united", "states", "america", "american", "americans"}
    capitals = re.findall(r"(?:\b[A-Z]\w+\s+(?:of\s+|the\s+)?){1,5}[A-Z]\w+", together)
    there |= {"".join(word[0] for word in re.findall(r"[A-Z]\w+", run)).lower() for run in capitals}
    return all(
        name in there or any(map(partial(_alike, name), there))
        for name in names(claim, common)
        if name not in MONTHS_AND_DAYS
    )


def _alike(one: str, other: str) -> bool:
    """Whether two names begin alike: "Iraq" and "Iraqi", "Europe" and "European"."""
    shorter, longer = sorted((one, other), key=len)
    is_longer = len(shorter) >= _ALIKE - 1 and longer.startswith(shorter) and len(longer) - len(shorter) < _ALIKE - 1
    return is_longer or (len(shorter) >= _ALIKE and longer[:_ALIKE] == shorter[:_ALIKE])


MONTHS_AND_DAYS = frozenset(
    "january february march april may june july august september october november december jan feb mar apr jun jul aug "
    "sep sept oct nov dec monday tuesday wednesday thursday friday saturday sunday".split()
)


def _speaker_differs(claim: str, quotes: Sequence[Quote]) -> bool:
    """Whether somebody is said to say something who does not say it in the first quote.

    Where nobody knows who speaks there, "he said" and a quotation have the speaker of the sentence before.
    """
    mine = speakers(claim)
    if not mine:
        return False
    theirs, known = speakers(quotes[0].text), quotes[0].speaker
    if known is not None:
        theirs.append(Speaker(_telling(known.name), _telling(known.affiliation or "")))
    elif not theirs and (_PRONOUN_SAID.search(quotes[0].text) or QUOTED.search(quotes[0].text)):
        theirs = speakers(quotes[0].before)[-1:]
    return any(not any(who.is_that(their) for their in theirs) for who in mine)


def denies(text: str) -> bool:
    """Whether there is a denial in it."""
    return not _DENIALS.isdisjoint(words(text))


def _denied(text: str) -> dict[str, bool]:
    """For each meaningful word, whether a denial stands among the three words before it."""
    told: dict[str, bool] = {}
    since = 9
    for word in words(text):
        if word in _DENIALS:
            since = 0
        elif word not in STOP:
            since += 1
            key = stem(word)
            told[key] = told.get(key, False) or since <= 1
    return told


def _denial_differs(claim: str, together: str) -> bool:
    """Whether what is denied in one is said in the other without a denial."""
    mine, its = _denied(claim), _denied(together)
    return any(its[word] != denied for word, denied in mine.items() if word in its)


def _hedge_is_lost(claim: str, together: str) -> bool:
    """Whether what the quotes wish, ask or hold for possible is said in the claim as if it were so."""
    if not _HEDGES.isdisjoint(words(claim)):
        return False
    own = set(content(claim))
    told = words(together)
    at = [place for place, word in enumerate(told) if word not in STOP and stem(word) in own]
    return bool(at) and not _HEDGES.isdisjoint(told[max(0, at[0] - _BEFOREHAND) : at[-1]])


def _order_differs(claim: str, quotes: Sequence[Quote]) -> bool:
    """Whether, in nearly the same words, names have come in another order: who called whom."""
    own = content(claim)
    for quote in quotes:
        its = content(quote.text)
        if sum(word in its for word in own) < _NEAR * len(own) or " by " in claim + quote.text:
            continue
        mine, theirs = (list(dict.fromkeys(names(text))) for text in (claim, quote.text))
        shared = (set(mine) & set(theirs)).difference(*(who.name for who in speakers(claim)))
        if [name for name in mine if name in shared] != [name for name in theirs if name in shared]:
            return True
    return False
