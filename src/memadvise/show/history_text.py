"""The measured cells as an aligned table."""

from __future__ import annotations

from collections.abc import Iterable

from memadvise.model.history import HistoryRow
from memadvise.show.escape import plain
from memadvise.show.units import seconds, signed_size, size

_HEAD = ("peak", "above start", "kept", "last time", "runs", "cell", "")
_TEXTS = 2  # columns at the end that are aligned to the left


def history_text(rows: Iterable[HistoryRow]) -> str:
    """Return a line for each cell, in the order given."""
    lines = [_HEAD, *(_cells(row) for row in rows)]
    if len(lines) == 1:
        return "memadvise: no cell was measured yet. Hint: begin a cell with %%memadvise, or measure all: %memadvise on"
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join(_aligned(line, widths).rstrip() for line in lines)


def _cells(row: HistoryRow) -> tuple[str, ...]:
    return (
        size(row.peak_bytes),
        signed_size(row.increment_bytes),
        signed_size(row.retained_bytes),
        seconds(row.wall_s),
        str(row.runs),
        f"In [{row.number}]" if row.number is not None else f"cell {row.index}",
        plain(row.label, 60),
    )


def _aligned(line: tuple[str, ...], widths: list[int]) -> str:
    right = len(line) - _TEXTS
    return "  ".join(
        text.rjust(width) if place < right else text.ljust(width)
        for place, (text, width) in enumerate(zip(line, widths, strict=True))
    )
