"""Whether words of time look ahead or back, by the verb that stands nearest to them in their sentence.

Example: in "The court will rule on Monday" the Monday is to come; in "It ruled on Monday that …" it has been.
"""

from __future__ import annotations

import re

_AROUND = 160  # characters in which the verb is looked for
_CUE = re.compile(
    r"\b(?:(?<!had )(?<!originally )(?<!initially )"
    r"(?P<ahead>will|won['’]t|shall|would|is to|are to|(?:to|will) be (?!\w+ed (?:on|last))\w+|due|scheduled"
    r"|slated|set (?:to|for)|expires?|begins|starts|opens|resumes?|convenes|takes (?:place|effect|office)"
    r"|(?:is|are|plans?|planned|planning|agreed|likely|expected|expects?|hopes?|wants?|intends?|going|about|ready|invited"
    r"|prepar(?:e[sd]?|ing)|vow(?:s|ed)|pledge[sd]|promise[sd]|ordered|postponed|delayed|adjourned|called|urged)"
    r" (?:to|until|till|for)"
    r"|planned for|expected|upcoming|ahead of|may|might|could|should|must|can|deadline|tomorrow)"
    r"|(?P<back>was|were|had|has|have|did|held|met|took|gave|made|came|went|began|left|fell|won|lost|struck|hit"
    r"|shot|sent|spoke|wrote|saw|found|broke|fought|led|fled|rose|put|paid|brought|caught|kept|stood|became|got|drew|flew"
    r"|ran|sought|sold|built|taught|told|said|says|resigned|quit|beat|since|known|\w{2,}ed))\b|(?P<soon>['’]ll\b)",
    re.IGNORECASE,
)
_END = re.compile(r"[.!?][\"”’']?\s+(?=[\"“‘'A-Z])|\n")
_NEW_CLAUSE = re.compile(r"(?:,|;| and| but|^)\s*(?:(?:and|but|on|by|for|early|late|next|this)\s+)*$", re.IGNORECASE)
_DEADLINE = re.compile(r"\b(?:by|ahead of|before)\s+(?:the\s+)?$", re.IGNORECASE)


def looks_ahead(text: str, start: int, end: int) -> bool | None:
    """Whether the words at `[start, end)` are of a time to come; `None` when no verb tells."""
    before = _END.split(text[max(0, start - _AROUND) : start])[-1]
    after = _END.split(text[end : end + _AROUND], maxsplit=1)[0]
    if _DEADLINE.search(before) and not _is_ahead(_last(before), default=True):
        return False
    first, last = next(_CUE.finditer(after), None), _last(before)
    nearest = first if first is not None and (last is None or _NEW_CLAUSE.search(before)) else last
    if nearest is None:
        return True if _DEADLINE.search(before) else None
    return _is_ahead(nearest, default=True)


def _last(text: str) -> re.Match[str] | None:
    last = None
    for last in _CUE.finditer(text):  # noqa: B007  (the last one is wanted)
        pass
    return last


def _is_ahead(cue: re.Match[str] | None, *, default: bool) -> bool:
    return default if cue is None else cue.lastgroup in {"ahead", "soon"}
