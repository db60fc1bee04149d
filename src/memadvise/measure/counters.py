"""Resident memory of this process: where it stands, and the highest it stood since the last reset.

``counter()`` is the only place that chooses the method.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

from memadvise.measure.descriptor import Descriptor

if sys.platform != "win32":
    import resource

CLEAR_REFS = "/proc/self/clear_refs"
STATUS = "/proc/self/status"
RESET_MARK = b"5"  # proc(5): "reset the peak resident set size to the process's current resident set size"
KIB = 1024


@dataclass(frozen=True)
class Reading:
    """One look at the process, in bytes. ``mark_bytes`` is the high-water mark (since the last reset, where that is
    possible); ``anonymous_bytes`` is None where the system does not say.
    """

    resident_bytes: int
    mark_bytes: int
    anonymous_bytes: int | None = None


class Counter(Protocol):
    """A way to find a cell's peak: ``begin`` just before it, ``read`` just after it, then ``peak``."""

    method: str

    def begin(self) -> Reading:
        """Reset the mark where that is possible and return the reading at the start."""

    def read(self) -> Reading:
        """Return a reading now."""

    def split(self) -> tuple[int, int]:
        """Return the highest resident size since the last split or ``begin``, and the size now, and begin anew.

        Fast: it is called at each line of a cell. Whoever needs the peak of a longer stretch keeps the highest of the
        splits in it (see ``spans``).
        """

    def peak(self, start: Reading, end: Reading, highest: int, sampled: Iterable[int]) -> tuple[int, int]:
        """Return the peak and the bound of its error, both in bytes.

        ``highest`` is the highest split since ``start``; ``sampled`` are resident sizes on the way.
        """

    def close(self) -> None:
        """Give the file descriptors back."""


def batch_error_bytes(cpus: int | None = None) -> int:
    """Return how far the kernel's resident counters may be off, in bytes (288 KiB on two CPUs with 4 KiB pages).

    Each CPU keeps up to ``max(32, 2 * cpus)`` pages to itself before it adds them to the shared counter.
    """
    count = cpus or os.cpu_count() or 1
    return count * max(32, 2 * count) * _page_bytes() + 32 * KIB


def parse_status(text: bytes) -> Reading:
    """Return the reading that the text of a ``/proc/PID/status`` holds.

    Raises:
        OSError: the text has no resident size or no mark (a kernel thread, a process that is gone, another kernel).
    """
    resident, mark = _field(text, b"VmRSS:"), _field(text, b"VmHWM:")
    if resident is None or mark is None:
        raise OSError("/proc/PID/status shows no VmRSS or VmHWM")
    return Reading(resident, mark, _field(text, b"RssAnon:"))


def counter(clear_refs: str = CLEAR_REFS) -> Counter:
    """Return the best method that works here: the kernel's resettable mark, else samples."""
    if sys.platform == "linux":
        try:
            return HighWaterMark(clear_refs)
        except OSError:
            pass  # not dumpable, a sandbox without this file, a kernel before 4.0
    return Sampled()


class HighWaterMark:
    """The kernel's own high-water mark of resident memory: exact, whatever holds the GIL, and free."""

    method = "kernel high-water mark"

    def __init__(self, clear_refs: str = CLEAR_REFS) -> None:
        self._reset_file = _KeptFile(clear_refs, os.O_WRONLY)
        self._status_file = _KeptFile(STATUS, os.O_RDONLY)
        self._floor = self._inherited()  # resets as well: opening is not enough, writing must work

    def _inherited(self) -> int:
        """Return the mark below which ``getrusage`` is blind, in bytes; 0 where it is not.

        Its ru_maxrss also remembers the memory that this process had before it became this program (exec): that of
        the process which started it, such as a Jupyter server. No reset takes that back; VmHWM does not know of it.
        """
        hwm = self.begin().mark_bytes
        rusage = _maxrss()
        return rusage if rusage > max(hwm, self.read().mark_bytes) else 0

    def begin(self) -> Reading:
        """Reset the mark, then read where the process stands."""
        os.pwrite(self._reset_file.fd(), RESET_MARK, 0)
        return self.read()

    def read(self) -> Reading:
        """Return a reading now, in about 5 microseconds."""
        return parse_status(os.pread(self._status_file.fd(), 4096, 0))

    def split(self) -> tuple[int, int]:
        """Read and reset the mark in some 4 microseconds: just after a reset, the mark is the size now."""
        highest = self._mark()
        os.pwrite(self._reset_file.fd(), RESET_MARK, 0)
        return highest, self._mark()

    def _mark(self) -> int:
        mark = _maxrss()
        return mark if mark > self._floor else self.read().mark_bytes

    def peak(self, start: Reading, end: Reading, highest: int, sampled: Iterable[int]) -> tuple[int, int]:
        """Return the mark, or the size at the end where the mark lags behind it."""
        return max(highest, end.mark_bytes, end.resident_bytes, start.resident_bytes), batch_error_bytes()

    def close(self) -> None:
        """Close both files."""
        self._reset_file.close()
        self._status_file.close()


