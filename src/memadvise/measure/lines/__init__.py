"""Which line of the cell took the memory: exact peaks, from splits of the high-water mark at each line."""

from memadvise.measure.lines.tracker import LineTracker

__all__ = ["LineTracker"]
