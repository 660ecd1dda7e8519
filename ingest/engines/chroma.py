"""Where Chroma keeps the vectors of a library: in its own folder, or on a Chroma server.

Example: `Served("http://127.0.0.1:8001", "onrecord-2f9c…").count()` is how many vectors the server holds of a library,
asked without importing Chroma, which takes most of a second. The catalog notes the collection's name; without one the
vectors are in the folder. Of a server only the one in Rust is meant (`chroma run`).
"""

from __future__ import annotations

import json
import secrets
import shutil
import time
from contextlib import contextmanager
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from ingest.errors import ChromaServerError, LibraryError, PlaceError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from chromadb.api import ClientAPI
    from chromadb.config import Settings

COLLECTION = "collection"  # what the catalog calls the name of the collection on a server
_EMBEDDED = "passages"
_AS = {"embedding_function": None, "configuration": {"hnsw": {"space": "cosine"}}}
_API = "/api/v2"
_COLLECTIONS = "/tenants/default_tenant/databases/default_database/collections"
_KNOCK_S, _PATIENCE_S = 2, 10  # for a sign of life, and for any other answer
_PAUSE_S = 5  # in which a server that failed is not asked again
_NOT_FOUND = 404


class Embedded:
    """Chroma within this process; no other process may have the folder open meanwhile."""

    is_shared = False
    is_down = False
    at_once: int | None = None  # vectors written at once; as many as Chroma takes

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def __str__(self) -> str:
        return f"the vectors in {self._folder}"

    def require(self) -> None:
        """Passes: it cannot be out of reach."""

    def client(self) -> ClientAPI:
        """Chroma, on the folder."""
        import chromadb

        settings = _settings(chroma_api_impl="chromadb.api.rust.RustBindingsAPI", chroma_server_host=None)
        return chromadb.PersistentClient(str(self._folder), settings)

    def collection(self, client: ClientAPI) -> Any:
        """The collection, which is made where there is none."""
        return client.get_or_create_collection(_EMBEDDED, **_AS)  # type: ignore[arg-type]

    def close(self, client: ClientAPI) -> None:
        """Lets go of the files."""
        client.close()  # type: ignore[attr-defined]

    def empty(self) -> None:
        """Forgets everything."""
        self.drop()

    def drop(self) -> None:
        """Forgets everything, and that there was something."""
        if self._folder.exists():
            shutil.rmtree(self._folder)

    def failed(self, error: Exception, what: str) -> LibraryError:
        """The error of ours that is to be raised for one of Chroma's."""
        return LibraryError(f"{self} cannot be {what}: {error}")


