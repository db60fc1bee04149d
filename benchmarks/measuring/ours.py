"""The meter that is put to the test. What another meter would have to offer stands here and nowhere else."""

from __future__ import annotations

import time
from types import CodeType

from memadvise.measure import CellMeter


def ready_meter() -> CellMeter:
    """Return a meter whose helper process answers."""
    meter = CellMeter()
    for _ in range(50):
        meter.begin({})
        time.sleep(0.06)
        if meter.end({}).samples:
            break
    return meter


def compiled(meter: CellMeter, source: str) -> CodeType:
    """Compile a cell's text so that the meter sees its lines, counted from 1."""
    from memadvise.measure import lines

    code: CodeType = lines.compiled(meter, source, "<cell>")
    return code
