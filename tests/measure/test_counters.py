"""The kernel's counters: they survive what cells do to file descriptors, and say how exact they are."""

from __future__ import annotations

import ctypes
import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from memadvise.measure.counters import HighWaterMark, Reading, Sampled, batch_error_bytes, parse_status
from memadvise.measure.counters.held import held, in_a_row
from memadvise.measure.spans import spans

KIB = 1024


def test_status_is_read() -> None:
    """The three numbers of a status file become bytes."""
    text = b"Name:\tpython\nVmHWM:\t   300 kB\nVmRSS:\t   200 kB\nRssAnon:\t   100 kB\n"

    assert parse_status(text) == Reading(200 * KIB, 300 * KIB, 100 * KIB)


def test_status_without_a_mark() -> None:
    """A kernel that shows no high-water mark (as some sandboxes do) is an error that leads to the other method."""
    with pytest.raises(OSError, match="VmHWM"):
        parse_status(b"Name:\tpython\nVmRSS:\t   200 kB\n")


def test_sampled_bound_reaches_the_lifetime_mark() -> None:
    """Sampling that saw less than the process's lifetime mark says that the truth may lie as high as that mark."""
    start, end = Reading(100, 5000), Reading(120, 5000)

    peak, bound = Sampled().peak(start, end, 0, [300, 200])

    assert (peak, bound) == (300, 4700 + batch_error_bytes())


def test_sampled_is_exact_when_the_cell_set_a_record() -> None:
    """A cell that raised the lifetime mark has that mark as its peak."""
    peak, bound = Sampled().peak(Reading(100, 500), Reading(120, 9000), 0, [300])

    assert (peak, bound) == (9000, batch_error_bytes())


def test_files_closed_by_the_cell_are_opened_again(fresh: Callable[[str], Any]) -> None:
    """A cell that closes every descriptor does not end the measuring."""
    script = """
import json, os
from memadvise.measure.counters import HighWaterMark
mark = HighWaterMark()
os.closerange(3, 64)
start = mark.begin()
data = b"1" * 50_000_000
del data
print(json.dumps(mark.peak(start, mark.read(), 0, [])[0] - start.resident_bytes))
"""

    assert fresh(script) == pytest.approx(50_000_000, abs=10**6)


def test_a_file_of_the_person_is_never_written_to(tmp_path: Path) -> None:
    """When the cell closed our descriptor and its own file has the number now, that file stays as it is."""
    mark = HighWaterMark()
    number = mark._reset_file._file.fd
    os.close(number)
    target = tmp_path / "theirs"
    theirs = os.open(target, os.O_RDWR | os.O_CREAT)
    assert theirs <= number
    if theirs != number:
        os.dup2(theirs, number)

    mark.begin()
    mark.close()

    assert target.read_bytes() == b""
    os.fstat(number)  # still open: it is theirs
    os.close(number)


def test_a_forked_child_reads_itself(fresh: Callable[[str], Any]) -> None:
    """After a fork the child's counter is about the child, not about its parent."""
    script = """
import json, os, sys
from memadvise.measure.counters import HighWaterMark
mark = HighWaterMark()
big = b"1" * 100_000_000
reader, writer = os.pipe()
if os.fork() == 0:
    own = b"1" * 50_000_000
    start = mark.begin()
    more = b"1" * 30_000_000
    os.write(writer, str(mark.peak(start, mark.read(), 0, [])[0] - start.resident_bytes).encode())
    os._exit(0)
os.wait()
print(json.dumps(int(os.read(reader, 100))))
"""

    assert fresh(script) == pytest.approx(30_000_000, abs=10**6)


BIG_PARENT = """
import subprocess, sys
held = b"1" * 200_000_000
print(subprocess.run([sys.executable, "-c", sys.argv[1]], capture_output=True, text=True, check=True).stdout)
"""
SMALL_CHILD = """
import json
from memadvise.measure.counters import HighWaterMark
mark = HighWaterMark()
before = mark.split()[1]
len(b"1" * 50_000_000)
print(json.dumps([mark.split()[0] - before, mark._floor]))
"""


def test_splits_of_a_process_started_by_a_big_one() -> None:
    """A peak below what the starting process held is seen: getrusage alone remembers that process's memory."""
    command = [sys.executable, "-c", BIG_PARENT, SMALL_CHILD]
    peak, floor = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)

    assert floor >= 200 * 10**6  # the trap is there
    assert peak == pytest.approx(50 * 10**6, rel=0.01)


def test_a_stretch_within_a_stretch() -> None:
    """The peak of a stretch counts for the stretch around it, although each beginning resets the mark."""
    outer = spans().begin()
    inner = spans().begin()
    len(b"1" * 50_000_000)
    spans().split()
    spans().end(inner)
    spans().end(outer)

    assert inner.highest - inner.start.resident_bytes == pytest.approx(50 * 10**6, rel=0.01)
    assert outer.highest >= inner.highest


def test_no_thread_runs_between_the_steps_of_a_split() -> None:
    """A thread that could take memory and free it between reading the mark and resetting it does not get the GIL."""
    turns: list[int] = []
    end = threading.Event()

    def turn() -> None:
        while not end.is_set():
            turns.append(1)

    sleep = partial(held("usleep", ctypes.c_int, ctypes.c_uint), 20_000)
    thread = threading.Thread(target=turn)
    usual = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    thread.start()
    try:
        counted = [in_a_row(turns.__len__, sleep, turns.__len__) for _ in range(5)]
    finally:
        sys.setswitchinterval(usual)
        end.set()
        thread.join()

    assert all(before == after for before, _, after in counted)
    assert turns


@pytest.mark.parametrize("floor", [0, 1 << 50])
def test_spikes_of_a_thread_while_the_mark_is_split(fresh: Callable[[str], Any], floor: int) -> None:
    """None of them is lost to a reset, also where only ``status`` knows the mark (a ``floor`` above all there is)."""
    script = f"""
import json, sys, threading
from memadvise.measure.spans import spans
spans().counter._floor = max(spans().counter._floor, {floor})
sys.setswitchinterval(1e-6)
split, missed = spans().split, 0
for turn in range(40):
    start, highest = split()[1], 0
    thread = threading.Thread(target=lambda: len(b"1" * 40_000_000))
    thread.start()
    while thread.is_alive():
        highest = max(highest, split()[0])
    thread.join()
    missed += max(highest, split()[0]) - start < 35_000_000
print(json.dumps(missed))
"""
    assert fresh(script) == 0
