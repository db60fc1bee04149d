"""Cells measured in a fresh process each: nothing that ran before has left memory to be used again."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest

SCRIPT = """
import dataclasses, json, os, signal, sys, time
from memadvise.measure import CellMeter
from memadvise.measure.sampler import Sampler

meter = CellMeter(timeline={timeline})
namespace = {{"meter": meter, "__name__": "cell"}}
exec({setup!r}, namespace)
limit = namespace.get("limit")
meter.begin(namespace, limit)
error = None
try:
    # compiled first: the interpreter takes an interrupt in exec(TEXT) for its own end
    exec(compile({cell!r}, "cell", "exec"), namespace)
except BaseException as raised:
    error = type(raised).__name__
measurement = meter.end(namespace)
answer = dataclasses.asdict(measurement)
answer.update(error=error, stopped=meter.stopped_by_guard, increment=measurement.increment_bytes)
print(json.dumps(answer))
"""


def run_fresh(script: str) -> Any:
    """Run a script in a process of its own and return the JSON of its last printed line."""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


@pytest.fixture
def fresh() -> Callable[[str], Any]:
    """Give ``run_fresh`` to a test."""
    return run_fresh


@pytest.fixture
def measured() -> Callable[..., Any]:
    """Give a function that measures a cell in a fresh process, after a setup that is not measured."""

    def run(cell: str, setup: str = "", timeline: bool = False) -> Any:
        return run_fresh(SCRIPT.format(cell=cell, setup=setup, timeline=timeline))

    return run
