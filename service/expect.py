"""What kind of thing a question asks for, and whether a sentence has one.

Example: `kind("How many soldiers died?")` is `"number"`, and `has("number", "At least 25 died.", …)` is true.
"""

from __future__ import annotations

import re
from typing import Literal

Kind = Literal["statement", "number", "year", "date", "name", "place", "reason", "thing"]

_SAY = (
    r"(?:say|said|says|saying|tell|told|announce[ds]?|claim(?:ed|s)?|state[ds]?|respond(?:ed|s)?|react(?:ed|s)?"
    r"|repl(?:y|ied)|comment(?:ed)?|warn(?:ed|s)?|promise[ds]?|threaten(?:ed)?|insist(?:ed)?|argue[ds]?"
    r"|suggest(?:ed|s)?|explain(?:ed|s)?|describe[ds]?|demand(?:ed|s)?|request(?:ed|s)?|ask(?:ed|s)?|urge[ds]?"
    r"|call(?:ed)? for|condemn(?:ed)?|write|wrote|tweet(?:ed)?)"
)
_STATEMENT = re.compile(
    rf"\b(?:what|how|why|whom?)\b.*\b(?:did|do|does|has|have|had|is|was|were)\b(?P<who>.*?)\b{_SAY}\b"
    rf"|\bwhat\b.*\b(?:statement|reaction|response|message|comment|position|stance)\b.*?\b(?:of|from|by)\b(?P<of>.*)"
    rf"|\baccording to\b(?P<after>[^,?]*)",
    re.IGNORECASE,
)
_PATTERNS: dict[Kind, str] = {
    "number": (
        r"\bhow (?:many|much|old|long|far|big|large|tall|high|often|deep|fast|heavy)\b"
        r"|\bwhat (?:percent|share|number|amount|proportion|fraction|age)|\bpopulation\b"
    ),
    "year": r"\b(?:what|which) year\b",
    "date": (
        r"\bwhen\b"
        r"|\b(?:what|which|on what|in what) (?:\w+ )?(?:year|day|date|month|century|decade|time|season)\b"
    ),
    "place": r"\bwhere\b|\b(?:what|which) (?:city|country|state|place|town|region|province|continent|river|street)\b",
    "name": (
        r"\bwho(?:m|se)?\b|\bwhat is the name\b"
        r"|\bwhat (?:person|company|organi[sz]ation|group|agency)\b|\bwhich \w+"
    ),
    "reason": r"\bwhy\b|\bwhat (?:caused|led|reason)|\bfor what reason\b",
}
_KINDS = {kind: re.compile(pattern, re.IGNORECASE) for kind, pattern in _PATTERNS.items()}
NUMBER = re.compile(
    r"\d|\b(?:zero|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|dozens?|"
    r"(?:thir|four|fif|six|seven|eigh|nine)teen|twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety|hundreds?|thousands?|millions?|billions?|half|third|quarter|twice|double)\b",
    re.IGNORECASE,
)
_DATE = re.compile(
    r"\b(?:1[0-9]|20)\d\d\b|\b(?:Jan|Feb|Mar|Apr|May|June?|July?|Aug|Sept?|Oct|Nov|Dec)[a-z]*\b|"
    r"\b(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day|\b(?:last|next|this|earlier|later|previous|following) "
    r"(?:week|month|year|night|decade|century)|\byesterday\b|\btoday\b|\btomorrow\b|\b\d+(?:st|nd|rd|th) century|"
    r"\b(?:days?|weeks?|months?|years?|hours?) (?:ago|before|after|later|earlier)|\b(?:spring|summer|autumn|winter)\b",
)
NAMED = re.compile(r"(?<!^)\b(?:[A-Z]\w+|\d[\d,.]*\w*)")  # names and numbers in a question
_YEAR = re.compile(r"\b(?:1[0-9]|20)\d\d\b")
_NAME = re.compile(r"(?<![.!?“\"'‘] )(?<!^)\b[A-Z][\w’'-]+")
_PLACE = re.compile(r"\b(?:in|at|near|from|to|into|on|across|outside|around|of)(?: the)? [A-Z]")
_REASON = re.compile(
    r"\bbecause\b|\bsince\b|\bdue to\b|\bas a result\b|\bin order to\b|\bafter\b|\bfollowing\b|\bso that\b|\bover\b|"
    r"\bcaus|\breason|\bthat is why\b|\bin response\b|\bretaliat|\bin protest|\bfor (?:fear|the)\b|\bamid\b|\bto \w+",
    re.IGNORECASE,
)
QUOTED = re.compile(r"[“\"][^“”\"]{2,}[”\"]")
_MOSTLY = 0.4  # of a sentence's characters
SAID = re.compile(
    r"\b(?:said|says|told|tells|announc|stat(?:ed|es|ing)|add(?:ed|s|ing)\b|wrote|writes|tweet|claim|warn|acknowledg|"
    r"insist|argu|declar|repl(?:ied|y)|respond|urg(?:ed|es)|condemn|call(?:ed|s) (?:for|on)|ask(?:ed|s)|according to|"
    r"reject|refus|den(?:ied|ies)|demand|describ|suggest|reiterat|noted|statement|continued|concluded|explain|promis|vow)",
    re.IGNORECASE,
)


def kind(question: str) -> Kind:
    """What the question asks for; `"thing"` when nothing more can be told."""
    if _STATEMENT.search(question):
        return "statement"
    return next((name for name, pattern in _KINDS.items() if pattern.search(question)), "thing")


def speaker(question: str) -> str:
    """Whose statement is asked for, in the question's words; empty when none is."""
    match = _STATEMENT.search(question)
    return next((part.strip() for part in match.groups() if part), "") if match else ""


def quoted(sentence: str) -> str:
    """What stands in quotation marks in a sentence that is mostly a quotation; empty for any other."""
    inside = " ".join(QUOTED.findall(sentence))
    return inside if len(inside) >= _MOSTLY * len(sentence) else ""


def has(wanted: Kind, sentence: str, asked: set[str]) -> bool:
    """Whether the sentence has a thing of that kind.

    Args:
        wanted: As `kind` gave it.
        sentence: In its own words.
        asked: Words of the question in lower case: a name that it already has is no answer.
    """
    match wanted:
        case "statement":
            return bool(SAID.search(sentence) or QUOTED.search(sentence))
        case "number":
            return bool(NUMBER.search(sentence))
        case "year":
            return bool(_YEAR.search(sentence))
        case "date":
            return bool(_DATE.search(sentence))
        case "name":
            return any(name.lower() not in asked for name in _NAME.findall(sentence))
        case "place":
            return bool(_PLACE.search(sentence))
        case "reason":
            return bool(_REASON.search(sentence))
        case "thing":
            return True
