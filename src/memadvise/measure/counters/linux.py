"""Linux: the mark of /proc, which can be reset where /proc/self/clear_refs may be written."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable
from functools import partial

from memadvise.measure.counters.error import batch_error_bytes, page_bytes
from memadvise.measure.counters.lifetime import LIFETIME, rusage_mark
from memadvise.measure.counters.reading import KIB, Reading, parse_status
from memadvise.measure.descriptor import Descriptor

if sys.platform != "win32":
    import resource

    USAGE = partial(resource.getrusage, resource.RUSAGE_SELF)

CLEAR_REFS = "/proc/self/clear_refs"
STATUS = "/proc/self/status"
STATM = "/proc/self/statm"
RESET_MARK = b"5"  # proc(5): "reset the peak resident set size to the process's current resident set size"


class HighWaterMark:
    """The kernel's own high-water mark of resident memory: exact, whatever holds the GIL, and free."""

    method = "kernel high-water mark"
    exact_splits = True

    def __init__(self, clear_refs: str = CLEAR_REFS, status: str = STATUS) -> None:
        self._status_file = _KeptFile(status, os.O_RDONLY)
        self._reset_file = self._status_file  # until it is open
        try:
            self._reset_file = _KeptFile(clear_refs, os.O_WRONLY)
            self._floor = self._inherited()  # resets as well: opening is not enough, writing must work
        except BaseException:
            self.close()
            raise
        from memadvise.measure.counters import held  # only here: see there

        self._held, self._buffer = held, held.buffer(4096)
        self._resets: tuple[int, Callable[[], int]] = (-1, int)

    def _inherited(self) -> int:
        """Return the mark below which ``getrusage`` is blind, in bytes; 0 where it is not.

        Its ru_maxrss also remembers the memory that this process had before it became this program (exec): that of
        the process which started it, such as a Jupyter server. No reset takes that back; VmHWM does not know of it.
        """
        hwm = self.begin().mark_bytes
        rusage = rusage_mark()
        return rusage if rusage > max(hwm, self.read().mark_bytes) else 0

    def begin(self) -> Reading:
        """Reset the mark, then read where the process stands."""
        os.pwrite(self._reset_file.fd(), RESET_MARK, 0)
        return self.read()

    def read(self) -> Reading:
        """Return a reading now, in about 5 microseconds."""
        return parse_status(os.pread(self._status_file.fd(), 4096, 0))

    def split(self) -> tuple[int, int]:
        """Read and reset the mark in some 5 microseconds: just after a reset, the mark is the size now."""
        reset = self._reset()
        if self._floor and rusage_mark() <= self._floor:
            count, written = self._held.in_a_row(self._held.reading(self._status_file.fd(), self._buffer), reset)
            highest, now = parse_status(self._buffer.raw[: self._held.checked(count)]).mark_bytes, 0
        else:
            before, written, after = self._held.in_a_row(USAGE, reset, USAGE)
            highest, now = before.ru_maxrss * KIB, after.ru_maxrss * KIB
        self._held.checked(written)
        return highest, now if now > self._floor else self._mark()

    def _reset(self) -> Callable[[], int]:
        fd, reset = self._reset_file.fd(), self._resets[1]
        if fd != self._resets[0]:
            reset = self._held.writing(fd, RESET_MARK)
            self._resets = fd, reset
        return reset

    def _mark(self) -> int:
        mark = rusage_mark()
        return mark if mark > self._floor else self.read().mark_bytes

    def peak(self, start: Reading, end: Reading, highest: int, sampled: Iterable[int]) -> tuple[int, int]:
        """Return the mark, or the size at the end where the mark lags behind it."""
        return max(highest, end.mark_bytes, end.resident_bytes, start.resident_bytes), batch_error_bytes()

    def method_of(self, start: Reading, end: Reading) -> str:
        """Return the one method."""
        return self.method

    def close(self) -> None:
        """Close both files."""
        self._reset_file.close()
        self._status_file.close()


class StatusFile:
    """``/proc/self/status`` alone: VmHWM is the mark of this program's life (that of an exec'ing one not included)."""

    name = LIFETIME

    def __init__(self, path: str = STATUS) -> None:
        self._file = _KeptFile(path, os.O_RDONLY)

    def read(self) -> Reading:
        """Return a reading now."""
        return parse_status(os.pread(self._file.fd(), 4096, 0))

    def error_bytes(self) -> int:
        """Return the error of the mark."""
        return batch_error_bytes()

    def close(self) -> None:
        """Close the file."""
        self._file.close()


class StatmFile:
    """``/proc/self/statm`` and ``getrusage``: for kernels whose status shows no mark (gVisor)."""

    name = LIFETIME

    def __init__(self, path: str = STATM) -> None:
        self._file = _KeptFile(path, os.O_RDONLY)

    def read(self) -> Reading:
        """Return a reading now."""
        pages = os.pread(self._file.fd(), 256, 0).split()[1]  # total program size, resident, shared, ...
        resident = int(pages) * page_bytes()
        return Reading(resident, max(resident, rusage_mark()))

    def error_bytes(self) -> int:
        """Return the error of the mark."""
        return batch_error_bytes()

    def close(self) -> None:
        """Close the file."""
        self._file.close()


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
