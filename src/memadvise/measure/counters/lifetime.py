"""Where no mark can be reset: the highest of the process's life, and samples below it."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from typing import Protocol

from memadvise.measure.counters.error import system_error_bytes
from memadvise.measure.counters.reading import KIB, Reading

if sys.platform != "win32":
    import resource

SAMPLED = "sampled"
LIFETIME = "lifetime high-water mark"


class Source(Protocol):
    """Where readings come from whose mark is the highest of the process's life. ``name`` is that of the mark."""

    name: str

    def read(self) -> Reading:
        """Return a reading now."""

    def error_bytes(self) -> int:
        """Return how far a reading may be off."""

    def close(self) -> None:
        """Give the file descriptors back."""


class LifetimeMark:
    """The mark of the process's life, which is the peak of a cell that raised it; else the samples of the helper."""

    exact_splits = False

    def __init__(self, source: Source) -> None:
        self._source = source
        try:
            self._last = source.read()  # works, or another method is needed
        except BaseException:
            source.close()
            raise
        self.method = f"{source.name} where the cell raised it, else sampled"

    def begin(self) -> Reading:
        """Read; nothing can be reset."""
        self._last = self.read()
        return self._last

    def read(self) -> Reading:
        """Return the size now, and the highest of the process's life."""
        return self._source.read()

    def split(self) -> tuple[int, int]:
        """Return the lifetime mark where it was raised since the last split, else the higher end of the stretch.

        In the first case it is the stretch's true peak; in the second a lower bound: the stretch stayed below the mark.
        """
        last, now = self._last, self.read()
        self._last = now
        raised = now.mark_bytes > last.mark_bytes
        return (now.mark_bytes if raised else max(last.resident_bytes, now.resident_bytes)), now.resident_bytes

    def peak(self, start: Reading, end: Reading, highest: int, sampled: Iterable[int]) -> tuple[int, int]:
        """Return the lifetime mark if the cell raised it, else the highest sample.

        In the second case the truth lies between the sample and the lifetime mark: that distance is the bound.
        """
        error = self._source.error_bytes()
        if end.mark_bytes > start.mark_bytes:
            return end.mark_bytes, error
        highest = max(highest, start.resident_bytes, end.resident_bytes, *sampled)
        return highest, max(0, end.mark_bytes - highest) + error

    def method_of(self, start: Reading, end: Reading) -> str:
        """Name the mark where it was raised in between, else say that the peak was sampled."""
        return self._source.name if end.mark_bytes > start.mark_bytes else SAMPLED

    def close(self) -> None:
        """Close the source."""
        self._source.close()


class Sampled(LifetimeMark):
    """By psutil, where nothing of the system's own is known to us."""

    def __init__(self) -> None:
        super().__init__(_Psutil())


class _Psutil:
    name = LIFETIME

    def __init__(self) -> None:
        import psutil  # only here: where another method works, psutil is not needed in the person's process

        self._process = psutil.Process

    def read(self) -> Reading:
        """Return the resident size now and the highest of the process's life."""
        memory = self._process().memory_info()
        resident = int(memory.rss)
        return Reading(resident, max(resident, int(getattr(memory, "peak_wset", 0)), rusage_mark()))

    def error_bytes(self) -> int:
        """Return what is known of this system."""
        return system_error_bytes()

    def close(self) -> None:
        """Nothing is kept open."""


class OnlyLifetimeMark:
    """Where not even the size now is to be had (no /proc): ``getrusage``, a system call that always works.

    Start and end are then the mark as well: not more than this was resident.
    """

    method = "lifetime high-water mark only (getrusage)"
    exact_splits = False

    def begin(self) -> Reading:
        """Read; nothing can be reset."""
        return self.read()

    def read(self) -> Reading:
        """Return the mark, for the size now as well."""
        mark = rusage_mark()
        return Reading(mark, mark)

    def split(self) -> tuple[int, int]:
        """Return the mark, twice: the highest since the last split if it was raised, else an upper bound."""
        mark = rusage_mark()
        return mark, mark

    def peak(self, start: Reading, end: Reading, highest: int, sampled: Iterable[int]) -> tuple[int, int]:
        """Return the mark: the peak of a cell that raised it, else all of it may be wrong, down to the samples."""
        error = system_error_bytes()
        if end.mark_bytes > start.mark_bytes:
            return end.mark_bytes, error
        return end.mark_bytes, end.mark_bytes - min(end.mark_bytes, max(sampled, default=0)) + error

    def method_of(self, start: Reading, end: Reading) -> str:
        """Return the one method."""
        return self.method

    def close(self) -> None:
        """Nothing is kept open."""


def rusage_mark() -> int:
    """Return the mark of ``getrusage`` in bytes, 0 on Windows (Linux counts it in KiB; macOS in bytes).

    On Linux it also remembers what this process held before it became this program (exec): it may be too high.
    """
    if sys.platform == "win32":
        return 0
    mark = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return mark if sys.platform == "darwin" else mark * KIB
