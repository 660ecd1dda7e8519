"""Fifth stage of a question: who carries a claim, in outlets, articles and independent origins.

Example: three outlets of which two print the same wire story are `Corroboration(outlets=(…), documents=3, origins=2)`.
Copies are told by the words that two articles share in order; reworded copies still count as origins of their own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from service.copies import same_story
from service.records import Corroboration

if TYPE_CHECKING:
    from service.answer import Draft


def corroborate(draft: Draft) -> Corroboration:
    """The outlets (where they are known, in the order of the citations), articles and origins behind a draft."""
    rows = [sentence.row for sentence in draft.sentences]
    origins: list[frozenset[int]] = []
    for row in rows:
        sketch = frozenset(row.sketch.tolist())
        if not any(same_story(sketch, other) for other in origins):
            origins.append(sketch)
    return Corroboration(
        outlets=tuple(dict.fromkeys(row.outlet for row in rows if row.outlet)),
        documents=len({row.document_id for row in rows}),
        origins=len(origins),
    )
