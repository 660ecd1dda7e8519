"""A model's reply, read as it comes in: claims with the numbers of the passages that they name.

Example: after `feed('{"claims": [{"text": "It rose [1][9].", "passages": [1]}, {"te')` the first claim is known, as
`Written("It rose.", passages=(1,), unknown=1)` when there are five passages. Lines such as `- It rose. [1]` are read
too, whichever of the two forms was asked for: endpoints take orders about form as advice.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Any, NamedTuple

from pydantic_core import from_json

MOST_CLAIMS = 8
_LONGEST = 600  # characters of a claim
_MARKER = re.compile(r"\s*[\[【]\s*[\^#†]?\s*(?P<numbers>[-−]?\d+(?:\s*[,;–-]\s*[-−]?\d+)*)\s*(?:†[^\]】]*)?[\]】]")
_CODE = re.compile(r"(`+)(?:.+?)\1")
_RANGE = re.compile(r"(?P<first>\d+)\s*[–-]\s*(?P<last>\d+)")
_THOUGHT = re.compile(r"^\s*<think>.*?</think>", re.DOTALL)
_FENCED = re.compile(r"^\s*```(?:json)?\s*")
_LINE = re.compile(r"^\s*(?:[-*•]|\d+[.)])\s+(?P<claim>\S.*)$")
_UNSEEN = {"Cc", "Cf", "Co", "Cn", "Cs"}
_NONE = re.compile(r"^\W*none\W*$", re.IGNORECASE)


class Written(NamedTuple):
    """A claim as a model wrote it, without its markers.

    Args:
        passages: Numbers of passages that there are, from 1, in the order named.
        unknown: How many others it named.
    """

    text: str
    passages: tuple[int, ...]
    unknown: int


class Reading:
    """A reply as far as it has come.

    Args:
        n_passages: How many there are.
    """

    def __init__(self, n_passages: int) -> None:
        self._n_passages = n_passages
        self._text = ""
        self._n_given = 0

    def feed(self, piece: str) -> list[Written]:
        """The claims that have become whole with this piece."""
        self._text += piece
        begins = "{" in piece or "\n" in piece  # only where another claim begins can one have become whole
        return self._new(self._claims(is_whole=False)) if begins else []

    def end(self) -> list[Written]:
        """The claims that were still open when the reply ended."""
        return self._new(self._claims(is_whole=True))

    @property
    def is_json(self) -> bool:
        """Whether it is, or was to be, JSON."""
        return _is_json(self._body())

    @property
    def says_none(self) -> bool:
        """Whether it says that no passage answers; otherwise a reply without claims is malformed."""
        body = self._body()
        return bool(_NONE.match(body)) or (_is_json(body) and _listed(_parsed(body)) == [])

    def _new(self, claims: list[Written]) -> list[Written]:
        new = claims[self._n_given : MOST_CLAIMS]
        self._n_given += len(new)
        return new

    def _body(self) -> str:
        return _FENCED.sub("", _THOUGHT.sub("", self._text)).strip()

    def _claims(self, *, is_whole: bool) -> list[Written]:
        body = self._body()
        if body.startswith("<think>"):
            return []
        if _is_json(body):
            listed = _listed(_parsed(body)) or []
            closed = listed if is_whole and _is_closed(body) else listed[:-1]
            found = [_of_item(item, self._n_passages) for item in closed]
        else:
            lines = body.split("\n")
            whole = lines if is_whole else lines[:-1]
            found = [_of_line(match["claim"], self._n_passages) for line in whole if (match := _LINE.match(line))]
        return [claim for claim in found if claim is not None]


def without_markers(text: str, n_passages: int) -> Written:
    """The text without its markers, and what these name; what stands in code is no marker."""
    numbers: list[int] = []
    code = [match.span() for match in _CODE.finditer(text)]

    def taken(match: re.Match[str]) -> str:
        if any(start <= match.start() < end for start, end in code):
            return match[0]
        numbers.extend(_numbers(match["numbers"], n_passages))
        return ""

    plain = " ".join(visible(_MARKER.sub(taken, text)).split())
    known = [number for number in numbers if 1 <= number <= n_passages]
    return Written(plain, tuple(dict.fromkeys(known)), len(numbers) - len(known))


def visible(text: str) -> str:
    """The text without characters that nobody sees: in them orders can be hidden, and words broken up."""
    return "".join(c for c in text if c in "\n\t" or unicodedata.category(c) not in _UNSEEN)


def _numbers(listed: str, n_passages: int) -> list[int]:
    plain = unicodedata.normalize("NFKC", listed).replace("−", "-")
    if match := _RANGE.fullmatch(plain.strip()):
        first, last = int(match["first"]), int(match["last"])
        return list(range(first, last + 1)) if first <= last <= n_passages else [first, last]
    return [int(number) for number in re.findall(r"-?\d+", re.sub(r"(?<=\d)\s*-", " ", plain))]


def _of_item(item: Any, n_passages: int) -> Written | None:
    if not isinstance(item, dict) or not isinstance(item.get("text"), str):
        return None
    named = item.get("passages", [])
    listed = [number for number in named if isinstance(number, int)] if isinstance(named, list) else []
    claim = _cut(without_markers(item["text"], n_passages))
    known = [number for number in listed if 1 <= number <= n_passages]
    if not claim.text:
        return None
    passages = tuple(dict.fromkeys([*known, *claim.passages]))
    return Written(claim.text, passages, claim.unknown + len(listed) - len(known))


def _of_line(line: str, n_passages: int) -> Written | None:
    claim = _cut(without_markers(line, n_passages))
    return claim if claim.text and (claim.passages or claim.unknown) else None


def _cut(claim: Written) -> Written:
    return claim._replace(text="" if len(claim.text) > _LONGEST else claim.text)


def _is_json(body: str) -> bool:
    return body.startswith(("{", "["))


def _parsed(body: str) -> Any:
    try:
        return from_json(body.removesuffix("```").rstrip(), allow_partial=True)
    except ValueError:
        return None


def _is_closed(body: str) -> bool:
    try:
        from_json(body.removesuffix("```").rstrip())
    except ValueError:
        return False
    return True


def _listed(parsed: Any) -> list[Any] | None:
    listed = parsed.get("claims") if isinstance(parsed, dict) else parsed
    return listed if isinstance(listed, list) else None
