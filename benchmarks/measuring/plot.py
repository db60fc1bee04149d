"""The plot: what each tool says of each cell, beside the truth."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from measuring.judge import CellResult
from measuring.results import Results
from measuring.tools import OURS

LOW, HIGH = 0.01, 30.0
TICKS = (0.01, 0.1, 0.5, 1, 2, 10, 30)
MARKERS = ("o", "s", "^", "D", "v")
COLORS = ("#1b7f3b", "#d9822b", "#3267b8", "#9b4fb0", "#666666")


def plot(results: Results, path: Path) -> None:
    """Draw reported / truth of all tools, one row for each cell, on a logarithmic axis."""
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    tools, cells = (OURS, *results.peers), results.cells
    with rc_context({"svg.hashsalt": "memadvise"}):  # the same picture for the same figures
        figure = Figure(figsize=(9, 1.6 + 0.34 * len(cells)), layout="constrained")
        axes = figure.subplots()
        axes.axvspan(0.9, 1.1, color="#1b7f3b", alpha=0.12, linewidth=0)
        axes.axvline(1.0, color="#1b7f3b", linewidth=0.8)
        for place, tool in reversed(list(enumerate(tools))):
            _draw(axes, cells, tool, COLORS[place % len(COLORS)], MARKERS[place % len(MARKERS)], place)
        _label(axes, cells)
        handles, labels = axes.get_legend_handles_labels()
        figure.legend(handles[::-1], labels[::-1], loc="outside upper center", ncols=len(tools), frameon=False)
        metadata = {"Date": None} if path.suffix == ".svg" else None
        figure.savefig(path, metadata=metadata)


def _draw(axes: Any, cells: Sequence[CellResult], tool: str, color: str, marker: str, place: int) -> None:
    beside = (place - 1.5) * 0.17  # tools that are right would hide each other
    rows = [(row + beside, one.ratio(tool)) for row, one in enumerate(cells)]
    points = [(_within(ratio), row) for row, ratio in rows if ratio is not None]
    size = 46 if tool == OURS else 26
    axes.scatter(
        *(zip(*points, strict=True) if points else ((), ())),
        s=size,
        marker=marker,
        facecolor=color if tool == OURS else "none",
        edgecolor=color,
        linewidth=1.4,
        label=tool,
        zorder=3 if tool == OURS else 2,
    )
    for row, ratio in rows:
        if ratio is None:  # no number: a cross at the left edge
            axes.text(LOW, row, "×", color=color, ha="center", va="center", fontsize=12)


def _within(ratio: float) -> float:
    return min(max(ratio, LOW), HIGH)


def _label(axes: Any, cells: Sequence[CellResult]) -> None:
    axes.set_xscale("log")
    axes.set_xlim(LOW * 0.8, HIGH * 1.25)
    axes.set_xticks(
        TICKS, [f"≤ {LOW:g}" if tick == LOW else f"≥ {HIGH:g}" if tick == HIGH else f"{tick:g}" for tick in TICKS]
    )
    axes.minorticks_off()
    axes.set_ylim(len(cells) - 0.5, -0.5)
    axes.set_yticks(range(len(cells)), [one.kind.name for one in cells])
    axes.grid(axis="both", color="#dddddd", linewidth=0.6)
    axes.set_axisbelow(True)
    axes.set_xlabel("peak reported / truth (sizes under 1 MB count as 1 MB; band: within a tenth; ×: no number)")
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.tick_params(length=0)
