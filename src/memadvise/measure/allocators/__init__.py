"""What libraries' own allocators say that they hand out: ``begin() -> state``, ``end(state) -> AllocatorUse`` each.

An allocator is a function under ``@allocator(NAME)``, in a file of this folder, that returns its `Level` now. Nothing
is imported, and nothing is asked that would run code of the person's or take longer than some microseconds. Left out:

- polars: it has no count in a released build (``_estimate_memory_usage`` says 0).
- DuckDB tells only through a query (``duckdb_memory()``): half a millisecond, on a database that is the person's.
- torch on the CPU: its tensors there are in the C heap.
"""

from __future__ import annotations

import importlib
import pkgutil
import time
from collections.abc import Iterable, Mapping

from memadvise.measure.allocators.registry import REGISTERED, Allocator, Level, about
from memadvise.model import AllocatorUse

for _found in pkgutil.iter_modules(__path__):
    importlib.import_module(f"{__name__}.{_found.name}")

QUICK_S = 0.001  # of the processor's time
REST = 1000  # times the duration of a slow look, until the next

State = Mapping[str, Level | None]
_rests_until_s: dict[str, float] = {}


def begin() -> State:
    """Ask every allocator, before the mark is reset."""
    return {name: _ask_unless_slow(found) for name, found in REGISTERED.items()}


def end(state: State) -> tuple[AllocatorUse, ...]:
    """Ask again, after the mark is read; return those that were in use at the start or are now.

    One that could not tell at the start is not asked at the end.
    """
    uses = (_use(found, state.get(name)) for name, found in REGISTERED.items())
    return tuple(use for use in uses if use is not None)


def allocated_bytes(uses: Iterable[AllocatorUse]) -> int | None:
    """Return what the allocators of this process's own memory hand out at the end, summed.

    None when there are none, and while one of them rests: a sum without it would be wrong.
    """
    own = {use.name: use.end_bytes for use in uses if not about(use.name).on_device}
    now_s = time.monotonic()
    resting = [name for name, until_s in _rests_until_s.items() if now_s < until_s and name not in own]
    return sum(own.values()) if own and not resting else None


def _ask_unless_slow(found: Allocator) -> Level | None:
    """Ask, but let the slow rest for a thousand times as long as they took: at most 0.2 % of the time goes to them.

    By the processor's time: that this thread had to wait is not the allocator's fault.
    """
    if time.monotonic() < _rests_until_s.get(found.name, 0.0):
        return None
    began_s = time.thread_time()
    level = _ask(found)
    took_s = time.thread_time() - began_s
    if took_s > QUICK_S:
        _rests_until_s[found.name] = time.monotonic() + REST * took_s
    return level


def _ask(found: Allocator) -> Level | None:
    try:
        return found.level()
    except Exception:  # noqa: BLE001 (a library that is just being loaded, another version of it, a stand-in)
        return None


def _use(found: Allocator, start: Level | None) -> AllocatorUse | None:
    now = _ask(found) if start is not None else None
    if start is None or now is None:
        return None
    peak = now.mark_bytes if _is_raised(start, now) else None
    if not max(start.handed_out_bytes, now.handed_out_bytes, peak or 0):
        return None
    return AllocatorUse(
        found.name,
        start.handed_out_bytes,
        now.handed_out_bytes,
        peak_bytes=peak,
        reserved_bytes=now.reserved_bytes,
        start_reserved_bytes=start.reserved_bytes,
    )


def _is_raised(start: Level, now: Level) -> bool:
    """Tell whether the cell raised the mark: one of the process's life says nothing of a cell that did not."""
    return start.mark_bytes is not None and now.mark_bytes is not None and now.mark_bytes > start.mark_bytes
