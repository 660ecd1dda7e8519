"""Names as the same name whatever an outlet makes of it, and the countries that words stand for.

Example: `name_key("Adel Abdul-Mahdi") == name_key("Adil Abd al-Mahdi")`; `countries("Iraqi premier")` is `{"iraq"}`.
What is evened out: accents, hyphens, articles before Arabic names, and the vowels and doubled letters by which
transliterations differ. Two people are the same only when every word of the shorter name is one of the longer's, and
there are two.
"""

from __future__ import annotations

import functools
import re
import unicodedata

_PARTICLES = frozenset("al el ad ar as ash az an ul the bin ibn ben bint of mr mrs ms dr sir lord lady jr sr".split())
_ABD = re.compile(r"\babd(?:[ -]?(?:al|el|ul))?[ -]?(?=\w)|\babd[eu]l[ -]?(?=\w)")
_REWRITES = (
    ("ph", "f"), ("kh", "h"), ("ck", "k"), ("q", "k"), ("ou", "u"), ("oo", "u"), ("ee", "i"), ("ei", "i"), ("ai", "i"),
    ("ey", "i"), ("y", "i"), ("e", "i"), ("o", "u"), ("ii", "i"), ("uu", "u"),
)  # fmt: skip
_DOUBLED = re.compile(r"(\w)\1+")
_MUHAMMAD = re.compile(r"^m[ou]ham+[ae]d$|^mehmed$|^mohamad$")
_ADJECTIVES = {
    "afghan": "afghanistan", "american": "us", "america": "us", "u.s": "us", "us": "us", "usa": "us",
    "argentine": "argentina", "australian": "australia", "austrian": "austria", "belgian": "belgium",
    "brazilian": "brazil", "british": "uk", "britain": "uk", "uk": "uk", "u.k": "uk", "canadian": "canada",
    "chinese": "china", "beijing": "china", "colombian": "colombia", "cuban": "cuba", "danish": "denmark",
    "dutch": "netherlands", "egyptian": "egypt", "ethiopian": "ethiopia", "european": "eu", "eu": "eu",
    "finnish": "finland", "french": "france", "paris": "france", "german": "germany", "berlin": "germany",
    "greek": "greece", "hungarian": "hungary", "indian": "india", "delhi": "india", "indonesian": "indonesia",
    "iranian": "iran", "tehran": "iran", "iraqi": "iraq", "iraqis": "iraq", "baghdad": "iraq", "irish": "ireland",
    "israeli": "israel", "italian": "italy", "japanese": "japan", "tokyo": "japan", "jordanian": "jordan",
    "kenyan": "kenya", "korean": "korea", "kuwaiti": "kuwait", "lebanese": "lebanon", "libyan": "libya",
    "mexican": "mexico", "moroccan": "morocco", "nigerian": "nigeria", "norwegian": "norway",
    "pakistani": "pakistan", "palestinian": "palestine", "philippine": "philippines", "polish": "poland",
    "portuguese": "portugal", "qatari": "qatar", "russian": "russia", "moscow": "russia", "kremlin": "russia",
    "saudi": "saudi arabia", "scottish": "scotland", "somali": "somalia", "spanish": "spain", "sudanese": "sudan",
    "swedish": "sweden", "swiss": "switzerland", "syrian": "syria", "damascus": "syria", "taiwanese": "taiwan",
    "thai": "thailand", "tunisian": "tunisia", "turkish": "turkey", "ankara": "turkey", "ukrainian": "ukraine",
    "kyiv": "ukraine", "venezuelan": "venezuela", "vietnamese": "vietnam", "washington": "us", "yemeni": "yemen",
}  # fmt: skip
_SEATS = {
    "united states": "us", "state department": "us", "white house": "us", "pentagon": "us", "united kingdom": "uk",
    "downing street": "uk", "foreign office": "uk",
}  # fmt: skip
_COUNTRIES = frozenset(_ADJECTIVES.values())


@functools.lru_cache(maxsize=20_000)
def name_key(name: str) -> frozenset[str]:
    """The words of a name as they are compared; empty when it has none."""
    plain = unicodedata.normalize("NFKD", name.lower()).encode("ascii", "ignore").decode()
    plain = _ABD.sub("abdul", re.sub(r"['’]s\b", "", plain).replace("'", "").replace("’", ""))
    return frozenset(_evened(word) for word in re.findall(r"[a-z]+", plain) if word not in _PARTICLES)


def person_key(name: str) -> str:
    """The same for every spelling of a name, and fit for an address: `abdulmahdi-adil`; empty without words."""
    return "-".join(sorted(name_key(name)))


def last_key(name: str) -> str:
    """The surname, as names are compared by it."""
    words = re.split(r"\s+", name.strip())
    while len(words) > 1 and words[-1].strip(".").lower() in _PARTICLES:
        words.pop()
    return " ".join(sorted(name_key(words[-1]))) if words else ""


def same_person(one: str, other: str) -> bool:
    """Whether two names are one person's: the shorter one's words, two at least, are all in the longer."""
    a, b = name_key(one), name_key(other)
    return a == b or (min(len(a), len(b)) > 1 and (a <= b or b <= a))


def countries(phrase: str) -> set[str]:
    """The countries that words of a phrase stand for."""
    words = [re.sub(r"[’']s?$", "", word.strip('.,“”"()').lower()) for word in phrase.split()]
    found = {_ADJECTIVES[word] for word in words if word in _ADJECTIVES} | {
        word for word in words if word in _COUNTRIES
    }
    found |= {country for words, country in _SEATS.items() if words in phrase.lower()}
    return found


def _evened(word: str) -> str:
    if _MUHAMMAD.match(word):
        return "muhamad"
    for old, new in _REWRITES:
        word = word.replace(old, new)
    word = _DOUBLED.sub(r"\1", word)
    return word.rstrip("h") or word
