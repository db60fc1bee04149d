"""The meter that is put to the test. What another meter would have to offer stands here and nowhere else."""

from __future__ import annotations

import ast
import time
from types import CodeType
from typing import Any

from memadvise.measure import CellMeter
from memadvise.measure.lines import LineTracker
from memadvise.measure.lines.source import Lines
from memadvise.measure.spans import spans


def ready_meter() -> CellMeter:
    """Return a meter whose helper process answers."""
    meter = CellMeter()
    for _ in range(50):
        meter.begin({})
        time.sleep(0.06)
        if meter.end({}).samples:
            break
    return meter


def begun(meter: CellMeter, source: str, namespace: dict[str, Any]) -> CodeType:
    """Begin to measure a cell with its lines, counted from 1, and return its code, which is to be run next."""
    tracker = LineTracker(spans().split)
    meter.begin(namespace, None, tracker)
    numbers = Lines(range(1, source.count("\n") + 2))
    return tracker.compiled(ast.parse(source), lambda tree: compile(tree, "<cell>", "exec"), numbers)
