"""What a cell took. Bytes are ints, times are seconds."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class LineUse:
    """One line of the cell (from 1, as the person sees it): exact peak above the cell's start, and kept bytes."""

    line: int
    peak_bytes: int
    retained_bytes: int
    hits: int


@dataclass(frozen=True)
class VariableUse:
    """One name that the cell made or grew; ``nbytes`` is its size now, ``change_bytes`` what the cell added.

    ``columns`` breaks a frame down: (column label as text, bytes), largest first, bounded in number.
    """

    name: str
    type: str
    nbytes: int
    change_bytes: int
    columns: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True)
class Measurement:
    """One run of a cell. ``start``, ``peak`` and ``end`` are absolute resident bytes of the kernel process.

    ``error_bound_bytes`` bounds the error of ``peak_bytes``; ``method`` names how the peak was found.
    ``anonymous_peak_bytes`` is sampled (the kernel keeps no mark for it), hence a lower bound; None where unknown.
    ``allocated_bytes`` is what Arrow's default pool says that it hands out at the end; None when Arrow is not loaded.
    ``samples`` are (seconds since the start, resident bytes); empty when the timeline helper was not there.
    """

    start_bytes: int
    peak_bytes: int
    end_bytes: int
    method: str
    error_bound_bytes: int
    wall_s: float
    overhead_s: float = 0.0
    anonymous_peak_bytes: int | None = None
    allocated_bytes: int | None = None
    children_peak_bytes: int = 0
    samples: tuple[tuple[float, int], ...] = ()
    lines: tuple[LineUse, ...] = ()
    variables: tuple[VariableUse, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def increment_bytes(self) -> int:
        """High-water mark above the start."""
        return self.peak_bytes - self.start_bytes

    @property
    def retained_bytes(self) -> int:
        """Resident at the end above the start; negative when the cell gave memory back."""
        return self.end_bytes - self.start_bytes
