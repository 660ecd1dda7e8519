"""What Onrecord knows of how news pages are made, read once from `data/newspages.toml`; used by the stages of ingest.

Example:
    `agencies_in("(Reuters, AFP)")` is `["Reuters", "AFP"]`; `"uhr" in words("date_line")` holds.
"""

from __future__ import annotations

import re
import tomllib
from functools import cache
from importlib.resources import files
from typing import Any

_AGENCY_SPLIT = re.compile(r"\s*(?:[,/&|+]|\band\b|\bwith\b|\bund\b|\by\b|\bet\b)\s*", re.IGNORECASE)


@cache
def _knowledge() -> dict[str, Any]:
    return tomllib.loads(files("ingest").joinpath("data/newspages.toml").read_text(encoding="utf-8"))


@cache
def words(name: str) -> frozenset[str]:
    """The words of a list in the section `[words]`, in lower case."""
    return frozenset(_knowledge()["words"][name].split())


@cache
def cities() -> frozenset[str]:
    """Cities that often stand in datelines, in lower case."""
    return frozenset(_knowledge()["places"]["cities"]) | words("short_places")


@cache
def patterns() -> tuple[tuple[str, re.Pattern[str]], ...]:
    """Reasons, each with the lines (in lower case) that it explains; the first that matches a line counts."""
    fragments: dict[str, str] = _knowledge()["fragments"]
    grouped: list[tuple[str, list[str]]] = []
    for reason, pattern in _knowledge()["lines"]["patterns"]:
        for name, fragment in fragments.items():
            pattern = pattern.replace(f"<{name}>", fragment)
        if grouped and grouped[-1][0] == reason:
            grouped[-1][1].append(pattern)
        else:
            grouped.append((reason, [pattern]))
    return tuple((reason, re.compile(f"(?:{'|'.join(parts)})\\Z", re.DOTALL)) for reason, parts in grouped)


@cache
def _agencies() -> dict[str, str]:
    return dict(_knowledge()["agencies"])


def agencies_in(text: str) -> list[str]:
    """The news agencies that a credit consists of, by their short names; empty if it holds anything else."""
    stripped = text.strip(" \t()[]-–—.:*_")
    if not stripped or len(stripped) > 80:
        return []
    found: list[str] = []
    for part in _AGENCY_SPLIT.split(stripped):
        name = _agencies().get(part.strip(" .").lower().removeprefix("the "))
        if name is None:
            return []
        if name not in found:
            found.append(name)
    return found
