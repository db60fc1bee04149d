"""macOS: the highest footprint of an interval, which the kernel keeps and which can be reset.

The footprint is what Activity Monitor calls Memory: dirty and compressed pages of the process, no clean pages of files.
It is not the resident size: a page that was compressed still counts, a page of a mapped file does not.

Calls and layout as published by Apple: ``proc_pid_rusage`` in libproc.h, ``proc_reset_footprint_interval`` in
libproc_internal.h (exported by libSystem since macOS 10.14), ``struct rusage_info_v4`` in bsd/sys/resource.h of xnu
(github.com/apple-oss-distributions/xnu); the mark itself is kept in osfmk/kern/ledger.c. Not run on a Mac by us.
"""

from __future__ import annotations

import mmap
import os
import struct
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Protocol

from memadvise.measure.counters.error import page_bytes
from memadvise.measure.counters.reading import Reading

LIB_SYSTEM = "/usr/lib/libSystem.B.dylib"
RUSAGE_INFO_V4 = 4
# uint8_t ri_uuid[16], then 35 uint64_t: ri_phys_footprint is the 8th, ri_interval_max_phys_footprint the last but one
LAYOUT = struct.Struct("=16x35Q")
FOOTPRINT, INTERVAL_MAX = 7, 33
PROBE_BYTES = 1 << 20


class LibProc(Protocol):
    """The two calls; both return 0, or another number when they failed."""

    def rusage(self, pid: int, flavor: int, buffer: Any) -> int:
        """Fill a ctypes buffer with what is known of a process (``proc_pid_rusage``)."""

    def reset(self, pid: int) -> int:
        """Begin a new interval (``proc_reset_footprint_interval``)."""


@dataclass(frozen=True)
class Footprint:
    """The footprint now, and the highest in the interval as far as the kernel has seen one, both in bytes."""

    now: int
    highest: int


class FootprintInterval:
    """The kernel's own mark of the footprint since the last reset; start, peak and end are footprint, all three."""

    method = "footprint interval (macOS): footprint, not resident memory"
    exact_splits = True

    def __init__(self, libproc: LibProc) -> None:
        self._libproc, self._at_reset = libproc, 0
        self._probe()

    def _probe(self) -> None:
        """Take some new memory: a kernel that keeps no interval shows none.

        Raises:
            OSError: a call failed, or the mark does not follow.
        """
        self.begin()
        with mmap.mmap(-1, PROBE_BYTES) as fresh:
            fresh.write(b"1" * PROBE_BYTES)
            if self._footprint().highest < PROBE_BYTES:
                raise OSError("this kernel keeps no footprint interval")

    def _footprint(self) -> Footprint:
        return footprint(self._libproc, os.getpid())

    def _reset(self, now: int) -> None:
        """Begin an interval. Kernels differ in whether its mark then is the footprint or 0: so it is kept here."""
        if self._libproc.reset(os.getpid()) != 0:
            raise OSError("proc_reset_footprint_interval failed")
        self._at_reset = now

    def begin(self) -> Reading:
        """Reset the mark, then read where the process stands."""
        self._reset(0)
        found = self.read()
        self._at_reset = found.resident_bytes
        return found

    def read(self) -> Reading:
        """Return a reading now."""
        found = self._footprint()
        return Reading(found.now, max(found.highest, found.now, self._at_reset))

    def split(self) -> tuple[int, int]:
        """Read and reset the mark."""
        found = self.read()
        self._reset(found.resident_bytes)
        return found.mark_bytes, found.resident_bytes

    def peak(self, start: Reading, end: Reading, highest: int, sampled: Iterable[int]) -> tuple[int, int]:
        """Return the mark; the samples are left out.

        The bound is a page: kernels that let each CPU keep pages to itself add them up before a mark could be missed.
        """
        return max(highest, end.mark_bytes, end.resident_bytes, start.resident_bytes), page_bytes()

    def method_of(self, start: Reading, end: Reading) -> str:
        """Return the one method."""
        return self.method

    def close(self) -> None:
        """Nothing is kept open."""


def footprint(libproc: LibProc, pid: int) -> Footprint:
    """Return the footprint of a process of the same user.

    Raises:
        OSError: the call failed.
    """
    import ctypes  # 1 MB: not for those who never come here

    buffer = ctypes.create_string_buffer(LAYOUT.size)
    if libproc.rusage(pid, RUSAGE_INFO_V4, buffer) != 0:
        raise OSError("proc_pid_rusage failed")
    fields = LAYOUT.unpack(buffer.raw)
    return Footprint(fields[FOOTPRINT], fields[INTERVAL_MAX])


def footprint_reader(pid: int) -> Callable[[], int] | None:
    """Return what reads another process's footprint in bytes, for a timeline of the same quantity; None elsewhere."""
    if sys.platform != "darwin":
        return None
    try:
        libproc = open_libproc()
        footprint(libproc, pid)
    except Exception:  # noqa: BLE001 (as in counter(): the resident size is sampled then)
        return None
    return lambda: footprint(libproc, pid).now


def open_libproc() -> LibProc:
    """Return the calls of this system.

    Raises:
        OSError, AttributeError: this is no macOS, or one without them.
    """
    if sys.platform != "darwin":
        raise OSError("no macOS")
    import ctypes

    return _LibSystem(ctypes.PyDLL(LIB_SYSTEM))  # PyDLL keeps the GIL: the calls are short, and no thread gets between


class _LibSystem:
    def __init__(self, library: Any) -> None:
        import ctypes

        self._rusage, self._reset = library.proc_pid_rusage, library.proc_reset_footprint_interval
        self._rusage.argtypes, self._reset.argtypes = (ctypes.c_int, ctypes.c_int, ctypes.c_void_p), (ctypes.c_int,)

    def rusage(self, pid: int, flavor: int, buffer: Any) -> int:
        """Call ``proc_pid_rusage``."""
        return int(self._rusage(pid, flavor, buffer))

    def reset(self, pid: int) -> int:
        """Call ``proc_reset_footprint_interval``."""
        return int(self._reset(pid))
