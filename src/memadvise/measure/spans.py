"""Stretches of time whose peaks are wanted at the same time: a cell, its lines, an import, a ``with measure()`` in it.

There is one mark in a process and each reset of it ends what it knew. So all who measure in this process share one
`Spans`: at each reset, the peak so far is written down with every stretch that is open.
"""

from __future__ import annotations

from functools import cache

from memadvise.measure.counters import Counter, Reading, counter


class Span:
    """An open stretch: ``start`` is the reading at its beginning, ``highest`` the highest split since, in bytes."""

    __slots__ = ("highest", "start")

    def __init__(self, start: Reading) -> None:
        self.start, self.highest = start, start.resident_bytes


class Spans:
    """The open stretches of this process, and the counter that they share."""

    def __init__(self, shared: Counter) -> None:
        self.counter = shared
        self._open: list[Span] = []

    def begin(self) -> Span:
        """Open a stretch, its reading taken last of all."""
        if self._open:
            self.split()
        span = Span(self.counter.begin())
        self._open.append(span)
        return span

    def split(self) -> tuple[int, int]:
        """Return the highest resident size since the last split of anybody, and the size now, in bytes."""
        highest, now = self.counter.split()
        for span in self._open:
            if highest > span.highest:
                span.highest = highest
        return highest, now

    def end(self, span: Span) -> Reading:
        """Close a stretch, its reading taken first of all; the others go on."""
        reading = self.counter.read()
        if span in self._open:
            self._open.remove(span)
        return reading


@cache
def spans() -> Spans:
    """Return the one of this process; the way to measure is chosen at the first call."""
    return Spans(counter())
