"""Cells run statement by statement, as a shell runs them, in fresh processes; what their lines took comes back."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

SCRIPT = """
import ast, dataclasses, json, linecache, sys, threading
from memadvise.measure import CellMeter
from memadvise.measure.lines import LineTracker
from memadvise.measure.lines.source import Lines
from memadvise.measure.spans import spans

def run(source, filename, namespace, tracker=None):
    linecache.cache[filename] = (len(source), None, source.splitlines(keepends=True), filename)
    numbers = Lines(range(1, source.count(chr(10)) + 2))
    for node in ast.parse(source).body:
        tree = ast.Module([node], [])
        compile_it = lambda tree: compile(tree, filename, "exec")
        code = tracker.compiled(tree, compile_it, numbers) if tracker else compile_it(tree)
        exec(code, namespace)

def functions(namespace):
    for value in list(namespace.values()):
        if hasattr(value, "__code__") and value.__code__.co_filename == "other cell":
            yield value.__code__, "In [1]"

namespace = {{"__name__": "__main__"}}
run({setup!r}, "other cell", namespace)
meter = CellMeter(timeline=False)
error, usual = None, threading.active_count()
tracker = LineTracker(spans().split)
tracker.know(functions(namespace))
meter.begin(namespace, None, tracker)
try:
    run({cell!r}, "cell", namespace, tracker)
except BaseException as raised:
    error = type(raised).__name__ + ": " + str(raised)
measured = meter.end(namespace)
left = [sys.gettrace(), threading.active_count() - usual]
if sys.version_info >= (3, 12):
    left += [sys.monitoring.get_tool(number) for number in (3, 4)]
answer = dataclasses.asdict(measured)
answer.update(error=error, increment=measured.increment_bytes, left=repr(left), told=namespace.get("told"))
print()
print(json.dumps(answer))
"""
CLEAN = "[None, 0, None, None]" if sys.version_info >= (3, 12) else "[None, 0]"


@dataclass(frozen=True)
class Lined:
    """A cell that was run: its whole measurement, and each line's fields by number."""

    measurement: dict[str, Any]

    @property
    def by_line(self) -> dict[int, dict[str, Any]]:
        """The fields of each line that was visited."""
        return {use["line"]: use for use in self.measurement["lines"]}

    @property
    def culprit(self) -> int:
        """The first line with the highest increment."""
        return int(max(self.measurement["lines"], key=lambda use: use["increment_bytes"])["line"])

    def increment_mb(self, line: int) -> float:
        """How far a line went above its beginning, in MB; 0 for one that was not visited."""
        return float(self.by_line.get(line, {"increment_bytes": 0})["increment_bytes"]) / 1e6

    def kept_mb(self, line: int) -> float:
        """What a line left, in MB."""
        return float(self.by_line[line]["retained_bytes"]) / 1e6


def run_lined(cell: str, setup: str = "") -> Lined:
    """Run a cell in a process of its own, after a setup that stands for an earlier cell; nothing of ours is left."""
    script = SCRIPT.format(cell=cell, setup=setup)
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout.splitlines()[-1])
    assert answer["left"] == CLEAN
    return Lined(answer)


@pytest.fixture
def lined() -> Callable[..., Lined]:
    """Give ``run_lined`` to a test."""
    return run_lined
