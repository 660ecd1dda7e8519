"""An answer on a terminal as it becomes known: each claim once it has been checked, then what belongs to the whole.

Example: `live = Live(console, question)`, `library.ask(question, {}, "auto", live.hear)`, `live.end(result, …)` print
the text of `show_result(console, result, …)`, its first claim while the model still writes. Nothing that was printed is
taken back: a claim that is not supported waits until one that is has come, since without any there is no answer.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from rich.console import Console

    Json = dict[str, Any]


class Live:
    """What is printed of one answer.

    Args:
        question: As typed; the query is shown where it is another.
    """

    def __init__(self, out: Console, question: str) -> None:
        self._out = out
        self._question = question
        self._query = question
        self._waiting: list[Json] = []
        self._n_shown = 0

    def hear(self, name: str, data: Json) -> None:
        """Prints what an event adds, as far as it is sure to stay."""
        if name == "retrieved":
            self._query = data["query"]
        elif name == "claim":
            self._waiting.append(data["claim"])
            if self._n_shown or data["claim"]["support"]["verdict"] == "supported":
                self._show_waiting()

    def end(self, result: Json, n_documents: Callable[[], int], *, filtered: bool = False) -> None:
        """Prints what of the result has not been printed yet."""
        from onrecord.render import show_result

        show_result(self._out, result, n_documents, filtered=filtered, n_shown=self._n_shown)

    def _show_waiting(self) -> None:
        from onrecord.render import show_claim, show_query

        if not self._n_shown:
            show_query(self._out, self._query, self._question)
        for claim in self._waiting:
            show_claim(self._out, claim)
        self._n_shown += len(self._waiting)
        self._waiting.clear()
        self._out.file.flush()
