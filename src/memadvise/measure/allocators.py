"""What libraries' own allocators say that they hand out: ``begin() -> state``, ``end(state) -> AllocatorUse`` each.

An allocator is one function under ``@allocator(NAME)`` that returns its `Level` now. Nothing is imported, and nothing
is asked that would run code of the person's or take longer than some microseconds. Left out, each for a reason:

- Python's own allocator of small objects counts blocks (``sys.getallocatedblocks``), not bytes, and a block has 16 to
  512 of them; its arenas are counted nowhere that can be read.
- polars has no count in a released build (``_estimate_memory_usage`` says 0).
- DuckDB tells only through a query (``duckdb_memory()``): half a millisecond, on a database that is the person's.
- torch counts nothing on the CPU: its tensors there are in the C heap.
"""

from __future__ import annotations

import ctypes
import sys
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from memadvise.model import AllocatorUse

QUICK_S = 0.001
REST = 1000  # times the duration of a slow look, until the next


@dataclass(frozen=True)
class Level:
    """What an allocator says, in bytes: handed out now, held from the system for that, the most ever handed out."""

    handed_out_bytes: int
    reserved_bytes: int | None = None
    mark_bytes: int | None = None


@dataclass(frozen=True)
class Allocator:
    """A registered allocator. ``level`` returns None where it can't tell; ``on_device`` is memory of a GPU."""

    name: str
    level: Callable[[], Level | None]
    on_device: bool


UNUSED = Level(0, 0, 0)  # a library that is not loaded
State = Mapping[str, Level | None]
_REGISTERED: dict[str, Allocator] = {}
_RESTS_UNTIL_S: dict[str, float] = {}


def allocator(name: str, on_device: bool = False) -> Callable[[Callable[[], Level | None]], Callable[[], Level | None]]:
    """Register a function as the way to ask an allocator."""

    def register(level: Callable[[], Level | None]) -> Callable[[], Level | None]:
        _REGISTERED[name] = Allocator(name, level, on_device)
        return level

    return register


def begin() -> State:
    """Ask every allocator, before the mark is reset."""
    return {name: _ask_unless_slow(found) for name, found in _REGISTERED.items()}


def end(state: State) -> tuple[AllocatorUse, ...]:
    """Ask again, after the mark is read; return those that were in use at the start or are now.

    One that could not tell at the start is not asked at the end.
    """
    uses = (_use(found, state.get(name)) for name, found in _REGISTERED.items())
    return tuple(use for use in uses if use is not None)


def allocated_bytes(uses: Iterable[AllocatorUse]) -> int | None:
    """Return what the allocators of this process's own memory hand out at the end, summed; None when there are none."""
    own = [use.end_bytes for use in uses if not is_on_device(use)]
    return sum(own) if own else None


def is_on_device(use: AllocatorUse) -> bool:
    """Tell whether these bytes are on a GPU, no part of the resident size."""
    return use.name in _REGISTERED and _REGISTERED[use.name].on_device


def _ask_unless_slow(found: Allocator) -> Level | None:
    """Ask, but let the slow rest for a thousand times as long as they took: at most 0.2 % of the time goes to them."""
    began_s = time.perf_counter()
    if began_s < _RESTS_UNTIL_S.get(found.name, 0.0):
        return None
    level = _ask(found)
    took_s = time.perf_counter() - began_s
    if took_s > QUICK_S:
        _RESTS_UNTIL_S[found.name] = began_s + REST * took_s
    return level


def _ask(found: Allocator) -> Level | None:
    try:
        return found.level()
    except Exception:  # noqa: BLE001 (a library that is just being loaded, another version of it, a stand-in)
        return None


def _use(found: Allocator, start: Level | None) -> AllocatorUse | None:
    now = _ask(found) if start is not None else None
    if start is None or now is None or not max(start.handed_out_bytes, now.handed_out_bytes, _raised(start, now) or 0):
        return None
    return AllocatorUse(
        found.name,
        start.handed_out_bytes,
        now.handed_out_bytes,
        peak_bytes=_raised(start, now),
        reserved_bytes=now.reserved_bytes,
        start_reserved_bytes=start.reserved_bytes,
    )


def _raised(start: Level, now: Level) -> int | None:
    """Return the mark where the cell raised it: a mark of the process's life says nothing of other cells."""
    if now.mark_bytes is None or start.mark_bytes is None or now.mark_bytes <= start.mark_bytes:
        return None
    return now.mark_bytes


def _arrow(backend: str) -> Level:
    """Ask one of Arrow's pools; the default pool is one of them, and so is the one below a logging pool."""
    arrow = sys.modules.get("pyarrow")
    if arrow is None:
        return UNUSED
    pool = getattr(arrow, f"{backend}_memory_pool")()
    mark = pool.max_memory()
    return Level(int(pool.bytes_allocated()), mark_bytes=None if mark is None else int(mark))


@allocator("Arrow pool (mimalloc)")
def _arrow_mimalloc() -> Level:
    return _arrow("mimalloc")


@allocator("Arrow pool (jemalloc)")
def _arrow_jemalloc() -> Level:
    return _arrow("jemalloc")


@allocator("Arrow pool (system)")
def _arrow_system() -> Level:
    return UNUSED if _mallinfo2() is not None else _arrow("system")  # it takes from the C heap, counted there


class _MallocInfo(ctypes.Structure):
    _fields_ = [
        (name, ctypes.c_size_t)
        for name in ("arena", "ordblks", "smblks", "hblks", "hblkhd", "usmblks", "fsmblks", "uordblks", "fordblks")
    ] + [("keepcost", ctypes.c_size_t)]


@cache
def _mallinfo2() -> Callable[[], Any] | None:
    """Return glibc's own function (2.33 and later), or None."""
    if sys.platform != "linux":
        return None
    function = getattr(ctypes.CDLL(None), "mallinfo2", None)
    if function is not None:
        function.restype, function.argtypes = _MallocInfo, ()
    return function


@allocator("C heap")
def _c_heap() -> Level | None:
    """Ask glibc: numpy's arrays and all that C code takes by malloc, untouched pages and large mapped blocks included.

    It walks the free blocks, 13 ns each: 3 us in a kernel with pandas, 45 us with 100 threads, but 7 ms with half a
    million of free blocks.
    """
    ask = _mallinfo2()
    if ask is None:
        return None
    info = ask()
    return Level(info.uordblks + info.hblkhd, info.arena + info.hblkhd)


@allocator("torch (GPU)", on_device=True)
def _torch() -> Level:
    """Ask torch for all devices, once the person's code has begun to use them: to ask earlier would start CUDA."""
    cuda = sys.modules.get("torch.cuda")
    if cuda is None or not cuda.is_initialized():
        return UNUSED
    devices = range(int(cuda.device_count()))
    return Level(
        sum(int(cuda.memory_allocated(device)) for device in devices),
        sum(int(cuda.memory_reserved(device)) for device in devices),
        _highest([int(cuda.max_memory_allocated(device)) for device in devices]),
    )


def _highest(marks: list[int]) -> int | None:
    """Return the mark of one device; those of several were not reached at one time, so their sum is none."""
    return marks[0] if len(marks) == 1 else None
