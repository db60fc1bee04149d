"""The timeline: resident memory over the cell's time, drawn by matplotlib as SVG in the colours of the page's theme.

Importing matplotlib takes 0.2 to 0.5 s and keeps 30 MB: `preload` pays that when the extension is loaded, so that it
neither delays the first report nor stands between the first peak and the next.
"""

from __future__ import annotations

import io
import logging
import re
import warnings
from collections.abc import Sequence
from contextlib import suppress
from functools import lru_cache
from typing import Any

from memadvise.model import Measurement
from memadvise.show.escape import esc
from memadvise.show.strip import named, stretches
from memadvise.show.units import scale, seconds, size

_POINTS = 240
_CHILD_POINTS = 120
_HEIGHT, _STRIP_HEIGHT, _LEGEND_HEIGHT, _WIDTH = 1.7, 0.27, 0.1, 7.2  # inches
_BELOW, _ABOVE, _LEFT, _PLOT_WIDTH = 0.29, 0.085, 0.085, 0.885  # inches, and shares of the width
_LABEL_SIZE = 7.5  # of a line's number, points
_NEAR = 0.5
# matplotlib draws in these; they become what the page's theme says.
_SENTINELS = {
    "#010101": "currentColor",
    "#020202": "var(--jp-brand-color1,#1976d2)",
    "#030303": "var(--jp-error-color1,#d32f2f)",
    "#040404": "rgba(128,128,128,0.3)",
    "#050505": "var(--jp-accent-color1,#2e7d32)",
}
_INK, _BRAND, _BAD, _GRID, _CHILDREN = _SENTINELS


def preload() -> None:
    """Import what a timeline needs, and draw one: the first drawing finds fonts. Never fails: `figure` will say it."""
    with suppress(Exception):
        _draw(Measurement(0, 1, 1, "", 0, 1.0), 0)


@lru_cache(maxsize=8)
def timeline_svg(measurement: Measurement, limit_bytes: int) -> str:
    """Return the resident curve, the exact peak as a dashed line, and the limit when the peak came near it.

    Where they are known also the curve of child processes, and below the curve which line ran when.
    """
    drawn = _draw(measurement, limit_bytes)
    label = (
        f"Memory over {seconds(measurement.wall_s)}: {size(measurement.start_bytes)} at the start, "
        f"peak {size(measurement.peak_bytes)}, {size(measurement.end_bytes)} at the end"
    )
    if measurement.children:
        label += f"; child processes up to {size(max(bytes_ for _, bytes_ in measurement.children))}"
    return _themed(drawn, label)


def _draw(measurement: Measurement, limit_bytes: int) -> str:
    """Draw with matplotlib's own defaults, whatever the person's are; theirs are back afterwards."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        logger = logging.getLogger("matplotlib")
        level = logger.level
        logger.setLevel(logging.CRITICAL)  # "building the font cache" has no place below a person's cell
        try:
            return _draw_quietly(measurement, limit_bytes)
        finally:
            logger.setLevel(level)


def _draw_quietly(measurement: Measurement, limit_bytes: int) -> str:
    import matplotlib
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure

    ours = {key: value for key, value in matplotlib.rcParamsDefault.items() if not key.startswith(("backend", "_"))}
    with matplotlib.rc_context({**ours, "svg.fonttype": "none", "font.size": 8.5}):
        strip = _STRIP_HEIGHT if measurement.marks else 0.0
        legend = _LEGEND_HEIGHT if measurement.children else 0.0
        height = _HEIGHT + strip + legend
        figure = Figure(figsize=(_WIDTH, height), facecolor="none")
        below, above = (_BELOW + strip) / height, (_ABOVE + legend) / height
        axes = figure.add_axes((_LEFT, below, _PLOT_WIDTH, 1 - below - above), facecolor="none")
        _plot(axes, measurement, limit_bytes)
        out = io.StringIO()
        FigureCanvasSVG(figure).print_svg(out, metadata=dict.fromkeys(("Creator", "Date", "Format", "Type")))
    return out.getvalue()


def _plot(axes: Any, measurement: Measurement, limit_bytes: int) -> None:
    """Fill the axes; nothing is clipped or marked, so that the SVG needs no ids."""
    near = limit_bytes > 0 and measurement.peak_bytes >= _NEAR * limit_bytes
    curves = (*measurement.samples, *measurement.children)
    top = max(measurement.peak_bytes, limit_bytes if near else 0, *(y for _, y in curves), 1)
    divisor, unit = scale(top)
    points = _points(measurement)
    xs, ys = [x for x, _ in points], [y / divisor for _, y in points]
    known = bool(measurement.samples)
    axes.plot(xs, ys, color=_BRAND, linewidth=1.4, clip_on=False, linestyle="-" if known else (0, (1, 2)))
    if known:
        # a polygon is drawn in place; fill_between would be a definition with an id, which two figures could share
        axes.fill([0, *xs, xs[-1]], [0, *ys, 0], facecolor=_BRAND, alpha=0.22, linewidth=0, clip_on=False)
    right = max(xs[-1], 1e-3)
    axes.set_xlim(0, right)
    axes.set_ylim(0, 1.2 * top / divisor)
    under = near and 0 <= limit_bytes - measurement.peak_bytes < 0.2 * top
    _mark(axes, right, measurement.peak_bytes / divisor, f"peak {size(measurement.peak_bytes)}", _INK, under=under)
    if near:
        _mark(axes, right, limit_bytes / divisor, f"limit {size(limit_bytes)}", _BAD)
    if measurement.children:
        _plot_children(axes, measurement.children, divisor)
    if measurement.marks:
        _plot_strip(axes, measurement, right)
    _dress(axes, unit, 23 if measurement.marks else 4)


def _plot_children(axes: Any, children: tuple[tuple[float, int], ...], divisor: int) -> None:
    """Draw the children's curve thin, and name it above the plot."""
    points = _thinned(children, _CHILD_POINTS)
    axes.plot([x for x, _ in points], [y / divisor for _, y in points], color=_CHILDREN, linewidth=1.1, clip_on=False)
    words = f"child processes, up to {size(max(bytes_ for _, bytes_ in children))}"
    axes.annotate(words, (0, 1), (0, 1), "axes fraction", textcoords="offset points", color=_CHILDREN)


