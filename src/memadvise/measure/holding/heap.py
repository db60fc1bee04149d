"""Memory that an allocator has from the system and hands out to nobody: the C heap, Python's arenas, Arrow's pool.

Each allocator tells what it handed out; the system tells which pages of its areas are resident. What lies between is
free, and resident all the same. Where an allocator does not tell, it is 0: the map then leaves it unexplained.
"""

from __future__ import annotations

import ctypes
import re
import sys
from typing import Any

from memadvise.measure.allocators.python_heap import statistics
from memadvise.measure.holding.pages import Area

ARENA = 64 << 20  # glibc keeps each further arena in areas of this size, aligned to it
MIMALLOC = range(2 << 40, 30 << 40)  # where mimalloc asks the system to place its memory
_MALLINFO = "arena ordblks smblks hblks hblkhd usmblks fsmblks uordblks fordblks keepcost"


class _MallInfo(ctypes.Structure):
    """``struct mallinfo2`` of glibc 2.33 and later."""

    _fields_ = [(name, ctypes.c_size_t) for name in _MALLINFO.split()]


def heap_slack(mapped: list[Area]) -> int:
    """Return the resident bytes of the C heap that are free, in all arenas; glibc only.

    ``fordblks`` alone would not do: it goes on to count what `malloc_trim` gave back from the middle of the heap.
    """
    told = getattr(ctypes.CDLL(None), "mallinfo2", None) if sys.platform == "linux" else None
    if told is None:
        return 0
    told.restype = _MallInfo
    found: Any = told()
    heap = sum(area.resident_bytes for area in _heap_areas(mapped))
    return max(0, min(int(found.fordblks), heap - int(found.uordblks)))


def _heap_areas(mapped: list[Area]) -> list[Area]:
    """Return the areas of the main arena, and of the arenas that threads have: used below, reserved above."""
    following = [*mapped[1:], Area(0, 0, "", "", 0, 0)]
    return [
        area
        for area, after in zip(mapped, following, strict=True)
        if area.path == "[heap]" or (area.permissions == "rw-p" and not area.path and _is_arena(area, after))
    ]


def _is_arena(area: Area, after: Area) -> bool:
    if area.start % ARENA or area.end > area.start + ARENA:
        return False
    reserved = after.permissions == "---p" and (area.end, area.start + ARENA) == (after.start, after.end)
    return reserved or area.end == area.start + ARENA


def object_slack() -> int:
    """Return the bytes of free slots in Python's arenas of small objects (0 under another allocator).

    The interpreter writes its own account of them, to a stream in memory: a third of a millisecond.
    """
    text = statistics()
    available = re.search(rb"# bytes in available blocks\s*=\s*([\d,]+)", text)
    pools = re.search(rb"\d+ unused pools \* \d+ bytes\s*=\s*([\d,]+)", text)
    return sum(int(found[1].replace(b",", b"")) for found in (available, pools) if found)


def arrow_slack(mapped: list[Area]) -> int:
    """Return the resident bytes that Arrow's pool keeps beyond what it hands out; mimalloc only, its usual backend."""
    try:
        pool = sys.modules["pyarrow"].default_memory_pool()
        if pool.backend_name != "mimalloc":
            return 0
        handed_out = int(pool.bytes_allocated())
    except Exception:  # noqa: BLE001 (not loaded, or another thread is just loading it)
        return 0
    return max(0, sum(area.resident_bytes for area in mapped if area.start in MIMALLOC) - handed_out)
