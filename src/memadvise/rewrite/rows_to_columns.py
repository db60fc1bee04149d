"""Writes a list of rows as one list (or typed array) per column: the edits of every place where the rows stand."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass

from memadvise.model import Edit
from memadvise.rewrite.edits import Span, edits_of
from memadvise.rewrite.names import Occurrence, all_names, bound_names, fresh_name
from memadvise.rewrite.parse import ParsedCell
from memadvise.rewrite.read_call import quoted, wrapped
from memadvise.rewrite.row_lists import Append, FrameMade, Row, RowList

_CODES = {"int": "q", "float": "d"}


@dataclass(frozen=True)
class ColumnPlan:
    """What is to be written: ``kinds`` are "int", "float" or "" (a plain list) for each of ``keys``."""

    cells: tuple[ParsedCell, ...]
    found: RowList
    keys: tuple[str, ...]
    kinds: tuple[str, ...]

    @property
    def name(self) -> str:
        """The new name."""
        taken = all_names(self.cells)
        return fresh_name("columns" if "columns" not in taken else f"{self.found.name}_by_column", taken)

    @property
    def array(self) -> str:
        """What the array type is called: another name where the notebook has an `array` of its own."""
        names = {node.id for cell in self.cells for node in ast.walk(_tree(cell)) if isinstance(node, ast.Name)}
        names |= {name for cell in self.cells for statement in cell.body for name in bound_names(statement)}
        return "array" if "array" not in names else fresh_name("typed_array", all_names(self.cells))


def _tree(cell: ParsedCell) -> ast.AST:
    return cell.parsed.tree or ast.Module([], [])


def edits(plan: ColumnPlan) -> tuple[Edit, ...]:
    """Return the edits of all cells in which the list of rows stands."""
    spans: dict[str, list[Span]] = {}
    for cell, span in _spans(plan):
        spans.setdefault(cell.cell.cell_id, []).append(span)
    return edits_of(plan.cells, spans)


def begins_its_line(cell: ParsedCell, node: ast.stmt) -> bool:
    """Tell whether only white space stands before a statement on its line."""
    return not _before(cell, node).strip()


def _before(cell: ParsedCell, node: ast.stmt) -> str:
    return cell.cell.source[cell.line_start(node) : cell.span(node)[0]]


def _newline(cell: ParsedCell) -> str:
    return "\r\n" if "\r\n" in cell.cell.source else "\n"


def _spans(plan: ColumnPlan) -> Iterator[tuple[ParsedCell, Span]]:
    found = plan.found
    yield from _of_begin(plan)
    for append in found.appends:
        yield append.place.cell, _of_append(plan, append)
    for place, call, _ in found.lengths:
        yield place.cell, (*place.cell.span(call), f"len({plan.name}[{quoted(plan.keys[0])}])")
    made = found.frames[0]
    first = f"{plan.name}[{quoted(plan.keys[0])}]"
    yield made.place.cell, (*made.place.cell.span(made.place.node), f"{plan.name} if {first} else []")
    if (end := _release_at(plan, made)) is not None:
        yield made.place.cell, (end, end, f"{_newline(made.place.cell)}del {plan.name}")


def _of_begin(plan: ColumnPlan) -> Iterator[tuple[ParsedCell, Span]]:
    cell, begin = plan.found.cell, plan.found.begin
    start, end = cell.span(begin)
    newline = _newline(cell)
    empty = ", ".join(f"{quoted(key)}: {_empty(plan, kind)}" for key, kind in zip(plan.keys, plan.kinds, strict=True))
    code = f"{plan.name} = {wrapped('{' + empty + '}', 0)}"
    if any(plan.kinds):
        renamed = "" if plan.array == "array" else f" as {plan.array}"
        code = f"from array import array{renamed}\n{code}"
    if plan.found.comprehension is not None:
        code += "\n" + _as_loop(plan, cell, plan.found.comprehension)
    yield cell, (start, end, code.replace("\n", newline))


def _empty(plan: ColumnPlan, kind: str) -> str:
    return f"{plan.array}({quoted(_CODES[kind])})" if kind else "[]"


def _as_loop(plan: ColumnPlan, cell: ParsedCell, comprehension: ast.ListComp) -> str:
    lines, depth = [], 0
    for generator in comprehension.generators:
        lines.append(f"{'    ' * depth}for {cell.text(generator.target)} in {_one_line(cell, generator.iter)}:")
        depth += 1
        for condition in generator.ifs:
            lines.append(f"{'    ' * depth}if {_one_line(cell, condition)}:")
            depth += 1
    assert plan.found.row is not None
    lines += ["    " * depth + line for line in _appended(plan, cell, plan.found.row)]
    return "\n".join(lines)


def _one_line(cell: ParsedCell, node: ast.expr) -> str:
    """Return an expression's text for a place outside of brackets."""
    text = cell.text(node)
    return f"({text})" if "\n" in text or "\r" in text else text


def _of_append(plan: ColumnPlan, append: Append) -> Span:
    cell = append.place.cell
    start, end = cell.span(append.statement)
    lines = _appended(plan, cell, append.row)
    if not begins_its_line(cell, append.statement):
        return start, end, "; ".join(lines)
    return start, end, (_newline(cell) + _before(cell, append.statement)).join(lines)


def _appended(plan: ColumnPlan, cell: ParsedCell, row: Row) -> list[str]:
    return [
        f"{plan.name}[{quoted(key)}].append({cell.text(value)})"
        for key, value in zip(plan.keys, row.values, strict=True)
    ]


def _release_at(plan: ColumnPlan, made: FrameMade) -> int | None:
    """Return where the columns can be let go of: behind the line of the frame, where one cell holds everything."""
    cell, statement = made.place.cell, made.place.statement
    if not isinstance(statement, ast.Assign) or any(_after(place, made) for place, _, _ in plan.found.lengths):
        return None
    if any(other is not cell for other in (plan.found.cell, *(append.place.cell for append in plan.found.appends))):
        return None
    _, end = cell.span(statement)
    rest = re.match(r"[ \t]*(#[^\r\n]*)?(?=[\r\n]|\Z)", cell.cell.source[end:])
    return end + rest.end() if rest else None


def _after(place: Occurrence, made: FrameMade) -> bool:
    first = (made.place.cell.cell.index, made.place.statement.lineno)
    return (place.cell.cell.index, place.statement.lineno) >= first
