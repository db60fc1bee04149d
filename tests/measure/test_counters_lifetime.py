"""Where no mark can be reset: the mark of the process's life, the samples, and a bound that holds."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest
from fake_systems import Life, Windows
from hypothesis import given
from hypothesis import strategies as st

from memadvise.measure.counters import Reading
from memadvise.measure.counters.error import page_bytes
from memadvise.measure.counters.lifetime import LifetimeMark, OnlyLifetimeMark
from memadvise.measure.counters.windows import WorkingSet

SIZES = st.integers(min_value=1, max_value=1 << 40)
CURVES = st.lists(SIZES, min_size=1, max_size=10)


@given(before=CURVES, curve=CURVES, data=st.data())
def test_the_truth_lies_within_the_bound(before: list[int], curve: list[int], data: st.DataObject) -> None:
    """Whatever the process did before, whatever of the cell was sampled: peak - bound <= truth <= peak + bound."""
    life = Life(*before)
    counter = LifetimeMark(life)
    sampled = data.draw(st.lists(st.sampled_from(curve)))

    start = counter.begin()
    life.goes_on(curve)
    end = counter.read()
    peak, bound = counter.peak(start, end, 0, sampled)
    truth = max([start.resident_bytes, *curve])

    assert peak - bound <= truth <= peak + bound
    assert peak <= truth  # never more than was seen
    if truth > max(before):
        assert (peak, bound) == (truth, 0)


@given(before=CURVES, lines=st.lists(CURVES, min_size=1, max_size=6))
def test_splits_are_lower_bounds(before: list[int], lines: list[list[int]]) -> None:
    """A line that raised the mark has its exact peak, another at least its higher end; the cell's bound still holds."""
    life = Life(*before)
    counter = LifetimeMark(life)
    start, highest = counter.begin(), 0
    for curve in lines:
        mark, began = life.mark, life.now
        life.goes_on(curve)
        split = counter.split()

        assert split[1] == curve[-1]
        assert max(began, curve[-1]) <= split[0] <= max(began, *curve)
        if max(curve) > mark:
            assert split[0] == max(curve)
        highest = max(highest, split[0])
    peak, bound = counter.peak(start, counter.read(), highest, [])
    truth = max(start.resident_bytes, *(max(curve) for curve in lines))

    assert peak - bound <= truth <= peak + bound
    assert not counter.exact_splits


def test_the_method_is_that_of_the_cell() -> None:
    """The report names the mark for a cell that raised it, and says of another that its peak was sampled."""
    counter = LifetimeMark(Life(100))

    assert counter.method_of(Reading(50, 100), Reading(60, 200)) == "mark of a life"
    assert counter.method_of(Reading(50, 100), Reading(60, 100)) == "sampled"


@given(before=CURVES, curve=CURVES, data=st.data())
def test_windows(before: list[int], curve: list[int], data: st.DataObject) -> None:
    """The same through GetProcessMemoryInfo, to the page."""
    windows = Windows()
    windows.grow_to(*before)
    counter = LifetimeMark(WorkingSet(windows))
    old_peak = windows.peak
    sampled = data.draw(st.lists(st.sampled_from(curve)))

    start = counter.begin()
    windows.grow_to(*curve)
    end = counter.read()
    peak, bound = counter.peak(start, end, 0, sampled)
    truth = max(before[-1], *curve)

    assert (start.resident_bytes, end.resident_bytes) == (before[-1], curve[-1])
    assert peak - bound <= truth <= peak + bound
    if truth > old_peak:
        assert (peak, bound) == (truth, page_bytes())
        assert counter.method_of(start, end) == "peak working set (Windows)"
    else:
        assert counter.method_of(start, end) == "sampled"
        assert peak + bound == old_peak + page_bytes()


def test_windows_call_that_fails_later() -> None:
    """A call that worked at first and fails later is an error, never a wrong number."""
    windows = Windows()
    counter = LifetimeMark(WorkingSet(windows))
    windows.broken = True

    with pytest.raises(OSError, match="GetProcessMemoryInfo"):
        counter.split()


@given(before=CURVES, curve=CURVES, data=st.data())
def test_only_a_mark(before: list[int], curve: list[int], data: st.DataObject) -> None:
    """Without the size now, a mark that did not rise says only that the truth lies below it: the bound says so."""
    counter, life = OnlyLifetimeMark(), Life(*before)
    start = Reading(life.mark, life.mark)
    life.goes_on(curve)
    end = Reading(life.mark, life.mark)
    sampled = data.draw(st.lists(st.sampled_from(curve)))
    peak, bound = counter.peak(start, end, end.mark_bytes, sampled)
    truth = max(before[-1], *curve)

    assert peak - bound <= truth <= peak + bound


