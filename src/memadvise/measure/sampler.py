"""The kernel's side of the helper process: started once, asked to start and stop at each cell."""

from __future__ import annotations

import contextlib
import json
import os
import select
import subprocess
import sys
import sysconfig
import time
import weakref
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from memadvise.measure.descriptor import Descriptor

STOP_WAIT_S = 0.5
ARM_WAIT_S = 3.0
SHORT_CELL_S = 0.05


@dataclass(frozen=True)
class Trace:
    """What the helper saw of one cell: (``time.time()``, resident bytes) samples, and the highest of the rest.

    ``children`` are (``time.time()``, summed proportional bytes of child processes), where there were any (see
    ``children``). ``fired`` says that the kernel was interrupted because it passed the limit.
    """

    samples: tuple[tuple[float, int], ...] = ()
    anonymous_peak_bytes: int | None = None
    children_peak_bytes: int = 0
    fired: bool = False
    children: tuple[tuple[float, int], ...] = ()


class Sampler:
    """One helper process. Whatever goes wrong with it, the cell goes on: the answer is then None."""

    def __init__(self) -> None:
        self._number = 0
        self._link: _Link | None = None
        self.launch()

    @property
    def pid(self) -> int | None:
        """The helper's process id, or None when there is none."""
        return self._link.pid if self._link else None

    def launch(self) -> None:
        """Start the helper unless one of this process is alive."""
        if self._link and self._link.is_ours() and self._link.is_alive():
            return
        self.close()
        with contextlib.suppress(OSError, ValueError):  # no interpreter to start, no process to spare
            self._link = _Link()

    def start(self, limit_bytes: int | None = None) -> bool:
        """Begin to watch; with a limit, interrupt this process at that resident size.

        Returns:
            Whether the helper watches. It is waited for only with a limit: a guard that is not there guards nothing.
        """
        if self._ask(limit_bytes):
            return True
        self.close()  # killed a moment ago: the system may call a process alive that is just dying
        return self._ask(limit_bytes)

    def _ask(self, limit_bytes: int | None) -> bool:
        self.launch()
        self._number += 1
        if not self._link or not self._link.send({"do": "start", "id": self._number, "limit": limit_bytes}):
            return False
        return limit_bytes is None or self._link.wait_for("armed", self._number, ARM_WAIT_S) is not None

    def stop(self, wall_s: float = 1.0) -> Trace | None:
        """End the watch and return what was seen, or None when the helper is gone or does not answer in time.

        ``wall_s`` is how long the cell took: after a short one, a helper that is still starting is not waited for.
        """
        link = self._link
        if not link or not link.is_ours() or not link.send({"do": "stop", "id": self._number}):
            return None
        wait_s = STOP_WAIT_S if link.has_answered or wall_s > SHORT_CELL_S else SHORT_CELL_S
        answer = link.wait_for("id", self._number, wait_s)
        if answer is None:
            if link.has_answered:
                self.close()  # it hangs: the next cell gets a new one
            return None
        samples, children = _curve(answer["samples"]), _curve(answer["children_samples"])
        return Trace(samples, answer["anonymous"], answer["children"], answer["fired"], children)

    def close(self) -> None:
        """End the helper."""
        if self._link:
            self._link.close()
        self._link = None


class _Link:
    """The process and our ends of its two pipes."""

    def __init__(self) -> None:
        theirs_in, ours_out = os.pipe()
        ours_in, theirs_out = os.pipe()
        self._out, self._in = Descriptor(ours_out), Descriptor(ours_in)
        self.has_answered, self._received = False, b""
        if os.name == "posix":
            os.set_blocking(ours_out, False)  # a helper that was stopped must not stop the kernel
        try:
            self._process = _spawn(theirs_in, theirs_out)
        except OSError:
            self.drop()
            raise
        finally:
            os.close(theirs_in)
            os.close(theirs_out)
        self.pid = self._process.pid
        _links.add(self)
        self._finalizer = weakref.finalize(self, _end, self._process, os.getpid(), self._out, self._in)

    def is_ours(self) -> bool:
        """Tell whether this process started the helper, and nobody closed the way to it."""
        return self._out.is_ours() and self._out.is_valid() and self._in.is_valid()

    def is_alive(self) -> bool:
        """Tell whether the helper runs."""
        return self._process.poll() is None

    def send(self, command: dict[str, Any]) -> bool:
        """Write one command; False when nobody can read it."""
        try:
            return bool(os.write(self._out.fd, json.dumps(command).encode() + b"\n"))
        except OSError:
            return False

    def wait_for(self, key: str, number: int, wait_s: float) -> dict[str, Any] | None:
        """Return the message in which ``key`` is ``number``; late answers to older commands are passed over."""
        until = time.monotonic() + wait_s
        with contextlib.suppress(OSError, ValueError):  # the cell closed the pipe, or wrote into it
            while (line := self._line(until)) is not None:
                self.has_answered = True
                message: dict[str, Any] = json.loads(line)
                if message.get(key) == number:
                    return message
        return None

    def _line(self, until: float) -> bytes | None:
        """Return the next line, or None at the end of the pipe or of the time."""
        while b"\n" not in self._received:
            if not _is_readable(self._in.fd, until - time.monotonic()):
                return None
            chunk = os.read(self._in.fd, 1 << 16)
            if not chunk:
                return None
            self._received += chunk
        line, self._received = self._received.split(b"\n", 1)
        return line

    def drop(self) -> None:
        """Close the pipes only: in a forked child, so that the helper still sees the kernel's end."""
        self._out.close()
        self._in.close()

    def close(self) -> None:
        """End the helper; in a forked child only the pipes."""
        self._finalizer()


def _curve(points: list[list[float]]) -> tuple[tuple[float, int], ...]:
    return tuple((float(at_s), int(size)) for at_s, size in points)


def _spawn(stdin: int, stdout: int) -> subprocess.Popen[bytes]:
    """Start the helper on these two descriptors.

    ``-P``: a random.py or json.py in the notebook's folder must not be imported in the helper. A session of its own:
    Jupyter interrupts the kernel's whole process group.
    """
    command = [sys.executable, "-P", "-m", "memadvise.measure.helper", str(os.getpid())]
    return subprocess.Popen(
        command,
        stdin=stdin,
        stdout=stdout,
        stderr=subprocess.DEVNULL,
        env=_environment(),
        start_new_session=True,
    )


def _environment() -> dict[str, str]:
    """Return the environment, with this package's folder on the path where it is not an installed one."""
    folder = str(Path(__file__).parents[2])
    if folder in (sysconfig.get_path("purelib"), sysconfig.get_path("platlib")):
        return dict(os.environ)
    return {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, (os.environ.get("PYTHONPATH"), folder)))}


def _is_readable(fd: int, wait_s: float) -> bool:
    """Wait until there is something to read; Windows can't wait for a pipe, there the read itself waits."""
    if not hasattr(select, "poll"):
        return True
    waiting = select.poll()  # not select(): it fails above descriptor 1023
    waiting.register(fd, select.POLLIN)
    return bool(waiting.poll(max(0.0, wait_s * 1000)))


_links: weakref.WeakSet[_Link] = weakref.WeakSet()


def _end(process: subprocess.Popen[bytes], owner: int, *pipes: Descriptor) -> None:
    """Take the helper away and collect its exit status; runs at exit as well."""
    for pipe in pipes:
        pipe.close()
    if owner == os.getpid():
        with contextlib.suppress(OSError, subprocess.TimeoutExpired):
            process.kill()  # it holds nothing worth a farewell
            process.wait(timeout=1.0)


def _after_fork() -> None:
    for link in list(_links):
        link.drop()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
