"""Differences between runs, and the verdict of the gate, as text for a terminal.

Example: a line of `table(found)` is `token F1   0.172 → 0.190   +0.018 [-0.002, +0.040]   9 better, 4 worse   p 0.09`.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from eval.show import said

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from eval.compare import Difference
    from eval.gate import Verdict

    Json = dict[str, Any]

_LISTED = 20  # changed questions, each way; JSON has all


def comparison(found: Json, names: tuple[str, str]) -> Iterator[str]:
    """What `compare` found."""
    alone = found["only_before"] + found["only_after"]
    yield f"{names[0]} → {names[1]}: {found['questions']} questions in both" + (
        f", {alone} in one only" if alone else ""
    )
    yield ""
    yield from table(found["measures"])
    for way, ones in found["changed"].items():
        yield f"\n{len(ones)} questions became {'right' if way == 'better' else 'wrong'}"
        for one in ones[:_LISTED]:
            yield f"\n{one['id']} ({one['type']}): {one['question']}"
            for name, answer in zip(names, (one["before"], one["after"]), strict=True):
                yield from (f"  {name}: {line}" for line in said(answer))
        if len(ones) > _LISTED:
            yield f"\nand {len(ones) - _LISTED} more; --json lists all"


def table(found: Sequence[Difference]) -> Iterator[str]:
    """A line for each measure; what is sure after Holm's correction is marked with a star."""
    yield f"  {'measure':28} {'before':>6}   {'after':>6}  {'change':>24}  {'p':>7} {'Holm':>7}"
    for one in found:
        interval = "" if one.low is None else f"[{one.low:+.3f}, {one.high:+.3f}]"
        star = "*" if one.adjusted < 0.05 else " "
        moved = f"{one.wins} better, {one.losses} worse" if one.wins or one.losses else ""
        change = f"{one.change:+.3f} {interval:>16}"
        line = f"  {one.measure:28} {one.before:6.3f} → {one.after:6.3f}  {change:>24}"
        yield f"{line}  {one.p:7.4f} {one.adjusted:7.4f}{star} {moved}".rstrip()


def verdict(found: Verdict) -> Iterator[str]:
    """The conditions of the gate, and how it ended."""
    for check in found.checks:
        yield f"  {'ok  ' if check.holds else 'FAIL'}  {check.name:28} {check.found}"
    yield "passed" if found.is_passed else "WORSE than the baseline"


def as_json(found: Json) -> Json:
    """What `compare` found, as JSON types."""
    return found | {"measures": [asdict(one) for one in found["measures"]]}
