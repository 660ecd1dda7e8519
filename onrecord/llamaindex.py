"""The library as a retriever of LlamaIndex, so that its query engines read an Onrecord library.

Example:
    `RetrieverQueryEngine.from_args(OnrecordRetriever("library"), llm=llm).query("Who called whom?")`; each node has its
    passage's offsets (`start_char_idx`, `end_char_idx`) and in its metadata the document, outlet, title and date.
"""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from llama_index.core.base.base_retriever import BaseRetriever
from llama_index.core.schema import NodeWithScore, TextNode

from ingest.settings import Settings
from onrecord.door import opened
from service.records import Filters

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date
    from types import TracebackType

    from llama_index.core.schema import QueryBundle

_OF_DOCUMENT = ("document_id", "outlet", "title", "published_on", "url")


class OnrecordRetriever(BaseRetriever):
    """Passages of a library for LlamaIndex, best first.

    The library is owned by this process until `close`, unless a server owns it: then the server is asked.

    Args:
        library: Its folder; that of the settings when `None`.
        k: How many passages at most.
        outlets: Only these; all when empty.
        published_from: Only what was published on this day or later.
        published_to: Only what was published on this day or earlier.

    Raises:
        LibraryError: The library cannot be opened.
    """

    def __init__(
        self,
        library: Path | str | None = None,
        *,
        k: int = 10,
        outlets: Sequence[str] = (),
        published_from: date | None = None,
        published_to: date | None = None,
    ) -> None:
        super().__init__()
        settings = Settings()
        self._k = k
        self._filters = Filters(tuple(outlets), published_from, published_to).given()
        self._stack = ExitStack()
        folder = settings.library if library is None else Path(library)
        self._library = self._stack.enter_context(opened(settings, folder, will_ask=True))

    def _retrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        found = self._library.search(query_bundle.query_str, self._k, self._filters)
        return [NodeWithScore(node=_node(passage), score=passage["score"]) for passage in found["passages"]]

    def close(self) -> None:
        """Gives the library up."""
        self._stack.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _node(passage: dict[str, Any]) -> TextNode:
    return TextNode(
        id_=passage["passage_id"],
        text=passage["text"],
        start_char_idx=passage["start"],
        end_char_idx=passage["end"],
        metadata={name: passage[name] for name in _OF_DOCUMENT if passage[name] is not None},
        excluded_llm_metadata_keys=["document_id"],
    )
