"""Which line the memory is charged to: a stack of visits, each split of the mark charged to the innermost.

A visit is one stay at one line. When code goes on to its next line, the visit ends; when it calls a function whose
lines are known, a visit in that function stands upon it until the function returns, and hands its peak down.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from threading import get_ident

from memadvise.measure.lines.budget import Budget


@dataclass(eq=False)
class Use:
    """What the visits of one line took, in bytes. ``base`` is where the visit with the highest peak began."""

    peak: int = 0
    base: int = 0
    increment: int = 0
    retained: int = 0
    hits: int = 0
    sampled: bool = False


@dataclass(eq=False)
class Place:
    """A piece of code whose lines are told apart: a statement at a cell's top level, or a function.

    ``number`` translates the code's lines to those of the cell as the person sees it. ``header`` is the line that
    stands for the whole where single lines are not looked at; None for a function: its caller's line does. ``inner``
    is a function of another cell (``cell`` names it): its lines are told below the line that called it. ``uses`` are
    kept by (calling line or 0, line).
    """

    number: Callable[[int], int]
    header: int | None = None
    inner: bool = False
    name: str = ""
    filename: str = ""
    cell: str = ""
    uses: dict[tuple[int, int], Use] = field(default_factory=dict)


class Visit:
    """One stay at one line: where the resident size stood at its start, and the highest since.

    ``announced``: the line is about to run, its own event may still come.
    """

    __slots__ = ("announced", "caller", "line", "peak", "place", "start")

    def __init__(self, place: Place, line: int, start: int, caller: int, announced: bool = False) -> None:
        self.place, self.line, self.start, self.peak, self.caller = place, line, start, start, caller
        self.announced = announced


OUTSIDE = Place(number=int)
MOST_MARKS = 400
SHORT_STAY_S = 0.001  # a line that is left before can't be seen on a timeline


class Ledger:
    """The visits that are open, innermost last. All of it happens in the thread that runs the cell."""

    def __init__(self, split: Callable[[], tuple[int, int]], budget: Budget) -> None:
        self._split, self.budget = split, budget
        self.owner = get_ident()
        self.marks: list[tuple[float, int]] = []  # (seconds, line) at which the cell's own code went on
        self._apart_s, self._last_mark = SHORT_STAY_S, (0.0, 0)
        self._stack = [Visit(OUTSIDE, 0, 0, 0)]
        self.failed = False  # something of ours did, or the person's code took away what we need: no line is told

    def go(self, place: Place, line: int, at_s: float, announced: bool = False) -> None:
        """Note that ``place`` goes on to ``line`` (a number of its code): what was taken so far is the last line's."""
        number = place.number(line)
        stack = self._stack
        top = stack[-1]
        if top.announced and top.place is place and top.line == number:
            top.announced = False
            return
        highest, now = self._split()
        if highest > top.peak:
            top.peak = highest
        if top.place is not place:
            self._return_to(place, now)
        if stack[-1].place is place:
            self._end_visit(now)
        caller = 0
        if place.inner:
            below = stack[-1]
            if below.place.inner:
                return  # one level down is told, not two: the line that made this call keeps it
            caller = below.line
        stack.append(Visit(place, number, now, caller, announced))
        if not place.inner:
            self._mark(at_s, number)

    def _mark(self, at_s: float, line: int) -> None:
        """Keep the moment of the line before if it stayed there for long enough; where there are many, every other."""
        began_s, last = self._last_mark
        self._last_mark = (at_s, line)
        if at_s - began_s < self._apart_s or not last:
            return
        if not self.marks or self.marks[-1][1] != last:
            self.marks.append((began_s, last))
        if len(self.marks) > MOST_MARKS:
            self.marks, self._apart_s = self.marks[::2], self._apart_s * 2

    def leave(self, place: Place) -> None:
        """Note that a function returns, or a generator yields: its caller's line goes on."""
        stack = self._stack
        if stack[-1].place is place and place.header is None:
            highest, now = self._split()
            if highest > stack[-1].peak:
                stack[-1].peak = highest
            self._end_visit(now)

    def dim(self, place: Place) -> None:
        """Note that lines of ``place`` will not be seen for a while: its header, or its caller, stands for it."""
        for use in place.uses.values():
            use.sampled = True
        highest, now = self._split()
        self._stack[-1].peak = max(highest, self._stack[-1].peak)
        if not any(visit.place is place for visit in self._stack):
            return
        self._return_to(place, now)
        self._end_visit(now)
        if place.header is not None:
            self._stack.append(Visit(place, place.header, now, 0))

    def leave_functions(self, places: Iterable[Place]) -> None:
        """Note that no function's lines will be seen for a while: the statements that call them stand for them."""
        highest, now = self._split()
        stack = self._stack
        stack[-1].peak = max(highest, stack[-1].peak)
        while len(stack) > 1 and stack[-1].place.header is None:
            self._end_visit(now)
        for place in places:
            for use in place.uses.values():
                use.sampled = True

    def close(self) -> None:
        """End every visit."""
        self._mark(self.budget.clock(), 0)
        highest, now = self._split()
        self._stack[-1].peak = max(highest, self._stack[-1].peak)
        while len(self._stack) > 1:
            self._end_visit(now)

    def _return_to(self, place: Place, now: int) -> None:
        """End the visits above the last one of ``place``: functions that an exception left. None: nothing ends.

        A statement at the cell's top level is never called by another: all that is open has ended.
        """
        stack = self._stack
        if place.header is None and not any(visit.place is place for visit in stack):
            return
        while len(stack) > 1 and stack[-1].place is not place:
            self._end_visit(now)

    def _end_visit(self, now: int) -> None:
        """Charge the innermost visit, and hand its peak down to the line that it was called from."""
        visit = self._stack.pop()
        below = self._stack[-1]
        if visit.peak > below.peak:
            below.peak = visit.peak
        key = (visit.caller, visit.line)
        use = visit.place.uses.get(key)
        if use is None:
            use = visit.place.uses[key] = Use()
        if visit.peak > use.peak:
            use.peak, use.base = visit.peak, visit.start
        if visit.peak - visit.start > use.increment:
            use.increment = visit.peak - visit.start
        use.hits += 1
        if below.place is visit.place and self._is_open(visit.place, visit.line):
            return  # it called itself: the outermost visit of the line keeps for all
        use.retained += now - visit.start

    def _is_open(self, place: Place, line: int) -> bool:
        return any(visit.place is place and visit.line == line for visit in self._stack)
