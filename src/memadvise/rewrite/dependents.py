"""Which cells have to run again after an edit, and which names they bind."""

from __future__ import annotations

import ast
from functools import lru_cache
from typing import TypeGuard

from memadvise.model import Edit, NotebookSource
from memadvise.rewrite.names import bound_names
from memadvise.rewrite.parse import ParsedCell, parse, parse_notebook
from memadvise.rewrite.scopes import free_names


def to_run_again(notebook: NotebookSource, edits: tuple[Edit, ...]) -> tuple[str, ...]:
    """Return, in notebook order, the ids of the edited cells and of those after them, up to the last edited or the
    measured one, through which a changed name flows, and of the measured one: its new peak is asked for.

    A cell that changes what it finds (`df = df.merge(raw)`, `df["n"] = ...`) would change it twice: the cells above
    that make what it finds run again as well. An inserted cell runs nothing by itself and is not among them.
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
    wanted = _with_makers(cells, set(found))
    return tuple(cell.cell.cell_id for cell in cells if cell.cell.cell_id in wanted)


def _with_makers(cells: tuple[ParsedCell, ...], found: set[str]) -> set[str]:
    """Return the cells and, as long as there are more, those that make what one of them finds and changes."""
    while True:
        more = {
            above.cell.cell_id
            for place, cell in enumerate(cells)
            if cell.cell.cell_id in found
            for name in _changed_in(cell)
            for above in cells[:place]
            if name in binds(above.cell.source) | _changed_in(above)
        }
        if more <= found:
            return found
        found = found | more


def _changed_in(cell: ParsedCell) -> frozenset[str]:
    """Return the names that a cell finds and changes: bound from themselves, stored into, changed by a method."""
    return frozenset().union(*(changes_of(statement) for statement in cell.body)) - _made_first(cell)


def _made_first(cell: ParsedCell) -> frozenset[str]:
    """Return the names that the cell binds before it looks at them."""
    seen: set[str] = set()
    made: set[str] = set()
    for statement in cell.body:
        if isinstance(statement, ast.Assign) and len(statement.targets) == 1:
            target = statement.targets[0]
            if isinstance(target, ast.Name) and target.id not in seen | free_names(statement.value):
                made.add(target.id)
        seen |= {node.id for node in ast.walk(statement) if isinstance(node, ast.Name)}
    return frozenset(made)


@lru_cache(maxsize=20_000)
def changes_of(statement: ast.stmt) -> frozenset[str]:
    """Return the names whose values a statement changes, or binds from what they were."""
    found: set[str] = set()
    for node in ast.walk(statement):
        match node:
            case ast.Assign(targets=targets, value=value):
                used = free_names(value)
                found |= {one.id for target in targets for one in ast.walk(target) if _stored(one) and one.id in used}
            case ast.AugAssign(target=ast.Name(id=name)):
                found.add(name)
            case ast.Call(func=ast.Attribute(value=owner, attr=method), keywords=keywords):
                if method in _CHANGING or any(keyword.arg in {"inplace", "out"} for keyword in keywords):
                    found |= _root(owner)
            case ast.Attribute(ctx=ast.Store() | ast.Del()) | ast.Subscript(ctx=ast.Store() | ast.Del()):
                found |= _root(node.value)
    return frozenset(found)


_CHANGING = frozenset(
    {
        *("append", "extend", "insert", "remove", "pop", "clear", "sort", "reverse", "update", "setdefault", "add"),
        *("discard", "popitem", "fill", "put", "resize", "setflags", "partition"),
    }
)  # methods that change the value itself


def _stored(node: ast.AST) -> TypeGuard[ast.Name]:
    return isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)


def _root(node: ast.expr) -> set[str]:
    """Return the name that a chain of attributes, brackets and calls begins with."""
    while isinstance(node, ast.Attribute | ast.Subscript | ast.Call):
        node = node.func if isinstance(node, ast.Call) else node.value
    return {node.id} if isinstance(node, ast.Name) else set()


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
