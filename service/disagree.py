"""Within the fifth stage of a question: where the outlets differ on what was asked.

Example: two articles that give 12 and 15 sailors killed are `Dispute("figure", "how many: sailor", …)` with two sides.
Sentences are compared that different origins print and that share most of what they are about. Another figure of the
same thing, another day, another actor, another status of a request, and a denial set them apart; other wording and more
or fewer details do not. At least one side is a claim of the answer, and it can matter to what was asked.
"""

from __future__ import annotations

import re
from functools import cache, partial
from typing import TYPE_CHECKING, Literal, NamedTuple

from ingest.names import countries, last_key, name_key
from service.answer import Draft
from service.asked_about import is_asked_about
from service.beginnings import Beginning, beginnings
from service.cite import cite_sentences
from service.compare import corroborate, origins
from service.copies import same_story
from service.facts import Deed, Figure, deeds, denies, figures, forms_of, negated, statuses
from service.happened import when
from service.records import Disagreement, Position

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from ingest.store import PassageIndex
    from service.answer import Sentence
    from service.happened import When
    from service.records import Citation

    _Difference = tuple[str, tuple[str, str]]  # a topic, and what each side has
    Kind = Literal["figure", "date", "actor", "status", "denial", "cause"]

_COMPARED = 24  # best sentences
_MOST = 3  # disagreements of an answer
_ALIKE = 0.34  # share of the words of the shorter of two sentences that are about the same
_NEAR = 0.2  # the same for a denial of two words in a row that both have
_FEWEST = 2  # words in common
_LEAST_SCORE = 0.45  # of the best sentence's
_ON_TOPIC = 0.6  # the same for what is not told by a verb of its own
_WITHOUT_WORDS = frozenset({"actor", "status", "cause"})  # kinds that need no words in common
_POINTS = ".,;:“”\"'"
_OFFICES = ("prime minister", "president", "secretary of state", "king", "leader")


class Dispute(NamedTuple):
    """What outlets differ on, with the sentences of each side, the best first."""

    kind: Kind
    topic: str
    sides: tuple[tuple[Sentence, ...], ...]


def disagree(
    index: PassageIndex,
    drafts: Sequence[Draft],
    best_first: Sequence[Sentence],
    citations: Sequence[Sequence[Citation]],
    question: str = "",
) -> list[Disagreement]:
    """The disagreements as an answer shows them, each position with its quotes.

    Args:
        citations: Of the answer; quotes that are not among them get the numbers that follow.
        question: As asked; what cannot matter to it is left out. Of a topic nothing is.

    Raises:
        CitationError: A quote does not stand in its article as cited.
    """
    found = [one for one in disputes(index, drafts, best_first, question) if _is_between_origins(index, one)]
    if not found:
        return []
    cited = {(one.document_id, one.start): one for of_claim in citations for one in of_claim}
    fresh = [one for dispute in found for side in dispute.sides for one in side if _place(one) not in cited]
    fresh = list({_place(one): one for one in fresh}.values())
    last = max((one.marker for one in cited.values()), default=0)
    cited |= {(one.document_id, one.start): one for one in cite_sentences(index, fresh, last + 1)}
    return [
        Disagreement(dispute.topic, dispute.kind, tuple(_position(index, side, cited) for side in dispute.sides))
        for dispute in found
    ]


def _position(index: PassageIndex, side: Sequence[Sentence], cited: Mapping[tuple[str, int], Citation]) -> Position:
    quotes = tuple(cited[_place(one)] for one in side)
    (carried,) = corroborate(index, [Draft(tuple(side), side[0].score)])
    return Position(side[0].text, tuple(one.marker for one in quotes), carried.outlets, carried.origins, quotes)


class _Read(NamedTuple):
    """A sentence with what it asserts, read once however many others it is compared with."""

    sentence: Sentence
    figures: list[Figure]
    deeds: list[Deed]
    statuses: set[str]
    beginnings: list[Beginning]
    denies: bool
    sketch: frozenset[int]
    when: Callable[[], When | None]  # read for the few sentences that are alike enough: it takes the longest

    @classmethod
    def of(cls, index: PassageIndex, sentence: Sentence) -> _Read:
        text = sentence.text
        sketch = frozenset(sentence.row.sketch.tolist())
        read = cache(partial(when, index, sentence))
        return cls(sentence, figures(text), deeds(text), statuses(text), beginnings(text), denies(text), sketch, read)


class _Pair(NamedTuple):
    kind: Kind
    topic: str
    values: tuple[str, str]
    sentences: tuple[Sentence, Sentence]


