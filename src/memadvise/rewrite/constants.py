"""Which expressions in a row condition are surely one number or text: the same for every piece of a file."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping

from memadvise.rewrite.names import bound_names, times_bound
from memadvise.rewrite.parse import ParsedCell
from memadvise.rewrite.pipeline import column_of

_COLLECTIONS = frozenset({"list", "tuple", "set", "frozenset", "sorted", "dict", "range"})


class Constants:
    """What the notebook's names stand for, as far as conditions need it.

    ``live`` maps names of the namespace to the types of their values, where these are single numbers, texts or dates.
    """

    def __init__(self, cells: tuple[ParsedCell, ...], live: Mapping[str, str]) -> None:
        self._cells = cells
        self._live = live

    def unknown(self, condition: ast.expr, frame: str) -> str:
        """Return the text of a value in the condition that may differ from piece to piece; empty when none may."""
        for value, several in _values(condition, frame):
            if not (self._members(value) if several else self.scalar(value)):
                return ast.unparse(value)
        return ""

    def scalar(self, node: ast.expr, open_names: frozenset[str] = frozenset()) -> bool:
        """Tell whether an expression is one number, text or date."""
        match node:
            case ast.Constant(value=value):
                return not isinstance(value, bytes) and value is not ...
            case ast.UnaryOp(op=ast.USub() | ast.UAdd(), operand=operand):
                return self.scalar(operand, open_names)
            case ast.BinOp(left=left, right=right):
                return self.scalar(left, open_names) and self.scalar(right, open_names)
            case ast.Name(id=name) if name not in open_names:
                if name in self._live and times_bound(self._cells, name) == 1:
                    return True
                values = self._bound_to(name)
                return bool(values) and all(self.scalar(value, open_names | {name}) for value in values)
        return False

    def _members(self, node: ast.expr) -> bool:
        """Tell whether an expression is a collection that may be gone through again and again (no generator)."""
        match node:
            case ast.List(elts=elements) | ast.Tuple(elts=elements) | ast.Set(elts=elements):
                return all(self.scalar(element) for element in elements)
            case ast.Name(id=name):
                values = self._bound_to(name)
                return bool(values) and all(_collection(value) for value in values)
        return False

    def _bound_to(self, name: str) -> list[ast.expr]:
        """Return the expressions that the name is ever bound to; none when one of them is not known."""
        found: list[ast.expr] = []
        for statement in (statement for cell in self._cells for statement in cell.body):
            match statement:
                case ast.Assign(targets=[ast.Name(id=target)], value=value) if target == name:
                    if name not in bound_names(ast.Expr(value)):  # `n = (n := 5) + 1`
                        found.append(value)
        return found if found and len(found) == times_bound(self._cells, name) else []


def _collection(node: ast.expr) -> bool:
    match node:
        case ast.List() | ast.Tuple() | ast.Set() | ast.ListComp() | ast.SetComp():
            return True
        case ast.Call(func=ast.Name(id=name)):
            return name in _COLLECTIONS
        case ast.Call(func=ast.Attribute(attr="tolist"), args=[], keywords=[]):
            return True
    return False


def _values(condition: ast.expr, frame: str) -> Iterator[tuple[ast.expr, bool]]:
    """Yield (value, whether it is a collection) for each value that a row condition tests a column with."""
    match condition:
        case ast.BinOp(left=left, right=right):
            yield from _values(left, frame)
            yield from _values(right, frame)
        case ast.UnaryOp(operand=operand):
            yield from _values(operand, frame)
        case ast.Compare(left=left, comparators=[right]):
            yield (left if column_of(left, frame) is None else right), False
        case ast.Call(func=ast.Attribute(attr=test), args=arguments, keywords=keywords):
            for value in [*arguments, *(keyword.value for keyword in keywords)]:
                yield value, test == "isin"
