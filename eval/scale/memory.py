"""Memory of another process, as Linux counts it.

Example: `memory_of(4711)` is `Memory(private=412_000_000, mapped=61_000_000)`.

Private is what the process alone holds and the system could only put into swap: its heap and stacks, and the pages of
files that it has changed for itself. Mapped are pages of files, which the system drops and reads again as it likes.

Source: proc_pid_smaps(5), proc_pid_status(5).
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

_MAPPING = re.compile(r"[0-9a-f]+-[0-9a-f]+ \S+ \S+ \S+ \d+ *(?P<path>.*)")
_IN_MEMORY = ("/dev/zero", "/dev/shm/", "/memfd:", "/SYSV")  # noqa: S108  (compared with, never written to)


@dataclass(frozen=True, slots=True)
class Memory:
    """Bytes of a process that are in memory."""

    private: int
    mapped: int


def memory_of(pid: int) -> Memory:
    """What the process holds now.

    Raises:
        OSError: It has ended, or belongs to another user.
    """
    with Path(f"/proc/{pid}/smaps").open(encoding="utf-8", errors="replace") as lines:
        return count(lines)


def counted_memory_of(pid: int) -> Memory:
    """The same from the counters that the system keeps: at once, where `memory_of` walks through all pages.

    Raises:
        OSError: It has ended.
    """
    lines = Path(f"/proc/{pid}/status").read_text(encoding="utf-8", errors="replace").splitlines()
    rss = {name: _bytes(value) for name, _, value in (line.partition(":") for line in lines) if name.startswith("Rss")}
    return Memory(rss.get("RssAnon", 0) + rss.get("RssShmem", 0), rss.get("RssFile", 0))


def count(smaps: Iterable[str]) -> Memory:
    """The sums over the lines of an `smaps` file."""
    private = resident = 0
    is_file = False
    for line in smaps:
        if mapping := _MAPPING.match(line):
            path = mapping["path"]
            is_file = path.startswith("/") and not path.startswith(_IN_MEMORY)
            continue
        name, _, value = line.partition(":")
        if name == "Rss":
            resident += _bytes(value)
        elif name in (("Anonymous",) if is_file else ("Private_Clean", "Private_Dirty")):
            private += _bytes(value)
    return Memory(private, resident - private)


def processor_s(pid: int) -> float:
    """Seconds of processor time that the process has taken, all its threads together."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _bytes(value: str) -> int:
    return 1024 * int(value.split()[0])