def _plot_strip(axes: Any, measurement: Measurement, right: float) -> None:
    """Draw below the curve a bar for each stretch of lines, the culprit's in colour, and the numbers that have room."""
    increments = {use.line: use.increment_bytes for use in measurement.lines}
    culprit = max(increments, key=lambda line: increments[line], default=None)
    found = stretches(measurement.marks, right, increments, culprit)
    points = axes.bbox.height * 72 / axes.figure.dpi
    a_point_s = right / (axes.bbox.width * 72 / axes.figure.dpi)
    place = axes.get_xaxis_transform()
    high, low = -5 / points, -10 / points
    for one in sorted(found, key=lambda stretch: stretch.weight):  # the culprit over its neighbours
        guilty = one.weight > 0 and one.first == one.last == culprit
        tone, alpha, least = (_BRAND, 0.9, 2.5) if guilty else (_INK, 0.22, 1.25)
        end_s = max(one.end_s - 0.75 * a_point_s, one.begin_s + least * a_point_s)  # a gap between two, none invisible
        corners = [one.begin_s, end_s, end_s, one.begin_s], [low, low, high, high]
        axes.fill(*corners, facecolor=tone, alpha=alpha, linewidth=0, clip_on=False, transform=place)
    labels = named(found, lambda label: (0.62 * _LABEL_SIZE * len(label) + 5) * a_point_s, right)
    below = {"textcoords": "offset points", "va": "top", "color": _INK, "fontsize": _LABEL_SIZE}
    for middle, one in labels:
        axes.annotate(one.label, (middle, low), (0, -1.5), place, ha="center", **below)
    axes.annotate("line", (0, low), (-4, -1.5), place, ha="right", **below)


def _mark(axes: Any, right: float, height: float, label: str, tone: str, under: bool = False) -> None:
    """Draw a dashed line over the whole width, its label at the right end, on it or under it."""
    axes.plot([0, right], [height, height], color=tone, linewidth=1, linestyle=(0, (4, 3)), clip_on=False)
    place, align = ((0, -3), "top") if under else ((0, 2), "bottom")
    axes.annotate(label, (right, height), place, textcoords="offset points", ha="right", va=align, color=tone)


def _dress(axes: Any, unit: str, below: float) -> None:
    """Leave a thin horizontal grid and the labels; the last tick of each axis names its unit."""
    from matplotlib.ticker import MaxNLocator

    axes.yaxis.set_major_locator(MaxNLocator(4, steps=[1, 2, 2.5, 5, 10]))
    axes.xaxis.set_major_locator(MaxNLocator(8))
    axes.tick_params(length=0, labelcolor=_INK, pad=4)
    axes.tick_params(axis="x", pad=below)
    axes.yaxis.set_major_formatter(lambda value, _: f"{value:g} {unit}" if value else "0")
    axes.xaxis.set_major_formatter(lambda value, _: f"{value:g} s" if value else "0")
    axes.grid(axis="y", color=_GRID, linewidth=0.7, clip_on=False)
    axes.spines[:].set_visible(False)


def _points(measurement: Measurement) -> list[tuple[float, int]]:
    """Return the samples between the exact start and end, thinned to the highest of each stretch."""
    samples = _thinned([point for point in measurement.samples if point[0] >= 0], _POINTS)
    last = max([measurement.wall_s, *(t for t, _ in samples)])
    return [(0.0, measurement.start_bytes), *samples, (last, measurement.end_bytes)]


def _thinned(points: Sequence[tuple[float, int]], most: int) -> Sequence[tuple[float, int]]:
    """Return the highest of each stretch, so that no more are left."""
    if len(points) <= most:
        return points
    step = -(-len(points) // most)
    return [max(points[at : at + step], key=lambda point: point[1]) for at in range(0, len(points), step)]


def _themed(drawn: str, label: str) -> str:
    """Return an element that can stand in any page: no ids, no style sheet, the theme's colours and font."""
    svg = drawn[drawn.index("<svg") :]
    svg = re.sub(r"<defs>.*?</defs>|<metadata>.*?</metadata>|<!--.*?-->", "", svg, flags=re.DOTALL)
    svg = re.sub(r' (?:id|xmlns:xlink|version)="[^"]*"', "", svg)
    svg = re.sub(r"font-family: [^;]*; |<g/>|<g>\s*</g>", "", svg)
    svg = re.sub(r' transform="rotate\(-0 [^"]*"', "", svg)
    for sentinel, tone in _SENTINELS.items():
        svg = svg.replace(sentinel, tone)
    svg = re.sub(r' d="[^"]*"', lambda path: re.sub(r"(\.\d\d)\d+", r"\1", path[0]), re.sub(r"\s*\n\s*", "\n", svg))
    style = (
        "max-width:720px;height:auto;stroke-linejoin:round;font-family:var(--jp-ui-font-family,system-ui,sans-serif)"
    )
    opening = f'<svg role="img" aria-label="{esc(label)}" style="{style}" width="100%" '
    return re.sub(r'<svg (?:width="[^"]*" |height="[^"]*" )*', lambda _: opening, svg, count=1).strip()
