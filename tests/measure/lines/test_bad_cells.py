"""Cells that get in the way of looking at lines: the cell goes on as it is, and nothing wrong is told."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import pytest

SPIKE = "len(b'1' * 50_000_000)"
IS_MONITORED = sys.version_info >= (3, 12)


def test_tight_loop_is_sampled(lined: Callable[..., Any]) -> None:
    """A loop of 300,000 turns is looked at now and then, and says so; it is not slowed down turn by turn."""
    actual = lined("x = 0\nfor i in range(300_000):\n    x += i\ntold = x")

    assert actual.measurement["told"] == sum(range(300_000))
    assert actual.by_line[3]["sampled"] is True
    assert 1 <= actual.by_line[3]["hits"] < 30_000


def test_memory_of_a_sampled_loop_is_not_lost(lined: Callable[..., Any]) -> None:
    """What turns that were not looked at took counts with the loop, and the loop's lines together have it all."""
    cell = "x = []\nfor i in range(300_000):\n    x.append(b'1' * (300 + i % 2))\n    y = i\n"

    actual = lined(cell)

    kept = sum(actual.kept_mb(line) for line in (2, 3, 4))
    assert kept == pytest.approx((actual.measurement["end_bytes"] - actual.measurement["start_bytes"]) / 1e6, rel=0.05)
    assert actual.by_line[2]["sampled"] is True


def test_spike_in_a_sampled_loop_is_found(lined: Callable[..., Any]) -> None:
    """One big turn among 300,000 small ones is charged to the loop or to its own line, never to another statement."""
    cell = f"for i in range(300_000):\n    if i == 290_000:\n        {SPIKE}\n    y = i\nz = 1\n"

    actual = lined(cell)

    assert actual.culprit in (1, 2, 3)
    assert actual.increment_mb(actual.culprit) == pytest.approx(50, rel=0.02)
    assert actual.increment_mb(5) == 0


def test_busy_function_is_charged_to_its_caller(lined: Callable[..., Any]) -> None:
    """A function that is called too often to be looked at leaves its memory with the line that calls it."""
    cell = f"def f(n):\n    if n == 290_000:\n        {SPIKE}\n    return n\nx = sum(map(f, range(300_000)))\ny = 1\n"

    actual = lined(cell)

    assert actual.increment_mb(5) == pytest.approx(50, rel=0.02)
    assert actual.increment_mb(6) == 0


def test_cell_with_its_own_trace_function(lined: Callable[..., Any]) -> None:
    """The person's trace function is called for their code, and stays theirs."""
    cell = (
        "import sys\nseen = []\ndef tracer(frame, event, arg):\n    seen.append(frame.f_code.co_name)\n"
        f"def f():\n    {SPIKE}\nsys.settrace(tracer)\nf()\nf()\nsys.settrace(None)\ntold = seen.count('f')"
    )

    actual = lined(cell)

    assert actual.measurement["told"] == 2
    assert actual.increment_mb(8) == pytest.approx(50, rel=0.02)


if IS_MONITORED:

    def test_cell_with_its_own_monitoring_tool(lined: Callable[..., Any]) -> None:
        """The person's tool gets every event of its own, under any of the numbers that have names."""
        cell = (
            "import sys\nm, seen = sys.monitoring, []\n"
            "for n in (0, 1, 2, 5):\n    m.use_tool_id(n, 'mine')\n    m.free_tool_id(n)\n"
            "m.use_tool_id(2, 'mine')\n"
            f"def f():\n    {SPIKE}\n"
            "m.register_callback(2, m.events.PY_START, lambda code, offset: seen.append(code.co_name))\n"
            "m.set_local_events(2, f.__code__, m.events.PY_START)\nf()\nf()\n"
            "m.free_tool_id(2)\ntold = seen"
        )

        actual = lined(cell)

        assert actual.measurement["error"] is None
        assert actual.measurement["told"] == ["f", "f"]
        assert actual.increment_mb(11) == pytest.approx(50, rel=0.02)

    def test_no_number_left(fresh: Callable[[str], Any]) -> None:
        """Where other tools hold every number there are no lines, and it is said why."""
        script = """
import json, sys
from memadvise.measure.lines import LineTracker
for number in range(6):
    sys.monitoring.use_tool_id(number, "other")
try:
    LineTracker(lambda: (0, 0))
except RuntimeError as error:
    print(json.dumps(str(error)))
"""
        assert "no number left" in fresh(script)


