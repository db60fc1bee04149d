"""Python 3.11: marks before the statements inside a statement at the cell's top level (a loop, a ``with``, a ``try``).

The marks are put into the syntax tree; the name that they use is then replaced in the bytecode by a constant, so that
nothing stands in the person's namespace, and a mark that is off costs some nanoseconds. Functions get no marks: their
code may be pickled, or compiled by numba, and must stay what it is (see ``traced``).
"""

from __future__ import annotations

import ast
import copy
import dis
import time
from collections.abc import Callable, Sequence
from types import CodeType
from typing import Any, cast

from memadvise.measure.lines.ledger import Ledger, Place
from memadvise.measure.lines.rounds import Rounds
from memadvise.measure.lines.source import Compile, functions
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

    def compiled(self, tree: Any, compile_it: Compile, place: Place) -> CodeType:
        """Compile a statement so that its lines are seen."""
        marked = with_marks(tree)
        code = compile_it(marked)
        if marked is not tree:
            armed = Armed([1])
            self._armed.append(armed)
            code = with_constants(code, armed, self._marker(place, armed)) or compile_it(tree)
        for inside in functions(code):
            if inside.co_name != "<lambda>":  # called by the thousand; its caller's line stands for it
                self.know(inside, Place(place.number))
        self._places.append(place)
        self.boundary()
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

    def _marker(self, place: Place, armed: Armed) -> Callable[[int], None]:
        def mark(line: int) -> None:
            began = time.perf_counter()
            self._ledger.go(place, line, began)
            self._functions.boundary()
            ended = time.perf_counter()
            if not self._ledger.budget.spend(ended - began, ended):
                self._ledger.dim(place)
                armed.clear()
                self._rounds.wait_for(armed)

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

    The given tree is left as it is, and returned where it needs no marks.
    """
    body = getattr(tree, "body", None)
    if not isinstance(body, list) or any(_is_future(statement) for statement in body):
        return tree
    if len(body) == 1 and not isinstance(body[0], _COMPOUND):
        return tree
    marked = copy.deepcopy(tree)
    if len(body) > 1:
        marked.body = _marked(marked.body, None, None)
    else:
        _inside(marked.body[0], None)
    return ast.fix_missing_locations(marked)


def _is_future(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.ImportFrom) and statement.module == "__future__"


def _inside(node: ast.AST, loop: ast.stmt | None) -> None:
    """Mark what stands inside one statement; ``loop`` is the innermost loop around it."""
    if isinstance(node, ast.Match):
        for case in node.cases:
            case.body = _marked(case.body, loop, node)
    if not isinstance(node, _COMPOUND):
        return
    for handler in getattr(node, "handlers", ()):
        handler.body = _marked(handler.body, loop, node)
    for name in _BODIES:
        statements = getattr(node, name, None)
        if statements:
            within = node if isinstance(node, _LOOPS) and name == "body" else loop
            setattr(node, name, _marked(statements, within, node))


def _marked(statements: Sequence[ast.stmt], loop: ast.stmt | None, around: ast.stmt | None) -> list[ast.stmt]:
    """Return a body with a mark before each statement, and where it goes back to the head of its loop or ``with``."""
    done: list[ast.stmt] = []
    for statement in statements:
        _inside(statement, loop)
        back = loop is not None and isinstance(statement, ast.Continue)
        done += [_mark(loop if back and loop is not None else statement), statement]
    if around is not None and (around is loop or isinstance(around, ast.With | ast.AsyncWith)):
        done.append(_mark(around))
    return done


def _mark(statement: ast.stmt) -> ast.stmt:
    """Return ``if ARMED: MARK(line)`` at the place of a statement."""
    line = ast.Constant(statement.lineno)
    call = ast.Expr(ast.Call(ast.Name(MARK, ast.Load()), [line], []))
    mark = ast.copy_location(ast.If(ast.Name(ARMED, ast.Load()), [call], []), statement)
    mark.end_lineno, mark.end_col_offset = mark.lineno, mark.col_offset
    for node in ast.walk(mark):
        if node is not mark and "lineno" in node._attributes:
            ast.copy_location(node, mark)
    return mark


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
