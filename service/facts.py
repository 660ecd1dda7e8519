"""Within the comparison of outlets: what a sentence asserts that another may contradict.

Example: of "The blast killed at least 12 sailors" one `Figure` is `noun="sailor", value=12.0, is_rough=True`; of "Quill
called the premier" one `Deed` is `who="Quill", verb="call", whom="the premier"`.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from ingest.people import NAME

_UNITS = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen"
).split()
_TENS = {"twenty": 20, "thirty": 30, "forty": 40, "fifty": 50, "sixty": 60, "seventy": 70, "eighty": 80, "ninety": 90}
_WORTH: dict[str, float] = {word: float(n) for n, word in enumerate(_UNITS)} | _TENS | {"dozen": 12.0}
_SCALE = {"hundred": 1e2, "thousand": 1e3, "million": 1e6, "billion": 1e9, "trillion": 1e12}
_NUMBER = rf"(?:\d[\d,]*(?:\.\d+)?|{'|'.join(sorted(_WORTH, key=len, reverse=True))})"
_FIGURE = re.compile(
    rf"(?<![\w.,-])(?P<number>{_NUMBER})(?P<scale>(?:[ -](?:{'|'.join(_SCALE)}))?)(?P<percent> ?(?:%|per ?cent))?"
    r"(?P<rest>(?: (?-i:[a-z])[\w’-]*){1,4})?(?![\w-])",
    re.IGNORECASE,
)
_ROUGH = re.compile(
    r"\b(?:about|around|some|nearly|almost|roughly|approximately|at least|more than|over|up to|under|fewer than|"
    r"less than|an estimated|as many as|close to|above|below|only|another|other)\s*$",
    re.IGNORECASE,
)
_BEFORE = 30  # characters before a number in which "about" stands
_FAR = 2.0  # how many times as much contradicts "about" and "at least", too
_NO_NOUN = frozenset(
    "of the and or in on at to for from with by as was were is are had have has after before who that which it they "
    "not".split()
)
_DEEDS = {
    "call": "called|telephoned|phoned|rang", "invite": "invited", "accuse": "accused", "attack": "attacked|struck",
    "kill": "killed|shot|murdered", "sue": "sued", "dismiss": "fired|dismissed|sacked", "defeat": "defeated|beat",
    "visit": "visited", "arrest": "arrested|detained", "buy": "bought|acquired", "write": "wrote to",
}  # fmt: skip
_VERBS = "|".join(_DEEDS.values())
_VERB_OF = {form: verb for verb, forms in _DEEDS.items() for form in forms.split("|")} | {"call": "call"}
_TOLD = re.compile(rf"\b(?:{_VERBS}|did call)\b")
_WHOM = (
    r"(?:(?:the|an?|his|her) (?:[\w’.-]+ ){0,5}?"
    r"(?:premier|prime minister|president|minister|secretary of state|leader|king))"
)
_TITLES = r"(?:(?:then|the US|the U\.S\.|US|U\.S\.|Iraqi|Secretary of State|Prime Minister|President) )*"
_DEED = re.compile(
    rf"(?P<who>\b{NAME.pattern}|\b(?:he|she)|\b{_WHOM})(?:,[^,]{{2,60}},)?"
    rf"(?: (?:who|also|had|has|did|later|then|itself|himself|herself)){{0,2}} "
    rf"(?P<verb>{_VERBS}|(?<=did )call) (?!for\b|on\b|upon\b|off\b|it\b){_TITLES}"
    rf"(?P<whom>{NAME.pattern}|{_WHOM}(?:, {NAME.pattern})?)"
)
_NEGATION = re.compile(r"\b(?:not|never|nor|neither|cannot|denied|denies|deny)\b|n[’']t\b", re.IGNORECASE)
_STATUS = {
    "refused": r"\b(?:refus|rebuff|reject|turn)\w+ (?:down )?(?:\w+ ){0,2}(?:request|demand|proposal|offer)|"
    r"\bwould not (?:discuss|talk|agree)|\bno (?:US |U\.S\. )?delegation would|\bwould be no discussion|"
    r"\bnot to discuss",
    "agreed": r"\bagreed to|\baccepted\b|\bapproved\b|\bgranted\b|\bconsented\b|\bready to (?:discuss|talk)",
    "not mentioned": r"\bmade no mention|\bdid not mention|\bmakes no mention|\bsaid nothing (?:about|of)|"
    r"\bcontained nothing|\bwithout mention\w*|\bno word (?:of|about)",
}  # fmt: skip
_STATUSES = {name: re.compile(pattern, re.IGNORECASE) for name, pattern in _STATUS.items()}


class Figure(NamedTuple):
    """A number and what it counts.

    Args:
        noun: The word that it counts, without a plural's s; `%` for a share.
        is_rough: Whether it is given as a bound or about so.
    """

    noun: str
    value: float
    is_rough: bool

    def contradicts(self, other: Figure) -> bool:
        """Whether both count the same thing and cannot both be right."""
        if self.noun != other.noun or self.value == other.value:
            return False
        lower, higher = sorted((self.value, other.value))
        return not (self.is_rough or other.is_rough) or higher > _FAR * lower


class Deed(NamedTuple):
    """Somebody did something to somebody."""

    who: str
    verb: str
    whom: str


def figures(sentence: str) -> list[Figure]:
    """The numbers of a sentence that count something; years and days of a month are none."""
    found = []
    for match in _FIGURE.finditer(sentence):
        value = _worth(match["number"], match["scale"].strip(" -").lower())
        noun = "%" if match["percent"] else _noun((match["rest"] or "").split())
        if value is None or not noun or (1500 <= value <= 2100 and not match["scale"] and "," not in match["number"]):
            continue
        found.append(
            Figure(noun, value, bool(_ROUGH.search(sentence[max(0, match.start() - _BEFORE) : match.start()])))
        )
    return found


def deeds(sentence: str) -> list[Deed]:
    """Who did something to whom, by names or offices."""
    if not _TOLD.search(sentence):  # a twentieth of the time of what follows
        return []
    return [Deed(match["who"], _VERB_OF[match["verb"]], match["whom"]) for match in _DEED.finditer(sentence)]


def forms_of(verb: str) -> list[str]:
    """The words by which a deed is told."""
    return [*_DEEDS[verb].split("|"), f"did {verb}"]


def statuses(sentence: str) -> set[str]:
    """What became of a request, as the sentence has it: refused, agreed, or not mentioned."""
    return {name for name, pattern in _STATUSES.items() if pattern.search(sentence)}


def denies(sentence: str) -> bool:
    """Whether anything in the sentence is denied."""
    return bool(_NEGATION.search(sentence))


def negated(sentence: str, words: str) -> bool:
    """Whether words of the sentence stand within a few words after a negation."""
    for match in re.finditer(rf"\b{re.escape(words)}", sentence, re.IGNORECASE):
        before = re.split(r"[,;:—]", sentence[: match.start()])[-1].split()[-5:]
        if denies(" ".join(before)):
            return True
    return False


def _worth(number: str, scale: str) -> float | None:
    plain = number.replace(",", "").lower()
    value = _WORTH.get(plain)
    if value is None:
        try:
            value = float(plain)
        except ValueError:
            return None
    return value * _SCALE.get(scale, 1.0)


def _noun(words: list[str]) -> str:
    """The last of the words before one that ends the phrase: "12 young sailors were" counts sailors."""
    phrase: list[str] = []
    for word in words:
        if word.lower() in _NO_NOUN or (phrase and word.endswith(("ed", "ly"))):
            break
        phrase.append(word.lower())
    return phrase[-1].removesuffix("s") if phrase else ""
