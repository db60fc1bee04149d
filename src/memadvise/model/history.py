"""What is remembered of each measured cell."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class HistoryRow:
    """One cell, however often it ran: peak, increment and kept bytes of its worst run, seconds of its last one.

    ``label`` is its name or its first line of code; ``index`` counts code cells from 0,
    ``number`` is that of its last `In [n]`.
    """

    cell_id: str
    index: int
    number: int | None
    label: str
    runs: int
    peak_bytes: int
    increment_bytes: int
    retained_bytes: int
    wall_s: float
