"""`memadvise.measure` in a script or a test."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest

import memadvise
from memadvise.model import Measurement

MB = 10**6


def test_a_block() -> None:
    """The block's increment is there once it has ended, and so is every field of a measurement."""
    with memadvise.measure() as m:
        len(b"1" * 50_000_000)

    assert m.increment_bytes == pytest.approx(50 * MB, rel=0.02)
    assert isinstance(m.measurement, Measurement)
    assert m.method == m.measurement.method


def test_a_call() -> None:
    """A callable is called once, with its arguments; its result is kept."""
    calls = []

    def work(size: int, *, times: int) -> int:
        calls.append(size)
        return len(b"1" * size) * times

    m = memadvise.measure(work, 50_000_000, times=2)

    assert m.value == 100_000_000
    assert calls == [50_000_000]
    assert m.increment_bytes == pytest.approx(50 * MB, rel=0.02)


def test_blocks_within_blocks() -> None:
    """The outer block's peak holds the inner's, and what came before it."""
    with memadvise.measure() as outer:
        len(b"1" * 80_000_000)
        with memadvise.measure() as inner:
            len(b"1" * 30_000_000)
        len(b"1" * 10_000_000)

    assert inner.increment_bytes == pytest.approx(30 * MB, rel=0.03)
    assert outer.increment_bytes == pytest.approx(80 * MB, rel=0.02)


def test_an_exception_goes_through() -> None:
    """The exception is the person's, and the measurement up to it is there."""
    m = memadvise.measure()

    def run() -> None:
        with m:
            raise ValueError(len(b"1" * 50_000_000))

    with pytest.raises(ValueError, match="50000000"):
        run()

    assert m.increment_bytes == pytest.approx(50 * MB, rel=0.02)


def test_not_known_before_the_end() -> None:
    """A field that is asked for too early says what to do."""
    with memadvise.measure() as m, pytest.raises(RuntimeError, match="after the `with` block"):
        _ = m.increment_bytes


def test_lines_of_a_function() -> None:
    """With lines, the function's own lines are told, numbered as in its file."""

    def work() -> int:
        a = 1
        b = len(b"1" * 50_000_000)
        return a + b

    m = memadvise.measure(work, lines=True)

    first = work.__code__.co_firstlineno
    taken = {use.line - first: round(use.increment_bytes / MB) for use in m.lines}
    assert taken == {1: 0, 2: 50, 3: 0}


def test_what_cannot_be_measured_is_said() -> None:
    """Something that can't be called, and lines of a function written in C, are refused with a hint."""
    with pytest.raises(TypeError, match="can't be called"):
        memadvise.measure(3)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="Python function"):
        memadvise.measure(len, [], lines=True)


def test_timeline(fresh: Callable[[str], Any]) -> None:
    """With a timeline there are samples and children, and the helper process is gone afterwards."""
    script = """
import json, os, subprocess, sys, time
import memadvise
def run():
    for patience in range(1, 9):  # the helper process starts at its leisure
        with memadvise.measure(timeline=True) as m:
            time.sleep(0.5 * patience)
        if len(m.samples) > 3:
            return m
m = run()
time.sleep(0.2)
tasks = [open(f"/proc/self/task/{task}/children").read().split() for task in os.listdir("/proc/self/task")]
print(json.dumps([len(m.samples), sum(tasks, []), m.notes]))
"""
    samples, children, notes = fresh(script)

    assert samples > 3
    assert (children, notes) == ([], [])


def test_import_is_small() -> None:
    """`import memadvise` alone loads nothing of a kernel's, and the function is there before any submodule is."""
    script = "import sys, memadvise; print('IPython' in sys.modules, callable(memadvise.measure), memadvise.measure)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)

    assert done.stdout.startswith("False True")
