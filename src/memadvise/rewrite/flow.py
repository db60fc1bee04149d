"""Follows the frame of one read through the notebook, in notebook order, and lists what is done with its columns.

An abstract interpretation of straight-line notebook code: every expression has a `Value`, every consumption of a value
is recorded as a `Use`. What is not understood counts as a use of everything that reaches it.
"""

from __future__ import annotations

import ast

from memadvise.model import Cell
from memadvise.rewrite.frames import FrameReader
from memadvise.rewrite.names import blind_spots, bound_names
from memadvise.rewrite.parse import ParsedCell
from memadvise.rewrite.reads import Read
from memadvise.rewrite.scopes import free_names, late_uses
from memadvise.rewrite.values import CLOSED, FrameValue, Operation, Usage, Use, Value


def usage(cells: tuple[ParsedCell, ...], read: Read, header: tuple[str, ...]) -> Usage:
    """Return every use of the read's frame; ``header`` are the file's columns in order."""
    walker = _Walker(read, frozenset(header))
    for cell in cells:
        walker.enter(cell)
        for statement in cell.body:
            walker.statement(statement)
    walker.check_kept()
    for name in walker.names_ever:
        for cell, reason in blind_spots(cells, name):
            walker.uses.append(Use(None, Operation.WHOLE, cell.cell.index, cell.cell.cell_id, reason))
    walker.check_late_uses(cells)
    return Usage(tuple(walker.uses), frozenset(walker.open_ever))


class _Walker(FrameReader):
    """Statements: who binds what, in which order."""

    def __init__(self, read: Read, header: frozenset[str]) -> None:
        super().__init__(header)
        self._read = read
        self._begun = False
        self.names_ever = {read.name}
        self.open_ever = {read.name}
        self._kept: dict[str, Cell] = {}

    def enter(self, cell: ParsedCell) -> None:
        """Begin a cell: uses are recorded as standing in it."""
        self.cell = cell.cell

    def bind(self, name: str, value: object) -> None:
        """Bind a name to what it now is."""
        if value == CLOSED:
            self.env.pop(name, None)
            return
        self.env[name] = value  # type: ignore[assignment]  # a Value; bind takes object so that it can filter
        self.names_ever.add(name)
        if isinstance(value, FrameValue) and value.columns is None:
            self.open_ever.add(name)
            if value.derived:
                self._kept[name] = self.cell

    def look_up(self, name: str) -> Value:
        """Return what a name is; a derived frame that is used further is not the end result."""
        self._kept.pop(name, None)
        return super().look_up(name)

    def check_kept(self) -> None:
        """Record a whole use of each derived frame that is bound and then left as it is: it is a result."""
        for name, cell in self._kept.items():
            self.cell = cell
            self.record(None, Operation.WHOLE, f"{name} is kept as a result")

    def statement(self, node: ast.stmt) -> None:
        """Interpret one statement."""
        if node is self._read.statement:
            self._begun = True
            self.bind(self._read.name, FrameValue())
            return
        if not self._begun:
            self._before(node)
            return
        handler = getattr(self, f"_{type(node).__name__.lower()}", self._compound)
        handler(node)

    def _before(self, node: ast.stmt) -> None:
        """Handle a statement above the read: a use of the name there is of another run's frame, and counts whole."""
        name = self._read.name
        loaded = any(
            isinstance(inner, ast.Name) and inner.id == name and isinstance(inner.ctx, ast.Load)
            for inner in ast.walk(node)
        )
        if loaded and name in free_names(node) and name not in self.above:
            self.record(None, Operation.WHOLE, f"{name} is used above its read")
        self.above |= bound_names(node)  # from here on the name is something else, until the read

    def _expr(self, node: ast.Expr) -> None:
        self.shown(node.value)

    def _assign(self, node: ast.Assign) -> None:
        value = self.value(node.value)
        for target in node.targets:
            self._store(target, value, node.value)

    def _annassign(self, node: ast.AnnAssign) -> None:
        if node.value is not None:
            self._store(node.target, self.value(node.value), node.value)

    def _augassign(self, node: ast.AugAssign) -> None:
        self.consume(self.value(node.value), "augmented assignment")
        if isinstance(node.target, ast.Name):
            if node.target.id in self.env:
                self.consume(self.env[node.target.id], "augmented assignment")
        else:
            self._store(node.target, CLOSED, node.value)
            self.consume(self.value(_loaded(node.target)), "augmented assignment")

    def _store(self, target: ast.expr, value: object, source: ast.expr) -> None:
        if isinstance(target, ast.Name):
            self.bind(target.id, value)
            return
        self.consume(value, "stored inside another object")
        if isinstance(target, ast.Tuple | ast.List):
            for element in target.elts:
                self._store(element.value if isinstance(element, ast.Starred) else element, CLOSED, source)
        elif isinstance(target, ast.Subscript):
            self.store_item(target)
        elif isinstance(target, ast.Attribute):
            self.store_attribute(target)

    def _delete(self, node: ast.Delete) -> None:
        for target in node.targets:
            if isinstance(target, ast.Name):
                self.env.pop(target.id, None)
            else:  # `del df["a"]` needs the column to be there
                self.consume(self.value(_loaded(target)), "del")

    def _import(self, node: ast.Import) -> None:
        for name in bound_names(node):
            self.env.pop(name, None)

    _importfrom = _import

    def _pass(self, node: ast.stmt) -> None:
        """Nothing happens."""

    _global = _nonlocal = _break = _continue = _pass

    def _functiondef(self, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) -> None:
        self.env.pop(node.name, None)  # names used in bodies: check_late_uses, over the whole notebook

    _asyncfunctiondef = _classdef = _functiondef

    def _with(self, node: ast.With | ast.AsyncWith) -> None:
        for item in node.items:
            self.consume(self.value(item.context_expr), "with")
            if item.optional_vars is not None:
                self._store(item.optional_vars, CLOSED, item.context_expr)
        for inner in node.body:
            self.statement(inner)

    _asyncwith = _with

    def _compound(self, node: ast.stmt) -> None:
        """Handle branches and loops: bodies are read once, in order; a tracked name rebound inside counts whole."""
        rebound = {name for name in bound_names(node) if name in self.env}
        before = dict(self.env)
        for child in ast.iter_child_nodes(node):
            self._inside(child)
        for name in (bound_names(node) & (set(self.env) | set(before))) | rebound:
            for value in (before.get(name, CLOSED), self.env.get(name, CLOSED)):
                self.consume(value, f"{name} is bound again in a branch or loop")
            self.env.pop(name, None)

    def _inside(self, child: ast.AST) -> None:
        if isinstance(child, ast.stmt):
            self.statement(child)
        elif isinstance(child, ast.expr):
            if not isinstance(getattr(child, "ctx", None), ast.Store):
                self.consume(self.value(child), "used in a branch or loop")
        else:
            for inner in ast.iter_child_nodes(child):  # except handlers, match cases
                self._inside(inner)

    def check_late_uses(self, cells: tuple[ParsedCell, ...]) -> None:
        """Record a whole use where code that may run at any time (a function, a lambda) names the frame."""
        for cell in cells:
            for statement in cell.body:
                for name, where in late_uses(statement):
                    if name in self.names_ever:
                        self.enter(cell)
                        self.record(None, Operation.WHOLE, f"{name} is used inside {where}")


def _loaded(node: ast.expr) -> ast.expr:
    """Return the same place as something that is read."""
    copy = ast.parse(ast.unparse(node), mode="eval").body
    return ast.copy_location(copy, node)
