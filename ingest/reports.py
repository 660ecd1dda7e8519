"""Within the attribution of an article: the reports of speech in one sentence, before anybody knows who "he" is.

Example: in `“We agree,” the spokeswoman added on Friday.` there is one `Report`, of "the spokeswoman" and "added", to
which the quotation belongs.
"""

from __future__ import annotations

import itertools
import re
from typing import TYPE_CHECKING, NamedTuple

from ingest.cues import ACCORDING, CLOSING, CUE, WEAK
from ingest.people import BODIES, NAME, OFFICES, is_office, mention

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ingest.quotes import Quote

_MARKS = '“”"«»„'
_DAY = r"(?:mon|tues|wednes|thurs|fri|satur|sun)day(?: (?:night|evening|morning|afternoon))?"
_BEFORE_CUE = re.compile(
    r"(?:^|\s)(?:(?:was|were|is) quoted(?: by [\w’' ]{2,40})? as|"
    r"ha[sd]|have|also|then|later|earlier|again|repeatedly|reportedly|previously|further|since|however|will|"
    r"would|could|did|does|do|now|often|just|only|publicly|simply|still|already|once|has been|had been|is|was|are|were|"
    rf"(?:(?:late |early )?(?:on|last|this) )?{_DAY}|yesterday|today|"
    r"in an? (?:statement|interview|speech|post|tweet|email|letter)|\w+ly)$",
    re.IGNORECASE,
)
_BOUNDARY = re.compile(
    r"[;:—–“”\"\x01»«]|\b(?:that|but|while|although|because|when|after|before|which|who|if|so|than|where|and)\s",
    re.IGNORECASE,
)
_DETERMINERS = frozenset(
    "the a an his her its their our my one two three several some many most another other both this".split()
)
_LINKS = frozenset("of for at from with in to on".split())
_STOPS = frozenset(
    """
    to by as into about over under against through during amid per via than then also but or nor so yet is are was were
    be been being has have had do does did will would could should may might must can not never on in at with from after
    before since when while where who which that if because although though however meanwhile
    """.split()
)
_NEGATED = re.compile(r"(?:\bnot|\bnever|n[’']t|\bwithout|\b(?:declined|refused|failed|unable) to)\s*$", re.IGNORECASE)
_INFINITIVE = re.compile(r"\bto\s*$", re.IGNORECASE)
_PASSIVE = re.compile(r"\b(?:was|were|been|being|is|are|be|get|got)(?: also| quoted as)?\s*$", re.IGNORECASE)
_BY = re.compile(r"\s+by\s+")
_THAT = re.compile(r"^\s*(?:(?!and\b)[\w’'.-]+\s){0,4}?that\b", re.IGNORECASE)
_LEAD_IN = re.compile(
    r"\s*(?:speaking|in|on|at|during|after|before|asked|writing|addressing|following|since|despite|as)\b", re.IGNORECASE
)
_ENDS = re.compile(rf"(?: (?:(?:late |early )?(?:on|last) )?{_DAY}| yesterday| today)?\s*[.!]?\s*", re.IGNORECASE)
_CALLED = re.compile(rf", {NAME.pattern}(?=[,.])")
_HELD = OFFICES - BODIES
_THE = re.compile(r"the [a-z][\w’'-]+(?: [a-z][\w’'-]+){0,2}")
_NEVER_INVERTED = frozenset(
    """
    told tells tell asked asks urged urges informed informs assured assures reminded called calls accused accuses found
    finds described describes dismissed dismisses denounced condemned criticised criticized praised blamed likened
    """.split()
)
_DATELINE = re.compile(r"[A-Z][A-Z.’' -]+(?:, [\w. ]{2,30})?(?: \([^)]{2,20}\))? ?(?::|—|–|-+) ")
_QUESTION = re.compile(r"\x01[”\"»] $")  # “Is it?” asked the senator
_WHO = re.compile(
    r"(?: \([^()“”\x01]{2,40}\)|, (?:\d{1,3}|(?:of|from) [A-Z][^,“”\"\x01]{2,30})(?:, [^,“”\"\x01]{2,60})?,)$"
    r"|, (?:who|whose|which|(?:appear|speak|writ|cit|referr|testify|address|respond|stand|quot|echo)ing) "
    r"[^,“”\"\x01]{3,90}(?:, [A-Z][^,“”\"\x01]{2,30})?,$"
)
_NAMED_BEFORE = re.compile(rf"[\w’']+, {NAME.pattern},\s*$")  # "the mayor, Ada Quill, said"
_FINITE = re.compile(r"\b(?:had|has|have|was|were|is|are|will|would|could|can|should|may|might|did|does|do)\b")
_RELATIVE = re.compile(r"\b(?:who|which|that|and|but),\s*$")  # "a man who, she said, never slept"
_FEWEST_WORDS = 3
_NEARLY_ALL, _MOSTLY = 0.8, 0.5  # of the shorter of two spans
_LONGEST, _MOST_CUES = 4_000, 12  # characters outside quotations, and verbs: more is no sentence that anybody wrote
_NP_ENDS = re.compile(
    r"(?<![A-Z])(?<!Rev)(?<!Gen)(?<!Sen)(?<!Rep)(?<!Gov)(?<!Col)(?<!Maj)(?<!Sgt)(?<!Hon)(?<!Capt)(?<!Brig)(?<!Prof)"
    r"(?<!\bMr)(?<!Mrs)(?<!\bMs)(?<!\bDr)(?<!\bSt)(?<!\bLt)(?<!\bJr)(?<!\bSr)\.|[,;:?!“”\"\x01»«(]|"
    r"\s(?:in|on|at|during|after|before|as|who|while|when|that|to|from the|and|with|late|earlier|of his|released)\b"
)


