"""`memadvise.measure`: the same measurement outside notebooks, in a script, a test or a library."""

from __future__ import annotations

from collections.abc import Callable
from types import TracebackType
from typing import Any

from memadvise.measure.lines import LineTracker
from memadvise.measure.meter import CellMeter
from memadvise.measure.spans import spans
from memadvise.model import Measurement


class Measured:
    """A measured stretch of code: every field of its `Measurement` is a field of this, once it has ended.

    ``value`` is what the measured callable returned, None for a ``with`` block.
    """

    def __init__(self, timeline: bool = False, lines: LineTracker | None = None) -> None:
        self.value: Any = None
        self._meter = CellMeter(timeline=timeline)
        self._lines = lines
        self._measurement: Measurement | None = None

    @property
    def measurement(self) -> Measurement:
        """The whole measurement.

        Raises:
            RuntimeError: the measured code has not ended.
        """
        if self._measurement is None:
            raise RuntimeError("memadvise.measure: not known before the end. Hint: read it after the `with` block")
        return self._measurement

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        return getattr(self.measurement, name)

    def __repr__(self) -> str:
        return repr(self._measurement) if self._measurement else "<memadvise.measure: not ended>"

    def __enter__(self) -> Measured:
        self._measurement = None
        self._meter.begin({}, None, self._lines)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            self._measurement = self._meter.end({})
        finally:
            self._meter.close()


def measure(
    call: Callable[..., Any] | None = None,
    /,
    *args: Any,
    timeline: bool = False,
    lines: bool = False,
    **named: Any,
) -> Measured:
    """Measure a call, or the block of a ``with`` statement: ``with memadvise.measure() as m: ...; m.increment_bytes``.

    ``memadvise.measure(call, *args, **named)`` calls it once, with these arguments; its result is ``value`` of what is
    returned. Stretches may stand within each other, and within a measured cell. ``timeline`` also samples memory over
    time and child processes, by a helper process that is started for it; ``lines`` tells the peak of each line of
    ``call``'s own code, numbered as in its file. An exception goes through, the measurement of a block stays readable.

    Raises:
        TypeError: ``call`` can't be called.
        ValueError: ``lines`` is asked for and ``call`` is not a Python function.
    """
    if call is None:
        return Measured(timeline)
    if not callable(call):
        raise TypeError(f"memadvise.measure: {call!r} can't be called. Hint: measure(function, argument)")
    measured = Measured(timeline, _lines_of(call) if lines else None)
    with measured:
        measured.value = call(*args, **named)
    return measured


def _lines_of(call: Callable[..., Any]) -> LineTracker:
    code = getattr(getattr(call, "__func__", call), "__code__", None)
    if code is None:
        raise ValueError(f"memadvise.measure: {call!r} has no lines. Hint: lines=True needs a Python function")
    tracker = LineTracker(spans().split)
    tracker.follow(code)
    return tracker
