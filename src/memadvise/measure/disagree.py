"""One sentence where resident and allocated bytes disagree. Values in, text out.

Every amount is the least that the numbers allow: better no sentence where one would be true than one that is false.
What polars or DuckDB took and gave back is counted nowhere, so it is bounded by what is known of the variables, the
samples and the imports.
"""

from __future__ import annotations

from dataclasses import dataclass

from memadvise.measure.allocators.registry import about
from memadvise.measure.counters import Reading
from memadvise.model import AllocatorUse, Measurement

LEAST_BYTES = 32 << 20
LEAST_SHARE = 0.10  # of the larger of the increment and what was allocated


@dataclass(frozen=True)
class _Growth:
    """Changes from the start to the end of a cell, in bytes.

    ``kept`` resident anonymous memory; ``highest`` the increment, mapped files included; ``freed`` what went back to
    the system or to allocators on the way, at least; ``allocated`` handed out by all allocators; ``explained`` of what
    was kept.
    """

    kept: int
    highest: int
    freed: int
    allocated: int
    explained: int


def disagreement(measurement: Measurement, start: Reading, end: Reading) -> str | None:
    """Return the most important sentence, or None where the numbers agree, or nothing is certain.

    ``start`` and ``end`` are the readings that the measurement was made from.
    """
    uses = [use for use in measurement.allocators if not about(use.name).on_device]
    growth = _growth(measurement, uses, start, end)
    found = [_mapped(measurement, start, end)]
    for use in uses:
        found += [_kept_by(use, growth), _never_touched(use, growth), _used_again(use, growth)]
    nbytes, sentence = max(found)
    least = max(LEAST_BYTES, LEAST_SHARE * max(measurement.increment_bytes, growth.allocated))
    return sentence if nbytes >= least else None


def _growth(measurement: Measurement, uses: list[AllocatorUse], start: Reading, end: Reading) -> _Growth:
    kept, highest = measurement.retained_bytes, measurement.increment_bytes
    if start.anonymous_bytes is not None and end.anonymous_bytes is not None:
        kept = end.anonymous_bytes - start.anonymous_bytes
    changes = [use.end_bytes - use.start_bytes for use in uses]
    variables = [use.change_bytes for use in measurement.variables]
    imports = sum(max(0, use.retained_bytes) for use in measurement.imports)
    is_whole = any(use.reserved_bytes is not None for use in uses)  # the heaps are told: imports are in them
    lowest = min(measurement.end_bytes, *(resident for _, resident in measurement.samples), measurement.start_bytes)
    return _Growth(
        kept=kept,
        highest=highest,
        freed=max(measurement.start_bytes - lowest, _lost(changes), _lost(variables)),
        allocated=sum(changes),
        explained=max(sum(changes), sum(variables)) + (0 if is_whole else imports),
    )


def _lost(changes: list[int]) -> int:
    return -sum(min(0, change) for change in changes)


def _kept_by(use: AllocatorUse, growth: _Growth) -> tuple[int, str]:
    """An Arrow read of 203 MB that leaves 516 MB: what its pool handed out on the way and did not give back."""
    nbytes = min(_freed_inside(use), growth.kept - growth.explained)
    return nbytes, f"The {use.name} keeps {_size(nbytes)} that it no longer hands out: {about(use.name).remedy}."


def _freed_inside(use: AllocatorUse) -> int:
    """Return how much an allocator may keep since this cell, at most."""
    if use.reserved_bytes is not None and use.start_reserved_bytes is not None:
        return (use.reserved_bytes - use.end_bytes) - (use.start_reserved_bytes - use.start_bytes)
    return (use.peak_bytes if use.peak_bytes is not None else use.start_bytes) - use.end_bytes


def _mapped(measurement: Measurement, start: Reading, end: Reading) -> tuple[int, str]:
    """A file that is mapped and read through.

    Taken at the highest sample, where the anonymous memory was at most its highest: a short spike between two samples
    must not pass for pages of a file.
    """
    if start.anonymous_bytes is None or end.anonymous_bytes is None or measurement.anonymous_peak_bytes is None:
        return 0, ""
    before = start.resident_bytes - start.anonymous_bytes
    seen = max((resident for _, resident in measurement.samples), default=0) - measurement.anonymous_peak_bytes
    imports = sum(max(0, use.retained_bytes) for use in measurement.imports)  # they map their code
    nbytes = max(seen, end.resident_bytes - end.anonymous_bytes) - before - imports
    return nbytes, (
        f"At least {_size(nbytes)} of the peak are pages of mapped files, which the system can take back, "
        "or shared memory."
    )


def _never_touched(use: AllocatorUse, growth: _Growth) -> tuple[int, str]:
    """``np.zeros(50_000_000)``: the heap grew, and memory never did, nor was it lower in between."""
    if use.reserved_bytes is None or use.start_reserved_bytes is None or about(use.name).fills:
        return 0, ""
    fresh = min(use.reserved_bytes - use.start_reserved_bytes, use.end_bytes - use.start_bytes)
    nbytes = fresh - growth.highest - growth.freed
    return nbytes, f"{_size(nbytes)} were allocated but never touched: they take no memory until they are."


def _used_again(use: AllocatorUse, growth: _Growth) -> tuple[int, str]:
    """After a big free, a cell that needs 200 MB moves the resident size by 3 MB."""
    room = (use.end_bytes - use.start_bytes) - _new_room(use)
    nbytes = min(room, use.end_bytes - use.start_bytes - growth.highest - growth.freed)
    return nbytes, (
        f"{_size(nbytes)} came from memory that was free in this process already (the {use.name}): "
        "in a fresh kernel they would add to the peak."
    )


def _new_room(use: AllocatorUse) -> int:
    """Return what the allocator took from the system, at most; a mark that was not raised needed nothing."""
    if use.reserved_bytes is not None and use.start_reserved_bytes is not None:
        return max(0, use.reserved_bytes - use.start_reserved_bytes)
    return use.end_bytes - use.start_bytes if use.peak_bytes is not None else 0


def _size(nbytes: int) -> str:
    return f"{nbytes / 2**20:,.0f} MiB" if nbytes < 10 << 30 else f"{nbytes / 2**30:,.1f} GiB"
