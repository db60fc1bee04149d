"""Several cells' measurements as one: what a chain of cells took together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from memadvise.model import Measurement


def combined(parts: Sequence[Measurement]) -> Measurement:
    """Return start of the first, highest peak, end of the last, summed times; both curves one behind the other.

    Variables, lines with their marks, and notes are those of the cell with the highest peak.

    Raises:
        ValueError: there are no parts.
    """
    if not parts:
        raise ValueError("nothing was measured")
    top = max(parts, key=lambda part: part.peak_bytes)
    samples: list[tuple[float, int]] = []
    children: list[tuple[float, int]] = []
    marks: list[tuple[float, int]] = []
    passed = 0.0
    for part in parts:
        samples += _later(part.samples, passed)
        children += _later(part.children, passed)
        if part is top:
            marks += _later(part.marks, passed)
        passed += part.wall_s
    anonymous = [part.anonymous_peak_bytes for part in parts if part.anonymous_peak_bytes is not None]
    return replace(
        top,
        start_bytes=parts[0].start_bytes,
        end_bytes=parts[-1].end_bytes,
        wall_s=passed,
        overhead_s=sum(part.overhead_s for part in parts),
        anonymous_peak_bytes=max(anonymous) if len(anonymous) == len(parts) else None,
        children_peak_bytes=max(part.children_peak_bytes for part in parts),
        error_bound_bytes=max(part.error_bound_bytes for part in parts),
        samples=tuple(samples),
        children=tuple(children),
        marks=tuple(marks),
    )


def _later(points: Sequence[tuple[float, int]], by_s: float) -> list[tuple[float, int]]:
    return [(seconds + by_s, value) for seconds, value in points]
