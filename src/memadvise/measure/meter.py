"""The meter around a cell: ``begin``, the cell, ``end`` -> Measurement."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from types import FrameType

from memadvise.measure import allocators, imports
from memadvise.measure.counters import Reading
from memadvise.measure.counters.error import system_error_bytes
from memadvise.measure.disagree import disagreement
from memadvise.measure.lines import LineTracker
from memadvise.measure.sampler import Sampler, Trace
from memadvise.measure.sizing.variables import Sizes, changes, sizes
from memadvise.measure.spans import Span, spans
from memadvise.model import Measurement

MOST_NOISE_BYTES = 1 << 20  # on many CPUs the bound is far above what the counters are usually off
NO_HELPER = "no timeline: its helper process was not there to the end of the cell"
LOWER_BOUNDS = "peaks of single lines are lower bounds: the mark of this system can't be reset"
LINES_FAILED = "no peaks of single lines: looking at them failed while the cell ran"
NO_GUARD = "the cell ran without a guard: its helper process did not start"


class CellMeter:
    """Measures one cell after the other. ``timeline=False`` does without the helper process, and so without a guard.

    ``stopped_by_guard`` tells whether the guard interrupted the cell that ended last.
    """

    def __init__(self, timeline: bool = True) -> None:
        self.stopped_by_guard = False
        self._spans = spans()
        self._span = Span(Reading(0, 0))
        self._sampler = Sampler() if timeline else None
        self._before: Sizes = {}
        self._lines: LineTracker | None = None
        self._given_notes: tuple[str, ...] = ()
        self._has_guard = True
        self._start_s = self._start_clock_s = self._begin_s = 0.0

    def begin(
        self,
        namespace: Mapping[str, object],
        limit_bytes: int | None = None,
        lines: LineTracker | None = None,
        notes: tuple[str, ...] = (),
    ) -> None:
        """Look at the variables, start the timeline, and last of all reset the mark.

        ``limit_bytes`` is the resident size at which the kernel is interrupted (see ``guard``); None for no guard.
        ``lines`` follows the cell's lines; it is closed at the end. ``notes`` go into the measurement as they are.
        """
        entered_s = time.perf_counter()
        self._lines, self._given_notes = lines, notes
        self._before = sizes(namespace)
        watched = self._sampler.start(limit_bytes) if self._sampler else False
        self._has_guard = watched or limit_bytes is None
        self._start_clock_s = time.time()
        self._allocators, self._imports = allocators.begin(), imports.begin()
        self._begin_s = time.perf_counter() - entered_s
        self._span = self._spans.begin()
        self._start_s = time.perf_counter()

    def end(self, namespace: Mapping[str, object]) -> Measurement:
        """Read the mark first of all, then collect the timeline and the variables."""
        end, end_s = self._spans.end(self._span), time.perf_counter()
        start, lines, self._lines = self._span.start, self._lines, None
        if lines is not None:
            lines.close()
        imported, allocated = imports.end(self._imports), allocators.end(self._allocators)
        with _interrupts_held() as interrupts:
            trace = self._sampler.stop(end_s - self._start_s) if self._sampler else None
            self.stopped_by_guard = bool(trace and trace.fired)
            if self.stopped_by_guard:
                interrupts.clear()  # the guard's own, too late to stop anything
            before, self._before = self._before, {}
            variables = changes(before, sizes(namespace))
        trace_or_none = trace or Trace()
        samples = self._samples(trace, end, end_s - self._start_s)
        sampled = [resident for _, resident in samples]  # of the cell only: the helper begins before and ends after it
        peak, bound = self._spans.counter.peak(start, end, self._span.highest, sampled)
        found = Measurement(
            start_bytes=start.resident_bytes,
            peak_bytes=peak,
            end_bytes=end.resident_bytes,
            method=self._spans.counter.method_of(start, end),
            error_bound_bytes=bound,
            wall_s=end_s - self._start_s,
            anonymous_peak_bytes=_highest(
                start.anonymous_bytes, end.anonymous_bytes, trace_or_none.anonymous_peak_bytes
            ),
            allocated_bytes=allocators.allocated_bytes(allocated),
            allocators=allocated,
            imports=imported,
            children_peak_bytes=trace_or_none.children_peak_bytes,
            samples=samples,
            children=self._children(trace_or_none, end_s - self._start_s),
            variables=variables,
            lines=lines.lines(min(system_error_bytes(), MOST_NOISE_BYTES)) if lines is not None else (),
            marks=lines.marks(self._start_s) if lines is not None else (),
            notes=self._notes(trace, lines),
        )
        sentence = disagreement(found, start, end)
        notes = (*found.notes, *([sentence] if sentence else []))
        return replace(found, notes=notes, overhead_s=self._begin_s + time.perf_counter() - end_s)

    def _samples(self, trace: Trace | None, end: Reading, wall_s: float) -> tuple[tuple[float, int], ...]:
        """Return the timeline from 0 to the end of the cell, the two readings of our own included."""
        if trace is None:
            return ()
        relative = [(at_s - self._start_clock_s, resident) for at_s, resident in trace.samples]
        within = [point for point in relative if 0.0 < point[0] < wall_s]
        return (0.0, self._span.start.resident_bytes), *within, (wall_s, end.resident_bytes)

    def _children(self, trace: Trace, wall_s: float) -> tuple[tuple[float, int], ...]:
        """Return the children's curve in seconds since the start; what was seen just after the end is its end."""
        return tuple((min(max(at_s - self._start_clock_s, 0.0), wall_s), size) for at_s, size in trace.children)

    def _notes(self, trace: Trace | None, lines: LineTracker | None) -> tuple[str, ...]:
        inexact = (LOWER_BOUNDS,) if lines is not None and not self._spans.counter.exact_splits else ()
        failed = (LINES_FAILED,) if lines is not None and lines.failed else ()
        no_guard = () if self._has_guard else (NO_GUARD,)
        no_helper = () if trace or not self._sampler else (NO_HELPER,)
        return (*self._given_notes, *inexact, *failed, *no_guard, *no_helper)

    def resident_bytes(self) -> int:
        """Return what the process takes now."""
        return self._spans.counter.read().resident_bytes

    def close(self) -> None:
        """End the helper process."""
        if self._sampler:
            self._sampler.close()


def _highest(*values: int | None) -> int | None:
    known = [value for value in values if value is not None]
    return max(known, default=None)


@contextmanager
def _interrupts_held() -> Iterator[list[int]]:
    """Keep interrupts back while the helper is asked; those still in the list at the end are then delivered.

    The guard may fire in the very moment in which the cell ends: that interrupt must not hit the code after the cell.
    """
    held: list[int] = []
    if threading.current_thread() is not threading.main_thread():
        yield held
        return

    def hold(number: int, frame: FrameType | None) -> None:
        held.append(number)

    usual = signal.signal(signal.SIGINT, hold)
    try:
        yield held
    finally:
        signal.signal(signal.SIGINT, usual if usual is not None else signal.default_int_handler)
        if held:
            signal.raise_signal(signal.SIGINT)
