"""How far an ingest is: a bar on the terminal while articles are read, another while the rest of them is stored.

Example: `with Progress(console(sys.stderr), n_articles(paths)) as progress` shows `reading ━━━━── 120/300 articles`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from rich.progress import BarColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bars

from onrecord.render import printable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from rich.console import Console
    from rich.progress import TaskID

    from ingest.records import Failure, RawArticle


_URI = 40  # columns


class PartBars:
    """A bar for each part of a library that is made anew."""

    def __init__(self, console: Console) -> None:
        self._bars = Bars(
            TextColumn("{task.description:<9}"),
            BarColumn(),
            TextColumn("{task.completed:,.0f}/{task.total:,.0f}"),
            TimeElapsedColumn(),
            console=console,
        )
        self._tasks: dict[str, TaskID] = {}

    def __enter__(self) -> Self:
        self._bars.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bars.stop()

    def show(self, part: str, done: int, total: int) -> None:
        """Shows how far a part is."""
        if part not in self._tasks:
            self._tasks[part] = self._bars.add_task(part, total=total)
        self._bars.update(self._tasks[part], completed=done)


class Progress:
    """The bars, for as long as the context is open.

    Args:
        out: Console of the terminal.
        total: How many articles will be read, if that is known.
    """

    def __init__(self, out: Console, total: int | None) -> None:
        self._bars = Bars(
            TextColumn("{task.description}"),
            BarColumn(),
            TextColumn("{task.fields[count]} articles"),
            TimeElapsedColumn(),
            TextColumn("{task.fields[uri]}", markup=False),
            console=out,
            transient=True,
        )
        self._total = total or None
        self._reading = self._bars.add_task("reading", total=self._total, count=self._count(0), uri="")

    def __enter__(self) -> Self:
        self._bars.start()
        return self

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        self._bars.stop()

    def show(self, n_read: int, uri: str) -> None:
        """Shows that so many articles were read, the last one from `uri`."""
        if self._total is not None and n_read > self._total:
            self._total = n_read + 1  # there are more than it seemed
        self._bars.update(
            self._reading, completed=n_read, total=self._total, count=self._count(n_read), uri=printable(uri)[-_URI:]
        )

    def watched(self, articles: Iterable[RawArticle | Failure]) -> Iterator[RawArticle | Failure]:
        """The same articles; after the last one, the bar becomes one without an end, until the context is left."""
        n_read = 0
        for article in articles:
            n_read += 1
            yield article
        self._bars.update(self._reading, visible=False)
        self._bars.add_task("storing", total=None, count=f"{n_read:,}", uri="the rest")

    def _count(self, n_read: int) -> str:
        return f"{n_read:,}" if self._total is None else f"{n_read:,}/{self._total:,}"
