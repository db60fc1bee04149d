"""Which cells have to run again after an edit, and which names they bind."""

from __future__ import annotations

import ast

from memadvise.model import Edit, NotebookSource
from memadvise.rewrite.names import bound_names
from memadvise.rewrite.parse import ParsedCell, parse, parse_notebook


def to_run_again(notebook: NotebookSource, edits: tuple[Edit, ...]) -> tuple[str, ...]:
    """Return, in notebook order, the ids of the edited cells and of those after them, up to the last edited or the
    measured one, through which a changed name flows, and of the measured one: its new peak is asked for.

    An inserted cell runs nothing by itself and is not among them.
    """
    edited = {edit.cell_id: edit for edit in edits if not edit.insert}
    cells = parse_notebook(notebook)
    last = max((cell.cell.index for cell in cells if cell.cell.cell_id in {*edited, notebook.measured}), default=-1)
    changed: set[str] = set()
    found: list[str] = []
    for cell in cells:
        if cell.cell.index > last:
            break
        edit = edited.get(cell.cell.cell_id)
        if edit is None and cell.cell.cell_id != notebook.measured and not (_names(cell) & changed):
            continue
        found.append(cell.cell.cell_id)
        changed |= binds(cell.cell.source) | (binds(edit.after) if edit else frozenset())
    return tuple(found)


def binds(source: str) -> frozenset[str]:
    """Return the names that a cell's top level binds, imports left out; none when it is no Python."""
    tree = parse(source).tree
    if tree is None:
        return frozenset()
    imported = {
        alias.asname or alias.name.split(".")[0]
        for node in ast.walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for alias in node.names
    }
    return frozenset(name for statement in tree.body for name in bound_names(statement)) - imported


def _names(cell: ParsedCell) -> set[str]:
    """Return every name that a cell mentions; of an opaque cell, every word."""
    if cell.parsed.tree is None:
        return set(cell.cell.source.split())
    return {node.id for node in ast.walk(cell.parsed.tree) if isinstance(node, ast.Name)}
