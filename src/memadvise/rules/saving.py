"""What a cell that holds less will need, line by line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from memadvise.model import Measurement, PredictedPeak

_SEEN = 0.95  # of the cell's peak must be seen on some line, or the lines do not tell where it is
_GIVEN_BACK = 0.9


@dataclass(frozen=True)
class Saving:
    """Bytes that the measured cell no longer holds: at its start already (``line`` 0), or below one of its lines.

    ``until`` is the last line on which that counts (0: to the end of the cell).
    """

    nbytes: int
    line: int = 0
    until: int = 0

    def on(self, line: int) -> int:
        """Return the bytes that a line of the cell no longer holds; line 0 is the cell as a whole."""
        begun = not self.line or line > self.line
        return self.nbytes if begun and (not self.until or line <= self.until) else 0


def lower_peak(took: Measurement, savings: Sequence[Saving]) -> PredictedPeak:
    """Predict the measured cell's peak when it holds less; of a cell without a line account only its start falls.

    What is let go is not always given back to the system (a heap has holes), but the cell's own needs then fit into
    it: 0.9 of it is likely, nothing of it is the worst.
    """
    lines = [(line.line, line.peak_bytes) for line in took.lines]
    if max((peak for _, peak in lines), default=0) < _SEEN * took.peak_bytes:
        lines = [(0, took.peak_bytes)]  # no line is known to hold the peak
    highest = max(peak - sum(saving.on(line) for saving in savings) for line, peak in lines)
    low = max(min(highest, took.peak_bytes), 0)
    return PredictedPeak(low, took.peak_bytes - int((took.peak_bytes - low) * _GIVEN_BACK), took.peak_bytes)


def lowers(took: Measurement, saving: Saving, share: float) -> bool:
    """Tell whether a saving lets the cell's peak fall by at least that share of what the cell takes."""
    fall = took.peak_bytes - lower_peak(took, [saving]).likely_bytes
    return fall > 0 and fall >= share * took.increment_bytes
