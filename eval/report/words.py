"""Figures and facts in words, the same in every form of a report.

Example: `figure(Figure(0.8912, 0.79, 0.9431, 71, 2))` is `0.891 [0.790, 0.943] n=71, 2 unscored`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from eval.report.figures import Difference, Figure
    from eval.report.summarise import Summary

UNKNOWN = "–"
_LONGEST_HASH = 24
_LARGE = 100.0  # from here on, decimals say nothing


def number(value: float | None) -> str:
    """Three decimals; what is not quite 1 or 0 never looks as if it were."""
    if value is None:
        return UNKNOWN
    if value in (0, 1):
        return str(int(value))
    if abs(value) >= _LARGE:
        return f"{value:,.0f}"
    shown = f"{value:.3f}"
    return {"1.000": "> 0.999" if value < 1 else shown, "0.000": "< 0.001", "-0.000": "> −0.001"}.get(
        shown, shown.replace("-", "−")
    )


def interval(one: Figure | Difference | None) -> str:
    """The 95 % interval in brackets; empty where there is none."""
    if one is None or one.low is None or one.high is None:
        return ""
    return f"[{number(one.low)}, {number(one.high)}]"


def figure(one: Figure | None) -> str:
    """Value, interval and of how many."""
    if one is None:
        return UNKNOWN
    if one.value is None and one.reason:
        return f"{UNKNOWN} ({one.reason})"
    unscored = f", {one.unscored:,} unscored" if one.unscored else ""
    return " ".join(filter(None, [number(one.value), interval(one), f"n={one.n:,}{unscored}"]))


def milliseconds(one: Figure | None) -> str:
    """A time with its interval."""
    if one is None or one.value is None:
        return UNKNOWN
    bounds = f" [{one.low:.2f}, {one.high:.2f}]" if one.low is not None and one.high is not None else ""
    return f"{one.value:.2f}{bounds}"


def times(value: float | None) -> str:
    """How many times as long as the model alone."""
    return UNKNOWN if value is None else f"{value:.2f} ×"


def difference(one: Difference | None) -> str:
    """Value, interval, and whether it is better or worse beyond chance."""
    if one is None:
        return UNKNOWN
    verdict = {True: "better", False: "worse", None: ""}[one.better]
    return " ".join(filter(None, [signed(one.value), interval(one), verdict]))


def signed(value: float) -> str:
    """With its sign; no sign where it is 0."""
    return ("+" if value > 0 else "") + number(value)


def facts(summary: Summary) -> list[tuple[str, tuple[str, ...]]]:
    """What was run, when, and on what, for each run; facts that no run knows are left out."""
    asked = [counted.total() for counted in summary.outcomes]
    of_runs = [{"questions asked": f"{n:,}"} | _facts(about) for n, about in zip(asked, summary.abouts, strict=True)]
    names = dict.fromkeys(name for of_run in of_runs for name in of_run)
    return [(name, tuple(of_run.get(name, UNKNOWN) for of_run in of_runs)) for name in names]


def _facts(about: dict[str, Any]) -> dict[str, str]:
    dataset, code, library = (about.get(name) or {} for name in ("dataset", "code", "library"))
    told = {
        "dataset": _join(dataset.get("name"), dataset.get("split")),
        "dataset hash": _short(dataset.get("hash")),
        "questions in it": _count(dataset.get("questions")),
        "limit": _count(about.get("limit")),
        "asked on": str(about.get("created") or "").replace("T", " ")[:16],
        "code": _join(code.get("version"), _short(code.get("git"))),
        "mode": str(about.get("mode") or ""),
        "model": str(about.get("model") or ""),
        "settings hash": _short(about.get("settings_hash")),
        "seed": "" if about.get("seed") is None else str(about["seed"]),
        "library": _of(library),
        "embedding model": str(library.get("model") or ""),
        "at once": _count(about.get("concurrency")),
        "seconds": f"{about['seconds']:,.1f}" if about.get("seconds") else "",
        "questions a second": _rate(about.get("throughput") or {}),
        "memory, peak": _megabytes(about.get("memory_mb") or {}),
    }
    return {name: value for name, value in told.items() if value}


def _rate(throughput: dict[str, Any]) -> str:
    return f"{throughput['per_s']:,.1f}" if throughput.get("per_s") else ""


def _megabytes(memory: dict[str, Any]) -> str:
    return f"{memory['peak']:,.0f} MB" if memory.get("peak") else ""


def _of(library: dict[str, Any]) -> str:
    counted = [f"{library[name]:,} {name}" for name in ("documents", "passages") if library.get(name) is not None]
    return ", ".join(counted)


def _join(*parts: Any) -> str:
    return ", ".join(str(part) for part in parts if part)


def _short(hashed: Any) -> str:
    """Enough of a hash to tell it from others; a `+` says that files differ from the commit."""
    text = str(hashed or "")
    return text if len(text) <= _LONGEST_HASH else text[:12] + ("+" if text.endswith("+") else "")


def _count(value: Any) -> str:
    return "" if value is None else f"{value:,}"
