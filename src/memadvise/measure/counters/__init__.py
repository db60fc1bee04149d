"""Memory of this process: where it stands, and the highest it stood since the last reset.

``counter()`` is the only place that chooses the method.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator

from memadvise.measure.counters.error import batch_error_bytes
from memadvise.measure.counters.lifetime import LifetimeMark, OnlyLifetimeMark, Sampled
from memadvise.measure.counters.linux import CLEAR_REFS, STATM, STATUS, HighWaterMark, StatmFile, StatusFile
from memadvise.measure.counters.macos import FootprintInterval, LibProc, open_libproc
from memadvise.measure.counters.reading import Counter, Reading, parse_status
from memadvise.measure.counters.windows import MemoryInfo, WorkingSet, open_memory_info

__all__ = ["Counter", "HighWaterMark", "Reading", "Sampled", "batch_error_bytes", "counter", "parse_status"]


def counter(
    clear_refs: str = CLEAR_REFS,
    *,
    status: str = STATUS,
    statm: str = STATM,
    platform: str = sys.platform,
    libproc: Callable[[], LibProc] = open_libproc,
    memory_info: Callable[[], MemoryInfo] = open_memory_info,
) -> Counter:
    """Return the best method that works here; each is tried once by its constructor.

    ``platform`` is as ``sys.platform``; the first three are the files of Linux, the last two open the libraries of
    macOS and Windows.
    """
    for method in _methods(platform, (clear_refs, status, statm), libproc, memory_info):
        try:
            return method()
        except Exception:  # noqa: BLE001 (no such file, call or right: whatever it is, the next method needs less)
            continue
    return OnlyLifetimeMark()


def _methods(
    platform: str,
    files: tuple[str, str, str],
    libproc: Callable[[], LibProc],
    memory_info: Callable[[], MemoryInfo],
) -> Iterator[Callable[[], Counter]]:
    """Yield the methods from the best to the humblest."""
    if platform == "linux":  # psutil would read the same files
        clear_refs, status, statm = files
        yield lambda: HighWaterMark(clear_refs, status)
        yield lambda: LifetimeMark(StatusFile(status))
        yield lambda: LifetimeMark(StatmFile(statm))
        return
    if platform == "darwin":
        yield lambda: FootprintInterval(libproc())
    if platform == "win32":
        yield lambda: LifetimeMark(WorkingSet(memory_info()))
    yield Sampled
