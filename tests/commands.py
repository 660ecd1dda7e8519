"""Commands as processes of their own, for tests of what happens to them from outside: signals, full disks, rights."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

# Root may read and write everything. Without its capabilities it is told what everybody else is told.
WITHOUT_PRIVILEGES = ("setpriv", "--bounding-set=-all", "--inh-caps=-all") if os.geteuid() == 0 else ()


def start(*arguments: str | Path, under: Sequence[str] = (), **more: Any) -> subprocess.Popen[str]:
    """The command, begun.

    Args:
        under: The program, with its arguments, that starts it: `strace`, `prlimit`.
    """
    command = [*under, sys.executable, "-m", "onrecord", *map(str, arguments)]
    streams = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE} | more
    return subprocess.Popen(command, text=True, **streams)


def environment(more: dict[str, str]) -> dict[str, str]:
    """The environment with some variables more, for `start(…, env=…)`."""
    return {**os.environ, **more}


def finish(process: subprocess.Popen[str], timeout_s: float = 120) -> tuple[int, str, str]:
    """How the command ended: its exit code, and what it wrote to stdout and stderr."""
    with process:
        try:
            stdout, stderr = process.communicate(timeout=timeout_s)
        finally:
            process.kill()  # without effect on one that has ended
    return process.returncode, stdout, stderr


def run(*arguments: str | Path, under: Sequence[str] = (), **more: Any) -> tuple[int, str, str]:
    """How the command ends, as `finish` tells it."""
    return finish(start(*arguments, under=under, **more))


def most_memory_kb(process: subprocess.Popen[str]) -> int:
    """The most memory that a command held before it ended.

    What the system says at its end will not do: that counts the process that started the command, too.
    """
    status, most = Path(f"/proc/{process.pid}/status"), 0
    while process.poll() is None:
        found = re.search(r"^VmHWM:\s+(\d+) kB", status.read_text(), re.MULTILINE)
        most = max(most, int(found[1]) if found else 0)
        time.sleep(0.01)
    return most


def address(process: subprocess.Popen[str]) -> str:
    """Where a server serves, as it says once it is ready."""
    assert process.stderr is not None
    line = process.stderr.readline()
    found = re.fullmatch(r"Onrecord serves [\d,]+ articles? at (http://\S+)\n", line)
    assert found, line + process.stderr.read()
    return found[1]


def wait_for(condition: Callable[[], bool], seconds: float = 60) -> None:
    """Returns when the condition holds; fails when it does not in time."""
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, "it did not happen in time"
        time.sleep(0.01)


def assert_one_line(stderr: str, *words: str) -> None:
    """An error is one line that begins with the program's name, without a traceback."""
    assert stderr.startswith("onrecord: "), stderr
    assert stderr.count("\n") == 1, stderr
    for word in words:
        assert word in stderr
