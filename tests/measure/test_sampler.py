"""The helper process: one for all cells, gone when the kernel is, and never in the way of a cell."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from memadvise.measure.sampler import Sampler

MB = 10**6
PATIENCE_S = 20.0


@pytest.fixture
def sampler() -> Iterator[Sampler]:
    """Give a helper that answers already."""
    one = Sampler()
    assert one.start(limit_bytes=1 << 60)
    one.stop()
    yield one
    one.close()


def ended(pid: int) -> bool:
    """Wait until a process is gone or a zombie, and tell whether it is."""
    until = time.monotonic() + PATIENCE_S
    while time.monotonic() < until:
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        except OSError:
            return True
        if state == "Z":
            return True
        time.sleep(0.02)
    return False


def test_one_helper_for_all_cells(sampler: Sampler) -> None:
    """The second cell is watched by the same process as the first."""
    first = sampler.pid
    sampler.start()
    sampler.stop()

    assert sampler.pid == first


def test_samples_are_resident_sizes(sampler: Sampler) -> None:
    """The timeline holds this process's resident size, in the order of time."""
    sampler.start()
    time.sleep(0.2)
    trace = sampler.stop()

    assert trace is not None
    assert len(trace.samples) >= 2
    assert list(trace.samples) == sorted(trace.samples)
    assert all(1 * MB < resident < 100_000 * MB for _, resident in trace.samples)
    assert trace.anonymous_peak_bytes is not None


def test_a_killed_helper_is_replaced_at_the_next_cell(sampler: Sampler) -> None:
    """Killed between two cells, the helper is there again for the next one."""
    assert sampler.pid is not None
    os.kill(sampler.pid, signal.SIGKILL)
    ended(sampler.pid)

    assert sampler.start(limit_bytes=1 << 60)
    assert sampler.stop() is not None


def test_a_helper_that_hangs_costs_a_moment_only(sampler: Sampler) -> None:
    """A helper that does not answer is given up, and replaced at the next cell."""
    hanging = sampler.pid
    assert hanging is not None
    sampler.start()
    os.kill(hanging, signal.SIGSTOP)

    assert sampler.stop() is None
    sampler.start()
    assert sampler.pid != hanging


def test_closing_ends_the_helper(sampler: Sampler) -> None:
    """Nothing is left behind after close."""
    pid = sampler.pid
    assert pid is not None
    sampler.close()

    assert ended(pid)


@pytest.mark.parametrize("how", ["SIGKILL", "exit"])
def test_the_helper_ends_with_the_kernel(how: str) -> None:
    """When the kernel is killed or ends, so does the helper, though a forked child still holds its pipe open."""
    script = f"""
import os, signal, sys, time
from memadvise.measure.sampler import Sampler
sampler = Sampler()
sampler.start(1 << 60)
child = os.fork()
if child == 0:
    os.close(1)
    time.sleep(60)
    os._exit(0)
print(sampler.pid, child, flush=True)
if {how!r} == "SIGKILL":
    os.kill(os.getpid(), signal.SIGKILL)
"""
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True) as kernel:
        assert kernel.stdout is not None
        helper, child = map(int, kernel.stdout.readline().split())
    try:
        assert ended(helper)
    finally:
        os.kill(child, signal.SIGKILL)


def test_the_helper_ends_though_its_pipe_is_held(fresh: Callable[[str], Any]) -> None:
    """A child that holds a copy of the pipe, which no hook of ours closes, does not keep the helper alive."""
    script = """
import json, os, subprocess, sys
middle = '''
import os, subprocess, sys
from memadvise.measure.sampler import Sampler
sampler = Sampler()
sampler.start(1 << 60)
kept = os.dup(sampler._link._out.fd)
os.set_inheritable(kept, True)
held = subprocess.Popen(["sleep", "60"], close_fds=False, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
print(sampler.pid, held.pid, flush=True)
os.kill(os.getpid(), 9)
'''
done = subprocess.run([sys.executable, "-c", middle], stdout=subprocess.PIPE, text=True)
print(json.dumps([int(word) for word in done.stdout.split()]))
"""
    helper, holder = fresh(script)
    try:
        assert ended(helper)
    finally:
        os.kill(holder, signal.SIGKILL)


def test_a_forked_child_leaves_the_helper_alone(fresh: Callable[[str], Any]) -> None:
    """A child that ends with its inherited meter neither stops the helper nor asks it anything."""
    script = """
import json, os, sys, time
from memadvise.measure.sampler import Sampler
sampler = Sampler()
sampler.start(1 << 60)
if os.fork() == 0:
    sampler.stop()
    sampler.close()
    sys.exit(0)
os.wait()
trace = sampler.stop()
print(json.dumps(trace is not None))
"""

    assert fresh(script) is True


def test_an_interrupt_of_the_group_passes_the_helper_by(fresh: Callable[[str], Any]) -> None:
    """Jupyter interrupts the kernel's process group; the helper goes on."""
    script = """
import json, os, signal
os.setpgrp()
from memadvise.measure.sampler import Sampler
sampler = Sampler()
sampler.start(1 << 60)
try:
    os.killpg(0, signal.SIGINT)
    import time; time.sleep(1)
except KeyboardInterrupt:
    pass
print(json.dumps(sampler.stop() is not None))
"""

    assert fresh(script) is True


def test_helper_is_light(sampler: Sampler) -> None:
    """The helper takes less than 60 MB: it loads neither IPython nor numpy."""
    status = Path(f"/proc/{sampler.pid}/status").read_text()

    resident = int(status.split("VmHWM:")[1].split()[0]) * 1024

    assert resident < 60 * MB