class Sampled:
    """Where the mark can't be reset: samples, and the process's lifetime mark as the upper bound."""

    method = "sampled"

    def __init__(self) -> None:
        import psutil  # only here: where the kernel's mark works, psutil is not needed in the person's process

        self._process = psutil.Process
        self._last_mark = 0

    def begin(self) -> Reading:
        """Read; nothing can be reset."""
        found = self.read()
        self._last_mark = found.mark_bytes
        return found

    def read(self) -> Reading:
        """Return the resident size now, and the highest of the process's life."""
        memory = self._process().memory_info()
        resident = int(memory.rss)
        return Reading(resident, max(resident, _lifetime_mark(memory)))

    def split(self) -> tuple[int, int]:
        """Return the lifetime mark where it was raised since the last split, else the size now as the highest known."""
        found = self.read()
        highest = found.mark_bytes if found.mark_bytes > self._last_mark else found.resident_bytes
        self._last_mark = found.mark_bytes
        return highest, found.resident_bytes

    def peak(self, start: Reading, end: Reading, highest: int, sampled: Iterable[int]) -> tuple[int, int]:
        """Return the lifetime mark if the cell raised it, else the highest sample.

        In the second case the truth lies between the sample and the lifetime mark: that distance is the bound.
        """
        if end.mark_bytes > start.mark_bytes:
            return end.mark_bytes, batch_error_bytes()
        highest = max(highest, start.resident_bytes, end.resident_bytes, *sampled)
        return highest, max(0, end.mark_bytes - highest) + batch_error_bytes()

    def close(self) -> None:
        """Nothing is kept open."""


class _KeptFile:
    """A file under /proc/self that stays open, and is opened again after a fork or when somebody closed it."""

    def __init__(self, path: str, flags: int) -> None:
        self._path, self._flags = path, flags
        self._open()

    def _open(self) -> None:
        self._file = Descriptor(os.open(self._path, self._flags | os.O_CLOEXEC))

    def fd(self) -> int:
        """Return a descriptor that is surely this file of this process."""
        if not self._file.is_ours():  # the "self" of the path is the process that opened it
            self._file.close()
        if not self._file.is_valid():
            self._open()
        return self._file.fd

    def close(self) -> None:
        """Close the file."""
        self._file.close()


def _field(text: bytes, name: bytes) -> int | None:
    """Return the bytes of a ``Name:   123 kB`` line, or None."""
    at = text.find(b"\n" + name)
    if at < 0:
        return None
    return int(text[at + 1 + len(name) : text.index(b"kB", at)]) * KIB


def _maxrss() -> int:
    """Return the mark of ``getrusage`` in bytes (Linux counts it in KiB); much faster than a read of ``status``."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * KIB


def _lifetime_mark(memory: object) -> int:
    """Return the highest resident size since the process began, in bytes; 0 where unknown."""
    if sys.platform == "win32":
        return int(getattr(memory, "peak_wset", 0))
    mark = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return mark if sys.platform == "darwin" else mark * KIB


def _page_bytes() -> int:
    return os.sysconf("SC_PAGE_SIZE") if hasattr(os, "sysconf") else 4096
