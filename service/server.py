"""A library served over HTTP by this one process, from the first import to the last answer.

Example: `serve(Settings(port=0))` prints `Onrecord serves 5 articles at http://127.0.0.1:40123` on stderr when the
model is loaded and the socket listens, and returns after SIGTERM, when the answers under way are finished.
"""

from __future__ import annotations

import os
import secrets
import signal
import socket
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from typing import TYPE_CHECKING, NoReturn

from ingest.errors import ChromaServerError
from ingest.store import PassageIndex
from service.access import KeyRing
from service.api.loopback import is_loopback
from service.errors import ServeError

if TYPE_CHECKING:
    from collections.abc import Callable

    from fastapi import FastAPI

    from ingest.embed import Encoder
    from ingest.settings import Settings

_GRACE_S = 5  # for answers under way when the server is told to stop
_MOST_AT_ONCE = 512  # connections; more are answered with 503


def serve(settings: Settings, *, create: bool = False, insecure: bool = False, workers: int = 1) -> None:
    """Serves until the process is told to stop.

    Args:
        settings: Library, host, port, threads and limits.
        create: Whether to make the library where there is none.
        insecure: Whether to ask nobody for a key, also beyond this machine.
        workers: How many processes were asked for; only one may be.

    Raises:
        ServeError: Several workers were asked for, or keys are needed and there is none.
        LibraryError: The library cannot be opened.
        OSError: The address cannot be listened on.
    """
    _refuse_workers(workers)
    keys = _keys(settings, insecure=insecure)
    own_secret = secrets.token_urlsafe() if keys else None
    with (
        _bound(settings.host, settings.port) as listener,
        PassageIndex.open(
            settings.library, create=create, damaged=True, chroma_url=settings.chroma_url, or_read=True
        ) as index,
        ThreadPoolExecutor(1, thread_name_prefix="load") as beside,
    ):
        # Imports hold each other up, the model's compilation does not: two threads are as fast as three. FastAPI, which
        # takes longest to import, is imported last: by then the model is being compiled.
        loading = beside.submit(_load_encoder, settings.threads)
        index.warm_up()
        from service.api.app import create_app
        from service.api.logged import begin

        encoder = loading.result()
        if index.problems:
            sys.stderr.write(f"onrecord: {index.trouble()}\n")
        elif not index.is_reader:
            _finish(index, encoder)
        app = create_app(index, encoder, settings, keys=keys, own_secret=own_secret or "")
        begin(settings.log)
        try:
            _run(app, listener, lambda: _announce(index, listener, own_secret))
        finally:
            app.state.parts.conversations.close()
            if app.state.parts.traces is not None:
                app.state.parts.traces.close()


def _finish(index: PassageIndex, encoder: Encoder) -> None:
    """Completes what a crash left pending; when that needs a server that does not answer, the next ingest does."""
    try:
        index.finish(lambda: encoder)
    except ChromaServerError as error:
        sys.stderr.write(f"onrecord: {error}\n")


def _refuse_workers(workers: int) -> None:
    if workers != 1:
        message = (
            f"--workers {workers} asks for several processes, and one process owns a library: leave it out"
            " (docs/doors.md tells how several share one beside a Chroma server)"
        )
        raise ServeError(message)
    if os.environ.get("WEB_CONCURRENCY", "1").strip() not in {"", "0", "1"}:
        message = "WEB_CONCURRENCY asks for several processes, and one process owns a library: unset it"
        raise ServeError(message)


def _keys(settings: Settings, *, insecure: bool) -> KeyRing | None:
    """The keys that requests need one of; `None` where nobody is asked: on this machine, or by `--insecure`."""
    if insecure or (is_loopback(settings.host) and not settings.require_key):
        return None
    keys = KeyRing(settings.library)
    if not keys.keys():
        message = (
            f"{settings.host} asks for a key, and there is none: make one with "
            f"`onrecord key create NAME --library {settings.library}`, or listen on 127.0.0.1"
        )
        raise ServeError(message)
    return keys


def _bound(host: str, port: int) -> socket.socket:
    """A socket with its address taken and nothing accepted yet: who comes too early is refused, not kept waiting.

    Raises:
        OSError: The address cannot be had; the message says which.
    """
    with ExitStack() as undo:
        try:
            family, kind, protocol, _, address = socket.getaddrinfo(
                host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
            )[0]
            listener = undo.enter_context(socket.socket(family, kind, protocol))
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind(address)
        except OSError as error:
            raise OSError(error.errno, f"cannot listen on {host} port {port}: {error.strerror}") from error
        undo.pop_all()
    return listener


def _load_encoder(threads: int | None) -> Encoder:
    from ingest.embed import Encoder

    encoder = Encoder.load(threads)
    encoder.warm_up()
    return encoder


def _run(app: FastAPI, listener: socket.socket, when_ready: Callable[[], None]) -> None:
    import uvicorn

    class Server(uvicorn.Server):
        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets)
            when_ready()

        async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
            app.state.parts.stopping.set()
            await super().shutdown(sockets)

    config = uvicorn.Config(
        app,
        access_log=False,
        log_config=None,
        server_header=False,
        lifespan="off",
        ws="none",
        limit_concurrency=_MOST_AT_ONCE,
        timeout_graceful_shutdown=_GRACE_S,
    )
    signal.signal(signal.SIGTERM, _stop)
    Server(config).run([listener])


def _announce(index: PassageIndex, listener: socket.socket, own_secret: str | None) -> None:
    host, port = listener.getsockname()[:2]
    shown = f"[{host}]" if ":" in host else host
    reached = {"0.0.0.0": "127.0.0.1", "[::]": "[::1]"}.get(shown, shown)  # noqa: S104  (compared, not listened on)
    index.announce(f"http://{reached}:{port}", own_secret)
    count = index.n_documents
    articles = "1 article" if count == 1 else f"{count:,} articles"
    only = ", only for reading: another process writes them" if index.is_reader else ""
    sys.stderr.write(f"Onrecord serves {articles} at http://{shown}:{port}{only}\n")
    sys.stderr.flush()
    threading.Thread(target=index.prime, name="prime", daemon=True).start()


def _stop(_number: int, _frame: object) -> NoReturn:
    """Being told to stop and doing so is success; uvicorn sends the signal again once it has shut down."""
    sys.exit(0)