def disputes(
    index: PassageIndex, drafts: Sequence[Draft], best_first: Sequence[Sentence], question: str = ""
) -> list[Dispute]:
    """The disagreements about what was asked, the surest first; none when the articles agree.

    Args:
        drafts: Those that the answer is made of.
        best_first: Candidate sentences.
        question: As asked; empty for a topic.
    """
    if not drafts or not best_first:
        return []
    claimed = {_place(one) for draft in drafts for one in draft.sentences}
    foremost = {_place(one) for one in drafts[0].sentences}
    reads = _with_one_beginning([_Read.of(index, one) for one in _compared(drafts, best_first)])
    least = _ON_TOPIC * best_first[0].score
    kinds = [kind for kind in _KINDS if kind == "actor" or is_asked_about(question, kind, "")]
    pairs = [
        pair
        for i, one in enumerate(reads)
        for other in reads[i + 1 :]
        if (_place(one.sentence) in claimed or _place(other.sentence) in claimed) and _is_of_two_origins(one, other)
        for pair in _pairs(one, other, kinds)
        if is_asked_about(question, pair.kind, pair.topic)
        and (pair.kind != "cause" or foremost & {_place(one.sentence), _place(other.sentence)})
        and (pair.kind == "actor" or min(one.sentence.score, other.sentence.score) >= least)
    ]
    return _gathered(pairs)[:_MOST]


def _with_one_beginning(reads: Sequence[_Read]) -> list[_Read]:
    """The same; beginnings that are one, in other words, are all named by the first of them."""
    known: list[Beginning] = []
    named = []
    for read in reads:
        own = []
        for one in read.beginnings:
            first = next((other.first for other in known if other.is_that_of(one)), one.first)
            own.append(one._replace(first=first))
        known += own
        named.append(read._replace(beginnings=own))
    return named


def _compared(drafts: Sequence[Draft], best_first: Sequence[Sentence]) -> list[Sentence]:
    """The claims' sentences, the best others, and those that tell of the same deed, each once."""
    told = [one for draft in drafts for one in draft.sentences[:2]]
    least = _LEAST_SCORE * best_first[0].score
    best = [one for one in best_first[:_COMPARED] if one.score >= least]
    forms = {form for one in told for deed in deeds(one.text) for form in forms_of(deed.verb)}
    same_deed = [one for one in best_first if forms and any(form in one.text for form in forms) and deeds(one.text)]
    return list({_place(one): one for one in (*told, *best, *same_deed)}.values())


def _is_between_origins(index: PassageIndex, dispute: Dispute) -> bool:
    """Whether it is more than one story in two wordings."""
    rows = [sentence.row for side in dispute.sides for sentence in side]
    return len(origins(rows, index.texts(dict.fromkeys(row.document_id for row in rows)))) > 1


def _place(sentence: Sentence) -> tuple[str, int]:
    return sentence.row.document_id, sentence.start


def _pairs(one: _Read, other: _Read, kinds: Sequence[Kind]) -> Iterator[_Pair]:
    mine, its = one.sentence.stems, other.sentence.stems
    n_shared = len(mine & its)
    alike = n_shared / max(1, min(len(mine), len(its)))
    for kind in kinds:
        least = _NEAR if kind == "denial" else _ALIKE
        if kind in _WITHOUT_WORDS or (alike >= least and n_shared >= _FEWEST):
            for topic, values in _KINDS[kind](one, other):
                yield _Pair(kind, topic, values, (one.sentence, other.sentence))


def _figure(one: _Read, other: _Read) -> Iterator[_Difference]:
    for a in one.figures:
        against = [b for b in other.figures if b.noun == a.noun]
        if against and all(a.contradicts(b) for b in against) and not any(b in one.figures for b in against):
            yield f"how many: {a.noun}", (f"{a.value:g}", f"{against[0].value:g}")


def _date(one: _Read, other: _Read) -> Iterator[_Difference]:
    mine, its = one.when(), other.when()
    if mine and its and mine.contradicts(its):
        yield f"when: {_matter(mine, its, one.sentence.text)}", (mine.told, its.told)


def _matter(mine: When, its: When, text: str) -> str:
    """Up to three words of the event that both tell of, as one of them has them."""
    shared = [start for start in mine.words if start in its.words][:3]
    words = [word.strip(_POINTS) for word in text.split()]
    return " ".join(next(word for word in words if word.lower().startswith(start)) for start in shared)


def _actor(one: _Read, other: _Read) -> Iterator[_Difference]:
    for a in one.deeds:
        for b in other.deeds:
            if a.verb == b.verb and _is_swapped(a, b):
                yield f"who {a.verb}s whom", (_plain(a.who), _plain(b.who))


