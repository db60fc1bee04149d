"""Python 3.12 and newer: line events of ``sys.monitoring``, local to the code that is looked at.

Other code runs at full speed. Where events come too often for the budget, the events of that piece of code are taken
away, and given back by a thread a moment later.
"""

from __future__ import annotations

import sys
from threading import get_ident
from time import perf_counter
from types import CodeType
from typing import Any

from memadvise.measure.lines.guest import is_defect
from memadvise.measure.lines.ledger import Ledger, Place
from memadvise.measure.lines.rounds import Rounds
from memadvise.measure.lines.source import functions

UNWINDS = 64  # of other code are counted together
UNWIND_S = 0.3e-6
TOOLS = (4, 3, 2)  # the numbers without a name first: debuggers, coverage and profilers look for their own


class MonitoredLines:
    """Feeds a ledger from the line events of watched code.

    Raises:
        RuntimeError: every number that ``sys.monitoring`` has for tools like this one is taken.
    """

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._places: dict[int, Place] = {}
        self._codes: dict[int, CodeType] = {}  # by id: the hash of a code object reads all of its bytecode
        self._monitoring: Any = sys.monitoring  # type: ignore[attr-defined,unused-ignore]  # from 3.12
        self._events = self._monitoring.events
        self._tool = self._take_tool()
        self._rounds = Rounds(self._light_up)
        self._unwinds = 0
        self._is_blind = False

    def _take_tool(self) -> int:
        for number in TOOLS:
            try:
                self._monitoring.use_tool_id(number, "memadvise")
            except ValueError:
                continue
            for event, callback in self._callbacks():
                self._monitoring.register_callback(number, event, callback)
            # exceptions that leave a function can't be had for single code objects; they cost nothing where none do
            self._monitoring.set_events(number, self._events.PY_UNWIND)
            return number
        raise RuntimeError("sys.monitoring has no number left for another tool")

    def _callbacks(self) -> list[tuple[int, Any]]:
        events = self._events
        ends = [(events.PY_RETURN, self._leave), (events.PY_YIELD, self._leave), (events.PY_UNWIND, self._unwind)]
        return [(events.LINE, self._line), *ends]

    def prepared(self, tree: Any) -> Any:
        """Return the tree as it is: the events need nothing in it."""
        return tree

    def seen(self, code: CodeType, place: Place) -> CodeType:
        """Look at the lines of a statement's code, and of the functions in it."""
        self._watch(code, place)
        for inside in functions(code):
            self.know(inside, Place(place.number))
        return code

    def know(self, code: CodeType, place: Place) -> None:
        """Look at the lines of a function."""
        place.name = code.co_qualname  # type: ignore[attr-defined,unused-ignore]
        self._watch(code, place)

    def places(self) -> list[Place]:
        """Return every place that is looked at."""
        return list(self._places.values())

    def boundary(self) -> None:
        """Nothing is to be done between statements: the events are there."""

    def _watch(self, code: CodeType, place: Place) -> None:
        self._places[id(code)], self._codes[id(code)] = place, code
        if not (self._is_blind and place.header is None):
            self._give_events(code)

    def close(self) -> None:
        """Take every event and the tool's number back."""
        self._rounds.close()
        self._monitoring.set_events(self._tool, 0)
        for code in list(self._codes.values()):
            self._monitoring.set_local_events(self._tool, code, 0)
        for event, _ in self._callbacks():
            self._monitoring.register_callback(self._tool, event, None)
        self._monitoring.free_tool_id(self._tool)

    def _give_events(self, code: CodeType) -> None:
        wanted = self._events.LINE | self._events.PY_RETURN | self._events.PY_YIELD
        self._monitoring.set_local_events(self._tool, code, wanted)

    def _line(self, code: CodeType, line: int) -> Any:
        try:
            began = perf_counter()
            place = self._places.get(id(code))
            if place is None or self._ledger.failed:
                return self._monitoring.DISABLE
            ledger = self._ledger
            mine = get_ident() == ledger.owner
            if mine:
                ledger.go(place, line, began)
            ended = perf_counter()
            if not ledger.budget.spend(ended - began, ended):
                self._dim(code, place, mine)
        except RecursionError:
            pass  # no room for us; what this event would tell is not lost, the next one reads the same mark
        except BaseException as error:
            if not is_defect(error):
                raise
            self._ledger.failed = True
        return None

    def _leave(self, code: CodeType, offset: int, value: object) -> None:
        try:
            place = self._places.get(id(code))
            if place is not None and get_ident() == self._ledger.owner and not self._ledger.failed:
                began = perf_counter()
                self._ledger.leave(place)
                ended = perf_counter()
                self._ledger.budget.spend(ended - began, ended)
        except RecursionError:
            pass  # no room for us; what this event would tell is not lost, the next one reads the same mark
        except BaseException as error:
            if not is_defect(error):
                raise
            self._ledger.failed = True

    def _unwind(self, code: CodeType, offset: int, error: BaseException) -> None:
        """An exception leaves some function of this process."""
        try:
            if id(code) in self._places:
                self._leave(code, offset, error)
                seconds = UNWIND_S
            else:
                self._unwinds += 1
                if self._unwinds % UNWINDS:
                    return
                seconds = UNWINDS * UNWIND_S
            if not self._ledger.budget.spend(seconds, perf_counter()) and not self._is_blind:
                self._go_blind()
        except RecursionError:
            pass
        except BaseException as failure:
            if not is_defect(failure):
                raise
            self._ledger.failed = True

    def _go_blind(self) -> None:
        """Exceptions are too many to be followed: without them nobody knows when a function has ended."""
        self._is_blind = True
        self._monitoring.set_events(self._tool, 0)
        inside = [place for place in self.places() if place.header is None]
        for key, place in list(self._places.items()):
            if place.header is None:
                self._monitoring.set_local_events(self._tool, self._codes[key], 0)
        if get_ident() == self._ledger.owner:
            self._ledger.leave_functions(inside)
        self._rounds.wait_for(self)

    def _see_again(self) -> None:
        self._is_blind = False
        self._monitoring.set_events(self._tool, self._events.PY_UNWIND)
        for key, place in list(self._places.items()):
            if place.header is None:
                self._give_events(self._codes[key])

    def _dim(self, code: CodeType, place: Place, mine: bool) -> None:
        if mine:
            self._ledger.dim(place)
        self._monitoring.set_local_events(self._tool, code, 0)
        self._rounds.wait_for(code)

    def _light_up(self, what: Any) -> bool:
        """Give the events back when there is time for them again; called in another thread."""
        if not self._ledger.budget.has_room():
            return False
        if what is self:
            self._see_again()
        elif self._is_blind and self._places[id(what)].header is None:
            return False
        else:
            self._give_events(what)
        return True
