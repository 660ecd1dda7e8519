"""What was measured under load as Markdown; what misses its aim is bold.

Example: `render(found)` is text that stands in `docs/benchmarks.md` between `FIRST` and `LAST`.
"""

from __future__ import annotations

import statistics
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    Json = dict[str, Any]

FIRST, LAST = "<!-- eval.load: from here -->", "<!-- eval.load: to here -->"
_MOST_TIMES, _MOST_GROWTH = 10, 1.1  # of the p99 to the unloaded p50, and of memory from the first quarter to the last
_NONE = "–"


def render(found: Json) -> str:
    """The section about load."""
    return "\n\n".join([_introduction(found), _aims(found), _crowds(found), _ending(found)]) + "\n"


def growth(memory: Sequence[Sequence[float]]) -> float:
    """How many times as much memory the last quarter of the time had as the first."""
    quarter = max(1, len(memory) // 4)
    first, last = ([mb for _, mb in part] for part in (memory[:quarter], memory[-quarter:]))
    return statistics.mean(last) / statistics.mean(first)


def _introduction(found: Json) -> str:
    given, at = found["given"], found["measured"]
    low, high = given["think_s"]
    ingested = found["ingested"]
    return (
        "## Under load\n\n"
        f"`onrecord eval load --library DIR --minutes {given['minutes']:g} --out docs/benchmarks.md` made this section "
        f"on {at['on']} of {at['code']}, on {at['cores']} cores of {at['processor']}. {given['readers']} readers, each "
        "with a connection of its own, ask extractive questions and think for "
        f"{low:g} to {high:g} s after each answer, as who reads it does; meanwhile `onrecord ingest` goes on by way of "
        f"the server ({ingested['articles']:,} articles, {ingested['passages']:,} passages, the same ids with other "
        "texts again and again, so that the library does not grow). Readers, ingest and server share the cores."
    )


def _aims(found: Json) -> str:
    loaded, alone, stopped = found["loaded"], found["alone"]["p50"], found["stopped"]
    n_errors, times = sum(loaded["errors"].values()), loaded["latency_ms"]["p99"] / alone
    grown, whole = growth(found["memory_mb"]), stopped["whole"] == stopped["asked"]
    refused, crowd = found["crowded"]["refusal_ms"]["p50"], found["crowded"]["latency_ms"]["p50"]
    early = refused is not None and refused < crowd
    rows = [
        ["errors", "0", _marked(str(n_errors), n_errors == 0)],
        ["p99 to the p50 of one reader alone", f"{_MOST_TIMES} ×", _marked(f"{times:.1f}", times <= _MOST_TIMES)],
        ["memory, last quarter to first", f"{_MOST_GROWTH} ×", _marked(f"{grown:.2f}", grown <= _MOST_GROWTH)],
        ["p50 of a refusal, of an answer beside it, ms", "earlier", _marked(f"{_ms(refused)}; {_ms(crowd)}", early)],
        ["answers whole at the end", "all", _marked(f"{stopped['whole']} of {stopped['asked']}", whole)],
    ]
    return _table(["what", "aim", "measured"], rows)


def _crowds(found: Json) -> str:
    given, crowded = found["given"], found["crowded"]
    rows = [["one reader alone", "", "", "", *_latencies(found["alone"])]]
    for name, one in (
        (f"{given['readers']} who think", found["loaded"]),
        (f"{given['readers']} who do not", found["closed"]),
        (f"{crowded['readers']} who do not; {crowded['let_in']} are let in", crowded),
    ):
        errors = ", ".join(f"{n} × {status}" for status, n in one["errors"].items()) or "none"
        answered = f"{one['answered']:,}; {one['a_second']:g}"
        rows.append([name, answered, f"{one['refused']:,}", errors, *_latencies(one["latency_ms"])])
    header = ["readers", "answered; a second", "refused (503, 429)", "errors", "p50 ms", "p95", "p99"]
    note = (
        "\n\nReaders who do not think ask as soon as they are answered, so that all but the one whose turn it is wait: "
        "their latency is the number of readers divided by the answers a second, whatever the server does."
    )
    return _table(header, rows) + note


def _ending(found: Json) -> str:
    stopped, memory = found["stopped"], [mb for _, mb in found["memory_mb"]]
    failures = f" Ingest failed: {'; '.join(found['ingested']['failures'])}." if found["ingested"]["failures"] else ""
    refusal = found["crowded"]["refusal_ms"]
    return (
        f"Private memory of the server was {min(memory):.0f} to {max(memory):.0f} MB while readers thought, and it "
        f"kept {found['loaded']['cores']:.2f} cores busy.{failures} A refusal took {_ms(refusal['p50'])} ms (p50), "
        f"{_ms(refusal['p99'])} (p99). Told to stop with {stopped['under_way']} of {stopped['asked']} questions "
        f"unanswered, the server answered {stopped['whole']} whole and ended after {stopped['seconds']:g} s with exit "
        f"code {stopped['exit_code']}."
    )


def _latencies(found: Json) -> list[str]:
    return [_ms(found[name]) for name in ("p50", "p95", "p99")]


def _ms(value: float | None) -> str:
    return _NONE if value is None else f"{value:.1f}"


def _marked(value: str, holds: bool) -> str:
    return value if holds else f"**{value}**"


def _table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    return "\n".join("| " + " | ".join(line) + " |" for line in [header, ["---"] * len(header), *rows])
