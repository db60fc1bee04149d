"""Python 3.11: the lines of functions, by ``sys.settrace``, for as long as that is cheap.

Tracing slows all Python code of the thread down, not only what is looked at. So it is on only for statements that name
one of the person's functions, and calls of other code are counted against the budget: when that is used up it goes off,
and the line that made the call stands for the function.
"""

from __future__ import annotations

import sys
from time import perf_counter
from types import CodeType, FrameType
from typing import Any

from memadvise.measure.lines.guest import is_defect
from memadvise.measure.lines.ledger import Ledger, Place
from memadvise.measure.lines.source import functions

FOREIGN_CALL_S = 1e-6  # a traced call of code that is not looked at, and the slower instructions in it
SWITCH_S = 10e-6  # to turn tracing on and off
ASIDE = frozenset(  # names in code that traces or profiles, or looks whether somebody does
    {"gettrace", "settrace", "setprofile", "getprofile", "set_trace", "breakpoint", "f_trace", "Profile", "Profiler"}
    | {"enable", "runcall", "runctx", "runfunc", "Bdb", "Pdb", "Trace", "Coverage"}
)


class TracedFunctions:
    """Feeds a ledger from the line events of known functions."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._budget = ledger.budget
        self._places: dict[int, Place] = {}
        self._codes: list[CodeType] = []  # keeps the ids above
        self._names: set[str] = set()
        self._is_on = False
        self._stays_off = False

    def know(self, code: CodeType, place: Place) -> None:
        """Look at this function's lines from the next statement on."""
        self._places[id(code)] = place
        self._codes.append(code)
        self._names.update(name for name in code.co_qualname.split(".") if name != "<locals>")
        self.consider(code)

    def consider(self, code: CodeType) -> bool:
        """Stay out of the way from here on if ``code`` may trace or profile; return whether it may."""
        if ASIDE.isdisjoint(code.co_names):
            return False
        self.close()
        self._stays_off = True
        return True

    def places(self) -> list[Place]:
        """Return the place of each known function."""
        return list(self._places.values())

    def is_named_in(self, code: CodeType) -> bool:
        """Tell whether a statement's code names a known function, or the class of a known method."""
        return not self._names.isdisjoint(code.co_names) or any(map(self.is_named_in, functions(code)))

    def boundary(self) -> None:
        """Begin to trace where there is something to see, time for it, and nobody else who traces."""
        if self._is_on or self._stays_off or not self._places:
            return
        budget = self._budget
        if sys.gettrace() is None and budget.has_room():
            budget.spend(SWITCH_S, budget.clock())
            self._is_on = True
            sys.settrace(self._call)

    def close(self) -> None:
        """End tracing, unless it is somebody else's by now."""
        if self._is_on and sys.gettrace() == self._call:
            sys.settrace(None)
        self._is_on = False

    def is_others(self) -> bool:
        """Tell whether somebody else traces or profiles."""
        tracer = sys.gettrace()
        return sys.getprofile() is not None or not (tracer is None or tracer == self._call)

    def _call(self, frame: FrameType, event: str, argument: Any) -> Any:
        try:
            if not self._is_on:
                sys.settrace(None)  # the person has kept ours, and set it again after the cell
            elif id(frame.f_code) in self._places:
                return self._inside
            elif not self._budget.spend(FOREIGN_CALL_S, perf_counter()):
                self.go_off()
        except RecursionError:
            pass
        except BaseException as error:
            if not is_defect(error):
                raise
            self._ledger.failed = True
        return None

    def _inside(self, frame: FrameType, event: str, argument: Any) -> Any:
        try:
            place = self._places.get(id(frame.f_code))
            if place is None or not self._is_on or self._ledger.failed:
                return None
            began = perf_counter()
            if event == "line":
                self._ledger.go(place, frame.f_lineno, began)
            elif event == "return":
                self._ledger.leave(place)
            ended = perf_counter()
            if not self._budget.spend(ended - began, ended):
                self.go_off()
                return None
        except RecursionError:
            pass
        except BaseException as error:
            if not is_defect(error):
                raise
            self._ledger.failed = True
        return self._inside

    def go_off(self) -> None:
        """Stop tracing for lack of time: functions that run now are not seen to go on, their callers stand for them."""
        if self._is_on:
            self.close()
            self._ledger.leave_functions(self.places())