class Report(NamedTuple):
    """Somebody is said to say something; offsets within the sentence.

    Args:
        who: Span of the words for the speaker; `None` when it is the subject of the sentence.
        cue: Span of the word of saying.
        content: Span of what is said, quotations and all.
    """

    who: tuple[int, int] | None
    cue: tuple[int, int]
    content: tuple[int, int]


def reports(masked: str, quotes: Sequence[Quote]) -> list[Report]:
    """The reports of a sentence in order; of several that share their content, the first verb.

    Args:
        masked: The sentence with its quotations as control characters.
        quotes: Their spans in it.
    """
    if len(masked) - masked.count("\x01") > _LONGEST:
        return []
    cues = itertools.islice(CUE.finditer(masked), _MOST_CUES)
    found = [one for match in cues if (one := _report(masked, match.span(), quotes)) is not None]
    found = [report for i, report in enumerate(found) if _is_new(report, found[:i], masked)]
    for match in itertools.islice(ACCORDING.finditer(masked), _MOST_CUES):
        report = _according(masked, match.span())
        # "Quill told friends that it was a farce, according to Le Matin": the words are Quill's.
        if report is not None and not any(_same(report.content, other.content, _MOSTLY) for other in found):
            found.append(report)
    return sorted(found, key=lambda report: report.cue)


def _according(masked: str, cue: tuple[int, int]) -> Report | None:
    """What somebody is named as the source of."""
    who = _phrase_after(masked, cue[1])
    if who is None:
        return None
    leads = not masked[: cue[0]].strip(" ,")
    return Report(who, cue, _trimmed(masked, (who[1], len(masked)) if leads else (0, cue[0])))


def _report(masked: str, cue: tuple[int, int], quotes: Sequence[Quote]) -> Report | None:
    before, after = masked[: cue[0]], masked[cue[1] :]
    if _NEGATED.search(before) or (_INFINITIVE.search(before) and not before.rstrip().endswith("on to")):
        return None
    if _PASSIVE.search(before) and not masked[cue[0] : cue[1]].lower().endswith("ing"):
        by = _BY.match(after)
        who = _phrase_after(masked, cue[1] + by.end()) if by else None
        content = _content(masked, (0, cue[0]), cue, quotes)
        return Report(who, cue, content) if who and content else None
    is_participle = masked[cue[0] : cue[1]].endswith("ing") and before.rstrip().endswith((",", "\x01", "”", '"'))
    is_inverted = (
        not is_participle
        and (masked[slice(*cue)].split(" ")[0] not in _NEVER_INVERTED or _QUESTION.search(before))
        and (not before or before.rstrip()[-1:] in {",", *_MARKS, "?", "!", "\x01", "…"})
        and not (_NAMED_BEFORE.search(before) or _WHO.search(before.rstrip()) or re.match(r"\s+that\b", after))
    )
    who = _phrase_after(masked, cue[1]) if is_inverted and before.strip() else None
    if who is None and not is_participle:
        who = _phrase_before(masked, cue[0])
        if who is None:
            return None
    if is_participle:
        who = _subject(masked, cue[0])
        content = _content(masked, (0, cue[1]), cue, quotes)
        return Report(who, cue, content) if content else None
    place = (min(who[0], cue[0]), max(who[1], cue[1])) if who else cue
    content = _content(masked, place, cue, quotes)
    return Report(who, cue, content) if content else None


