"""Bindings: which name, item or attribute is what from now on, and names that are gone."""

from __future__ import annotations

import ast
from collections.abc import Mapping

from memadvise.model import Cell
from memadvise.rewrite.follow.base import flat
from memadvise.rewrite.follow.displayed import Displayed
from memadvise.rewrite.follow.values import (
    CLOSED,
    Carried,
    ClosedValue,
    FrameValue,
    GroupsValue,
    NamesValue,
    SummaryValue,
    Value,
)
from memadvise.rewrite.follow.words import OPERATORS
from memadvise.rewrite.names import bound_names


class Bindings(Displayed):
    """Interprets assignments, deletions and imports; notes every frame that a name was ever bound to."""

    def __init__(self, header: tuple[str, ...]) -> None:
        super().__init__(header)
        self.ever: dict[str, list[Value]] = {}
        self.open_ever: set[str] = set()
        self._kept: dict[str, tuple[Cell, FrameValue]] = {}

    def bind(self, name: str, value: Value) -> None:
        """Bind a name to what it now is."""
        if value == CLOSED or (isinstance(value, NamesValue) and name in self.volatile):
            self.env.pop(name, None)
            return
        self.env[name] = value
        if self.depth or isinstance(value, ClosedValue):
            return
        if not isinstance(value, NamesValue):
            self.ever.setdefault(name, []).append(value)
        if isinstance(value, FrameValue):
            if value.open:
                self.open_ever.add(name)
            if value.derived:
                self._kept[name] = self.cell, value
        elif isinstance(value, Carried | SummaryValue | GroupsValue):
            self.use(value, "kept", f"{name} is bound to it")

    def look_up(self, name: str) -> Value:
        """Return what a name is; a derived frame that is used further is not the end result."""
        self._kept.pop(name, None)
        return super().look_up(name)

    def check_kept(self) -> None:
        """Record a use of each derived frame that is bound and then left as it is: it is a result."""
        for name, (cell, bound) in self._kept.items():
            self.cell = cell
            self.use(self.frames.get(bound.identity, bound), "kept", f"{name} is kept as a result")

    def _assign(self, node: ast.Assign) -> None:
        target = node.targets[0]
        if isinstance(target, ast.Attribute) and target.attr == "columns" and len(node.targets) == 1:
            owner = self.value(target.value)
            if isinstance(owner, FrameValue) and self.relabelled(owner, node.value):
                return
        names = self.names_of(node.value)
        if names is not None and all(isinstance(target, ast.Name) for target in node.targets):
            one = isinstance(node.value, ast.Constant | ast.JoinedStr)
            value: Value = NamesValue(names, one=one, exact=self.exactly(node.value))
        else:
            value = self.value(node.value)
        for target in node.targets:
            self.store(target, value, node.value)

    def _annassign(self, node: ast.AnnAssign) -> None:
        if node.value is not None:
            self.store(node.target, self.value(node.value), node.value)

    def _augassign(self, node: ast.AugAssign) -> None:
        word = OPERATORS[type(node.op)]
        if isinstance(node.target, ast.Name):
            before = self.look_up(node.target.id)
            if isinstance(before, NamesValue):
                more = self.names_of(node.value)
                self.env.pop(node.target.id, None)
                if more is not None and not before.one:
                    self.env[node.target.id] = NamesValue((*before.names, *more))
                return
            found = self.operation(word, [before, self.value(node.value)], node.target)
            if isinstance(before, FrameValue):
                self.consume(before, "augmented assignment")  # it may change the object that others hold
            self.bind(node.target.id, found)
            return
        place = _loaded(node.target)
        found = self.operation(word, [self.value(place), self.value(node.value)], place)
        self.store(node.target, found, None)

    def store(self, target: ast.expr, value: Value, source: ast.expr | None) -> None:
        """Put a value where an assignment says; ``source`` is the expression that it comes from."""
        if isinstance(target, ast.Name):
            self.bind(target.id, value)
        elif isinstance(target, ast.Tuple | ast.List):
            parts: list[Value] = [CLOSED] * len(target.elts)
            if isinstance(source, ast.Tuple | ast.List) and len(source.elts) == len(target.elts):
                parts = [self.value(one) for one in source.elts]
            else:
                self.consume(value, "taken apart")
                spread = flat(value)
                parts = [spread] * len(target.elts) if spread is not None else parts
            for element, part in zip(target.elts, parts, strict=True):
                self.store(element.value if isinstance(element, ast.Starred) else element, part, None)
        elif isinstance(target, ast.Subscript):
            self.store_item(target, value)
        elif isinstance(target, ast.Attribute):
            self.consume(value, "stored inside another object")
            self.store_attribute(target, source)

    def bind_target(self, target: ast.expr, value: Value) -> None:
        """Bind a loop's target to what it goes through."""
        if isinstance(target, ast.Name):
            self.bind(target.id, value)
            return
        if isinstance(target, ast.Tuple | ast.List):
            for element in target.elts:
                self.bind_target(element.value if isinstance(element, ast.Starred) else element, value)
            return
        self.store(target, value, None)

    def _delete(self, node: ast.Delete) -> None:
        for target in node.targets:
            if isinstance(target, ast.Name):
                self.env.pop(target.id, None)
                self._kept.pop(target.id, None)
                continue
            names = self.names_of(target.slice) if isinstance(target, ast.Subscript) else None
            owner = self.value(target.value) if isinstance(target, ast.Subscript) else CLOSED
            if isinstance(owner, FrameValue) and names is not None:  # `del df["a"]` needs the column to be there
                gone = self.named(owner, names, "drop", "del")
                exact = isinstance(target, ast.Subscript) and self.exactly(target.slice)
                self.mutated(owner, owner.without(gone or frozenset()) if exact else owner)
            else:
                self.consume(self.value(_loaded(target)), "del")

    def _import(self, node: ast.Import | ast.ImportFrom) -> None:
        names = bound_names(node)
        for name in [*self.env] if "*" in names else names:
            if name in names or isinstance(self.env.get(name), NamesValue):
                self.env.pop(name, None)

    _importfrom = _import


def _loaded(node: ast.expr) -> ast.expr:
    """Return the same place as something that is read."""
    copy = ast.parse(ast.unparse(node), mode="eval").body
    return ast.copy_location(copy, node)


def named_frames(ever: Mapping[str, list[Value]]) -> tuple[tuple[str, frozenset[str]], ...]:
    """Return (name, columns of the read) of every name that was ever bound to a frame."""
    found: dict[str, frozenset[str]] = {}
    for name, values in ever.items():
        for value in values:
            if isinstance(value, FrameValue):
                found[name] = found.get(name, frozenset()) | value.columns
    return tuple(sorted(found.items()))