class Served:
    """A collection on a server, which several processes may use at once.

    Args:
        url: Of the server; where none is set, whatever needs it fails.
        name: Of the collection.
    """

    is_shared = True
    at_once: int | None = 500  # so that an answer never takes long

    def __init__(self, url: str | None, name: str) -> None:
        self.url = url
        self.name = name
        self._down_until = 0.0

    def __str__(self) -> str:
        return f"the Chroma server at {self.url}"

    @property
    def is_down(self) -> bool:
        """Whether it failed a moment ago, so that asking again would only take time."""
        return time.monotonic() < self._down_until

    def require(self) -> None:
        """Passes when the server answers.

        Raises:
            ChromaServerError: It does not.
        """
        self._read("/heartbeat")

    def count(self) -> int | None:
        """How many vectors it holds; `None` when it has no such collection.

        Raises:
            ChromaServerError: It does not answer.
        """
        found = self._read(f"{_COLLECTIONS}/{self.name}")
        return None if found is None else int(self._read(f"{_COLLECTIONS}/{found['id']}/count"))

    def client(self) -> ClientAPI:
        """A connection to the server.

        Raises:
            ChromaServerError: It does not answer, or did not a moment ago.
        """
        import chromadb

        if self.is_down:
            message = f"{self} did not answer a moment ago: start it, or try again"
            raise ChromaServerError(message)
        self.require()  # what follows would wait for an answer for ever
        place = urlsplit(self.url or "")
        is_safe = place.scheme == "https"
        host, port = place.hostname or "", place.port or (443 if is_safe else 80)
        settings = _settings(chroma_server_host=host, chroma_server_http_port=port, chroma_client_auth_provider=None)
        client = chromadb.HttpClient(host, port, ssl=is_safe, settings=settings)
        for session in _sessions(client):
            session.timeout = _PATIENCE_S  # else it waits for ever
        return client

    def collection(self, client: ClientAPI) -> Any:
        """The collection.

        Raises:
            ChromaServerError: The server does not answer, or has no such collection.
        """
        if self.is_down:
            message = f"{self} did not answer a moment ago: start it, or try again"
            raise ChromaServerError(message)
        if self.count() is None:
            message = f"{self} does not hold the vectors of this library: run `onrecord library rebuild`"
            raise ChromaServerError(message)
        return client.get_collection(self.name, embedding_function=None)

    def empty(self) -> None:
        """Forgets everything, and makes the collection where there is none."""
        self.drop()
        with self._connected() as client:
            client.create_collection(self.name, **_AS)  # type: ignore[arg-type]

    def drop(self) -> None:
        """Forgets everything, and that there was something."""
        if self.count() is not None:
            with self._connected() as client:
                client.delete_collection(self.name)

    @contextmanager
    def _connected(self) -> Iterator[ClientAPI]:
        client = self.client()
        try:
            yield client
        finally:
            self.close(client)

    def close(self, client: ClientAPI) -> None:
        """Ends a connection, which Chroma's own `close` leaves open."""
        for session in _sessions(client):
            session.close()
        client.close()  # type: ignore[attr-defined]

    def failed(self, error: Exception, what: str) -> LibraryError:
        """The error of ours that is to be raised for one of Chroma's; the server is then left alone for a while."""
        self._down_until = time.monotonic() + _PAUSE_S
        if isinstance(error, ChromaServerError):
            return error
        return ChromaServerError(f"{self} cannot be {what}: {error or type(error).__name__}: start it, or try again")

    def _read(self, path: str) -> Any:
        """What the server says; `None` when there is nothing at that path."""
        if self.url is None:
            message = "the vectors are on a Chroma server, and ONRECORD_CHROMA_URL does not say where: set it"
            raise ChromaServerError(message)
        place = urlsplit(self.url)
        connect = HTTPSConnection if place.scheme == "https" else HTTPConnection
        connection = connect(place.hostname or "", place.port, timeout=_KNOCK_S)
        try:
            connection.request("GET", _API + path)
            response = connection.getresponse()
            status, answer = response.status, json.loads(response.read())
        except (OSError, HTTPException, ValueError) as error:
            raise self.failed(error, "reached") from error
        finally:
            connection.close()
        if status not in {200, _NOT_FOUND}:
            raise self.failed(HTTPException(f"it answers with {status}"), "used")
        self._down_until = 0.0
        return None if status == _NOT_FOUND else answer


def _sessions(client: Any) -> list[Any]:
    """The HTTP sessions of a client of a server: Chroma gives no other way to them."""
    return [client._server._session, client._admin_client._server._session]


def new_collection() -> str:
    """A name that no collection has."""
    return f"onrecord-{secrets.token_hex(8)}"


def require_place(folder: Path, collection: str | None, url: str | None) -> None:
    """Passes when the settings say where the vectors are.

    Raises:
        PlaceError: They do not; the message has the command that mends it.
    """
    if collection and url is None:
        message = (
            f"the vectors of the library in {folder} are on a Chroma server: set ONRECORD_CHROMA_URL, or bring them "
            f"back with `onrecord library move-vectors --to embedded --library {folder}`"
        )
        raise PlaceError(message)
    if url and not collection:
        message = (
            f"the vectors of the library in {folder} are in its folder, and ONRECORD_CHROMA_URL is set: unset it, or "
            f"move them with `onrecord library move-vectors --to server --library {folder}`"
        )
        raise PlaceError(message)


def _settings(**more: Any) -> Settings:
    """Said in full, since Chroma would otherwise read CHROMA_… of the environment, and any `.env`."""
    from chromadb.config import Settings

    return Settings(
        _env_file=None,
        anonymized_telemetry=False,
        chroma_otel_collection_endpoint="",
        chroma_otel_granularity=None,
        **more,
    )
