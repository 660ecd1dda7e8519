"""The library that a command works on: opened here when it is free, or the server that owns it.

Example: `with opened(settings) as library: library.ask("Who telephoned whom?", {}, "auto")` is the JSON of an answer,
whoever owns the library.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager
from typing import TYPE_CHECKING, Any, Protocol

from ingest.errors import LibraryBusyError
from ingest.records import Shelf
from ingest.store import PassageIndex
from onrecord.client import ServedLibrary
from service.conversations import Conversations
from service.records import Filters
from service.respond import as_json

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from concurrent.futures import Future
    from pathlib import Path

    from ingest.embed import Encoder
    from ingest.records import Failure, RawArticle
    from ingest.settings import Settings
    from service.rewrite import Asked

    Json = dict[str, Any]
    Progress = Callable[[int, str], None]
    PartProgress = Callable[[str, int, int], None]
    Hear = Callable[[str, Json], None]


class Library(Protocol):
    """What a command can do with a library; results are the JSON that the API documents."""

    def ask(self, question: str, filters: Json, mode: str, hear: Hear | None = None) -> Json:
        """An answer or an abstention; `hear` is told the events of one that takes a while, by name and data."""

    def talk(self, question: str, conversation_id: str | None, mode: str, hear: Hear | None = None) -> Json:
        """The next turn of a conversation, or the first of a new one; it is kept."""

    def conversations(self, limit: int, offset: int) -> Json:
        """Conversations, the one continued last first."""

    def conversation(self, conversation_id: str) -> Json:
        """A conversation with its turns; raises `ConversationNotFoundError` when there is none with that id."""

    def forget(self, conversation_id: str) -> None:
        """Deletes a conversation; raises `ConversationNotFoundError` when there is none with that id."""

    def search(self, query: str, k: int, filters: Json) -> Json:
        """Passages, best first."""

    def disagreements(self, query: str, limit: int, offset: int) -> Json:
        """What outlets differ on."""

    def speakers(self, limit: int, offset: int, name: str) -> Json:
        """Who makes statements, most statements first."""

    def statements(self, speaker_id: str, limit: int, offset: int) -> Json:
        """What somebody is reported to have said, latest first."""

    def timeline(self, wanted: Json) -> Json:
        """Dated events, oldest first; `wanted` is what the query string of `GET /v1/timeline` says."""

    def ingest(
        self, articles: Iterable[RawArticle | Failure], prune_roots: Sequence[str], on_progress: Progress
    ) -> Json:
        """The report on what became of the articles."""

    def status(self) -> Json:
        """What the library holds."""

    def documents(self, *, limit: int, offset: int, outlet: str | None) -> Json:
        """Documents, newest first, and how many there are."""

    def document(self, document_id: str) -> Json:
        """The document with its text; raises `DocumentNotFoundError` when there is none with that id."""

    def remove(self, document_id: str) -> None:
        """Removes a document; raises `DocumentNotFoundError` when there is none with that id."""

    def check(self, *, full: bool) -> Json:
        """Whether the library is whole, and what is wrong with it."""

    def rebuild(self, *, everything: bool, on_progress: PartProgress) -> list[str]:
        """Makes anew what is not whole, or everything; the parts that were made."""

    def back_up(self, folder: Path) -> Json:
        """Writes a backup into a new folder, given as an absolute path."""


@contextmanager
def opened(
    settings: Settings, folder: Path, *, create: bool = False, will_ask: bool = False, damaged: bool = False
) -> Iterator[Library]:
    """The library in a folder, for as long as the context is open.

    Args:
        create: Whether to make one where there is none.
        damaged: Whether to open it also when something is wrong with it.
        will_ask: Whether a question follows: what it needs is then loaded while the rest begins.

    Raises:
        LibraryBusyError: Another process owns it and is no server.
        LibraryError: It cannot be opened.
    """
    with ExitStack() as stack:
        try:
            index = stack.enter_context(
                PassageIndex.open(folder, create=create, damaged=damaged, chroma_url=settings.chroma_url)
            )
        except LibraryBusyError as error:
            if error.address is None:
                raise
            yield ServedLibrary(error.address, error.secret)
        else:
            kept = stack.enter_context(closing(Conversations(lambda: index.folder, settings.conversation_days)))
            yield LocalLibrary(index, settings, kept, will_ask=will_ask)


class LocalLibrary:
    """A library that this process owns."""

    def __init__(self, index: PassageIndex, settings: Settings, kept: Conversations, *, will_ask: bool) -> None:
        self._index = index
        self._kept = kept
        self._settings = settings
        self._loading = _in_background(self._load) if will_ask else None
        if will_ask:
            index.warm_up()  # beside the model

    def ask(self, question: str, filters: Json, mode: str, hear: Hear | None = None) -> Json:
        """An answer or an abstention."""
        from service.rewrite import Asked

        return self._answered(Asked.of(question), filters, mode, hear)

    def talk(self, question: str, conversation_id: str | None, mode: str, hear: Hear | None = None) -> Json:
        """The next turn of a conversation, or the first of a new one; it is kept."""
        from service.respond import ambiguous
        from service.rewrite import TURNS, Asked

        earlier = self._kept.earlier(conversation_id, TURNS) if conversation_id else ()
        asked = Asked.of(question, earlier, self._index)
        readings = asked.ruled.readings
        told = _plain(ambiguous(question, readings)) if readings else self._answered(asked, {}, mode, hear)
        result = told | {"question": question}
        id_, turn = self._kept.add(conversation_id, question, result["query"], {}, result)
        return result | {"conversation_id": id_, "turn": turn}

    def conversations(self, limit: int, offset: int) -> Json:
        """Conversations, the one continued last first."""
        return self._kept.listed(limit, offset)

    def conversation(self, conversation_id: str) -> Json:
        """A conversation with its turns; raises `ConversationNotFoundError` when there is none with that id."""
        return self._kept.read(conversation_id)

    def forget(self, conversation_id: str) -> None:
        """Deletes a conversation; raises `ConversationNotFoundError` when there is none with that id."""
        self._kept.delete(conversation_id)

    def search(self, query: str, k: int, filters: Json) -> Json:
        """Passages, best first."""
        from service.pipeline import search

        return _plain(search(self._index, self._encoder(), query, k=k, filters=Filters.of(filters)))

    def disagreements(self, query: str, limit: int, offset: int) -> Json:
        """What outlets differ on."""
        from service.disputed import Wanted, disputed

        return disputed(self._index, self._encoder(), Wanted(query, limit=limit, offset=offset))

    def speakers(self, limit: int, offset: int, name: str) -> Json:
        """Who makes statements, most statements first."""
        from service.speakers import speakers_json

        return speakers_json(self._index, limit, offset, name)

    def statements(self, speaker_id: str, limit: int, offset: int) -> Json:
        """What somebody is reported to have said, latest first."""
        from service.speakers import statements_json

        return statements_json(self._index, speaker_id, limit, offset)

    def timeline(self, wanted: Json) -> Json:
        """Dated events, oldest first."""
        from service.timeline import Wanted, timeline

        return _plain(timeline(self._index, self._encoder(), Wanted.of(wanted)))

    def ingest(
        self, articles: Iterable[RawArticle | Failure], prune_roots: Sequence[str], on_progress: Progress
    ) -> Json:
        """The report on what became of the articles."""
        from ingest.pipeline import ingest

        report = ingest(articles, self._index, self._encoder, prune_roots=prune_roots, on_progress=on_progress)
        return _plain(report)

    def status(self) -> Json:
        """What the library holds."""
        return _plain(self._index.status())

    def documents(self, *, limit: int, offset: int, outlet: str | None) -> Json:
        """Documents, newest first, and how many there are."""
        documents, total = self._index.documents(limit=limit, offset=offset, shelf=Shelf(outlet))
        listed = [as_json(document) for document in documents]
        return {"documents": listed, "total": total, "limit": limit, "offset": offset}

    def document(self, document_id: str) -> Json:
        """The document with its text; raises `DocumentNotFoundError` when there is none with that id."""
        from service.origins import shown

        return shown(self._index, document_id)

    def remove(self, document_id: str) -> None:
        """Removes a document; raises `DocumentNotFoundError` when there is none with that id."""
        self._index.remove(document_id)

    def check(self, *, full: bool) -> Json:
        """Whether the library is whole, and what is wrong with it."""
        return _plain(self._index.checked(full=full))

    def rebuild(self, *, everything: bool, on_progress: PartProgress) -> list[str]:
        """Makes anew what is not whole, or everything; the parts that were made."""
        return self._index.rebuild(self._encoder, everything=everything, on_progress=on_progress)

    def back_up(self, folder: Path) -> Json:
        """Writes a backup into a new folder, given as an absolute path."""
        return _plain(self._index.back_up(folder))

    def _answered(self, asked: Asked, filters: Json, mode: str, hear: Hear | None) -> Json:
        from service.pipeline import ask, check

        query, wanted = asked.ruled.query, Filters.of(filters)
        if mode == "extractive" or not (self._settings.llm_url and self._settings.llm_model):
            return _plain(ask(self._index, self._encoder(), query, filters=wanted, mode=mode))
        from service.follow import follow
        from service.stream import Writer, written

        check(self._index, query, mode, has_model=True)
        writer = Writer.of(self._settings)
        events = follow(self._index, self._encoder(), asked, filters=wanted, writer=writer)
        return _plain(written(events, writer, hear and (lambda event: hear(event.name, _plain(event.data)))))

    def _encoder(self) -> Encoder:
        return self._loading.result() if self._loading else self._load()

    def _load(self) -> Encoder:
        from ingest.embed import Encoder

        return Encoder.load(self._settings.threads)


def _plain(record: object) -> Json:
    value: Json = as_json(record)
    return value


def _in_background(load: Callable[[], Encoder]) -> Future[Encoder]:
    def load_warm() -> Encoder:
        encoder = load()
        encoder.warm_up()
        return encoder

    pool = ThreadPoolExecutor(1, thread_name_prefix="load")
    future = pool.submit(load_warm)
    pool.shutdown(wait=False)
    return future