def _content(
    masked: str, place: tuple[int, int], cue: tuple[int, int], quotes: Sequence[Quote]
) -> tuple[int, int] | None:
    """What is said: after the words of saying, or before them where those end the sentence."""
    after, before = masked[place[1] :], masked[: place[0]]
    is_weak = masked[cue[0] : cue[1]].lower() in WEAK
    has_quote = bool(quotes)
    ends = masked[slice(*cue)] in CLOSING and before.rstrip().endswith(",") and _ENDS.fullmatch(after)
    within = before.rstrip().endswith(",") and after.startswith(",")  # "The dam, she noted, had held."
    if is_weak and not has_quote and not _THAT.match(after) and not ends and not within:
        return None
    follows = len(after.split()) if not re.match(r"\s*[.,!?]*\s*$", after) else 0
    closes = not (within and _RELATIVE.search(before)) and before.rstrip()[-1:] in {",", *_MARKS, "\x01", "?", "!", "…"}
    if within and closes:
        return _trimmed(masked, (0, len(masked)))
    if closes and len(before.split()) >= 1 and before.strip(" ,\x01" + _MARKS + "?!") + "\x01" * before.count("\x01"):
        content = _trimmed(masked, (0, place[0]))
        said_before = masked[content[0] : content[1]]
        if "\x01" in said_before or (len(said_before.split()) > _FEWEST_WORDS and not _leads_in(said_before)):
            end = len(masked) if "\x01" in after else content[1]
            return _trimmed(masked, (content[0], end)) if end != content[1] else content
    if follows >= _FEWEST_WORDS or "\x01" in after:
        start = place[1]
        that = re.match(r"\s*(?:(?!and\b)[\w’'-]+\s){0,3}?that\s", after)
        if that and not has_quote:
            start += that.end()
        end = masked.find("; ", start)  # "Critics say it is dear; supporters say it is overdue."
        return _trimmed(masked, (start, end if end >= 0 and CUE.search(masked, end) else len(masked)))
    return None


def _leads_in(before: str) -> bool:
    """Whether what stands before the speaker is where and when it was said: "Speaking in Brussels on Friday"."""
    return bool(_LEAD_IN.match(before))


def _phrase_after(masked: str, at: int) -> tuple[int, int] | None:
    """The noun phrase that begins there, with an apposition behind it."""
    start = at + len(masked[at:]) - len(masked[at:].lstrip())
    rest = masked[start:]
    end = _NP_ENDS.search(rest)
    phrase = rest[: end.start()] if end else rest
    if not phrase or len(phrase.split()) > 12 or _FINITE.search(phrase) or mention(phrase) is None:
        shorter = NAME.match(phrase)
        if not shorter or mention(shorter.group()) is None or _FINITE.match(phrase, shorter.end() + 1):
            return None
        return start, start + shorter.end()
    stop = start + len(phrase)
    apposition = re.match(r", ((?:an?|the|who|[a-z])[^,.;“”\"\x01]{2,80})(?=[,.;“\"]|$)", masked[stop:])
    if apposition and NAME.search(phrase) and is_office(apposition.group(1)):
        stop += apposition.end()
    elif (called := _CALLED.match(masked, stop)) and not NAME.search(phrase):  # "one resident, Anna Kowal,"
        stop = called.end()
    return start, stop


def _phrase_before(masked: str, at: int) -> tuple[int, int] | None:
    """The noun phrase that ends before a word of saying, behind "has", "also", "on Friday" and their like."""
    chunk = masked[:at]
    floor = max((match.end() for match in _BOUNDARY.finditer(chunk)), default=0)
    end = len(chunk.rstrip())
    while end > floor and (adverb := _BEFORE_CUE.search(chunk[floor:end])) is not None:
        end = len(chunk[: floor + adverb.start()].rstrip())
    if clause := _WHO.search(chunk[:end]):  # "Ada Quill, who lives there, said"
        floor = max((match.end() for match in _BOUNDARY.finditer(chunk, 0, clause.start())), default=0)
        return _ending_at(chunk, floor, clause.start())
    if end <= floor:
        return None
    return _ending_at(chunk, floor, end)


def _ending_at(chunk: str, floor: int, end: int) -> tuple[int, int] | None:
    """The noun phrase that ends there, with an office before a name."""
    if chunk[end - 1] == ",":
        return _with_apposition(chunk, floor, end - 1)
    start = max(floor, chunk.rfind(", ", floor, end) + 2) if ", " in chunk[floor:end] else floor
    begin = _walk_back(chunk, start, end)
    if begin is not None and start > floor and NAME.fullmatch(chunk[begin:end]):
        office = _walk_back(chunk, floor, start - 2)
        begin = office if office is not None and _ends_in_office(chunk[office : start - 2]) else begin
    if begin is None or (mention(chunk[begin:end]) is None and not _closes_with(chunk, begin, end)):
        return None
    return begin, end


