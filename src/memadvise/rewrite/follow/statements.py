"""The walk over a notebook's statements in order: from the one that makes the frame on, each by its kind."""

from __future__ import annotations

import ast
from dataclasses import dataclass

from memadvise.rewrite.follow.calls import Known
from memadvise.rewrite.follow.functions import Functions
from memadvise.rewrite.follow.values import FrameValue, NamesValue, Value
from memadvise.rewrite.names import bound_names
from memadvise.rewrite.scopes import free_names


@dataclass(frozen=True)
class Start:
    """Where the frame comes from: a statement, and the call in it that makes the frame (None: all of its value)."""

    statement: ast.stmt
    name: str
    call: ast.expr | None


class Walker(Functions):
    """Reads a notebook in order."""

    def __init__(self, start: Start, header: tuple[str, ...], known: Known) -> None:
        super().__init__(header)
        self._start = start
        self.known = known
        self.functions = frozenset(known.functions)
        self._begun = False
        self._above: set[str] = set()
        self.open_ever.add(start.name)

    def statement(self, node: ast.stmt) -> None:
        """Interpret one statement."""
        if node is self._start.statement:
            self._begun = True
            if self._start.call is None:
                self.bind(self._start.name, self._frame())
                return
        if not self._begun:
            self._before(node)
            return
        handler = getattr(self, f"_{type(node).__name__.lower()}", self.compound)
        handler(node)

    def value(self, node: ast.expr) -> Value:
        """Return what an expression is: the frame itself where it is made."""
        if node is self._start.call and self._begun:
            return self._frame()
        return super().value(node)

    def _frame(self) -> FrameValue:
        return self.fresh(FrameValue(self.header))

    def _before(self, node: ast.stmt) -> None:
        """Handle a statement above the read: a use of the name there is of another run's frame, and counts whole."""
        name = self._start.name
        loaded = any(
            isinstance(inner, ast.Name) and inner.id == name and isinstance(inner.ctx, ast.Load)
            for inner in ast.walk(node)
        )
        if loaded and name in free_names(node) and name not in self._above:
            self.record(self.header, "unknown", f"{name} is used above its read", whole=True)
        self._above |= bound_names(node)  # from here on the name is something else, until the read
        if isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name):
            names = self.names_of(node.value)
            self.env.pop(node.targets[0].id, None)
            target = node.targets[0].id
            if names is None:
                self._forget(node)
            elif target != name and target not in self.volatile:
                one = isinstance(node.value, ast.Constant | ast.JoinedStr)
                self.env[target] = NamesValue(names, one=one, exact=self.exactly(node.value))
        else:
            self._forget(node)

    def _forget(self, node: ast.stmt) -> None:
        """Forget the names that a statement above the read mentions: it may change what they are."""
        for inner in ast.walk(node):
            if isinstance(inner, ast.Name):
                self.env.pop(inner.id, None)
        for bound in bound_names(node):
            self.env.pop(bound, None)

    def _pass(self, node: ast.stmt) -> None:
        """Nothing happens."""

    _global = _nonlocal = _break = _continue = _pass
