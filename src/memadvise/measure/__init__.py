"""Operating-system counters -> Measurement."""

from memadvise.measure.meter import CellMeter

__all__ = ["CellMeter"]
