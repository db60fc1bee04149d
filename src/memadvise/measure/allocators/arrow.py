"""Arrow's pools: pandas 3 keeps its text there. Their marks are of the process's life; no call resets them."""

from __future__ import annotations

import sys

from memadvise.measure.allocators.c_heap import is_told
from memadvise.measure.allocators.registry import UNUSED, Level, allocator


def _pool(backend: str) -> Level:
    """Ask one pool, in half a microsecond; the default pool is one of them, and so is the one below a logging pool."""
    arrow = sys.modules.get("pyarrow")
    if arrow is None:
        return UNUSED
    pool = getattr(arrow, f"{backend}_memory_pool")()
    mark = pool.max_memory()
    return Level(int(pool.bytes_allocated()), mark_bytes=None if mark is None else int(mark))


@allocator("Arrow pool (mimalloc)")
def _mimalloc() -> Level:
    return _pool("mimalloc")


@allocator("Arrow pool (jemalloc)")
def _jemalloc() -> Level:
    return _pool("jemalloc")


@allocator("Arrow pool (system)")
def _system() -> Level:
    return UNUSED if is_told() else _pool("system")  # it takes from the C heap, counted there
