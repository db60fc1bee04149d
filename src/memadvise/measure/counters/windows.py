"""Windows: the peak working set of the process's life, which nothing can reset.

``K32GetProcessMemoryInfo`` and ``PROCESS_MEMORY_COUNTERS_EX`` as in psapi.h (learn.microsoft.com). Its PrivateUsage is
committed memory, touched or not: no part of what is resident, and so not shown beside it. Samples come from the helper
process, which waits in its own interpreter: no GIL of the kernel can hold it up. Not run on Windows by us.
"""

from __future__ import annotations

import struct
import sys
from collections.abc import Callable
from typing import Any

from memadvise.measure.counters.error import page_bytes
from memadvise.measure.counters.reading import Reading

# DWORD cb, PageFaultCount; SIZE_T PeakWorkingSetSize, WorkingSetSize, 4 pool quotas, PagefileUsage, PeakPagefileUsage,
# PrivateUsage
LAYOUT = struct.Struct("@2I9N")
PEAK_WORKING_SET, WORKING_SET = 2, 3

MemoryInfo = Callable[[Any, int], int]
"""Fills a buffer of so many bytes with the counters of this process; returns 0 when it failed."""


class WorkingSet:
    """The working set now, and its highest of the process's life."""

    name = "peak working set (Windows)"

    def __init__(self, memory_info: MemoryInfo) -> None:
        self._memory_info = memory_info

    def read(self) -> Reading:
        """Return a reading now.

        Raises:
            OSError: the call failed.
        """
        import ctypes  # 1 MB: not for those who never come here

        buffer = ctypes.create_string_buffer(struct.pack("@I", LAYOUT.size), LAYOUT.size)  # begins with cb
        if not self._memory_info(buffer, LAYOUT.size):
            raise OSError("GetProcessMemoryInfo failed")
        fields = LAYOUT.unpack(buffer.raw)
        return Reading(fields[WORKING_SET], max(fields[PEAK_WORKING_SET], fields[WORKING_SET]))

    def error_bytes(self) -> int:
        """Return a page, the unit of the working set."""
        return page_bytes()

    def close(self) -> None:
        """Nothing is kept open: the handle of the process itself is not a real one."""


def open_memory_info() -> MemoryInfo:
    """Return the call of this system.

    Raises:
        OSError, AttributeError: this is no Windows, or one before Windows 7.
    """
    if sys.platform != "win32":
        raise OSError("no Windows")
    import ctypes

    kernel32 = ctypes.WinDLL("kernel32", use_last_error=True)
    itself, call = kernel32.GetCurrentProcess, kernel32.K32GetProcessMemoryInfo
    itself.argtypes, itself.restype = (), ctypes.c_void_p
    call.argtypes, call.restype = (ctypes.c_void_p, ctypes.c_void_p, ctypes.c_uint32), ctypes.c_int
    process = itself()
    return lambda buffer, size: int(call(process, buffer, size))
