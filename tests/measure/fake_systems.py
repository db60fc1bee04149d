"""Systems that are not here: memory curves behind fakes of the system calls, as the vendors' headers have them."""

from __future__ import annotations

import ctypes
from collections.abc import Iterable
from typing import Any

from memadvise.measure.counters import Reading


class RusageInfoV4(ctypes.Structure):
    """``struct rusage_info_v4`` of bsd/sys/resource.h, written out."""

    _fields_ = (
        ("ri_uuid", ctypes.c_uint8 * 16),
        ("ri_user_time", ctypes.c_uint64),
        ("ri_system_time", ctypes.c_uint64),
        ("ri_pkg_idle_wkups", ctypes.c_uint64),
        ("ri_interrupt_wkups", ctypes.c_uint64),
        ("ri_pageins", ctypes.c_uint64),
        ("ri_wired_size", ctypes.c_uint64),
        ("ri_resident_size", ctypes.c_uint64),
        ("ri_phys_footprint", ctypes.c_uint64),
        ("ri_proc_start_abstime", ctypes.c_uint64),
        ("ri_proc_exit_abstime", ctypes.c_uint64),
        ("ri_child_user_time", ctypes.c_uint64),
        ("ri_child_system_time", ctypes.c_uint64),
        ("ri_child_pkg_idle_wkups", ctypes.c_uint64),
        ("ri_child_interrupt_wkups", ctypes.c_uint64),
        ("ri_child_pageins", ctypes.c_uint64),
        ("ri_child_elapsed_abstime", ctypes.c_uint64),
        ("ri_diskio_bytesread", ctypes.c_uint64),
        ("ri_diskio_byteswritten", ctypes.c_uint64),
        ("ri_cpu_time_qos_default", ctypes.c_uint64),
        ("ri_cpu_time_qos_maintenance", ctypes.c_uint64),
        ("ri_cpu_time_qos_background", ctypes.c_uint64),
        ("ri_cpu_time_qos_utility", ctypes.c_uint64),
        ("ri_cpu_time_qos_legacy", ctypes.c_uint64),
        ("ri_cpu_time_qos_user_initiated", ctypes.c_uint64),
        ("ri_cpu_time_qos_user_interactive", ctypes.c_uint64),
        ("ri_billed_system_time", ctypes.c_uint64),
        ("ri_serviced_system_time", ctypes.c_uint64),
        ("ri_logical_writes", ctypes.c_uint64),
        ("ri_lifetime_max_phys_footprint", ctypes.c_uint64),
        ("ri_instructions", ctypes.c_uint64),
        ("ri_cycles", ctypes.c_uint64),
        ("ri_billed_energy", ctypes.c_uint64),
        ("ri_serviced_energy", ctypes.c_uint64),
        ("ri_interval_max_phys_footprint", ctypes.c_uint64),
        ("ri_runnable_time", ctypes.c_uint64),
    )


class ProcessMemoryCountersEx(ctypes.Structure):
    """``PROCESS_MEMORY_COUNTERS_EX`` of psapi.h, written out."""

    _fields_ = (
        ("cb", ctypes.c_uint32),
        ("PageFaultCount", ctypes.c_uint32),
        ("PeakWorkingSetSize", ctypes.c_size_t),
        ("WorkingSetSize", ctypes.c_size_t),
        ("QuotaPeakPagedPoolUsage", ctypes.c_size_t),
        ("QuotaPagedPoolUsage", ctypes.c_size_t),
        ("QuotaPeakNonPagedPoolUsage", ctypes.c_size_t),
        ("QuotaNonPagedPoolUsage", ctypes.c_size_t),
        ("PagefileUsage", ctypes.c_size_t),
        ("PeakPagefileUsage", ctypes.c_size_t),
        ("PrivateUsage", ctypes.c_size_t),
    )


class Mac:
    """Is a LibProc. ``falls_to_zero``: kernels before ledger tabs put the mark of an interval to 0 at a reset, and it
    rises again only as something is credited; later ones put it to the footprint.
    """

    def __init__(self, footprint: int = 50 << 20, falls_to_zero: bool = False, keeps_interval: bool = True) -> None:
        self.footprint, self.interval = footprint, footprint if keeps_interval else 0
        self._falls_to_zero, self._keeps_interval = falls_to_zero, keeps_interval
        self.broken_rusage = self.broken_reset = False
        self.asked: list[tuple[int, int]] = []

    def grow_to(self, *footprints: int) -> None:
        """Take these sizes one after the other."""
        for footprint in footprints:
            if footprint > self.footprint and self._keeps_interval:  # the mark follows credits, not debits
                self.interval = max(self.interval, footprint)
            self.footprint = footprint

    def rusage(self, pid: int, flavor: int, buffer: Any) -> int:
        """Fill a buffer that must be large enough, as libproc does."""
        self.asked.append((pid, flavor))
        if self.broken_rusage:
            return -1
        assert ctypes.sizeof(buffer) >= ctypes.sizeof(RusageInfoV4)
        info = RusageInfoV4(*([(ctypes.c_uint8 * 16)(*range(16))] + [7] * 35))
        info.ri_resident_size = 123 << 30  # another quantity, not to be taken for the footprint
        info.ri_phys_footprint, info.ri_interval_max_phys_footprint = self.footprint, self.interval
        ctypes.memmove(buffer, ctypes.byref(info), ctypes.sizeof(info))
        return 0

    def reset(self, pid: int) -> int:
        """Begin an interval."""
        if self.broken_reset:
            return -1
        if self._keeps_interval:
            self.interval = 0 if self._falls_to_zero else self.footprint
        return 0


class Windows:
    """Is a MemoryInfo."""

    def __init__(self, working_set: int = 50 << 20, peak: int = 80 << 20) -> None:
        self.working_set, self.peak = working_set, peak
        self.broken = False

    def grow_to(self, *sizes: int) -> None:
        """Take these sizes one after the other."""
        self.peak, self.working_set = max(self.peak, *sizes), sizes[-1]

    def __call__(self, buffer: Any, size: int) -> int:
        """Fill a buffer whose ``cb`` must say how large it is."""
        told = int.from_bytes(buffer.raw[:4], "little")
        if self.broken or not told == size == ctypes.sizeof(ProcessMemoryCountersEx):
            return 0
        info = ProcessMemoryCountersEx(size, 9, self.peak, self.working_set, *[11] * 7)
        ctypes.memmove(buffer, ctypes.byref(info), size)
        return 1


class Life:
    """Is a Source: a process's memory as it goes on, and the mark of its life."""

    name = "mark of a life"

    def __init__(self, *sizes: int) -> None:
        self.now = self.mark = 0
        self.goes_on(sizes)

    def goes_on(self, sizes: Iterable[int]) -> None:
        """Take these sizes one after the other."""
        for size in sizes:
            self.now, self.mark = size, max(self.mark, size)

    def read(self) -> Reading:
        """Return a reading now."""
        return Reading(self.now, self.mark)

    def error_bytes(self) -> int:
        """Return the error of a fake: none."""
        return 0

    def close(self) -> None:
        """Nothing is kept open."""
