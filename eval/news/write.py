"""Invented news and questions about it: `python -m eval.news.write FOLDER` writes a set as `eval.data` reads it.

Many stories are of one kind (a trial, a storm, a strike) and differ by names and figures; each is several passages
long, names its subject in the lead and goes on with "he" and "the company". A question names the subject and asks for
one fact. Of each story some facts are left out, and asked for as near misses.

Example: `stories(seed=0)[0]` is an article with two questions that it answers and one that it does not.
"""

from __future__ import annotations

import argparse
import json
import random
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

_TEMPLATES = Path(__file__).parent / "templates.txt"
_EACH = 24  # stories of a kind
_LEFT_OUT, _ASKED = 2, 2  # facts of a story
_FILLS = 6
_TITLED = 0.5
_SLOT = re.compile(r"\{(\w+?)(\d?)\}")
_FIRST = (
    "Ada Boris Carla Dmitri Elena Farid Greta Hugo Ines Jamal Katya Luis Mina Nadim Olga Pavel Rosa Samir Tessa Viktor"
)
_LAST = (
    "Abara Belkov Castell Dunmore Eriksen Fadel Grazek Holt Ivanek Jarra Kovar Lindqvist Mbeki Norwood Okafor Petrak "
    "Quist Rahmani Sorel Tamm Ulbrich Vance Whitlock Yusuf Zeller Ashdown Brandt Corso Delgado Fenwick"
)
_CITY = (
    "Vell Karsa Ostrava Moriny Telmar Sandhaven Quorra Belport Dunwick Elbrin Farrow Gallin Hestia Ilmen Jorvik "
    "Kestrel Lorne Marlow Nerin Orsk Pellan Rovigno Stavel Tornby Ursk Wexley"
)
_COUNTRY = (
    "Norland Batavia Maruna Ostland Tirania Velusia Karimba Sundria Pelagia Arcania Borduria Caspia Drumland Estoria "
    "Fennmark Galdova Hyrkania Istria Jumala Kirova Lavonia Mordania Nubaria Orania Parvia Rokistan Samaria"
)
_STORM = (
    "Agnes Bertil Cosima Dorian Edna Fergus Gloria Hector Iris Jonas Klara Leo Mabel Nestor Ophelia Quentin Rita Silas "
    "Thea Umberto Vera Wilma Xavier Yolanda Zeno Alma Bruno Celia Damian Esme"
)


def _pairs(first: str, second: str) -> tuple[str, ...]:
    return tuple(f"{one} {other}" for one in first.split() for other in second.split())


_POOLS: dict[str, tuple[str, ...]] = {
    "first": tuple(_FIRST.split()),
    "last": tuple(_LAST.split()),
    "city": tuple(_CITY.split()),
    "village": ("Upper Sele", "Old Marn", "Santa Rilla", "Kobor", "Little Ness", "Tarn Bay", "Pola", "Red Ford"),
    "country": tuple(_COUNTRY.split()),
    "org": _pairs("Brackwell Nordic Hallam Orion Tidewater Castor Lumen", "Steel Foods Power Motors Bank Freight"),
    "club": _pairs("Vell Karsa Orsk Belport Nerin Tornby Wexley Lorne", "Rovers United Athletic Wanderers Dynamo"),
    "airline": _pairs("North Blue Trans Sky Polar Coral Sun", "wing air jet heron line"),
    "mine": _pairs("Black Copper San Grey Deep Santa Old", "Fell Telmo Ridge Lode Inez Hollow"),
    "storm": tuple(_STORM.split()),
    "product": _pairs("kettle scooter tablet heater drone oven", "Vapora Zip Slate Ember Kite Forno Alto"),
    "job": ("banker", "mayor", "general", "surgeon", "television host", "professor", "minister of finance"),
    "crime": ("fraud", "embezzlement", "bribery", "forgery", "money laundering", "perjury"),
    "verdict": ("guilty", "not guilty"),
    "He": ("He", "She"),
    "he": ("he", "she"),
    "his": ("his", "her"),
    "side": ("left", "right"),
    "day": ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
    "month": ("January", "March", "April", "May", "June", "July", "September", "October", "November"),
}
_NUMBERS = {
    "n": (3, 90), "k": (2, 5), "date": (1, 28), "weeks": (3, 30), "hours": (5, 60), "years": (4, 30),
    "year": (1985, 2010), "speed": (80, 180), "homes": (200, 9000), "tons": (10, 400), "age": (18, 33),
    "shirt": (7, 39), "percent": (4, 60), "days": (5, 70), "depth": (400, 3000), "turnout": (50, 90),
    "units": (4000, 90000),
}  # fmt: skip
_SUBJECTS = {"last", "country", "club", "storm", "org", "mine", "product", "airline"}  # rather not of two stories
_MONEY = ("${} million", "{} million euros", "{} million pounds")


