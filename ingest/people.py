"""Who is named in a text: names with the offices before or after them, offices alone, and pronouns.

Example: `mention("State Department spokeswoman Morgan Ortagus")` is
`Mention(name="Morgan Ortagus", role="State Department spokeswoman")`.
There is no model behind it: capital letters, titles, and words for offices decide.
"""

from __future__ import annotations

import functools
import re
from typing import NamedTuple

_ABBREVIATED = r"(?:[A-Z]\.)+|(?:Mr|Mrs|Ms|Dr|Gen|Sen|Rep|Gov|Lt|Col|Brig|Maj|Capt|Sgt|St|Jr|Sr|Prof|Rev|Hon)\."
_CAP = rf"(?:{_ABBREVIATED}|[A-ZÀ-ÖØ-Þ][\w’'-]*|(?:al|el|ad|ar|as|ash|az|an)[-][A-Z][\w’'-]*)"
_PARTICLE = r"(?:al|el|bin|ben|bint|ibn|abu|abd|de|da|di|del|della|der|den|dos|van|von|la|le|y|e)"
NAME = re.compile(rf"{_CAP}(?:[ -](?:{_PARTICLE}[ -])?{_CAP})*")
PRONOUN = re.compile(r"^(?:he|she|it|they|we|i|who)$", re.IGNORECASE)
_OFFICES = frozenset(
    """
    activist administration adviser advisor advocate agency aide ally ambassador analysis analyst announcement
    archbishop army article association attorney audit author authorities authority ayatollah backbencher bank
    biographer bishop body boss brother cabinet campaign campaigner candidate captain cardinal caretaker chair
    chairman chairwoman chancellor charity charter chief church cleric club coach colleague colonel column commander
    commission commissioner committee communique company complaint congressman congresswoman constitution consultant
    coordinator coroner council councillor counsel counterpart court cousin critic crowd daughter delegate
    demonstrator department deputy detective diplomat director doctor document dossier economist editor editorial
    embassy employee envoy executive expert farmer father filing firm force founder friend general government
    governor group head historian household husband imam indictment inquiry inspector institute investigation
    investigator journalist judge king law lawmaker lawsuit lawyer leader legislator letter lieutenant lobby
    magistrate major man manager marshal mayor media medic member memo men military minister ministry monarch mother
    neighbor neighbour newspaper ngo nurse office officer official opposition organisation organiser organization
    organizer owner panel paper parliament participants partner party pastor patriarch people person police
    policeman poll pollster pope predecessor prefect premier president priest prince princess principal professor
    prosecutor protester queen rabbi reader readout regulator relative release report reporter representative
    republican researcher resident resolution rival scientist secretary senator sergeant sheikh sheriff sister son
    source speaker spokesman spokesmen spokesperson spokeswoman staff state statement student study successor
    supporter surgeon survey survivor teacher team trainer transcript treasurer treaty trustee union victim village
    villager voter watchdog widow wife witness witnesses woman women worker
    """.split()
)
OFFICES = _OFFICES | {f"{word}s" for word in _OFFICES - {"state"}}  # and not the United States
# Of these, what nobody is: "a plot on an embassy, Quill said" has Quill for its speaker, and no embassy of that name.
BODIES = frozenset(
    """
    administration agency analysis announcement army article association audit authorities authority bank body
    cabinet campaign charity charter church club column commission committee communique company complaint
    constitution council court department document dossier editorial embassy filing firm force forces government
    group household indictment inquiry institute investigation law lawsuit letter lobby media memo military ministry
    newspaper ngo office opposition organisation organization panel paper parliament party police poll readout
    release report resolution staff state statement study survey team transcript treaty union village
    """.split()
)
TITLES = frozenset(
    """
    mr mrs ms miss dr prof sir dame lord lady gen lt col maj capt sgt rep sen gov rev sheikh ayatollah grand imam
    president prime minister secretary chancellor king queen prince princess pope bishop cardinal archbishop rabbi judge
    justice general lieutenant colonel major captain sergeant admiral commander senator representative governor mayor
    ambassador professor doctor premier
    """.split()
)
NO_PERSON = frozenset(
    """
    monday tuesday wednesday thursday friday saturday sunday january february march april may june july august september
    october november december the a an in on at by for from with without after before since until while when where but
    and or if as although though however meanwhile also still yet earlier later asked speaking addressing this that
    these those there here he she it they we i his her its their our my despite under over amid both such like even
    only once because nor so then what who how why most many some all no not according during among between against
    through about of to into as per
    """.split()
)
_FEMALE = frozenset(
    "she her spokeswoman chairwoman congresswoman mrs ms miss queen princess woman mother sister wife widow".split()
)
_MALE = frozenset("he his spokesman chairman congressman mr king prince man father husband sir lord".split())
_DETERMINED = re.compile(
    r"^(?:the|a|an|his|her|its|their|our|my|one|two|three|several|some|many|most|another|other|senior|top|local|both|"
    r"[A-Z][\w-]*[’']s?)\s",
    re.IGNORECASE,
)


