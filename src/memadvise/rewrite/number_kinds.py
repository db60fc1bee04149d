"""Which expressions give a plain `int` or `float` whatever the data are, or raise."""

from __future__ import annotations

import ast

from memadvise.rewrite.pandas_calls import PandasCalls

_INT_CALLS = frozenset({"int", "len", "ord"})
_INT_OPERATORS = (ast.Add, ast.Sub, ast.Mult, ast.FloorDiv, ast.Mod)


class NumberKinds:
    """Knows the names that surely stand for whole numbers: the counters of loops around the expression."""

    def __init__(self, calls: PandasCalls, outer: tuple[ast.AST, ...]) -> None:
        self._calls = calls
        self._counters = frozenset(name for node in outer if isinstance(node, ast.For) for name in self._of_loop(node))

    def kind(self, node: ast.expr) -> str:
        """Return "int" or "float" where the value is surely exactly that, else ""."""
        match node:
            case ast.Constant(value=value):
                return type(value).__name__ if type(value) in (int, float) else ""
            case ast.Name(id=name):
                return "int" if name in self._counters else ""
            case ast.UnaryOp(op=ast.USub() | ast.UAdd(), operand=operand):
                return self.kind(operand)
            case ast.Call(func=ast.Name(id=name), args=[_], keywords=[]) if self._calls.builtin(name):
                return "int" if name in _INT_CALLS else "float" if name == "float" else ""
            case ast.Call(func=ast.Name(id="round"), args=[value, ast.Constant(value=int())], keywords=[]):
                return "float" if self._calls.builtin("round") and self.kind(value) == "float" else ""
            case ast.BinOp(left=left, op=operator, right=right):
                return self._result(operator, self.kind(left), self.kind(right))
        return ""

    def _result(self, operator: ast.operator, left: str, right: str) -> str:
        if not left or not right:
            return ""
        if isinstance(operator, ast.Div):
            return "float"
        if isinstance(operator, _INT_OPERATORS):
            return "int" if left == right == "int" else "float"
        return ""

    def _of_loop(self, loop: ast.For) -> frozenset[str]:
        """Return the counter of `for i in range(...)` or `for i, x in enumerate(...)`, unless it is bound again."""
        match loop:
            case ast.For(target=ast.Name() as counter, iter=ast.Call(func=ast.Name(id="range"))):
                name = "range"
            case ast.For(target=ast.Tuple(elts=[ast.Name() as counter, _]), iter=ast.Call(func=ast.Name(id=name))):
                if name != "enumerate" or len(loop.iter.args) != 1 or loop.iter.keywords:  # type: ignore[attr-defined]
                    return frozenset()
            case _:
                return frozenset()
        stores = sum(
            isinstance(node, ast.Name) and node.id == counter.id and not isinstance(node.ctx, ast.Load)
            for node in ast.walk(loop)
        )
        return frozenset({counter.id}) if stores == 1 and self._calls.builtin(name) else frozenset()