@pytest.mark.parametrize(
    "cell",
    {
        "fork": (
            "import os\npid = os.fork()\nif pid == 0:\n    x = b'1' * 90_000_000\n    os._exit(0)\nos.waitpid(pid, 0)"
        ),
        "pool": (
            "import multiprocessing as mp\nwith mp.get_context('fork').Pool(2) as pool:\n    a = pool.map(abs, [1, 2])"
        ),
        "signal handlers": (
            "import signal\nfor s in (signal.SIGINT, signal.SIGTERM, signal.SIGALRM):\n"
            "    signal.signal(s, lambda *a: None)\nsignal.raise_signal(signal.SIGALRM)"
        ),
        "folder": "import os, tempfile\nos.chdir(tempfile.mkdtemp())\na = 1",
        "closed files": "import os\nos.closerange(3, 20)\na = 1",
        "hundred threads": (
            "import threading\nts = [threading.Thread(target=sum, args=([1] * 100,)) for _ in range(100)]\n"
            "for t in ts:\n    t.start()\nfor t in ts:\n    t.join()"
        ),
        "deep recursion": "def f(n):\n    return n and f(n - 1)\nf(900)",
        "recursion without end": "def f():\n    f()\ntry:\n    f()\nexcept RecursionError:\n    a = 1",
        "exec": "exec('a = 1\\nb = 2')",
        "await": "import asyncio\nasync def f():\n    await asyncio.sleep(0)\n    return 1\nasyncio.run(f())",
        "garbage collector off": "import gc\ngc.disable()\na = 1\ngc.enable()",
        "linecache emptied": "import linecache\nlinecache.clearcache()\na = 1",
        "exit of a generator": (
            "def g():\n    try:\n        yield 1\n    finally:\n        a = 1\nx = g()\nnext(x)\ndel x"
        ),
        "a frame that outlives": "def g():\n    yield 1\n    yield 2\nkept = g()\nnext(kept)",
    }.items(),
    ids=lambda item: item[0],
)
def test_spike_after(lined: Callable[..., Any], cell: tuple[str, str]) -> None:
    """After such code, the cell has run without an error and the line of the spike is found with its bytes."""
    text = f"{cell[1]}\n{SPIKE}\nz = 1"

    actual = lined(text)

    assert actual.measurement["error"] is None
    assert actual.culprit == text.count("\n")
    assert actual.increment_mb(actual.culprit) == pytest.approx(50, rel=0.02)


def test_files_of_the_person_are_not_written(lined: Callable[..., Any], tmp_path: Any) -> None:
    """A cell that closes our files and opens its own under their numbers finds nothing in them."""
    cell = (
        f"import os\nos.closerange(3, 100)\n"
        f"files = [open({str(tmp_path)!r} + f'/{{n}}', 'w+') for n in range(90)]\n"
        "for i in range(50):\n    a = i\n"
        "told = [f.seek(0) or f.read() for f in files]"
    )

    actual = lined(cell)

    assert actual.measurement["told"] == [""] * 90


def test_code_objects_stay_as_they_are(lined: Callable[..., Any]) -> None:
    """A function defined in the cell has the bytecode and the constants that it has without us: numba, pickle."""
    cell = (
        "import marshal\ndef f(x):\n    for i in range(3):\n        x += i\n    return x\nf(1)\n"
        "text = 'def f(x):\\n    for i in range(3):\\n        x += i\\n    return x\\n'\nns = {}\nexec(text, ns)\n"
        "c, g = f.__code__, ns['f'].__code__\n"
        "told = [c.co_code == g.co_code, c.co_consts == g.co_consts, c.co_names == g.co_names]"
    )

    assert lined(cell).measurement["told"] == [True, True, True]


def test_nothing_stands_in_the_namespace(lined: Callable[..., Any]) -> None:
    """Neither globals nor builtins nor a frame's locals know a name of ours."""
    cell = (
        "import builtins\nfor i in range(2):\n    names = list(globals()) + dir(builtins) + list(locals())\n"
        "told = [n for n in names if 'memadvise' in n.lower() and n != '__builtins__']"
    )

    assert lined(cell).measurement["told"] == []


def test_two_threads_of_the_same_function(lined: Callable[..., Any]) -> None:
    """Lines that other threads run are not taken for the cell's place: the line that waits for them is charged."""
    cell = (
        "import threading\ndef work():\n    for i in range(3000):\n        a = i\n    b = len(b'1' * 50_000_000)\n"
        "t = threading.Thread(target=work)\nt.start()\nt.join()\nz = 1"
    )

    actual = lined(cell)

    assert actual.increment_mb(7) + actual.increment_mb(8) == pytest.approx(50, rel=0.02)
    assert actual.increment_mb(5) == 0