_MOST_WORDS = 16
_SOME = frozenset("some others many most several both".split())
_SOME_OF = re.compile(
    r"(?:one|some|two|three|several|many|most|all|both|another) of (?:them|the|his|her|its|their)\b", re.I
)
_OF_A_PLACE = re.compile(rf"(?P<name>{NAME.pattern}) (?:of|from) (?:the )?{NAME.pattern}$")


class Mention(NamedTuple):
    """How somebody is mentioned.

    Args:
        name: Without titles; `None` when only an office is named.
        role: The office, or what else stands before or after the name; `None` when nothing does.
        female: `None` when nothing tells.
    """

    name: str | None
    role: str | None
    female: bool | None


@functools.lru_cache(maxsize=20_000)
def mention(phrase: str) -> Mention | None:
    """The mention that a noun phrase is; `None` when it names nobody."""
    head, _, behind = phrase.strip(" ,").partition(",")
    apposition = behind.strip(" ,") or None
    if not 0 < len(head.split()) <= _MOST_WORDS:
        return None
    if PRONOUN.match(head):
        return Mention(None, head.lower(), _gender([head.lower()]))
    if head.lower() in _SOME or _SOME_OF.match(head):
        is_named = bool(apposition) and bool(NAME.fullmatch(apposition or ""))
        return Mention(apposition if is_named else None, None if is_named else head, None)
    if (placed := _OF_A_PLACE.search(head)) and len((_last_name(placed["name"]) or "").split()) > 1:
        head = head[: placed.end("name")]  # "Senator Ada Quill of Maine"
    name = _last_name(head)
    before = head[: head.rindex(name)].strip() if name else head
    role_words = [plain for word in before.split() if (plain := _plain(word)) not in {"his", "her"}]
    if name and apposition and not _is_office(name) and _office_in(name) and NAME.fullmatch(apposition):
        name, before, apposition = apposition, head, None  # "Iraq’s prime minister, Adel Abdul Mahdi"
    if name and re.search(r"\b(?:of|for|in|at|from|to)(?: the)?$", before):  # "the prime minister of Iraq"
        name = None
    if name is None:
        if apposition and NAME.fullmatch(apposition) and _office_in(head):
            return Mention(apposition, _role(head), _gender(role_words))
        if apposition and _is_office(head) and (named := mention(apposition)) is not None and named.name:
            return named  # "her rival, the former minister Ada Quill"
        return Mention(None, head, _gender(role_words)) if _is_office(head) else None
    is_role = bool(apposition) and _office_in(apposition or "") and not (apposition or "").split()[0].endswith("ing")
    role = _role(before) or (_role(apposition or "") if is_role else None)
    return Mention(name, role, _gender([*role_words, *map(_plain, (apposition or "").split())]))


def is_office(phrase: str) -> bool:
    """Whether a phrase without a name stands for somebody: "the spokeswoman", "officials", "his office"."""
    return _is_office(phrase)


def _last_name(head: str) -> str | None:
    """The name at the end of a phrase, without the titles before it."""
    matches = list(NAME.finditer(head))
    if not matches or (matches[-1].end() != len(head.rstrip(".")) and matches[-1].end() != len(head)):
        return None
    words = matches[-1].group().split(" ")
    while words and (_plain(words[0]) in TITLES or _plain(words[0]) in OFFICES or _plain(words[0]) in NO_PERSON):
        words.pop(0)
    cut = max(
        (i + 1 for i, word in enumerate(words[:-1]) if _plain(word) in OFFICES or _plain(word) in TITLES), default=0
    )
    words = words[cut:]
    if not words or _plain(words[-1]) in OFFICES or _plain(words[-1]) in NO_PERSON:
        return None
    return re.sub(r"[’']s?$", "", " ".join(words))


def _role(before: str) -> str | None:
    words = re.sub(r"^(?:the|a|an)(?:\s+|$)", "", before.strip(" ,"), flags=re.IGNORECASE).split()
    while words and _plain(words[0]) in NO_PERSON:  # "On Friday"
        words.pop(0)
    return " ".join(words) or None


def _is_office(phrase: str) -> bool:
    words = [_plain(word) for word in phrase.split()]
    if not words:
        return False
    if words[-1] in OFFICES or _office_in(phrase):
        return (
            bool(_DETERMINED.match(phrase + " ")) or phrase[:1].isupper() or words[-1].endswith("s") or len(words) > 1
        )
    return False


def _office_in(phrase: str) -> bool:
    return any(_plain(word) in OFFICES for word in phrase.split())


def _gender(words: list[str]) -> bool | None:
    if _FEMALE.intersection(words):
        return True
    return False if _MALE.intersection(words) else None


@functools.lru_cache(maxsize=20_000)
def _plain(word: str) -> str:
    return re.sub(r"[’']s?$", "", word.strip('.,“”"()').lower())