def _closes_with(chunk: str, begin: int, end: int) -> bool:
    """Whether what stands there is the speaker though no name or office tells: "It was illegal, the airline said"."""
    return bool(_THE.fullmatch(chunk, begin, end)) and chunk[:begin].endswith((", ", "” ", '" '))


def _with_apposition(chunk: str, floor: int, end: int) -> tuple[int, int] | None:
    """A name, what it is, and a comma: `Ada Quill, the mayor,`; or the office first."""
    comma = chunk.rfind(", ", floor, end)
    if comma < 0:
        return None
    start = max(floor, chunk.rfind(", ", floor, comma) + 2) if ", " in chunk[floor:comma] else floor
    begin = _walk_back(chunk, start, comma)
    if begin is None:
        return None
    return (begin, end) if mention(chunk[begin:end]) is not None else None


def _subject(masked: str, before: int) -> tuple[int, int] | None:
    """The noun phrase with which the sentence begins; `None` when it begins otherwise."""
    lead = re.match(r"(?:[\w’' ]{0,40}, )?", masked) if _LEAD_IN.match(masked) else _DATELINE.match(masked)
    start = lead.end() if lead else 0
    best, last = None, 0
    for word in itertools.islice(re.finditer(r"[^\s,]+", masked[start:before]), 8):
        plain = word.group().strip(".").lower()
        if plain in _STOPS or (plain.endswith("ed") and word.group()[0].islower()) or word.group()[0] in _MARKS:
            break
        if word.start() > last + 1:  # behind a comma
            break
        last = word.end()
        if plain in OFFICES or word.group()[0].isupper():
            best = start + word.end()
    if best is None or mention(masked[start:best]) is None:
        return None
    return start, best


def _walk_back(chunk: str, start: int, end: int) -> int | None:
    """Where the noun phrase begins that ends there; `None` when there is none."""
    words = [(match.start(), match.group()) for match in re.finditer(r"\S+", chunk[start:end])]
    begin, i = None, len(words)
    while i > 0 and len(words) - i < 14:
        at, word = words[i - 1]
        plain = word.strip(".,()").lower()
        if plain in _LINKS and i > 1 and begin is not None and _links(words[i - 2][1], plain):
            i -= 1
            continue
        if plain in _STOPS or plain in _LINKS:
            break
        begin = start + at
        i -= 1
        if plain in _DETERMINERS and i and words[i - 1][1].strip(",").lower() not in _LINKS:
            break
    return begin


def _ends_in_office(phrase: str) -> bool:
    words = phrase.split()
    return bool(words) and words[-1].strip(",.").lower() in _HELD


def _links(word: str, link: str) -> bool:
    """Whether a preposition goes on with the phrase: "spokesman for", "Secretary of", "head of"."""
    plain = word.strip(".,()").lower()
    return (
        plain in OFFICES or (link == "of" and word[:1].isupper()) or plain in {"department", "institute", "university"}
    )


def _trimmed(masked: str, span: tuple[int, int]) -> tuple[int, int]:
    start, end = span
    while start < end and masked[start] in " ,:;—–-\n":
        start += 1
    while end > start and masked[end - 1] in " ,:;—–-\n.":
        end -= 1
    return start, end


def _is_new(report: Report, earlier: Sequence[Report], masked: str) -> bool:
    return all(
        report.cue[0] >= other.cue[1]
        and (not _same(report.content, other.content) or _is_within(report, other, masked))
        for other in earlier
    )


def _is_within(report: Report, other: Report, masked: str) -> bool:
    """Whether another speaks in what one is said to say: "Quill said that the mayor had called it “a farce”"."""
    (start, end), (outer_start, outer_end) = report.content, other.content
    own = masked[outer_start : report.cue[0]]
    return (
        report.who is not None
        and outer_start < report.who[0]
        and end <= outer_end
        and "\x01" in masked[start:end]
        and "\x01" not in own
        and len(own.split()) > _FEWEST_WORDS
    )


def _same(one: tuple[int, int], other: tuple[int, int], share: float = _NEARLY_ALL) -> bool:
    shared = min(one[1], other[1]) - max(one[0], other[0])
    return shared > share * min(one[1] - one[0], other[1] - other[0])
