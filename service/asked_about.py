"""Within the comparison of outlets: whether what they differ on is what was asked.

Example: two outlets that tell differently what became of a request are beside "How many troops are there?", though one
of their sentences answers it; to "How was the request answered?" they matter.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from service import expect
from service.facts import forms_of

if TYPE_CHECKING:
    from service.disagree import Kind

# What each kind of question can be answered with; of others anything may be asked.
_FITTING: dict[expect.Kind, frozenset[str]] = {
    "number": frozenset({"figure"}),
    "date": frozenset({"date"}),
    "year": frozenset({"date"}),
    "place": frozenset(),
    "name": frozenset({"actor", "denial"}),
}
_BEGAN = re.compile(
    r"\b(?:why|start|beg[aiu]n|set off|trigger|spark|caus|provok|erupt|br[eo]ak|broke|escalat|flare|crisis|led to)",
    re.IGNORECASE,
)
_WHOM = re.compile(r"\bwho\b.*\bwhom\b", re.IGNORECASE)


def is_asked_about(question: str, kind: Kind, topic: str) -> bool:
    """Whether a difference of that kind can matter to the question; any does where none is asked.

    Args:
        question: As asked; empty, or a topic, where everything on it is wanted.
        topic: Of the difference; that of a deed which outlets tell with other actors begins with "who calls".
    """
    if kind == "cause" and question.rstrip().endswith("?") and not _BEGAN.search(question):
        return False
    wanted = expect.kind(question)
    fitting = _FITTING.get(wanted)
    if fitting is None:
        return True
    if kind not in fitting:
        return False
    return kind != "actor" or bool(_WHOM.search(question)) or _names(question, topic.split()[1].removesuffix("s"))


def _names(question: str, verb: str) -> bool:
    """Whether the question has the deed in one of its forms."""
    roots = {form.split()[-1].removesuffix("ed") for form in (verb, *forms_of(verb))}
    return any(re.search(rf"\b{re.escape(root)}", question.lower()) for root in roots)
