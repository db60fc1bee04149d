"""Python 3.11: marks before the statements inside a statement at the cell's top level (a loop, a ``with``, a ``try``).

The marks are put into the syntax tree; the name that they use is then replaced in the bytecode by a constant, so that
nothing stands in the person's namespace, and a mark that is off costs some nanoseconds. Functions get no marks: their
code may be pickled, or compiled by numba, and must stay what it is (see ``traced``).
"""

from __future__ import annotations

import ast
import copy
import dis
from collections.abc import Callable, Sequence
from time import perf_counter
from types import CodeType
from typing import Any, cast

from memadvise.measure.lines.guest import is_defect
from memadvise.measure.lines.ledger import Ledger, Place
from memadvise.measure.lines.rounds import Rounds
from memadvise.measure.lines.source import functions
from memadvise.measure.lines.traced import TracedFunctions

ARMED, MARK = "__memadvise_armed__", "__memadvise_mark__"
_BODIES = ("body", "orelse", "finalbody")
_LOOPS = (ast.For, ast.AsyncFor, ast.While)
_COMPOUND = (*_LOOPS, ast.If, ast.With, ast.AsyncWith, ast.Try, ast.TryStar, ast.Match)


class MarkedLines:
    """Feeds a ledger from marks in the cell's statements, and from traced functions."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._functions = TracedFunctions(ledger)
        self._places: list[Place] = []
        self._armed: list[Armed] = []
        self._rounds = Rounds(self._light_up)

    def prepared(self, tree: Any) -> Any:
        """Return the tree with marks, or the same one: where it needs none, or somebody traces or profiles."""
        return tree if self._functions.is_others() else with_marks(tree)

    def seen(self, code: CodeType, place: Place) -> CodeType | None:
        """Arm the marks in a statement's code; None where that can't be done: it is to be compiled without them."""
        self._places.append(place)
        for inside in functions(code):
            if inside.co_name != "<lambda>":  # called by the thousand; its caller's line stands for it
                self.know(inside, Place(place.number))
        calls = self._functions.is_named_in(code)
        steps_aside = self._functions.consider(code)
        if MARK in code.co_names:
            armed = Armed([1])
            self._armed.append(armed)
            done = None if steps_aside else with_constants(code, armed, self._marker(place, armed, calls))
            if done is None:
                return None
            code = done
        if calls:
            self.boundary()
        else:
            self._functions.close()
        return code

    def boundary(self) -> None:
        """Trace functions from here on, where there is time for it."""
        self._functions.boundary()

    def know(self, code: CodeType, place: Place) -> None:
        """Look at the lines of a function."""
        place.name = code.co_qualname
        self._functions.know(code, place)

    def places(self) -> list[Place]:
        """Return every place that is looked at."""
        return [*self._places, *self._functions.places()]

    def close(self) -> None:
        """End all of it; marks that stand in code which still runs (a thread's) are off."""
        self._functions.close()
        self._rounds.close()
        for armed in self._armed:
            armed.clear()

    def _marker(self, place: Place, armed: Armed, calls: bool) -> Callable[[int], None]:
        def mark(line: int) -> None:
            try:
                began = perf_counter()
                if self._ledger.failed or self._functions.is_others():
                    armed.clear()
                    return
                self._ledger.go(place, line, began)
                if calls:
                    self._functions.boundary()
                ended = perf_counter()
                if not self._ledger.budget.spend(ended - began, ended):
                    self._functions.go_off()
                    self._ledger.dim(place)
                    armed.clear()
                    self._rounds.wait_for(armed)
            except RecursionError:
                pass
            except BaseException as error:
                if not is_defect(error):
                    raise
                self._ledger.failed = True

        return mark

    def _light_up(self, armed: Armed) -> bool:
        """Turn the marks on when there is time for them again; called in another thread."""
        if not self._ledger.budget.has_room():
            return False
        armed.append(1)
        return True


class Armed(list[int]):
    """Truthy while its code is looked at, at the speed of a list; hashable, as a code object's constants must be."""

    __slots__ = ()
    __hash__ = object.__hash__  # type: ignore[assignment]


def with_marks(tree: Any) -> Any:
    """Return the tree with marks in its compound statements, and between statements where there are several.

    The given tree is left as it is, and returned where it needs no marks. What is not marked is not copied: a list of a
    million numbers in a loop would be memory that the cell did not take.
    """
    body = getattr(tree, "body", None)
    if not isinstance(body, list) or any(_is_future(statement) for statement in body):
        return tree
    if len(body) == 1:
        return _with(tree, body=[_inside(body[0], None)]) if isinstance(body[0], _COMPOUND) else tree
    kept = 1 if body and _is_text(body[0]) else 0  # the docstring is the first statement, or none
    return _with(tree, body=[*body[:kept], *_marked(body[kept:], None, None)])


def _with(node: Any, **fields: Any) -> Any:
    """Return a copy of a node, not of what is in it, with other fields."""
    changed = copy.copy(node)
    for name, value in fields.items():
        setattr(changed, name, value)
    return changed


def _is_future(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.ImportFrom) and statement.module == "__future__"


def _is_text(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)


def _inside(node: Any, loop: ast.stmt | None) -> Any:
    """Return one statement or part of one with marks inside; ``loop`` is the innermost loop around it."""
    if isinstance(node, ast.Match):
        return _with(node, cases=[_with(case, body=_marked(case.body, loop, node)) for case in node.cases])
    if not isinstance(node, _COMPOUND):
        return node
    fields: dict[str, Any] = {}
    if handlers := getattr(node, "handlers", ()):
        fields["handlers"] = [_with(handler, body=_marked(handler.body, loop, node)) for handler in handlers]
    for name in _BODIES:
        if statements := getattr(node, name, None):
            within = node if isinstance(node, _LOOPS) and name == "body" else loop
            fields[name] = _marked(statements, within, node)
    return _with(node, **fields)


def _marked(statements: Sequence[ast.stmt], loop: ast.stmt | None, around: ast.stmt | None) -> list[ast.stmt]:
    """Return a body with a mark before each statement, and where it goes back to the head of its loop or ``with``."""
    done: list[ast.stmt] = []
    for statement in statements:
        back = loop is not None and isinstance(statement, ast.Continue)
        done += [_mark(loop if back and loop is not None else statement), _inside(statement, loop)]
    if around is not None and (_is_head(around, loop) or isinstance(around, ast.With | ast.AsyncWith)):
        done.append(_mark(around))
    return done


def _is_head(around: ast.stmt, loop: ast.stmt | None) -> bool:
    """Tell whether a body goes back to the head of its loop, and that may take memory: to count numbers does not."""
    iterated = around.iter if isinstance(around, ast.For) else None
    counts = isinstance(iterated, ast.Call) and isinstance(iterated.func, ast.Name) and iterated.func.id == "range"
    return around is loop and not counts


def _mark(statement: ast.stmt) -> ast.stmt:
    """Return ``if ARMED and MARK(line): pass`` at the place of a statement: no expression that a shell would show."""
    line, column = statement.lineno, statement.col_offset
    at: Any = {"lineno": line, "col_offset": column, "end_lineno": line, "end_col_offset": column}
    call = ast.Call(ast.Name(MARK, ast.Load(), **at), [ast.Constant(line, **at)], [], **at)
    test = ast.BoolOp(ast.And(), [ast.Name(ARMED, ast.Load(), **at), call], **at)
    return ast.If(test, [ast.Pass(**at)], [], **at)


def with_constants(code: CodeType, armed: Armed, mark: Callable[[int], object]) -> CodeType | None:
    """Return marked code in which the two names are constants; None where the bytecode has no room for that."""
    given = {ARMED: armed, MARK: mark}
    places = {name: len(code.co_consts) + at for at, name in enumerate(given)}
    patched = bytearray(code.co_code)
    for offset, opcode, argument in _arguments(code.co_code):
        name = code.co_names[argument] if opcode == dis.opmap["LOAD_NAME"] else None
        if name not in places:
            continue
        if argument > 255 or places[name] > 255:
            return None  # a wider argument is an instruction of its own
        patched[offset], patched[offset + 1] = dis.opmap["LOAD_CONST"], places[name]
    return code.replace(co_code=bytes(patched), co_consts=(*code.co_consts, *given.values()))


def _arguments(bytecode: bytes) -> list[tuple[int, int, int]]:
    """Return (offset, opcode, argument) of the instructions that load a name."""
    found, extended, skip = [], 0, 0
    caches = cast(list[int], dis._inline_cache_entries)  # type: ignore[attr-defined,unused-ignore]
    for offset in range(0, len(bytecode), 2):
        if skip:
            skip -= 1
            continue
        opcode, argument = bytecode[offset], bytecode[offset + 1] | extended
        skip = caches[opcode]
        extended = argument << 8 if opcode == dis.opmap["EXTENDED_ARG"] else 0
        if opcode == dis.opmap["LOAD_NAME"]:
            found.append((offset, opcode, argument))
    return found
