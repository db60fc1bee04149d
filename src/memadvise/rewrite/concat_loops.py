"""Frames that grow in a loop: `df = pd.concat([df, part])`, where the loop begins with an empty or a first frame."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass

from memadvise.model import Edit
from memadvise.rewrite.edits import Span, edits_of
from memadvise.rewrite.names import all_names, bound_names, fresh_name
from memadvise.rewrite.pandas_calls import PandasCalls
from memadvise.rewrite.parents import around
from memadvise.rewrite.parse import ParsedCell
from memadvise.rewrite.read_call import quoted

_OPTIONS = frozenset({"ignore_index", "sort"})


@dataclass(frozen=True)
class ConcatLoop:
    """One frame that a loop grows. ``step`` is the statement in the loop that puts ``part`` behind the frame.

    ``begin`` is the last statement above the loop that binds the frame's name (None: there is none at a top level).
    ``outer`` is what the step stands in, from the inside. ``plain`` says that the call's options are understood.
    """

    name: str
    cell: ParsedCell
    loop: ast.For | ast.While
    step: ast.Assign
    call: ast.Call
    part: ast.expr
    outer: tuple[ast.AST, ...]
    plain: bool
    begin_cell: ParsedCell | None = None
    begin: ast.stmt | None = None

    @property
    def seed(self) -> ast.expr | None:
        """What the frame begins as."""
        return self.begin.value if isinstance(self.begin, ast.Assign) else None


def find_concat_loops(cells: tuple[ParsedCell, ...], calls: PandasCalls, cell_id: str) -> Iterator[ConcatLoop]:
    """Yield the loops at the top level of one cell that grow a frame by concat."""
    for cell in (cell for cell in cells if cell.cell.cell_id == cell_id):
        for statement in cell.body:
            if not isinstance(statement, ast.For | ast.While):
                continue
            for node in ast.walk(statement):
                match node:
                    case ast.Assign(targets=[ast.Name(id=name)], value=value):
                        if (step := _step(name, value, calls)) is not None:
                            begin_cell, begin = _begin(cells, cell, statement, name)
                            outer = around(statement, node)
                            yield ConcatLoop(
                                name, cell, statement, node, *step, outer, _plain(step[0]), begin_cell, begin
                            )


def _step(name: str, value: ast.expr, calls: PandasCalls) -> tuple[ast.Call, ast.expr] | None:
    """Return (the call, the part) of `pd.concat([df, part])` or `part if df is None else pd.concat([df, part])`."""
    match value:
        case ast.IfExp(
            test=ast.Compare(left=ast.Name(id=tested), ops=[ast.Is()], comparators=[ast.Constant(value=None)]),
            body=first,
            orelse=rest,
        ) if tested == name:
            step = _step(name, rest, calls)
            return step if step and isinstance(rest, ast.Call) and ast.dump(step[1]) == ast.dump(first) else None
        case ast.Call(args=[ast.List(elts=[ast.Name(id=grown), part]) | ast.Tuple(elts=[ast.Name(id=grown), part])]):
            if grown == name and calls.is_call(value, "concat") and not isinstance(part, ast.Starred):
                return value, part
    return None


def _plain(call: ast.Call) -> bool:
    return all(
        option.arg in _OPTIONS and isinstance(option.value, ast.Constant) and type(option.value.value) is bool
        for option in call.keywords
    )


def _begin(
    cells: tuple[ParsedCell, ...], loop_cell: ParsedCell, loop: ast.stmt, name: str
) -> tuple[ParsedCell | None, ast.stmt | None]:
    found: tuple[ParsedCell | None, ast.stmt | None] = (None, None)
    for cell in cells:
        for statement in cell.body:
            if statement is loop:
                return found
            if name in bound_names(statement):
                found = cell, statement
        if cell is loop_cell:
            break
    return found


def line_end(cell: ParsedCell, statement: ast.stmt) -> int | None:
    """Return the end of the line on which a statement ends; None when other code follows on it."""
    _, end = cell.span(statement)
    rest = re.match(r"[ \t]*(#[^\r\n]*)?(?=[\r\n]|\Z)", cell.cell.source[end:])
    return end + rest.end() if rest else None


def newline(cell: ParsedCell) -> str:
    """Return the line end that the cell uses."""
    return "\r\n" if "\r\n" in cell.cell.source else "\n"


WRONG_TYPES = "a column holds numbers in one part and something else in another"


def collected(cells: tuple[ParsedCell, ...], found: ConcatLoop) -> tuple[Edit, ...]:
    """Return the edits that collect the parts in a list and put them together once, behind the loop."""
    assert found.begin is not None
    assert found.begin_cell is not None
    parts = fresh_name("parts", all_names(cells))
    spans: dict[str, list[Span]] = {}

    def put(cell: ParsedCell, start: int, end: int, text: str) -> None:
        spans.setdefault(cell.cell.cell_id, []).append((start, end, text.replace("\n", newline(cell))))

    nothing = isinstance(found.seed, ast.Constant)
    first = "" if nothing or found.seed is None else found.begin_cell.text(found.seed)
    put(found.begin_cell, *found.begin_cell.span(found.begin), f"{parts} = [{first}]")
    put(found.cell, *found.cell.span(found.step), f"{parts}.append({found.cell.text(found.part)})")
    options = "".join(f", {option.arg}={found.cell.text(option.value)}" for option in found.call.keywords)
    concat = f"{found.cell.text(found.call.func)}({parts}{options})"
    end = line_end(found.cell, found.loop)
    assert end is not None
    put(
        found.cell,
        end,
        end,
        f"\n{found.name} = {concat}\ndel {parts}\n"
        f"if ({found.name}.dtypes == object).any():\n    raise TypeError({quoted(WRONG_TYPES)})",
    )
    return edits_of(cells, spans)
