"""Python 3.11: the lines of functions, by ``sys.settrace``, for as long as that is cheap.

Tracing slows all Python code of the thread down, not only what is looked at. So it is on only for statements that name
one of the person's functions, and calls of other code are counted against the budget: when that is used up it goes off,
and the line that made the call stands for the function.
"""

from __future__ import annotations

import sys
import time
from types import CodeType, FrameType
from typing import Any

from memadvise.measure.lines.ledger import Ledger, Place
from memadvise.measure.lines.source import functions

FOREIGN_CALL_S = 1e-6  # a traced call of code that is not looked at, and the slower instructions in it
SWITCH_S = 10e-6  # to turn tracing on and off


class TracedFunctions:
    """Feeds a ledger from the line events of known functions."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._places: dict[int, Place] = {}
        self._codes: list[CodeType] = []  # keeps the ids above
        self._names: set[str] = set()
        self._is_on = False

    def know(self, code: CodeType, place: Place) -> None:
        """Look at this function's lines from the next statement on."""
        self._places[id(code)] = place
        self._codes.append(code)
        self._names.update(name for name in code.co_qualname.split(".") if name != "<locals>")

    def places(self) -> list[Place]:
        """Return the place of each known function."""
        return list(self._places.values())

    def is_named_in(self, code: CodeType) -> bool:
        """Tell whether a statement's code names a known function, or the class of a known method."""
        return not self._names.isdisjoint(code.co_names) or any(map(self.is_named_in, functions(code)))

    def boundary(self) -> None:
        """Begin to trace where there is something to see, time for it, and nobody else who traces."""
        budget = self._ledger.budget
        if self._places and not self._is_on and sys.gettrace() is None and budget.has_room():
            budget.spend(SWITCH_S, budget.clock())
            self._is_on = True
            sys.settrace(self._call)

    def close(self) -> None:
        """End tracing, unless it is somebody else's by now."""
        if self._is_on and sys.gettrace() == self._call:
            sys.settrace(None)
        self._is_on = False

    def _call(self, frame: FrameType, event: str, argument: Any) -> Any:
        place = self._places.get(id(frame.f_code))
        if place is not None and self._is_on:
            return self._inside
        if not self._ledger.budget.spend(FOREIGN_CALL_S, time.perf_counter()):
            self.go_off()
        return None

    def _inside(self, frame: FrameType, event: str, argument: Any) -> Any:
        place = self._places.get(id(frame.f_code))
        if place is None or not self._is_on:
            return None
        began = time.perf_counter()
        if event == "line":
            self._ledger.go(place, frame.f_lineno, began)
        elif event == "return":
            self._ledger.leave(place)
        ended = time.perf_counter()
        if not self._ledger.budget.spend(ended - began, ended):
            self.go_off()
            return None
        return self._inside

    def go_off(self) -> None:
        """Stop tracing for lack of time: functions that run now are not seen to go on, their callers stand for them."""
        self.close()
        for place in self._places.values():
            if place.uses:
                self._ledger.dim(place)
