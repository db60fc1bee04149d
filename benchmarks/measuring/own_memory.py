"""What memory measuring takes itself: in a plain process, in a real kernel, and in the helper beside it.

``python -m measuring.own_memory with|without DESCRIPTOR`` is the plain process.
"""

from __future__ import annotations

import queue
import statistics
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from measuring.outside import descendants, memory_of
from measuring.runs import environment, process
from measuring.wire import Wire

WAIT_S = 60.0
HOLDING = "import time\nprint('holding', flush=True)\ntime.sleep(0.6)"
PLAIN, METERED = "Python", "Python with CellMeter"
KERNEL, WIDGETS, LOADED = "kernel", "kernel with ipywidgets", "kernel with memadvise"
KERNELS = {
    KERNEL: ("pass", ""),
    WIDGETS: ("import ipywidgets", ""),
    LOADED: ("%load_ext memadvise", "%%memadvise\n"),
}


@dataclass(frozen=True)
class Own:
    """A process while a measured cell runs and after its report, and its helpers while it runs.

    Bytes, medians; ``*_pss`` proportional, the rest resident.
    """

    name: str
    running_bytes: int = 0
    after_bytes: int = 0
    helper_bytes: int = 0
    helper_pss: int = 0
    failure: str | None = None


def own_memory(runs: int, folder: Path) -> list[Own]:
    """Measure the plain process and the kernel, without and with."""
    found = [_median([_plain(name, folder) for _ in range(runs)]) for name in (PLAIN, METERED)]
    return found + [_median([_kernel(name, folder) for _ in range(runs)]) for name in KERNELS]


def _median(found: list[Own]) -> Own:
    if failed := next((one for one in found if one.failure), None):
        return failed

    def middle(field: str) -> int:
        return round(statistics.median(getattr(one, field) for one in found))

    fields = ("running_bytes", "after_bytes", "helper_bytes", "helper_pss")
    return Own(found[0].name, *(middle(field) for field in fields))


def resident(pid: int) -> int:
    """Return the resident size of a process, in bytes."""
    return memory_of({pid})[1]


def helper_memory(pid: int) -> tuple[int, int]:
    """Return the proportional and resident size of the sampling helper among a process's children; 0 without one."""
    return memory_of({child for child in descendants(pid) if b"memadvise.measure.helper" in _words(child)})


def _words(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""  # it has just ended


# --- a plain process ---


def _plain(name: str, folder: Path) -> Own:
    with process(["measuring.own_memory", "without" if name == PLAIN else "with"], folder) as (pid, wire):
        try:
            wire.line(WAIT_S)
            running, (helper_pss, helper) = resident(pid), helper_memory(pid)
            wire.go_on()
            wire.line(WAIT_S)
            return Own(name, running, resident(pid), helper, helper_pss)
        except (OSError, EOFError, TimeoutError) as error:
            return Own(name, failure=f"{type(error).__name__}: {error}")


def main(kind: str, descriptor: str) -> None:
    """Run a trivial cell that waits while it is looked at."""
    wire = Wire.of(descriptor)
    namespace: dict[str, Any] = {"wire": wire}
    source = "wire.moment('running')"
    if kind == "without":
        exec(compile(source, "<cell>", "exec"), namespace)
    else:
        from measuring.ours import begun, ready_meter

        meter = ready_meter()
        code = begun(meter, source, namespace)
        exec(code, namespace)
        meter.end(namespace)
    wire.moment("after")


# --- a real kernel ---


def _kernel(name: str, folder: Path) -> Own:
    try:
        with kernel(folder) as (pid, client):
            return _in_kernel(name, pid, client)
    except (RuntimeError, OSError, TimeoutError, queue.Empty) as error:
        return Own(name, failure=f"{type(error).__name__}: {error}")


def _in_kernel(name: str, pid: int, client: Any) -> Own:
    setup, magic = KERNELS[name]
    _execute(client, setup)
    _execute(client, f"{magic}x = 1")
    client.execute(magic + HOLDING)
    _wait_for_output(client, "holding")
    running, (helper_pss, helper) = resident(pid), helper_memory(pid)
    _wait_for_idle(client)
    return Own(name, running, resident(pid), helper, helper_pss)


@contextmanager
def kernel(folder: Path) -> Iterator[tuple[int, Any]]:
    """Run a fresh kernel; give its pid and a client."""
    from jupyter_client.manager import start_new_kernel

    manager, client = start_new_kernel(cwd=str(folder), env=environment(folder), stderr=subprocess.DEVNULL)
    try:
        yield manager.provisioner.pid, client
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)


def _execute(client: Any, source: str) -> None:
    reply = client.execute_interactive(source, output_hook=lambda message: None, timeout=WAIT_S)
    if reply["content"]["status"] != "ok":
        raise RuntimeError(f"the kernel could not run {source!r}: {reply['content'].get('evalue')}")


def _wait_for_output(client: Any, word: str) -> None:
    while True:
        content = client.get_iopub_msg(timeout=WAIT_S)["content"]
        if word in content.get("text", ""):
            return


def _wait_for_idle(client: Any) -> None:
    while client.get_iopub_msg(timeout=WAIT_S)["content"].get("execution_state") != "idle":
        pass


if __name__ == "__main__":
    main(*sys.argv[1:])
