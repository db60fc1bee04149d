"""New lines in a cell: statements below a statement, imports at the top."""

from __future__ import annotations

import ast

from memadvise.rewrite.edits import Span
from memadvise.rewrite.names import all_names, fresh_name
from memadvise.rewrite.parse import ParsedCell
from memadvise.rewrite.reads import only_imported


def below(cell: ParsedCell, statement: ast.stmt, lines: list[str]) -> Span:
    """Return the edit that adds top-level lines below a top-level statement, which must stand alone on its lines."""
    line_end = "\r\n" if "\r\n" in cell.cell.source else "\n"
    end = _line_end(cell, statement)  # a comment behind the statement stays behind it
    return end, end, "".join(line_end + line for line in lines)


def has_own_lines(cell: ParsedCell, statement: ast.stmt) -> bool:
    """Tell whether nothing but a comment stands on a statement's lines beside it, be it a ``;`` or ``%time``."""
    source = cell.cell.source
    start, end = cell.span(statement)
    rest = source[end : _line_end(cell, statement)].strip()
    return (not rest or rest.startswith("#")) and not source[cell.line_start(statement) : start].strip()


def _line_end(cell: ParsedCell, statement: ast.stmt) -> int:
    """Return the offset at which a statement's last line ends, its line break not counted."""
    source = cell.cell.source
    _, end = cell.span(statement)
    return min((place for mark in "\r\n" if (place := source.find(mark, end)) >= 0), default=len(source))


def above(cell: ParsedCell, statement: ast.stmt, lines: list[str]) -> Span:
    """Return the edit that adds top-level lines above a top-level statement."""
    line_end = "\r\n" if "\r\n" in cell.cell.source else "\n"
    decorators = getattr(statement, "decorator_list", [])
    line = min([statement.lineno, *(node.lineno for node in decorators)])
    start = cell.offset(line, 0)
    return start, start, "".join(line + line_end for line in lines)


def imported(cells: tuple[ParsedCell, ...], cell: ParsedCell, module: str, name: str) -> tuple[str, list[Span]]:
    """Return what ``name`` of ``module`` is called in a cell, and the edits that import it where the cell does not.

    A notebook in which the name means something else gets it under another one.
    """
    free = only_imported(cells, name, module, name)
    used = name if free else fresh_name(name, all_names(cells))
    if free and any(_imports(statement, module, name) for statement in cell.body):
        return used, []
    future = max((statement.lineno for statement in cell.body if _is_future(statement)), default=0)
    first = next(statement for statement in cell.body if statement.lineno > future and not _is_constant(statement))
    line = f"from {module} import {name}" + ("" if used == name else f" as {used}")
    return used, [above(cell, first, [line])]


def _is_future(statement: ast.stmt) -> bool:
    """Tell whether a statement must stay at the cell's top."""
    return isinstance(statement, ast.ImportFrom) and statement.module == "__future__"


def _is_constant(statement: ast.stmt) -> bool:
    """Tell whether a statement is a text at the cell's top, or a masked magic."""
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)


def _imports(statement: ast.stmt, module: str, name: str) -> bool:
    return (
        isinstance(statement, ast.ImportFrom)
        and statement.module == module
        and any(alias.name == name and alias.asname in {None, name} for alias in statement.names)
    )
