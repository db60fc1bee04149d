"""The lines of one cell: follows the code as it is compiled, statement by statement, and tells what each line took."""

from __future__ import annotations

import linecache
import sys
from collections.abc import Callable, Iterable
from dataclasses import replace
from time import perf_counter
from types import CodeType
from typing import Any, Protocol

from memadvise.measure.lines.budget import Budget
from memadvise.measure.lines.ledger import Ledger, Place, Use
from memadvise.measure.lines.source import Compile, Lines, functions
from memadvise.model import CallUse, LineUse

MOST_CALLS = 20


class Follower(Protocol):
    """A way to be told at which line the cell is."""

    def prepared(self, tree: Any) -> Any:
        """Return what is to be compiled in place of a statement's tree."""

    def seen(self, code: CodeType, place: Place) -> CodeType | None:
        """Return a statement's code so that its lines are seen; None: compile it without preparing it."""

    def know(self, code: CodeType, place: Place) -> None:
        """Look at the lines of a function."""

    def places(self) -> list[Place]:
        """Return every place that is looked at."""

    def boundary(self) -> None:
        """Note that a statement is about to run."""

    def close(self) -> None:
        """End all of it."""


class LineTracker:
    """Follows one cell from its construction to ``close``; in the thread that runs the cell.

    ``split`` returns the highest resident size since its last call and the size now, both in bytes.

    Raises:
        RuntimeError: there is no way to follow lines here; the message says why.
    """

    def __init__(self, split: Callable[[], tuple[int, int]]) -> None:
        self._ledger = Ledger(split, Budget())
        self._follower = _follower(self._ledger)
        self._is_closed = False

    def compiled(self, tree: Any, compile_it: Compile, lines: Lines) -> CodeType:
        """Compile a statement (or a whole cell) that is about to run, and note that it begins.

        ``tree`` is an `ast.Module`, `ast.Interactive` or `ast.Expression`; ``compile_it`` compiles one.
        """
        place = self._begun(tree, lines)
        prepared = self._prepared(tree) if place else tree
        code = compile_it(prepared)  # not within a ``try``, not twice: errors and warnings are the person's
        seen = self._seen(code, place) if place else None
        return seen or (code if prepared is tree else compile_it(tree))

    def _begun(self, tree: Any, lines: Lines) -> Place | None:
        try:
            first = _first_line(tree)
            place = Place(lines, header=lines(first))
            self._ledger.go(place, first, perf_counter(), announced=True)  # what compiling takes is its own, too
            return place
        except Exception:  # noqa: BLE001 (a defect of ours)
            self._ledger.failed = True
            return None

    def _prepared(self, tree: Any) -> Any:
        try:
            return self._follower.prepared(tree)
        except Exception:  # noqa: BLE001 (a tree as deep as only C code can go: told as one line)
            return tree

    def _seen(self, code: CodeType, place: Place) -> CodeType | None:
        try:
            return self._follower.seen(code, place)
        except Exception:  # noqa: BLE001 (a defect of ours)
            self._ledger.failed = True
            return None

    def know(self, codes: Iterable[tuple[CodeType, str]]) -> None:
        """Look at functions of other cells (code, name of the cell): their lines are told below their caller's."""
        for code, cell in codes:
            self._follower.know(code, Place(int, inner=True, filename=code.co_filename, cell=cell))

    def follow(self, code: CodeType) -> None:
        """Follow a function that is about to be called, and all that is defined in it, as the cell itself."""
        for inside in (code, *functions(code)):
            self._follower.know(inside, Place(int, filename=code.co_filename))
        self._follower.boundary()

    @property
    def failed(self) -> bool:
        """Whether something went wrong in the middle of the cell, and no line is told therefore."""
        return self._ledger.failed

    def close(self) -> None:
        """End following; the last line's visit ends here. A second time changes nothing."""
        if self._is_closed:
            return
        self._is_closed = True
        self._follower.close()
        self._ledger.close()

    def marks(self, start_s: float) -> tuple[tuple[float, int], ...]:
        """Return (seconds since ``start_s`` on the clock of `time.perf_counter`, line) at which the cell went on."""
        return tuple((max(0.0, at_s - start_s), line) for at_s, line in self._ledger.marks)

    def lines(self, error_bytes: int) -> tuple[LineUse, ...]:
        """Return what each line took, by line; growth below ``error_bytes`` is not told apart from none."""
        if self._ledger.failed:
            return ()
        own: dict[int, list[Use]] = {}
        calls: dict[int, list[CallUse]] = {}
        for place in self._follower.places():
            for (caller, line), use in place.uses.items():
                if place.inner:
                    calls.setdefault(caller, []).append(_call(place, line, use, error_bytes))
                else:
                    own.setdefault(line, []).append(use)
        found = sorted((line, _line(line, uses, calls.get(line, []), error_bytes)) for line, uses in own.items())
        return _levelled([use for _, use in found], error_bytes)


def _levelled(uses: list[LineUse], error_bytes: int) -> tuple[LineUse, ...]:
    """Return the lines, with those that added nothing no higher than the line that brought the memory to there.

    Between the two lie some pages and the error of the counters.
    """
    grown = [use.peak_bytes for use in uses if use.increment_bytes]
    levelled = []
    for use in uses:
        level = [peak for peak in grown if peak < use.peak_bytes <= peak + error_bytes]
        levelled.append(replace(use, peak_bytes=max(level)) if level and not use.increment_bytes else use)
    return tuple(levelled)


def _follower(ledger: Ledger) -> Follower:
    if sys.version_info >= (3, 12):
        from memadvise.measure.lines.monitored import MonitoredLines

        return MonitoredLines(ledger)
    from memadvise.measure.lines.marked import MarkedLines

    return MarkedLines(ledger)


def _first_line(tree: Any) -> int:
    body = getattr(tree, "body", None)
    first = body[0] if isinstance(body, list) and body else body
    decorators = getattr(first, "decorator_list", None)
    return int(getattr(decorators[0] if decorators else first, "lineno", 1))


def _line(line: int, uses: list[Use], calls: list[CallUse], error_bytes: int) -> LineUse:
    """Return one line's uses as one: as statement, as part of a function, as a place of its own."""
    highest = max(uses, key=lambda use: use.peak)
    largest = sorted(calls, key=lambda call: (-call.increment_bytes, call.function, call.line))[:MOST_CALLS]
    return LineUse(
        line=line,
        peak_bytes=_peak(highest, error_bytes),
        retained_bytes=sum(use.retained for use in uses),
        hits=sum(use.hits for use in uses),
        increment_bytes=_increment(max(use.increment for use in uses), error_bytes),
        sampled=any(use.sampled for use in uses),
        calls=tuple(largest),
    )


def _call(place: Place, line: int, use: Use, error_bytes: int) -> CallUse:
    return CallUse(
        function=place.name,
        cell=place.cell,
        line=line,
        text=linecache.getline(place.filename, line).strip(),
        peak_bytes=_peak(use, error_bytes),
        increment_bytes=_increment(use.increment, error_bytes),
        retained_bytes=use.retained,
        hits=use.hits,
        sampled=use.sampled,
    )


def _peak(use: Use, error_bytes: int) -> int:
    """Return the peak; of a line that added nothing that could be seen, the size at which it began.

    So the line that took the memory stands above those that only found it there.
    """
    return use.peak if use.peak - use.base > error_bytes else use.base


def _increment(found: int, error_bytes: int) -> int:
    return found if found > error_bytes else 0
