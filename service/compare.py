"""Fifth stage of a question: who carries a claim, in outlets, articles and independent origins.

Example: three outlets of which two print the same wire story are `Corroboration(outlets=(…), documents=3, origins=2)`,
also where one of the two has abridged, reordered or reworded it.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from ingest.origin import SAME, Story, near, story, tie
from service.records import Corroboration

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ingest.store import PassageIndex, PassageRow
    from service.answer import Draft

_REMEMBERED = 512  # documents whose words are not read again for the next question


def corroborate(index: PassageIndex, drafts: Sequence[Draft]) -> list[Corroboration]:
    """Of each draft the outlets (where they are known, in the order of the citations), articles and origins."""
    carried = [[sentence.row for sentence in draft.sentences] for draft in drafts]
    several = [row.document_id for rows in carried if len(rows) > 1 for row in rows]
    texts = index.texts(dict.fromkeys(several))
    return [
        Corroboration(
            outlets=tuple(dict.fromkeys(row.outlet for row in rows if row.outlet)),
            documents=len({row.document_id for row in rows}),
            origins=len(origins(rows, texts)),
        )
        for rows in carried
    ]


def origins(rows: Iterable[PassageRow], texts: dict[str, str]) -> list[list[PassageRow]]:
    """Passages by the origin of their documents, in the order given.

    Args:
        texts: Canonical text of every document, by id; one that is not there is an origin of its own.
    """
    groups: list[list[PassageRow]] = []
    for row in rows:
        group = next((one for one in groups if any(_have_one(row, other, texts) for other in one)), None)
        if group is None:
            groups.append([row])
        else:
            group.append(row)
    return groups


@lru_cache(maxsize=_REMEMBERED)
def remembered(text: str) -> Story:
    """The words of a text by which copies of it are known."""
    return story(text)


def _have_one(one: PassageRow, other: PassageRow, texts: dict[str, str]) -> bool:
    if one.document_id == other.document_id:
        return True
    mine, its = texts.get(one.document_id), texts.get(other.document_id)
    if mine is None or its is None or not near(one.published_on, other.published_on):
        return False
    return mine == its or tie(remembered(mine), remembered(its)).likeness >= SAME
