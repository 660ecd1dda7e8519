"""The map of faults in `docs/reliability.md` has every row of the design, and names no test that is not there."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[1]
MAP = (ROOT / "docs" / "reliability.md").read_text(encoding="utf-8")
ROWS = [
    *(f"D{n}" for n in range(1, 18)),
    *(f"L{n}" for n in range(1, 17)),
    *(f"S{n}" for n in range(1, 22)),
    *(f"T{n}" for n in range(1, 7)),
]


def test_every_test_that_the_map_names_exists() -> None:
    named = re.findall(r"`((?:page/)?test_\w+\.py)::(\w+)`", MAP)

    missing = [
        f"{file}::{name}"
        for file, name in named
        if not re.search(rf"^(?:def )?{name}\b", (ROOT / "tests" / file).read_text(encoding="utf-8"), re.MULTILINE)
    ]
    assert missing == []
    assert len(named) > 30


def test_every_fault_has_its_row() -> None:
    rows = re.findall(r"^\| ([DLST]\d+) \|", MAP, re.MULTILINE)

    assert set(ROWS) - set(rows) == set()
    assert len(set(rows)) == len(rows)
