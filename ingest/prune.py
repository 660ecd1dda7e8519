"""What is gone from the folders that were ingested is removed from the library.

Example: `prune(index, ["/articles"], {"a.txt"}, [])` removes every document that came from `/articles` but `a.txt`.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from ingest.store import PassageIndex


_AT_ONCE = 500  # documents removed together


def prune(index: PassageIndex, roots: Iterable[str], seen: Collection[str], failed: Iterable[str]) -> int:
    """Removes what is gone; how many documents that were.

    Args:
        index: The library.
        roots: Absolute paths that were ingested.
        seen: Ids of the articles that were there.
        failed: Where those are from that could not be read; they stay, and so does what lies in such a folder.
    """
    uris = {uri for one in failed for uri in (one, one.rsplit(":", 1)[0])}
    unread = {Path(os.path.normpath(Path.cwd() / uri)) for uri in uris}
    gone = [
        document_id
        for root in roots
        for document_id, source in index.ids_under(root)
        if document_id not in seen and unread.isdisjoint((Path(source), *Path(source).parents))
    ]
    for first in range(0, len(gone), _AT_ONCE):
        index.remove(*gone[first : first + _AT_ONCE])
    return len(gone)
