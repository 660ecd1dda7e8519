"""What an ingest did, in two lines; without rich, which takes longer to import than an ingest of nothing new.

Example: `3 added, 0 updated, 643 unchanged, 0 removed, 0 failed`, then `7 new passages in 0.4 s, …`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from onrecord.door import Json


def report_lines(report: Json) -> tuple[str, str]:
    """Every count, also those of nothing, so that reports can be laid side by side; and how fast it was."""
    counts = {name: report[name] for name in ("added", "updated", "unchanged", "removed")}
    counts["failed"] = len(report["failed"])
    passages, seconds = report["passages"], report["seconds"]
    new = f"{passages:,} new passage{'' if passages == 1 else 's'}"
    a_second = passages / seconds if seconds else 0.0
    return (
        ", ".join(f"{number:,} {name}" for name, number in counts.items()),
        f"{new} in {seconds:,.1f} s, {a_second:,.1f} passages a second",
    )