class Kind(NamedTuple):
    """The templates of one kind of story; a fact is a sentence and the question that it answers."""

    title: str
    lead: str
    facts: tuple[tuple[str, str], ...]
    fills: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Story:
    """An article, and questions as lines of `questions.jsonl`."""

    article: dict[str, str]
    questions: tuple[dict[str, Any], ...]


def kinds() -> list[Kind]:
    """The kinds of stories that there are templates for."""
    return [_kind(block) for block in re.split(r"^# .*$", _TEMPLATES.read_text("utf-8"), flags=re.MULTILINE)[1:]]


def stories(seed: int = 0, each: int = _EACH) -> list[Story]:
    """Stories of all kinds in turn; the same seed gives the same ones."""
    numbers = random.Random(seed)
    told: dict[int, set[str]] = {}
    return [
        _story(f"news-{i:02}-{kind:02}", of, numbers, told.setdefault(kind, set()))
        for i in range(each)
        for kind, of in enumerate(kinds())
    ]


def _kind(block: str) -> Kind:
    lines = [line.split(": ", 1) for line in block.strip().splitlines()]
    of = {label: [text for name, text in lines if name == label] for label in ("title", "lead", "fact", "fill")}
    facts = [text.rsplit(" ? ", 1) for text in of["fact"]]
    return Kind(of["title"][0], of["lead"][0], tuple((one, other) for one, other in facts), tuple(of["fill"]))


def _story(id_: str, kind: Kind, numbers: random.Random, told: set[str]) -> Story:
    """A story whose subject is not among those that were told, which it joins."""
    given: dict[str, str] = {}

    def fill(template: str) -> str:
        return _SLOT.sub(lambda slot: given.get(slot.group()) or drawn(slot), template)

    def drawn(slot: re.Match[str]) -> str:
        name = slot.group(1)
        taken = set(given.values()) | (told if name in _SUBJECTS else set())
        given[slot.group()] = _value(name, taken, numbers)
        return given[slot.group()]

    woman = numbers.random() < 0.5
    given |= {"{He}": "She", "{he}": "she", "{his}": "her"} if woman else {"{He}": "He", "{he}": "he", "{his}": "his"}
    title, lead = fill(kind.title), fill(kind.lead)
    told |= {value for slot, value in given.items() if slot[1:-1] in _SUBJECTS}
    facts = [(fill(fact), fill(question)) for fact, question in kind.facts]
    numbers.shuffle(facts)
    left_out, kept = facts[:_LEFT_OUT], facts[_LEFT_OUT:]
    body = [fact for fact, _ in kept] + [fill(one) for one in numbers.sample(kind.fills, _FILLS)]
    numbers.shuffle(body)
    article = {"id": id_, "text": "\n\n".join([lead, *body])} | ({"title": title} if numbers.random() < _TITLED else {})
    asked = [_asked(f"{id_}-{i}", id_, question, fact) for i, (fact, question) in enumerate(kept[:_ASKED])]
    missed = [_asked(f"{id_}-miss", id_, left_out[0][1], None)]
    return Story(article, (*asked, *missed))


def _asked(id_: str, article: str, question: str, fact: str | None) -> dict[str, Any]:
    return {
        "id": id_,
        "question": question,
        "answerable": fact is not None,
        "answers": [],
        "relevant": [article] if fact else [],
        "evidence": [fact] if fact else [],
        "type": "news" if fact else "near-miss",
        "cluster": article,
    }


def _value(name: str, taken: set[str], numbers: random.Random) -> str:
    if name.startswith("money"):
        return numbers.choice(_MONEY).format(numbers.randint(2, 400))
    if name in _NUMBERS:
        return str(numbers.randint(*_NUMBERS[name]))
    return numbers.choice([value for value in _POOLS[name] if value not in taken] or _POOLS[name])


def main() -> None:
    """Writes `corpus.jsonl` and `questions.jsonl` into the folder that is named."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    made = stories(options.seed)
    lines = {
        "corpus.jsonl": [story.article for story in made],
        "questions.jsonl": [question for story in made for question in story.questions],
    }
    for name, records in lines.items():
        text = "".join(json.dumps(record, ensure_ascii=False) + "\n" for record in records)
        (options.folder / name).write_text(text, "utf-8")


if __name__ == "__main__":
    main()
