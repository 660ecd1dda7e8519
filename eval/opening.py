"""Where an evaluation asks: a library that it makes, one that is named, or a server.

Example: `with opened(dataset, None, None, Path("runs/a/library")) as place: place.door.ask("Who?", "auto")`.
"""

from __future__ import annotations

import ipaddress
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from eval.door import AskError, OpenDoor, ServedDoor
from ingest.embed import Encoder
from ingest.errors import LibraryBusyError
from ingest.pipeline import ingest
from ingest.settings import Settings
from ingest.store import PassageIndex

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from eval.data import Dataset
    from eval.door import Door


@dataclass(frozen=True, slots=True)
class Place:
    """What is asked.

    Args:
        encoder: Whose bare time is measured beside the answers; `None` when another machine answers.
        is_served: Whether another process answers.
        failed: How many articles could not be ingested.
    """

    door: Door
    encoder: Encoder | None
    is_served: bool
    failed: int = 0


@contextmanager
def opened(
    dataset: Dataset,
    library: Path | None,
    url: str | None,
    own: Path,
    on_progress: Callable[[int, str], None] | None = None,
) -> Iterator[Place]:
    """What is to be asked, with the set's articles in it; a server must have them already.

    Args:
        library: Of an open or served library; `own` when `None`.
        url: Of a server; goes before `library`.
        own: Where to make a library when none is named.
        on_progress: Called with how many articles were read, and where the last is from.

    Raises:
        AskError: A server cannot be reached, or lacks documents that the questions are about.
    """
    with ExitStack() as stack:
        if url is None:
            try:
                index = stack.enter_context(
                    PassageIndex.open(library or own, create=True, chroma_url=Settings().chroma_url)
                )
            except LibraryBusyError as error:
                if error.address is None:
                    raise
                url = error.address
            else:
                encoder = Encoder.load()
                report = ingest(dataset.articles(), index, lambda: encoder, on_progress=on_progress)
                index.warm_up()
                encoder.warm_up()
                yield Place(OpenDoor(index, encoder), encoder, is_served=False, failed=len(report.failed))
                return
        door = ServedDoor(url)
        stack.callback(door.close)
        yield _served(dataset, door, url)


def _served(dataset: Dataset, door: Door, url: str) -> Place:
    wanted = sorted({id_ for question in dataset.questions for id_ in question.relevant})
    missing = [id_ for id_ in wanted if door.document(id_) is None]
    if missing:
        message = (
            f"the server at {url} lacks {len(missing)} of {len(wanted)} documents that the questions are about, "
            f"{missing[0]!r} for one; ingest the set's articles there first"
        )
        raise AskError(message)
    encoder = None
    if _is_here(url):
        encoder = Encoder.load()
        encoder.warm_up()
    return Place(door, encoder, is_served=True)


def _is_here(url: str) -> bool:
    """Whether the server is on this machine, so that its times compare with the model's times here."""
    host = urlsplit(url).hostname or ""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
