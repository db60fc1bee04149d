"""The helper process: ``python -m memadvise.measure.helper PID`` watches the kernel PID from outside.

One JSON object per line on stdin: ``{"do": "start", "id": N, "limit": BYTES or null}``, ``{"do": "stop", "id": N}``.
One per line on stdout: ``{"armed": N}`` after a start, ``{"id": N, "samples", "anonymous", "children",
"children_samples", "fired"}`` after a stop. It ends when stdin does, and when the kernel is gone (a forked child of the
kernel may hold stdin open).
"""

from __future__ import annotations

import json
import os
import queue
import signal
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from memadvise.measure.children import Children, ChildrenCurve
from memadvise.measure.counters import parse_status
from memadvise.measure.counters.macos import footprint_reader
from memadvise.measure.timeline import Timeline

GUARD_EVERY_S = 0.005
SLOWEST_SAMPLES_S = 0.05
IDLE_CHECK_S = 1.0
GROWTH_BYTES = 1 << 20  # a cell that does not grow is never stopped, even where the kernel is above the limit already


class Watch:
    """What is seen of the kernel between a start and a stop."""

    def __init__(self, pid: int, read: Reader, limit_bytes: int | None) -> None:
        self._pid, self._read, self._limit = pid, read, limit_bytes
        self._timeline = Timeline()
        self._first: int | None = None
        self._next_sample = 0.0
        self._children = ChildrenCurve(Children(pid))
        self.anonymous: int | None = None
        self.fired = False

    def pause_s(self) -> float:
        """Return how long to wait for a command before the next look."""
        return GUARD_EVERY_S if self._limit and not self.fired else self._sample_every()

    def _sample_every(self) -> float:
        return min(self._timeline.width_s, SLOWEST_SAMPLES_S)

    def look(self) -> None:
        """Take what is due: the guard's look, a sample, the children."""
        now = time.monotonic()
        if self._limit and not self.fired:
            self._guard(self._limit)
        if now >= self._next_sample - 0.001:
            self._sample()
            self._next_sample = now + self._sample_every()
        self._children.look()

    def _guard(self, limit: int) -> None:
        resident = self._read.resident_bytes()
        if self._first is None:
            self._first = resident
        if resident >= max(limit, self._first + GROWTH_BYTES):
            self.fired = True
            os.kill(self._pid, signal.SIGINT)

    def _sample(self) -> None:
        self._timeline.add(*self._read.sample())
        anonymous = self._read.anonymous_bytes()
        if anonymous is not None:
            self.anonymous = max(self.anonymous or 0, anonymous)

    def report(self, number: int) -> dict[str, Any]:
        """Return the reply to a stop; times are on the clock of ``time.time``."""
        self._children.last_look()
        children = {"children": self._children.peak_bytes, "children_samples": self._children.points()}
        seen = {"anonymous": self.anonymous, "fired": self.fired}
        return {"id": number, "samples": self._timeline.points(), **children, **seen}


class Reader:
    """Reads the kernel's memory by its pid."""

    def __init__(self, pid: int) -> None:
        import psutil

        self._pid, self._usage = pid, _memory_usage()
        self._process = psutil.Process(pid)
        self._footprint = footprint_reader(pid)  # the timeline shows what the peak is measured in
        self._status = Path(f"/proc/{pid}/status")
        self._has_status = self._status.exists()

    def sample(self) -> tuple[float, int]:
        """Return (``time.time()``, resident bytes) of one sample."""
        [(mebibytes, at_s)] = self._usage(self._pid, interval=0, timestamps=True, backend="psutil")
        return at_s, self._footprint() if self._footprint else round(mebibytes * (1 << 20))

    def resident_bytes(self) -> int:
        """Return the resident size; cheaper than a sample."""
        return int(self._process.memory_info().rss)

    def anonymous_bytes(self) -> int | None:
        """Return resident memory with no file behind it, or None where the system does not say."""
        return parse_status(self._status.read_bytes()).anonymous_bytes if self._has_status else None

    def kernel_is_gone(self) -> bool:
        """Tell whether the process that started this one has ended."""
        if os.name == "posix":
            return os.getppid() != self._pid  # true for a kernel that is a zombie, too
        return not self._process.is_running()


def _memory_usage() -> Callable[..., list[tuple[float, int]]]:
    """Import memory_profiler without IPython, which it would load for its magics only (5 MB, half the start)."""
    sys.modules["IPython"] = None  # type: ignore[assignment]  # the documented way to make an import fail
    from memory_profiler import memory_usage

    return memory_usage


def serve(pid: int) -> None:
    """Answer commands until stdin ends or the kernel is gone."""
    commands: queue.SimpleQueue[dict[str, Any] | None] = queue.SimpleQueue()
    threading.Thread(target=_receive, args=(commands,), daemon=True).start()
    read, watch = Reader(pid), None
    while not read.kernel_is_gone():
        try:
            command = commands.get(timeout=watch.pause_s() if watch else IDLE_CHECK_S)
        except queue.Empty:
            if watch:
                watch.look()
            continue
        if command is None:
            return
        watch = _obey(command, pid, read, watch)


def _obey(command: dict[str, Any], pid: int, read: Reader, watch: Watch | None) -> Watch | None:
    """Do one command and return the watch that goes on."""
    if command["do"] == "start":
        started = Watch(pid, read, command.get("limit"))
        started.look()
        _answer({"armed": command["id"]})
        return started
    _answer((watch or Watch(pid, read, None)).report(command["id"]))
    return None


def _receive(commands: queue.SimpleQueue[dict[str, Any] | None]) -> None:
    """Pass each line of stdin on, and None at its end."""
    for line in sys.stdin:
        commands.put(json.loads(line))
    commands.put(None)


def _answer(message: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(message) + "\n")
    sys.stdout.flush()


def main() -> None:
    """Serve the kernel whose pid is the only argument."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # an interrupt is meant for the kernel
    import psutil

    try:
        serve(int(sys.argv[1]))
    except (psutil.NoSuchProcess, ProcessLookupError, FileNotFoundError, BrokenPipeError):
        pass  # the kernel went away between two looks
    finally:
        os._exit(0)  # the reading thread may hang in stdin for as long as somebody holds the pipe


if __name__ == "__main__":
    main()