def _denial(one: _Read, other: _Read) -> Iterator[_Difference]:
    if one.denies == other.denies:
        return
    for words in _shared_pairs(one.sentence.text, other.sentence.text):
        if (mine := negated(one.sentence.text, words)) != negated(other.sentence.text, words):
            yield words, ("denied", "said") if mine else ("said", "denied")
            return


def _status(one: _Read, other: _Read) -> Iterator[_Difference]:
    if not (len(one.statuses) == len(other.statuses) == 1 and one.statuses != other.statuses):
        return
    texts = one.sentence.text, other.sentence.text
    about = [word for word in _shared_words(*texts) if not countries(word)]
    if about and countries(texts[0]) & countries(texts[1]):
        yield "what became of the request", (min(one.statuses), min(other.statuses))


def _cause(one: _Read, other: _Read) -> Iterator[_Difference]:
    for a in one.beginnings:
        for b in other.beginnings:
            if a.differs(b):
                yield f"what the {a.what} began with", (a.first, b.first)


_KINDS: dict[Kind, Callable[[_Read, _Read], Iterator[_Difference]]] = {
    "figure": _figure,
    "date": _date,
    "actor": _actor,
    "status": _status,
    "denial": _denial,
    "cause": _cause,
}


def _shared_words(one: str, other: str) -> list[str]:
    """Longer words that both sentences have, in the order of the first."""
    its = {word.strip(_POINTS).lower() for word in other.split()}
    words = [word.strip(_POINTS).lower() for word in one.split()]
    return [word for word in dict.fromkeys(words) if len(word) > 4 and word.isalpha() and word in its]


def _shared_pairs(one: str, other: str) -> list[str]:
    """Two longer words in a row that both sentences have, such as "immediate withdrawal"; names have capitals."""
    found = re.findall(r"(?=\b([a-z]{5,} [a-z]{5,})\b)", one)
    return [words for words in dict.fromkeys(found) if words in other]


def _is_of_two_origins(one: _Read, other: _Read) -> bool:
    if one.sentence.row.document_id == other.sentence.row.document_id:
        return False
    return not same_story(one.sketch, other.sketch)


def _is_swapped(one: Deed, other: Deed) -> bool:
    return _same(one.who, other.whom) and _same(one.whom, other.who) and not _same(one.who, one.whom)


def _same(one: str, other: str) -> bool:
    """Whether two phrases can stand for one person: a name in common, or the same office of the same country."""
    if last_key(one) == last_key(other) or (
        name_key(one) & name_key(other) - name_key(f"premier {' '.join(_OFFICES)}")
    ):
        return True
    plain = [phrase.lower().replace("premier", "prime minister") for phrase in (one, other)]
    offices = [{office for office in _OFFICES if office in phrase} for phrase in plain]
    places = [countries(one), countries(other)]
    if places[0] and places[1] and places[0] != places[1]:
        return False
    is_bare = [phrase.startswith(("the ", "his ", "her ", "a ")) for phrase in (one, other)]
    return any(is_bare) and (offices[0] == offices[1] or any(not of_one for of_one in offices))


def _plain(phrase: str) -> str:
    return last_key(phrase) or phrase.lower()


def _gathered(pairs: Sequence[_Pair]) -> list[Dispute]:
    """One dispute for each kind and topic: the sides by what they say, each with its sentences."""
    found: dict[tuple[Kind, str], dict[str, list[Sentence]]] = {}
    for pair in pairs:
        sides = found.setdefault((pair.kind, _topic(pair, found)), {})
        for value, sentence in zip(pair.values, pair.sentences, strict=True):
            side = sides.setdefault(value, [])
            if all(_place(sentence) != _place(known) for known in side):
                side.append(sentence)
    return [
        Dispute(kind, topic, tuple(tuple(sorted(side, key=lambda one: -one.score)) for side in sides.values()))
        for (kind, topic), sides in found.items()
        if len(sides) > 1
    ]


def _topic(pair: _Pair, found: Mapping[tuple[Kind, str], Mapping[str, Sequence[Sentence]]]) -> str:
    """The pair's topic; of days that of an earlier pair with one of its sentences, which tells of the same event."""
    if pair.kind != "date":
        return pair.topic
    own = {_place(one) for one in pair.sentences}
    of_days = (
        (topic, {_place(one) for side in sides.values() for one in side})
        for (kind, topic), sides in found.items()
        if kind == "date"
    )
    return next((topic for topic, places in of_days if own & places), pair.topic)
