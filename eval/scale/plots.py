"""What was measured as plots: `latency.svg`, `ingest.svg` and `size.svg`, legible on white and on dark pages.

Example: `draw(results, Path("docs/images"))` writes them. Drawn by Altair without a browser and without a network.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import altair as alt

from eval.scale import demands

if TYPE_CHECKING:
    from pathlib import Path

    Rows = list[dict[str, Any]]

# Each has a contrast of at least three on GitHub's white and on its dark background.
_INK, _GRID = "#7d8590", "#7d859040"
_COLOURS = ["#3b82f6", "#d9730d", "#2da44e", "#c2539f", "#8b6ff0", "#8a8f98"]
_WIDTH, _HEIGHT = 320, 240
_PASSAGES = "passages in the library"


def draw(results: dict[str, Any], folder: Path) -> None:
    """Writes the plots of what was measured; a plot of nothing is not written."""
    folder.mkdir(parents=True, exist_ok=True)
    sizes = {int(name): found for name, found in results["sizes"].items() if found}
    for name, plot in (("latency", _latency(sizes)), ("ingest", _ingest(sizes)), ("size", _size(sizes))):
        if plot is not None:
            _dressed(plot).save(folder / f"{name}.svg")


def _latency(sizes: dict[int, Any]) -> alt.HConcatChart | None:
    rows: Rows = []
    for size, found in sizes.items():
        for door, ways in found.get("serve", {}).get("doors", {}).items():
            rows += [_point(size, door, f"filter: {name}", way["p50_ms"]) for name, way in ways.items()]
            rows.append(_point(size, door, "embedding within", ways["none"]["stages_ms"]["embed"]))
    if not rows:
        return None
    names = list(dict.fromkeys(row["what"] for row in rows))
    most = max(row["ms"] for row in rows)
    colour = alt.Color("what:N", title=None, sort=names, scale=alt.Scale(domain=names, range=_COLOURS))
    dashes = alt.Scale(domain=names, range=[[1, 0]] * (len(names) - 1) + [[4, 3]])
    panels = [
        alt.Chart(_data([row for row in rows if row["door"] == door]), title=f"/v1/{door}, p50")
        .mark_line(point={"size": 60}, strokeWidth=2)
        .encode(
            x=_by_size(sizes),
            y=alt.Y("ms:Q", title="milliseconds", scale=alt.Scale(domain=[0, 1.05 * most])),
            color=colour,
            strokeDash=alt.StrokeDash("what:N", title=None, sort=names, scale=dashes),
        )
        .properties(width=_WIDTH, height=_HEIGHT)
        for door in ("ask", "search")
    ]
    plot: alt.HConcatChart = alt.hconcat(*panels)
    return plot


def _point(size: int, door: str, what: str, ms: float) -> dict[str, Any]:
    return {"size": size, "door": door, "what": what, "ms": ms}


def _ingest(sizes: dict[int, Any]) -> alt.HConcatChart | None:
    measured = {size: found for size, found in sizes.items() if "ingest" in found}
    if not measured:
        return None
    speeds: Rows = []
    memory: Rows = []
    for size, found in measured.items():
        n_passages = found["ingest"]["passages"]
        seconds = {
            "onrecord ingest": found["ingest"]["processor_s"],
            "model alone": demands.bare_s(found, "processor_s"),
        }
        # Wall time would show what else the machine did meanwhile.
        speeds += [{"size": f"{size:,}", "what": what, "speed": n_passages / s} for what, s in seconds.items()]
        memory += [
            {"share": 100 * second / found["ingest"]["wall_s"], "mb": private, "what": f"{size:,} passages"}
            for second, private, _ in found["ingest"]["memory"]
        ]
    order = [f"{size:,}" for size in measured]
    plot: alt.HConcatChart = alt.hconcat(
        alt.Chart(_data(speeds), title="Passages a second of processor time")
        .mark_bar()
        .encode(
            x=alt.X("size:N", title="passages ingested", sort=order, axis=alt.Axis(labelAngle=0)),
            xOffset=alt.XOffset("what:N", sort=["model alone"]),
            y=alt.Y("speed:Q", title="passages"),
            color=_colour("what", ["model alone", "onrecord ingest"]),
        )
        .properties(width=_WIDTH, height=_HEIGHT),
        alt.Chart(_data(memory), title="Private memory while ingesting")
        .mark_line(strokeWidth=2)
        .encode(
            x=alt.X("share:Q", title="% of the time it took", scale=alt.Scale(domain=[0, 100])),
            y=alt.Y("mb:Q", title="MB"),
            color=_colour("what", [f"{size} passages" for size in order]),
        )
        .properties(width=_WIDTH, height=_HEIGHT),
    ).resolve_scale(color="independent")
    return plot


def _size(sizes: dict[int, Any]) -> alt.HConcatChart | None:
    disk: Rows = [
        {"size": f"{size:,}", "part": part, "kb": kb}
        for size, found in sizes.items()
        for part, kb in demands.disk_kb(found).items()
    ]
    memory = [
        {"size": size, "what": what, "mb": found["serve"]["memory"][-1][f"{what}_mb"]}
        for size, found in sizes.items()
        if "serve" in found
        for what in ("private", "mapped")
    ]
    if not (disk and memory):
        return None
    parts = list(dict.fromkeys(row["part"] for row in disk))
    plot: alt.HConcatChart = alt.hconcat(
        _with_limit(
            alt.Chart(_data(memory), title="Memory of the server")
            .mark_line(point={"size": 60}, strokeWidth=2)
            .encode(x=_by_size(sizes), y=alt.Y("mb:Q", title="MB"), color=_colour("what", ["private", "mapped"])),
            demands.MEMORY_MB,
        ),
        _with_limit(
            alt.Chart(_data(disk), title="Disk a passage")
            .mark_bar(size=60)
            .encode(
                x=alt.X("size:N", title=_PASSAGES, sort=[f"{size:,}" for size in sizes], axis=alt.Axis(labelAngle=0)),
                y=alt.Y("sum(kb):Q", title="kB"),
                color=_colour("part", parts),
            ),
            demands.DISK_KB,
        ),
    ).resolve_scale(color="independent")
    return plot


def _with_limit(plot: alt.Chart, most: float) -> alt.LayerChart | alt.FacetChart:
    """The plot with a dashed line at what is allowed."""
    limit = alt.Chart(_data([{"most": most}])).mark_rule(color=_INK, strokeDash=[4, 3]).encode(y="most:Q")
    return alt.layer(plot, limit).properties(width=_WIDTH, height=_HEIGHT)


def _by_size(sizes: dict[int, Any]) -> alt.X:
    axis = alt.Axis(values=list(sizes), format=",", labelAngle=0)
    domain = [min(sizes) / 1.3, max(sizes) * 1.3]
    return alt.X("size:Q", title=_PASSAGES, axis=axis, scale=alt.Scale(type="log", domain=domain, nice=False))


def _colour(field: str, order: list[str]) -> alt.Color:
    scale = alt.Scale(domain=order, range=_COLOURS[: len(order)])
    return alt.Color(f"{field}:N", title=None, sort=order, scale=scale)


def _data(rows: Rows) -> alt.InlineData:
    return alt.InlineData(values=rows)


def _dressed(plot: alt.HConcatChart) -> alt.HConcatChart:
    text = {
        "labelColor": _INK,
        "titleColor": _INK,
        "labelFontSize": 12,
        "titleFontSize": 12,
        "titleFontWeight": "normal",
    }
    dressed: alt.HConcatChart = (
        plot.configure(background="transparent", font="sans-serif", padding=8)
        .configure_axis(gridColor=_GRID, domainColor=_INK, tickColor=_INK, **text)
        .configure_legend(
            labelColor=_INK, labelFontSize=12, orient="bottom", columns=3, symbolStrokeWidth=3, labelLimit=300
        )
        .configure_title(color=_INK, fontSize=14, anchor="start")
        .configure_view(stroke=None)
        .configure_concat(spacing=40)
    )
    return dressed
