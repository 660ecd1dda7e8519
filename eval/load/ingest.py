"""Rounds of an ingest by way of the server: other texts of the same ids each time, so that the library does not grow.

Example: `Rounds(library, made, folder).once()` runs `onrecord ingest` on the first 40 articles, and the next call on
other texts of the same ids.
"""

from __future__ import annotations

import itertools
import json
import subprocess
import threading
from typing import TYPE_CHECKING, Any

from eval.scale.ingesting import ONRECORD

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from eval.generate import Article

_EACH = 40  # articles of a round; one that is cut off at the end is not counted


class Rounds:
    """An ingest that begins anew with other texts whenever it has ended, until the context is left.

    Args:
        made: Articles that are never used up.
        folder: For the files that are ingested.
    """

    def __init__(self, library: Path, made: Iterator[Article], folder: Path) -> None:
        self.articles = self.passages = 0
        self.failures: list[str] = []
        self._library = library
        self._made = made
        self._file = folder / "articles.jsonl"
        self._process: subprocess.Popen[str] | None = None
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._go_on, name="rounds")

    def once(self) -> None:
        """One round, to its end."""
        with self._file.open("w", encoding="utf-8") as file:
            for number, article in enumerate(itertools.islice(self._made, _EACH)):
                file.write(json.dumps(article | {"id": f"load-{number:04}"}, ensure_ascii=False) + "\n")
        command = [*ONRECORD, "ingest", str(self._file), "--library", str(self._library), "--json"]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
            self._process = process
            out, errors = process.communicate()
        self._process = None
        if not self._stopped.is_set():
            self._count(json.loads(out) if out else {"failed": [{"reason": errors}]})

    def __enter__(self) -> Rounds:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopped.set()
        if (process := self._process) is not None:
            process.terminate()
        self._thread.join()

    def _go_on(self) -> None:
        while not self._stopped.is_set():
            self.once()

    def _count(self, report: dict[str, Any]) -> None:
        self.articles += report.get("added", 0) + report.get("updated", 0)
        self.passages += report.get("passages", 0)
        self.failures += [one["reason"] for one in report["failed"]]
