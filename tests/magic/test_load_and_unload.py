"""Loading, unloading and the end of the kernel leave nothing behind: no name, no hook, no process, no thread."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from live_kernel import PATIENCE_S, Kernel

TRACES = (
    "([name for name in sorted(globals()) if not name[2:].isdigit()], "
    "sorted(t.name for t in __import__('threading').enumerate()), "
    "[len(c) for c in get_ipython().events.callbacks.values()], len(get_ipython().input_transformers_cleanup), "
    "'memadvise' in get_ipython().magics_manager.magics['cell'], "
    "'memadvise' in get_ipython().magics_manager.magics['line'], hasattr(get_ipython(), '_memadvise'), "
    "'memadvise' in __import__('comm').get_comm_manager().targets, "
    "__import__('signal').getsignal(__import__('signal').SIGINT))"
)


@pytest.fixture
def kernel(folder: Path) -> Iterator[Kernel]:
    """A kernel of the test's own."""
    made = Kernel(folder)
    yield made
    made.shutdown()


def helpers(kernel: Kernel) -> list[psutil.Process]:
    """Return the kernel's child processes."""
    return list(psutil.Process(kernel.pid).children(recursive=True))


def test_unload_leaves_nothing(kernel: Kernel) -> None:
    """After load, a measured cell and unload, names, hooks, threads and processes are as before; reloading works."""
    kernel.run("import comm, ipywidgets, pandas")  # the libraries' own traces are not ours
    kernel.run("0")
    before, processes = kernel.ask(TRACES), len(helpers(kernel))
    kernel.ask("get_ipython().extension_manager.load_extension('memadvise')")
    twice = kernel.ask("__import__('memadvise').load_ipython_extension(get_ipython())")
    hooks = kernel.ask("len(get_ipython().events.callbacks['pre_run_cell'])")
    first = kernel.run("%%memadvise -q\npass")
    had = len(helpers(kernel))
    unloaded = kernel.run("%unload_ext memadvise")
    after, left = kernel.ask(TRACES), len(helpers(kernel))
    gone = kernel.run("%%memadvise\nx = 1")
    again = [kernel.run("%load_ext memadvise"), kernel.run("%reload_ext memadvise")]
    measured = kernel.run("%%memadvise\nx = 1")

    assert twice == "None"
    assert hooks == "1"
    assert not first.outputs
    assert not unloaded.outputs
    assert had > processes
    assert left == processes
    assert after == before
    assert "Cell magic `%%memadvise` not found" in gone.text
    assert [ran.reply["status"] for ran in again] == ["ok", "ok"]
    assert len(measured.reports) == 1


def test_unload_inside_a_measured_cell(loaded: Kernel) -> None:
    """A measured cell that unloads the extension ends quietly, and the extension can be loaded again."""
    loaded.start_again()
    ran = loaded.run("%%memadvise\n%unload_ext memadvise\nx = 1\nx")
    again = loaded.run("%load_ext memadvise")
    measured = loaded.run("%%memadvise\nx = 2")

    assert ran.reply["status"] == "ok"
    assert [output["kind"] for output in ran.outputs] == ["execute_result"]
    assert not again.outputs
    assert len(measured.reports) == 1


def test_extension_survives_a_reset(loaded: Kernel) -> None:
    """`%reset -f` empties the namespace; cells are measured after it as before."""
    loaded.start_again()
    reset = loaded.run("%%memadvise\nx = 1\n%reset -f")
    after = loaded.run("%%memadvise\ny = 2")

    assert len(reset.reports) == 1
    assert len(after.reports) == 1


def test_no_process_outlives_the_kernel(folder: Path) -> None:
    """After the kernel is killed or shut down, its helper processes end."""
    for end in ("kill", "shutdown"):
        kernel = Kernel(folder)
        kernel.run("%load_ext memadvise")
        kernel.run("%%memadvise\nx = 1")
        processes = helpers(kernel)
        if end == "kill":
            os.kill(kernel.pid, signal.SIGKILL)
        kernel.shutdown()
        _, alive = psutil.wait_procs(processes, timeout=PATIENCE_S)

        assert processes
        assert not alive
