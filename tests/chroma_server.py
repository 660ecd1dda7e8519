"""A real Chroma server, as a process of its own that a test may kill, hold up and start anew.

Example: `with ChromaProcess(tmp_path) as chroma: chroma.url` is `http://127.0.0.1:40123`.
"""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Self

from ingest.engines.chroma import Served
from ingest.errors import ChromaServerError
from tests import commands

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import TracebackType

PROGRAM = Path(sys.executable).with_name("chroma")


class ChromaProcess:
    """A server, started with the context and ended with it.

    Args:
        folder: For what it keeps.
        command: That starts it; the address is put in place of `0.0.0.0` and `8000`.
    """

    def __init__(self, folder: Path, command: Sequence[str] = ()) -> None:
        with socket.create_server(("127.0.0.1", 0)) as free:
            self._port = str(free.getsockname()[1])
        self.folder = folder
        self.url = f"http://127.0.0.1:{self._port}"
        self._command = command or ["run", "--path", "/data", "--host", "0.0.0.0", "--port", "8000"]  # noqa: S104
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Starts it, and returns when it answers."""
        here = {"0.0.0.0": "127.0.0.1", "8000": self._port, "/data": str(self.folder)}  # noqa: S104
        arguments = [here.get(part, part) for part in self._command]
        self.folder.mkdir(exist_ok=True)
        log = (self.folder.parent / "chroma.log").open("ab")
        with log:
            self._process = subprocess.Popen([PROGRAM, *arguments], stdout=log, stderr=log, cwd=self.folder)
        commands.wait_for(self.answers)

    def answers(self) -> bool:
        """Whether it answers."""
        try:
            Served(self.url, "any").require()
        except ChromaServerError:
            return False
        return True

    def kill(self) -> None:
        """Ends it at once; a second time it does nothing."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def hold_up(self) -> None:
        """It takes connections and answers nothing, until `go_on`."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)

    def go_on(self) -> None:
        """It answers again."""
        assert self._process is not None
        self._process.send_signal(signal.SIGCONT)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.kill()
