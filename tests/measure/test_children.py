"""What child processes take together: counted once where they share, gone when they have ended."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from memadvise.measure import children
from memadvise.measure.children import Children, ChildrenCurve

MB = 10**6
READY = "import os, subprocess, sys, time\nmeter._sampler.start(1 << 60)\nmeter._sampler.stop()\n"
POOL = """
def forked(size):
    ready, told = os.pipe()
    pid = os.fork()
    if pid == 0:
        held = b"1" * size
        os.write(told, b"1")
        time.sleep(60)
    os.read(ready, 1)
    return pid

def proportional(pid):
    with open(f"/proc/{pid}/smaps_rollup") as lines:
        return sum(int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:"))

def end(pids):
    for pid in pids:
        os.kill(pid, 9)
        os.waitpid(pid, 0)
"""


def test_a_fork_pool_is_not_counted_twice(measured: Callable[..., Any], tmp_path: Path) -> None:
    """Four forked children of a large process take within 5 % of what the cell itself reads of them as they hold still.

    Not four times the parent's memory, which they share with it and each other.
    """
    told = tmp_path / "told"
    cell = f"""
pids = [forked(25_000_000) for _ in range(4)]
time.sleep(0.5)
with open({str(told)!r}, "w") as out:
    print(sum(map(proportional, pids)), file=out)
end(pids)
"""

    actual = measured(cell, READY + POOL + "large = bytearray(b'1' * 100_000_000)", timeline=True)

    assert actual["children_peak_bytes"] == pytest.approx(int(told.read_text()), rel=0.05)
    assert 100 * MB < actual["children_peak_bytes"] < 250 * MB
    assert max(size for _, size in actual["children"]) == actual["children_peak_bytes"]


def test_a_child_about_to_run_a_program_is_not_its_parent(measured: Callable[..., Any]) -> None:
    """Between vfork and exec a child *is* the kernel's memory: a hundred small programs never count it."""
    cell = "for _ in range(150):\n    subprocess.run(['true'])"

    actual = measured(cell, READY + "large = b'1' * 100_000_000", timeline=True)

    assert actual["children_peak_bytes"] < 5 * MB


def test_a_spike_between_two_looks_counts(measured: Callable[..., Any]) -> None:
    """A child that took 100 MB for some milliseconds and lives on is known by its own high-water mark."""
    program = "import time; time.sleep(0.1); len(b'1' * 100_000_000); time.sleep(0.4)"

    actual = measured(f"subprocess.run([sys.executable, '-c', {program!r}])", READY, timeline=True)

    assert actual["children_peak_bytes"] == pytest.approx(105 * MB, rel=0.05)


def test_grandchildren_count(measured: Callable[..., Any]) -> None:
    """What a child of a child takes counts, its parent still being there."""
    program = "x = b'1' * 50_000_000; import time; time.sleep(0.2)"
    shell = f'"$0" -c "{program}"; true'

    actual = measured(f"subprocess.run(['sh', '-c', {shell!r}, sys.executable])", READY, timeline=True)

    assert actual["children_peak_bytes"] == pytest.approx(54 * MB, rel=0.05)


def test_a_child_that_ended_takes_nothing(measured: Callable[..., Any]) -> None:
    """A forked child that leaves by `os._exit` and is not waited for holds no memory: the curve falls to 0."""
    cell = """
pid = os.fork()
if pid == 0:
    held = b"1" * 50_000_000
    time.sleep(0.2)
    os._exit(3)
time.sleep(0.5)
"""

    actual = measured(cell, READY, timeline=True)

    assert actual["children_peak_bytes"] > 50 * MB
    assert actual["children"][-1][1] == 0
    assert actual["children"][-1][0] < actual["wall_s"]


def test_a_daemon_is_no_child(measured: Callable[..., Any]) -> None:
    """A process whose parent has ended belongs to init, not to the cell."""
    cell = """
if os.fork() == 0:
    if os.fork() == 0:
        held = b"1" * 50_000_000
        time.sleep(0.4)
    os._exit(0)
os.wait()
time.sleep(0.3)
"""

    actual = measured(cell, READY, timeline=True)

    assert actual["children_peak_bytes"] < 50 * MB


def test_the_curve_lies_within_the_cell(measured: Callable[..., Any]) -> None:
    """Times run from 0 to the cell's end; a child still there at the end is seen there."""
    cell = "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'])\ntime.sleep(0.3)"
    stop = (
        "import atexit\natexit.register(lambda: meter_child())\ndef meter_child():\n    child.kill()\n    child.wait()"
    )

    actual = measured(cell, READY + stop, timeline=True)

    times = [at_s for at_s, _ in actual["children"]]
    assert times == sorted(times)
    assert 0.0 <= times[0] < times[-1] <= actual["wall_s"]
    assert actual["children"][-1][1] > 0


class Clock:
    """The clocks of the module, moved by hand."""

    now = 100.0

    def monotonic(self) -> float:
        """Return the time."""
        return self.now

    time = thread_time = monotonic


class Slow:
    """Children whose look takes a while, and finds these sizes one after the other."""

    def __init__(self, clock: Clock, cost_s: float, sizes: list[int]) -> None:
        self.clock, self.cost_s, self.sizes, self.looks = clock, cost_s, iter(sizes), 0

    def look(self) -> int:
        """Spend the time, and return the next size."""
        self.looks += 1
        self.clock.now += self.cost_s
        return next(self.sizes, 7)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """Put a clock moved by hand in the place of the system's."""
    made = Clock()
    monkeypatch.setattr(children, "time", made)
    return made


def watched(clock: Clock, cost_s: float, sizes: list[int], for_s: float) -> tuple[ChildrenCurve, Slow]:
    """Return what came of looking as often as the helper wakes."""
    slow = Slow(clock, cost_s, sizes)
    curve = ChildrenCurve(slow)  # type: ignore[arg-type]
    until = clock.now + for_s
    while clock.now < until:
        curve.look()
        clock.now += 0.005
    return curve, slow


@pytest.mark.parametrize("cost_s", [0.0002, 0.002, 0.03])
def test_looking_costs_a_twentieth_at_most(clock: Clock, cost_s: float) -> None:
    """However long a look takes, all looks together take at most 5 % of the time."""
    _, slow = watched(clock, cost_s, [], 10.0)

    assert slow.looks > 10
    assert slow.looks * cost_s <= 0.05 * 10.0 + cost_s


def test_the_curve_is_there_only_where_children_are(clock: Clock) -> None:
    """Zeros frame each stretch with children; where there are none for long, there is nothing."""
    curve, _ = watched(clock, 0.0, [0, 0, 0, 5, 6, 0, 0, 0, 0, 9, 0, 0], 0.3)

    assert [size for _, size in curve.points()][:8] == [0, 5, 6, 0, 0, 9, 0, 0]
    assert curve.peak_bytes == 9


def test_the_curve_is_bounded(clock: Clock) -> None:
    """An hour with children is some hundred points, the highest among them."""
    curve, _ = watched(clock, 0.0, [5, 4_000, 5], 3600.0)

    assert len(curve.points()) <= 396
    assert max(size for _, size in curve.points()) == 4_000


def test_the_last_look_is_left_out_where_it_is_slow(clock: Clock) -> None:
    """At the end of the cell, looking once more waits for nobody: a look that took long is not repeated."""
    quick, slow = Slow(clock, 0.001, []), Slow(clock, 0.05, [])
    for one in (quick, slow):
        curve = ChildrenCurve(one)  # type: ignore[arg-type]
        curve.look()
        curve.last_look()

    assert (quick.looks, slow.looks) == (2, 1)


def test_nobody_has_no_children() -> None:
    """A process that is gone has none, and nothing raises."""
    assert Children(2**22 - 1).look() == 0
