"""Functions of the notebook: their bodies where they are called, and names that they use at any time."""

from __future__ import annotations

import ast
from collections.abc import Iterable

from memadvise.rewrite.follow.branches import Branches
from memadvise.rewrite.follow.values import CLOSED, NamesValue, Value
from memadvise.rewrite.names import bound_names
from memadvise.rewrite.parse import ParsedCell
from memadvise.rewrite.scopes import late_uses


class Functions(Branches):
    """Interprets definitions and followed calls of the notebook's own functions."""

    def __init__(self, header: tuple[str, ...]) -> None:
        super().__init__(header)
        self._returned: list[Value] = []

    def _functiondef(self, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) -> None:
        self.env.pop(node.name, None)  # names used in bodies: check_late_uses, over the whole notebook

    _asyncfunctiondef = _classdef = _functiondef

    def _return(self, node: ast.Return) -> None:
        if node.value is not None:
            self._returned.append(self.value(node.value))

    def run_body(self, function: ast.FunctionDef, bound: dict[str, Value]) -> Value:
        """Walk a function's body with its parameters bound, and return what it returns."""
        outer, returned = dict(self.env), self._returned
        own = {name for inner in function.body for name in bound_names(inner)}
        self.env = {name: value for name, value in outer.items() if name not in own and name not in bound}
        self.env |= {
            name: value
            for name, value in bound.items()
            if not (isinstance(value, NamesValue) and name in self.volatile)
        }
        self._returned = []
        self.depth += 1
        for inner in function.body:
            self.statement(inner)
        self.depth -= 1
        found = self._returned[0] if self._returned else CLOSED
        self.env, self._returned = outer, returned
        return found

    def check_late_uses(self, cells: Iterable[ParsedCell]) -> None:
        """Record an unknown use where code that may run at any time (a function, a lambda) names what is followed."""
        for cell in cells:
            for statement in cell.body:
                for name, where in late_uses(statement):
                    for value in self.ever.get(name, ()):
                        self.cell = cell.cell
                        self.consume(value, f"{name} is used inside {where}")
