"""Calls of pandas' own functions: `pd.DataFrame(...)`, `pd.concat(...)`, under whatever names pandas was imported."""

from __future__ import annotations

import ast

from memadvise.rewrite.names import bound_names, times_bound
from memadvise.rewrite.parse import ParsedCell
from memadvise.rewrite.reads import only_imported, pandas_names


class PandasCalls:
    """Tells which expressions of a notebook are functions of pandas, or Python's own."""

    def __init__(self, cells: tuple[ParsedCell, ...]) -> None:
        self._cells = cells
        self._modules = pandas_names(cells).modules
        self._functions: dict[str, bool] = {}
        self._builtins: dict[str, bool] = {}

    def is_call(self, node: ast.AST, function: str) -> bool:
        """Tell whether a node is a call of pandas' ``function``."""
        return isinstance(node, ast.Call) and self.is_function(node.func, function)

    def is_function(self, node: ast.expr, function: str) -> bool:
        """Tell whether an expression is pandas' ``function``."""
        match node:
            case ast.Attribute(value=ast.Name(id=module), attr=attribute):
                return attribute == function and module in self._modules
            case ast.Name(id=name) if name == function:
                if name not in self._functions:
                    only = only_imported(self._cells, name, "pandas", function)
                    self._functions[name] = only and self._imported(name)
                return self._functions[name]
        return False

    def builtin(self, name: str) -> bool:
        """Tell whether a name of Python's own (`len`) is bound nowhere in the notebook."""
        if name not in self._builtins:
            self._builtins[name] = times_bound(self._cells, name) == 0
        return self._builtins[name]

    def _imported(self, name: str) -> bool:
        return any(name in bound_names(statement) for cell in self._cells for statement in cell.body)