WITHOUT_RESET = """
import json
{prepare}
from memadvise.measure.counters import counter
way = counter({arguments})
held = b"1" * {before}
if {free}:
    del held
start = way.begin()
splits = []
for size in (10, 60, 20):
    len(b"1" * (size * 10**6))
    splits.append(way.split())
end = way.read()
highest = max(split[0] for split in splits)
increments = [split[0] - start.resident_bytes for split in splits]
peak, bound = way.peak(start, end, highest, [])
print(json.dumps([way.method_of(start, end), peak - start.resident_bytes, bound, increments]))
"""
NOT_DUMPABLE = """
import ctypes, os, sys
import memadvise.measure.counters
if os.getuid() == 0:
    os.setuid(65534)  # root may write it all the same
assert ctypes.CDLL(None).prctl(4, 0, 0, 0, 0) == 0  # PR_SET_DUMPABLE
"""


@pytest.mark.parametrize("prepare", ["", NOT_DUMPABLE], ids=["no clear_refs", "not dumpable"])
def test_a_cell_that_raises_the_mark_of_its_life(fresh: Callable[[str], Any], prepare: str) -> None:
    """Without a reset the peak of a cell that sets a record is exact, and so is that of the line which set it."""
    arguments = "" if prepare else "'/nonexistent'"
    script = WITHOUT_RESET.format(prepare=prepare, arguments=arguments, before=1000, free=False)

    method, increment, bound, splits = fresh(script)

    assert method == "lifetime high-water mark"
    assert increment == pytest.approx(60 * 10**6, abs=bound + 10**6)
    assert splits[1] == increment


@pytest.mark.parametrize("prepare", ["", NOT_DUMPABLE], ids=["no clear_refs", "not dumpable"])
def test_a_cell_below_the_mark_of_its_life(fresh: Callable[[str], Any], prepare: str) -> None:
    """Without a reset and without samples the peak below an older one is not known, and the bound says how far off."""
    arguments = "" if prepare else "'/nonexistent'"
    script = WITHOUT_RESET.format(prepare=prepare, arguments=arguments, before=150 * 10**6, free=True)

    method, increment, bound, _ = fresh(script)

    assert method == "sampled"
    assert increment <= 60 * 10**6 <= increment + bound
    assert increment + bound == pytest.approx(150 * 10**6, rel=0.02)


@pytest.mark.parametrize("arguments", ["'/no', status='/no'", "'/no', status='/no', statm='/no'"])
def test_a_record_by_getrusage(arguments: str) -> None:
    """Without status, or without all of /proc, getrusage still tells the peak of a cell that sets a record; forked
    first, for it remembers what the process that started this one held.
    """
    forked = "import os\nif os.fork():\n    os.wait()\n    os._exit(0)"
    script = WITHOUT_RESET.format(prepare=forked, arguments=arguments, before=1000, free=False)
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60)
    method, increment, bound, _ = json.loads(done.stdout)

    assert method.startswith("lifetime high-water mark")
    assert increment == pytest.approx(60 * 10**6, abs=bound + 10**6)


def test_the_samples_of_the_helper_are_used(fresh: Callable[[str], Any]) -> None:
    """A cell below an older peak whose own is held for a while: the helper's samples find it, and the bound shrinks."""
    script = """
import json, time
import memadvise.measure.spans as spans
from memadvise.measure.counters import counter
shared = spans.Spans(counter("/nonexistent"))
spans.spans = lambda: shared
import memadvise.measure.meter as meter
meter.spans = spans.spans
measuring = meter.CellMeter()
measuring.begin({}); time.sleep(1.0); measuring.end({})  # the helper is up
len(b"1" * 150_000_000)
measuring.begin({})
held = b"1" * 60_000_000
time.sleep(0.5)
del held
measured = measuring.end({})
measuring.close()
print(json.dumps([measured.method, measured.increment_bytes, measured.error_bound_bytes]))
"""
    method, increment, bound = fresh(script)

    assert method == "sampled"
    assert increment == pytest.approx(60 * 10**6, abs=10**6)
    assert increment + bound == pytest.approx(150 * 10**6, rel=0.02)


def test_a_mark_that_the_starting_process_left() -> None:
    """VmHWM does not know what the process held before it became this program; getrusage does, and so is not asked."""
    script = WITHOUT_RESET.format(prepare="", arguments="'/nonexistent'", before=1000, free=False)
    big = "import subprocess, sys\nheld = b'1' * 200_000_000\nsubprocess.run([sys.executable, '-c', sys.argv[1]])"
    done = subprocess.run([sys.executable, "-c", big, script], capture_output=True, text=True, check=True, timeout=60)
    method, increment, bound, _ = json.loads(done.stdout)

    assert method == "lifetime high-water mark"
    assert increment == pytest.approx(60 * 10**6, abs=bound + 10**6)
