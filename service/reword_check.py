"""Within the wording of a follow-up by a model: whether its query may be searched.

Example: after "What did the State Department say about a delegation?" the question "And what did Iraq say?" may become
"What did Iraq say about a delegation?", and neither "What did Iran say about a delegation?", which leaves out what the
question names, nor "What did Iraq say about a delegation in Paris?", which says what nobody has said.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Literal

from ingest.names import countries
from service import support_facts as facts
from service.dates import dates_in
from service.orders import is_order

if TYPE_CHECKING:
    from collections.abc import Sequence

Fault = Literal["form", "added", "lost"]

_LONGEST = 300  # characters
_PAIR = re.compile(r"\b(?=([A-Z][\w’'-]*)\s+([A-Z][\w’'-]*))")
_ASKING = frozenset(
    map(
        facts.stem,
        "tell give explain describe happen mean many much name list kind type example detail information difference "
        "compare reason cause effect result respond response react reaction regarding concerning relate specific "
        "role use way one ones make come go get long often old able possible".split(),
    )
)  # words by which something is asked, and which say nothing themselves


def fault(query: str, question: str, texts: Sequence[str]) -> Fault | None:
    """What is wrong with a query; nothing when it may be searched.

    Args:
        texts: The earlier questions and answers, as the model was shown them.
    """
    told = " . ".join([*texts, question])
    if "\n" in query or not 0 < len(query) <= _LONGEST or not any(map(str.isalnum, query)) or facts.has_address(query):
        return "form"
    if _adds(query, told) or (is_order(query) and not is_order(question)):
        return "added"
    return "lost" if _loses(query, question) else None


def _adds(query: str, told: str) -> bool:
    """Whether it says what was not said: a word, a name, a number, a date, or a name made of two."""
    plain = _plain(told)
    new = set(facts.content(query)) - set(facts.content(told)) - _ASKING
    if not all(_is_there(word, plain) for word in new) or facts.numbers(query) - facts.numbers(told):
        return True
    if any(_plain(found.text) not in plain for found in dates_in(query, None)):
        return True
    common = facts.common_words(told) | _ASKING
    if not all(_is_there(name, plain) for name in facts.names(query, common)):
        return True
    pairs = (pair for pair in _PAIR.findall(query) if pair[0].lower() not in facts.STOP)
    return any(_plain(" ".join(pair)) not in plain for pair in pairs)


def _is_there(name: str, plain: str) -> bool:
    """Whether a name stands there, or the country that it stands for: "Iraqi" where "Iraq" does."""
    return f" {name} " in plain or (bool(meant := countries(name)) and meant <= countries(plain))


def _loses(query: str, question: str) -> bool:
    """Whether a name or number of the question is gone, or most of its words."""
    named = facts.names(question[:1].lower() + question[1:])
    others = set(facts.content(question)) - _ASKING - set(map(facts.stem, named))
    if len(others & set(facts.content(query))) < len(others) / 2 or facts.numbers(question) - facts.numbers(query):
        return True
    return not all(_is_there(name, _plain(query)) for name in named)


def _plain(text: str) -> str:
    return f" {' '.join(facts.words(text))} "
