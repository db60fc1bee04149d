"""Cells that get in the way of measuring, with everything on: variables, timeline, lines, allocators, imports.

Each is measured in a process of its own; the cell runs as it would, its peak is exact, and nothing of ours stays.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from typing import Any

import pytest

MB = 10**6
SCRIPT = """
import ast, dataclasses, json, os, signal, sys, threading, time
from memadvise.measure import CellMeter
from memadvise.measure.lines import LineTracker
from memadvise.measure.lines.source import Lines
from memadvise.measure.spans import spans

meter = CellMeter()
for _ in range(60):  # until the helper answers
    meter.begin({})
    time.sleep(0.05)
    if meter.end({}).samples:
        break
helper = meter._sampler.pid
namespace = {"__name__": "__main__", "helper": helper}
source = sys.argv[1] + "\\n"
numbers = Lines(range(1, source.count(chr(10)) + 2))
usual = threading.active_count()

def run():
    for node in ast.parse(source).body:
        tree = ast.Module([node], [])
        exec(tracker.compiled(tree, lambda tree: compile(tree, "cell", "exec"), numbers), namespace)

tracker = LineTracker(spans().split)
meter.begin(namespace, None, tracker)
error = None
try:
    (namespace_debugger.runcall(run) if (namespace_debugger := DEBUGGER) else run())
except BaseException as raised:
    error = repr(raised)
found = meter.end(namespace)
meter.close()
try:
    os.kill(helper, 0)
    is_left = True
except ProcessLookupError:
    is_left = False
answer = dataclasses.asdict(found)
answer.update(error=error, increment=found.increment_bytes, told=namespace.get("told"), helper_left=is_left,
              threads=threading.active_count() - usual - namespace.get("own_threads", 0), tracer=repr(sys.gettrace()))
os.write(1, b"\\n" + json.dumps(answer).encode())
"""
DEBUGGER = """
import bdb
class Debugger(bdb.Bdb):
    def user_line(self, frame):
        if frame.f_code.co_filename == "cell":
            namespace.setdefault("stopped_at", []).append(frame.f_lineno)
        self.set_step()
"""
SPIKE = "len(b'1' * 50_000_000)"
CELLS = {
    "0 ms": "pass",
    "fork": (
        "import os\npid = os.fork()\nif pid == 0:\n    x = b'1' * 90_000_000\n    os._exit(3)\n"
        "told = os.waitpid(pid, 0)[1] >> 8"
    ),
    "a child that goes on as if it were the kernel": (
        "import os, sys\npid = os.fork()\nif pid == 0:\n    try:\n        y = [i for i in range(1000)]\n"
        "        sys.stdout.close()\n    finally:\n        os._exit(0)\ntold = os.waitpid(pid, 0)[1]"
    ),
    "signal handlers": (
        "import signal\nfor s in (signal.SIGINT, signal.SIGTERM, signal.SIGCHLD):\n"
        "    signal.signal(s, lambda *a: None)\nsignal.raise_signal(signal.SIGINT)"
    ),
    "trace function": "import sys\nsys.settrace(lambda *a: None)\nlen('x')\nsys.settrace(None)",
    "profile function": "import sys\nsys.setprofile(lambda *a: None)\nlen('x')\nsys.setprofile(None)",
    "another folder": "import os, tempfile\nos.chdir(tempfile.mkdtemp())",
    "a folder that is gone": "import os, tempfile\nd = tempfile.mkdtemp()\nos.chdir(d)\nos.rmdir(d)",
    "closed descriptors": "import os\nos.closerange(3, 21)",
    "100 threads": (
        "import threading\nts = [threading.Thread(target=sorted, args=(list(range(1000)),)) for _ in range(100)]\n"
        "for t in ts:\n    t.start()\nfor t in ts:\n    t.join()"
    ),
    "helper killed": "import os, signal\nos.kill(helper, signal.SIGKILL)",
    "helper stopped": "import os, signal\nos.kill(helper, signal.SIGSTOP)",
    "no memory for a moment": (
        "import resource\nold = resource.getrlimit(resource.RLIMIT_AS)\n"
        "resource.setrlimit(resource.RLIMIT_AS, (10**6, old[1]))\ntry:\n    x = bytearray(10**9)\n"
        "except MemoryError:\n    told = 'no memory'\nfinally:\n    resource.setrlimit(resource.RLIMIT_AS, old)"
    ),
}


def measured(cell: str, debugger: str = "None") -> Any:
    """Run a cell in a process of its own and return what was measured."""
    script = SCRIPT.replace("DEBUGGER", debugger)
    done = subprocess.run([sys.executable, "-c", script, cell], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


@pytest.mark.parametrize("cell", CELLS.values(), ids=CELLS.keys())
def test_peak_and_culprit_are_right(cell: str) -> None:
    """A spike after such code is measured exactly, on its own line, and no helper or thread is left."""
    text = f"{cell}\n{SPIKE}\nlast = 1"

    actual = measured(text)

    culprit = max(actual["lines"], key=lambda use: use["increment_bytes"])
    assert actual["error"] is None
    assert 49 * MB <= actual["increment"] <= 54 * MB  # the code before it keeps some: a hundred threads' stacks
    assert culprit["line"] == text.count("\n")
    assert culprit["increment_bytes"] == pytest.approx(50 * MB, rel=0.02)
    assert (actual["helper_left"], actual["threads"], actual["tracer"]) == (False, 0, "None")


def test_a_lost_helper_is_told() -> None:
    """Without its helper a cell has no timeline, is told so, and keeps its peak."""
    actual = measured(f"{CELLS['helper killed']}\n{SPIKE}")

    assert actual["samples"] == []
    assert any("helper process" in note for note in actual["notes"])
    assert actual["increment"] == pytest.approx(50 * MB, rel=0.02)


def test_under_a_debugger() -> None:
    """A debugger that steps through the cell stops at every line of it, and the peak is exact all the same."""
    script = f"def f(n):\n    a = n\n    return a\nb = f(1)\n{SPIKE}\nlast = 1\ntold = stopped_at[:-1]"

    actual = measured(script, debugger="(exec('''" + DEBUGGER + "''', globals()), Debugger())[1]")

    assert actual["error"] is None
    assert actual["told"] == [1, 4, 2, 3, 5, 6]
    assert actual["increment"] == pytest.approx(50 * MB, rel=0.02)


def test_two_kernels_at_once() -> None:
    """Two processes that are measured at the same time have a peak of their own each."""
    script = SCRIPT.replace("DEBUGGER", "None")
    sizes = (50, 120)
    cells = [f"import time\ntime.sleep(0.3)\nlen(b'1' * {mb}_000_000)\ntime.sleep(0.3)" for mb in sizes]
    running = [
        subprocess.Popen([sys.executable, "-c", script, cell], stdout=subprocess.PIPE, text=True) for cell in cells
    ]
    found = [json.loads(one.communicate(timeout=120)[0].splitlines()[-1])["increment"] for one in running]

    assert found == [pytest.approx(mb * MB, rel=0.02) for mb in sizes]


def test_a_kernel_that_is_killed_leaves_no_helper() -> None:
    """The helper ends by itself when its kernel is gone."""
    script = (
        "from memadvise.measure import CellMeter\nimport time\nmeter = CellMeter()\n"
        "print(meter._sampler.pid, flush=True)\ntime.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True) as kernel:
        assert kernel.stdout is not None
        helper = int(kernel.stdout.readline())
        kernel.kill()
    until = time.monotonic() + 30
    while os.path.exists(f"/proc/{helper}") and time.monotonic() < until:
        time.sleep(0.1)

    assert not os.path.exists(f"/proc/{helper}")
