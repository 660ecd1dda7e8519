"""What was measured as Markdown: first against what is demanded, then in detail.

Example: `render(results)` is text that `insert(Path("docs/benchmarks.md"), text)` puts between two marks there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from eval.scale.demands import Demand, bare_s, demands, disk_kb, ratio_of, to_bare, to_embedding, ways_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    Results = dict[str, Any]

FIRST, LAST = "<!-- eval.scale: from here -->", "<!-- eval.scale: to here -->"
_UNKNOWN = "–"


def render(results: Results) -> str:
    """The section about scale; what was not measured is left out."""
    sizes = {int(name): found for name, found in results["sizes"].items() if found}
    parts = ["## How it grows", _introduction(results, sizes), _demanded(results, sizes)]
    if any("serve" in found for found in sizes.values()):
        parts += ["### Questions", _image("latency", "p50 of an answer by size of the library"), _latencies(sizes)]
        parts += [_note_on_questions(sizes), "Median milliseconds of `/v1/ask` by stage:", _stages(sizes)]
    if any("ingest" in found for found in sizes.values()):
        parts += ["### Ingest", _image("ingest", "speed of ingest, and memory over time"), _ingested(sizes)]
        parts += ["### Memory and disk", _image("size", "memory and disk by size of the library"), _sizes(sizes)]
    if any("start" in found for found in sizes.values()):
        parts += ["### Start", _started(results, sizes)]
    return "\n\n".join(filter(None, parts)) + "\n"


def insert(path: Path, text: str, first: str = FIRST, last: str = LAST) -> None:
    """Puts the section between its marks, at the end of a file that has none."""
    old = path.read_text(encoding="utf-8") if path.exists() else "# Benchmarks\n"
    before, _, rest = old.partition(first)
    after = rest.partition(last)[2].strip()
    new = f"{before.rstrip()}\n\n{first}\n\n{text.strip()}\n\n{last}\n"
    path.write_text(new + (f"\n{after}\n" if after else ""), encoding="utf-8")


def _introduction(results: Results, sizes: dict[int, Results]) -> str:
    at = results.get("measured", {})
    wanted = " ".join(f"--passages {size}" for size in sizes)
    command = f"onrecord eval speed {wanted} --work DIR --out docs/benchmarks.md"
    return (
        f"`{command}` made this section on {at.get('on', 'an unknown day')} of {at.get('code', 'unknown code')}, on "
        f"{at.get('cores', '?')} cores of {at.get('processor', 'an unknown processor')}. Articles are public texts cut "
        "into runs of two to four sentences and put together anew (`eval/generate.py`). A text comes back about every "
        "10,000 passages, so that a large library repeats itself more than real ones do. What is over the demand "
        "is **bold**."
    )


def _demanded(results: Results, sizes: dict[int, Results]) -> str:
    rows = [
        [
            row.what,
            _UNKNOWN if row.most is None else f"{row.most:g} {row.unit}",
            *(_judged(row, value) for value in row.values),
        ]
        for row in demands(results)
        if any(value is not None for value in row.values)
    ]
    return _table(["what", "at most", *(f"{size:,} passages" for size in sizes)], rows)


def _judged(row: Demand, value: float | None) -> str:
    if value is None:
        return _UNKNOWN
    shown = f"{value:.0f}" if row.unit == "MB" else f"{value:.2f}"
    return f"**{shown}**" if row.most is not None and value > row.most else shown


def _latencies(sizes: dict[int, Results]) -> str:
    header = "passages, door, filter, p50 ms, p95, p99, to embedding within, to embedding alone".split(", ")
    header += ["processor ms; to embedding alone", "found"]
    rows = [
        [f"{size:,}", f"`/v1/{door}`", name, *_latency(found, door, name)]
        for size, found in sizes.items()
        for door in ("ask", "search")
        for name in ways_of([found], door)
    ]
    return _table(header, rows)


def _latency(found: Results, door: str, name: str) -> list[str]:
    way, alone = ways_of([found], door)[name], found["serve"]["embedding_alone"]
    return [
        *(f"{way[percentile]:.1f}" for percentile in ("p50_ms", "p95_ms", "p99_ms")),
        _shown(to_embedding(found, name, door)),
        _shown(ratio_of(way["p50_ms"], alone["p50_ms"])),
        f"{way['processor_ms']:.1f}; {_shown(ratio_of(way['processor_ms'], alone['processor_ms']))}",
        f"{way['found']} of {way['n']}",
    ]


def _note_on_questions(sizes: dict[int, Results]) -> str:
    alone = [found["serve"]["embedding_alone"] for found in sizes.values() if "serve" in found]
    shown = "; ".join(sorted({f"{one['p50_ms']:.2f} ms, {one['processor_ms']:.2f} ms of processor" for one in alone}))
    return (
        "*To embedding within*: p50 of the answers divided by the p50 of the time that the server itself says it took "
        "to embed these questions. *To embedding alone*: divided by the p50 of the model in a process of its own, one "
        f"question right after the other ({shown}; the faster of before and after). *Found*: how often there was an "
        "answer, or any passage. No question is asked twice; sizes, doors and filters are asked in turn, over one "
        "connection to each server."
    )


def _stages(sizes: dict[int, Results]) -> str:
    ways = [(size, name, way) for size, found in sizes.items() for name, way in ways_of([found], "ask").items()]
    stages = list(dict.fromkeys(stage for *_, way in ways for stage in way["stages_ms"]))
    rows = [
        [f"{size:,}", name, *(f"{way['stages_ms'].get(stage, 0):.2f}" for stage in stages), f"{way['rest_ms']:.2f}"]
        for size, name, way in ways
    ]
    return _table(["passages", "filter", *stages, "all else"], rows)


def _ingested(sizes: dict[int, Results]) -> str:
    rows = []
    for size, found in sizes.items():
        if "ingest" not in found:
            continue
        of, reading = found["ingest"], found["bare"][0]
        rows.append(
            [
                f"{size:,}",
                f"{of['articles']:,}; {of['passages']:,}",
                f"{of['wall_s']:.1f}; {bare_s(found, 'wall_s'):.1f}; {_shown(to_bare(found, 'wall_s'))}",
                f"{of['processor_s']:.1f}; {bare_s(found, 'processor_s'):.1f}; {_shown(to_bare(found, 'processor_s'))}",
                f"{1000 * reading['reading_processor_s'] / reading['n']:.2f}",
                f"{of['passages'] / of['wall_s']:.0f}",
                f"{of['peak_private_mb']:.0f}",
            ]
        )
    header = ["passages", "articles; passages", "wall s; bare; ratio", "processor s; bare; ratio"]
    header += ["reading and splitting, processor ms a passage", "passages a second", "peak private MB"]
    cores = ", ".join(
        f"{bare_s(of, 'processor_s') / bare_s(of, 'wall_s'):.2f}" for of in sizes.values() if "bare" in of
    )
    note = (
        "\n\n*Bare* is the model alone on the same passages, before and after (of at most 10,000, per passage). It "
        f"kept {cores} cores busy; where that is far from all of them, other work was on the machine, and processor "
        "time says more than wall time."
    )
    return _table(header, rows) + note


def _sizes(sizes: dict[int, Results]) -> str:
    parts = list(dict.fromkeys(part for found in sizes.values() for part in disk_kb(found)))
    rows = []
    for size, found in sizes.items():
        memory = found.get("serve", {}).get("memory", [])
        shown = "; ".join(f"{one['private_mb']:.0f} after {one['questions']:,}" for one in memory) or _UNKNOWN
        mapped = f"{memory[-1]['mapped_mb']:.0f}" if memory else _UNKNOWN
        kb = disk_kb(found)
        rows.append(
            [f"{size:,}", shown, mapped, *(f"{kb.get(part, 0):.2f}" for part in parts), f"{sum(kb.values()):.2f}"]
        )
    header = [
        "passages",
        "private MB, after questions",
        "mapped MB",
        *(f"{part}, kB a passage" for part in parts),
        "all, kB",
    ]
    note = (
        "\n\n*Private* is memory that only the process has (`/proc/PID/smaps`: private pages that are of no file, and "
        "pages of files that it has changed for itself). *Mapped* are pages of files, which the system drops when it "
        "needs room."
    )
    return _table(header, rows) + note


def _started(results: Results, sizes: dict[int, Results]) -> str:
    few = results.get("start of few")
    rows = [_start_row("5 articles", few, few)] if few else []
    rows += [_start_row(f"{size:,} passages", found["start"], few) for size, found in sizes.items() if "start" in found]
    header = ["library", "seconds to ready", "ratio", "processor s", "first question, ms"]
    return _table(header, rows) + "\n\nMedians of servers started in turn, files in the system's cache."


def _start_row(name: str, found: Results, few: Results | None) -> list[str]:
    ratio = _shown(ratio_of(found["ready_s"], few["ready_s"] if few else None))
    return [name, f"{found['ready_s']:.2f}", ratio, f"{found['processor_s']:.2f}", f"{found['first_ms']:.0f}"]


def _shown(ratio: float | None) -> str:
    return _UNKNOWN if ratio is None else f"{ratio:.2f}"


def _image(name: str, what: str) -> str:
    return f"![{what}](images/{name}.svg)"


def _table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)
