"""What an evaluation asks: a library opened in this process, or a server over HTTP, with the same results.

Example: `ServedDoor("http://127.0.0.1:8000").ask("Who telephoned whom?", "auto")` is the JSON of `POST /v1/ask`.
"""

from __future__ import annotations

import json
import threading
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import quote, urlsplit

from ingest.errors import OnrecordError
from service.pipeline import ask, search
from service.respond import as_json
from service.rewrite import rewrite

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ingest.embed import Encoder
    from ingest.store import PassageIndex

    Json = dict[str, Any]
    Turns = Sequence[tuple[str, str]]

DEPTH = 20  # passages asked for; up to 30, retrieval ranks them as it does for an answer
_PATIENCE_S = 120


class AskError(OnrecordError):
    """A server cannot be asked."""


class RefusedError(OnrecordError):
    """A server refused one question; the others can still be asked."""


class Door(Protocol):
    """What is asked of a library."""

    def ask(self, question: str, mode: str, earlier: Turns = ()) -> Json:
        """The JSON of an answer or an abstention; `earlier` are questions and answers, oldest first."""

    def search(self, query: str) -> list[Json]:
        """Passages, best first."""

    def document(self, document_id: str) -> Json | None:
        """`text`, `language`, `title`, `outlet` and `published_on` of a document; `None` when it is not there."""

    def status(self) -> Json:
        """What the library holds, and what made it."""


class OpenDoor:
    """A library that this process has open."""

    def __init__(self, index: PassageIndex, encoder: Encoder) -> None:
        self._index = index
        self._encoder = encoder

    def ask(self, question: str, mode: str, earlier: Turns = ()) -> Json:
        """The JSON of an answer or an abstention; `earlier` are questions and answers, oldest first."""
        query = rewrite(question, earlier, self._index).query
        answer: Json = as_json(ask(self._index, self._encoder, query, mode=mode)) | {"question": question}
        return answer

    def search(self, query: str) -> list[Json]:
        """Passages, best first."""
        return [as_json(found) for found in search(self._index, self._encoder, query, k=DEPTH).passages]

    def document(self, document_id: str) -> Json | None:
        """The document's fields, or `None`."""
        if self._index.known(document_id) is None:
            return None
        document: Json = as_json(self._index.document(document_id))
        return document

    def status(self) -> Json:
        """What the library holds, and what made it."""
        status: Json = as_json(self._index.status())
        return status


class ServedDoor:
    """The library of a server; every thread keeps a connection of its own.

    Args:
        url: As the server says it when it is ready.
    """

    def __init__(self, url: str) -> None:
        self._place = urlsplit(url)
        self._threads = threading.local()
        self._opened: list[HTTPConnection] = []
        if self._place.scheme not in {"http", "https"} or not self._place.netloc:
            message = f"{url!r} is no address of a server; give one such as http://127.0.0.1:8000"
            raise AskError(message)

    def ask(self, question: str, mode: str, earlier: Turns = ()) -> Json:
        """The JSON of an answer or an abstention; `earlier` are questions and answers, oldest first."""
        history = [{"question": asked, "answer": answered} for asked, answered in earlier]
        answer: Json = self._call("POST", "/v1/ask", {"question": question, "mode": mode, "history": history})
        return answer

    def search(self, query: str) -> list[Json]:
        """Passages, best first."""
        passages: list[Json] = self._call("POST", "/v1/search", {"query": query, "k": DEPTH})["passages"]
        return passages

    def document(self, document_id: str) -> Json | None:
        """The document's fields, or `None`."""
        document: Json | None = self._call("GET", f"/v1/documents/{quote(document_id, safe='')}", absent=True)
        return document

    def status(self) -> Json:
        """What the library holds, and what made it."""
        status: Json = self._call("GET", "/v1/library")
        return status

    def close(self) -> None:
        """Closes the connections of all threads."""
        for connection in self._opened:
            connection.close()

    def _call(self, method: str, path: str, payload: Json | None = None, *, absent: bool = False) -> Any:
        """What the server answers; `None` for a 404 when that is an answer.

        Raises:
            RefusedError: It will not answer this.
            AskError: It cannot be reached, or cannot answer now.
        """
        body = None if payload is None else json.dumps(payload)
        where = f"{self._place.scheme}://{self._place.netloc}{path}"
        try:
            status, content = self._exchange(method, self._place.path.rstrip("/") + path, body)
        except (OSError, HTTPException) as error:
            message = f"{where} cannot be reached ({error or type(error).__name__}); is the server running?"
            raise AskError(message) from error
        if status == 404 and absent:
            return None
        try:
            answer = json.loads(content)
        except ValueError as error:
            message = f"{where} answered with status {status} and no JSON; is it Onrecord?"
            raise AskError(message) from error
        if status < 300:
            return answer
        message = f"{where} answered with status {status}: {answer.get('detail', 'no detail')}"
        raise (RefusedError if str(answer.get("type")).endswith(":question") else AskError)(message)

    def _exchange(self, method: str, path: str, body: str | None) -> tuple[int, bytes]:
        """Status and body; a connection that the server has closed in the meantime is opened again, once."""
        kept = getattr(self._threads, "connection", None)
        if kept is not None:
            try:
                return self._send(kept, method, path, body)
            except (OSError, HTTPException):
                kept.close()
        kind = HTTPSConnection if self._place.scheme == "https" else HTTPConnection
        self._threads.connection = kind(self._place.netloc, timeout=_PATIENCE_S)
        self._opened.append(self._threads.connection)
        return self._send(self._threads.connection, method, path, body)

    def _send(self, connection: HTTPConnection, method: str, path: str, body: str | None) -> tuple[int, bytes]:
        connection.request(method, path, body, {"Content-Type": "application/json"} if body else {})
        response = connection.getresponse()
        return response.status, response.read()
