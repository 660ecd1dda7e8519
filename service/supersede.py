"""Within the sixth stage of a question: which claims a later report says that it corrects.

Example: "The toll was revised to 27 from 25." in an article of Saturday supersedes "25 people died." of Friday: the
claim keeps its place and its quote, and names the sentence that revises it. A later report that merely says otherwise
supersedes nothing: that is a disagreement.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from service import expect

if TYPE_CHECKING:
    from collections.abc import Sequence

    from service.answer import Draft, Sentence

_THING = r"(?:version|report|statement|figure|count|toll|number|estimate)s?"
_REVISES = re.compile(
    r"\b(?:correct(?:s|ed|ing) (?:an?|its|the|his|her|their|that)\b|correction:|(?:was|were|been|is|are) corrected\b"
    r"|revis(?:es|ed|ing) (?:\w+ ){0,16}?(?:to|from|up|upward|down|downward)\b"
    r"|updat(?:es?|ed|ing) (?:an?|its|the|their|his|her) (?:\w+ )?(?:earlier|previous|initial|first|preliminary)\b"
    r"|retract(?:s|ed)\b|withdrew (?:its|the|an?) (?:earlier|previous)\b"
    rf"|(?:earlier|previous|initial|original) {_THING} (?:\w+ ){{0,6}}?"
    r"(?:wrong|incorrect|mistaken|misstated|inaccurate|in error|should have)\b"
    r"|not \d[\d,.]* as (?:\w+ )?(?:earlier|previously|first|initially)\b"
    r"|(?:earlier|previously|initially) (?:reported|given|put|stated) (?:\w+ ){0,4}?"
    r"(?:incorrectly|wrongly|in error|by mistake))",
    re.IGNORECASE,
)
_TERMS = frozenset(  # stemmed; one of them is in every such sentence, and telling so is quicker
    "correct incorrect revis updat retract withdrew wrong mistaken mistak misstat inaccur error earlier previous "
    "initi first".split()
)
_FIGURE = re.compile(rf"\d[\d,.]*|{expect.NUMBER.pattern}", re.IGNORECASE)
_FORMER = re.compile(  # what was said before, and no longer is
    rf"\b(?:from|not|instead of|rather than|earlier|previous(?:ly)?|initial(?:ly)?|original(?:ly)?|first)\b"
    rf"(?:\W+[^\W\d]+){{0,4}}?\W+(?P<figure>{_FIGURE.pattern})",
    re.IGNORECASE,
)
_SHARED = 2  # terms, besides figures, that both must have
_SHARE = 0.3  # of the claim's own terms


def superseding(drafts: Sequence[Draft], sentences: Sequence[Sentence]) -> list[Sentence | None]:
    """For each draft, the sentence of a later report that says it corrects it, if one does.

    Args:
        sentences: Every one that was considered.
    """
    revisions = [one for one in sentences if not _TERMS.isdisjoint(one.stems) and says_it_corrects(one.text)]
    return [next((one for one in revisions if _supersedes(one, draft)), None) for draft in drafts]


def says_it_corrects(text: str) -> bool:
    """Whether a sentence says that it puts right what was reported before."""
    return _REVISES.search(text) is not None


def _supersedes(revision: Sentence, draft: Draft) -> bool:
    """Whether all articles of a draft are older or the revision's own, and the revision is of what it says."""
    if any(one.row.document_id == revision.row.document_id and one.start == revision.start for one in draft.sentences):
        return False
    if not all(_is_older(one, revision) for one in draft.sentences):
        return False
    said = draft.sentences[0]
    figures = {_plain(match.group()) for match in _FIGURE.finditer(said.text)}
    former = {_plain(match["figure"]) for match in _FORMER.finditer(revision.text)}
    about = {term for term in said.stems if not term.isdigit()}
    n_shared = len(about & revision.stems)
    if n_shared < _SHARED or n_shared < _SHARE * len(about):
        return False
    return bool(figures & former) if former else not figures


def _is_older(one: Sentence, revision: Sentence) -> bool:
    if one.row.document_id == revision.row.document_id:
        return one.start != revision.start
    then, now = one.row.published_on, revision.row.published_on
    return then is not None and now is not None and then <= now


def _plain(figure: str) -> str:
    return figure.lower().rstrip(".,").replace(",", "")
