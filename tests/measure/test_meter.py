"""The meter around a cell, in fresh processes where memory matters."""

from __future__ import annotations

import itertools
import signal
from collections.abc import Callable
from typing import Any

import pytest

from memadvise.measure import CellMeter
from memadvise.measure.meter import NO_HELPER
from memadvise.measure.sampler import Trace

MB = 10**6
READY = "import time\nmeter._sampler.start(1 << 60)\nmeter._sampler.stop()\n"  # the helper answers already


def test_timeline_runs_from_start_to_end(measured: Callable[..., Any]) -> None:
    """The timeline begins at 0 s with the start's size and ends with the end's; it is at most 400 points long."""
    actual = measured("time.sleep(0.3)", READY, timeline=True)

    times = [at_s for at_s, _ in actual["samples"]]
    assert actual["samples"][0] == [0.0, actual["start_bytes"]]
    assert actual["samples"][-1] == [actual["wall_s"], actual["end_bytes"]]
    assert 3 < len(times) <= 400
    assert times == sorted(times)


def test_anonymous_peak_leaves_file_pages_out(measured: Callable[..., Any]) -> None:
    """The anonymous peak sees an array that is held for a while, and is never above the resident peak."""
    cell = "x = np.ones(12_500_000)\ntime.sleep(0.3)\ndel x"

    actual = measured(cell, READY + "import numpy as np", timeline=True)

    assert 100 * MB <= actual["anonymous_peak_bytes"] <= actual["peak_bytes"]


def test_children_are_counted_apart(measured: Callable[..., Any]) -> None:
    """What a child process takes is told as the children's peak, and is no part of the kernel's."""
    cell = """
import subprocess, sys
child = subprocess.Popen([sys.executable, "-c", "x = b'1' * 100_000_000; print(1, flush=True); input()"],
                         stdin=subprocess.PIPE, stdout=subprocess.PIPE)
child.stdout.readline()
time.sleep(0.5)
child.communicate(b"\\n")
"""

    actual = measured(cell, READY, timeline=True)

    assert 100 * MB < actual["children_peak_bytes"] < 150 * MB
    assert actual["increment"] < 10 * MB


def test_no_children_no_bytes(measured: Callable[..., Any]) -> None:
    """The helper does not count itself."""
    assert measured("time.sleep(0.2)", READY, timeline=True)["children_peak_bytes"] == 0


def test_helper_killed_in_the_cell(measured: Callable[..., Any]) -> None:
    """A cell that kills its children loses the timeline, is told so, and keeps its exact peak."""
    cell = "import os, signal\nos.kill(meter._sampler.pid, signal.SIGKILL)\nlen(b'1' * 50_000_000)"

    actual = measured(cell, READY, timeline=True)

    assert actual["samples"] == []
    assert actual["notes"] == [NO_HELPER]
    assert actual["increment"] == pytest.approx(50 * MB, abs=MB)


def test_cell_that_closes_all_files(measured: Callable[..., Any]) -> None:
    """A cell that closes every descriptor is measured all the same."""
    actual = measured("import os\nos.closerange(3, 64)\nlen(b'1' * 50_000_000)", READY, timeline=True)

    assert actual["increment"] == pytest.approx(50 * MB, abs=MB)
    assert actual["notes"] == [NO_HELPER]


def test_cell_that_forks(measured: Callable[..., Any]) -> None:
    """A pool of forked processes does not disturb the timeline."""
    cell = "import multiprocessing as mp\nwith mp.get_context('fork').Pool(2) as pool:\n    pool.map(abs, range(4))"

    actual = measured(cell, READY, timeline=True)

    assert actual["error"] is None
    assert actual["notes"] == []
    assert actual["samples"]


GROW = "g = []\nwhile len(g) < 3000:\n    g.append(b'1' * 1_000_000)\n    time.sleep(0.001)"
LIMIT = "import resource\nlimit = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 + 100_000_000"


def test_guard_stops_a_growing_cell(measured: Callable[..., Any]) -> None:
    """A cell that grows over the limit is interrupted near it."""
    actual = measured(GROW, READY + LIMIT, timeline=True)

    assert actual["error"] == "KeyboardInterrupt"
    assert actual["stopped"] is True
    assert actual["increment"] < 2000 * MB  # of 3000: how soon the helper gets a core is the machine's affair


def test_guard_leaves_a_small_cell_alone(measured: Callable[..., Any]) -> None:
    """A cell that stays below the limit runs to its end."""
    actual = measured("x = b'1' * 10_000_000\ntime.sleep(0.1)", READY + LIMIT, timeline=True)

    assert (actual["error"], actual["stopped"]) == (None, False)


def test_guard_leaves_a_cell_alone_that_does_not_grow(measured: Callable[..., Any]) -> None:
    """Above the limit from the start, a cell that only frees memory is not stopped."""
    actual = measured("del x\ntime.sleep(0.1)", READY + "x = b'1' * 100_000_000\nlimit = 1_000_000", timeline=True)

    assert (actual["error"], actual["stopped"]) == (None, False)


class Interrupts:
    """A helper's stand-in: the interrupt comes while it is asked."""

    def __init__(self, fired: bool) -> None:
        self.fired = fired

    def start(self, limit_bytes: int | None = None) -> bool:
        """Watch nothing."""
        return True

    def stop(self, wall_s: float = 1.0) -> Trace:
        """Interrupt, then answer."""
        signal.raise_signal(signal.SIGINT)
        return Trace(fired=self.fired)


def test_the_guards_late_interrupt_is_taken_back() -> None:
    """A guard that fires in the moment in which the cell ends does not interrupt the code after the cell."""
    meter = CellMeter(timeline=False)
    meter._sampler = Interrupts(fired=True)  # type: ignore[assignment]
    meter.begin({}, 1)
    meter.end({})

    assert meter.stopped_by_guard


def test_the_persons_interrupt_is_delivered() -> None:
    """An interrupt that is not the guard's arrives, and leaves the usual handler in place."""
    usual, meter = signal.getsignal(signal.SIGINT), CellMeter(timeline=False)
    meter._sampler = Interrupts(fired=False)  # type: ignore[assignment]
    meter.begin({})

    with pytest.raises(KeyboardInterrupt):
        meter.end({})
    assert signal.getsignal(signal.SIGINT) is usual


def test_meter_is_used_again(measured: Callable[..., Any]) -> None:
    """Each cell has its own increment, whatever the cells before it took."""
    setup = READY + "meter.begin({})\nlen(b'1' * 200_000_000)\nmeter.end({})"

    assert measured("len(b'1' * 50_000_000)", setup, timeline=True)["increment"] == pytest.approx(50 * MB, abs=MB)


def test_variables_of_the_cell() -> None:
    """Names that the cell made are told with their size; names that it left alone are not."""
    meter, namespace = CellMeter(timeline=False), {"old": [1] * 1000}
    meter.begin(namespace)
    namespace["new"] = [2] * 100_000
    actual = meter.end(namespace).variables

    assert [use.name for use in actual] == ["new"]
    assert actual[0].nbytes == actual[0].change_bytes == pytest.approx(800_000, rel=0.01)


def test_time_of_the_meter_is_not_the_cells() -> None:
    """Wall time is the cell's; the meter's own time is told apart, and neither is negative."""
    meter = CellMeter(timeline=False)
    meter.begin({"many": list(itertools.repeat([1], 1000))})
    actual = meter.end({})

    assert actual.wall_s >= 0.0
    assert actual.overhead_s > 0.0
