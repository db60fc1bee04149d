"""Recognises `frame[frame["key"] == value]`: rows looked up by equality or range of one or two columns."""

from __future__ import annotations

import ast
from dataclasses import dataclass

from memadvise.rewrite.pipeline import column_of, condition_columns, is_row_condition

_OPERATORS: dict[type[ast.cmpop], str] = {ast.Eq: "=", ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">="}
_MIRRORED: dict[type[ast.cmpop], str] = {ast.Eq: "=", ast.Lt: ">", ast.LtE: ">=", ast.Gt: "<", ast.GtE: "<="}
MOST_COLUMNS = 2


@dataclass(frozen=True)
class Test:
    """One comparison of a column with a value: `operator` is SQL's, ``value`` the person's own expression."""

    column: str
    operator: str
    value: ast.expr


@dataclass(frozen=True)
class Lookup:
    """One place: the whole `frame[condition]`, its condition, and the comparisons that all must hold."""

    node: ast.Subscript
    condition: ast.expr
    tests: tuple[Test, ...]

    @property
    def key(self) -> tuple[str, ...]:
        """Columns of the index that serves it: those tested for equality first."""
        ordered = sorted(self.tests, key=lambda test: test.operator != "=")
        return tuple(dict.fromkeys(test.column for test in ordered))


def lookup_at(node: ast.AST, frame: str) -> Lookup | None:
    """Return the expression as a lookup, or None when it is anything else."""
    if not (isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Load)):
        return None
    owner = node.value
    if isinstance(owner, ast.Attribute) and owner.attr == "loc":
        owner = owner.value
    if not (isinstance(owner, ast.Name) and owner.id == frame) or not is_row_condition(node.slice, frame):
        return None
    tests = _tests(node.slice, frame)
    if not tests or len({test.column for test in tests}) > MOST_COLUMNS:
        return None
    if set(condition_columns(node.slice, frame)) != {test.column for test in tests}:
        return None
    return Lookup(node, node.slice, tests)


def _tests(node: ast.expr, frame: str) -> tuple[Test, ...]:
    match node:
        case ast.BinOp(left=left, op=ast.BitAnd(), right=right):
            first, second = _tests(left, frame), _tests(right, frame)
            return (*first, *second) if first and second else ()
        case ast.Compare(left=left, ops=[operator], comparators=[right]) if type(operator) in _OPERATORS:
            if (name := column_of(left, frame)) is not None:
                return (Test(name, _OPERATORS[type(operator)], right),)
            if (name := column_of(right, frame)) is not None:
                return (Test(name, _MIRRORED[type(operator)], left),)
        case ast.Call(func=ast.Attribute(value=owner, attr="between"), args=[low, high], keywords=[]):
            if (name := column_of(owner, frame)) is not None:
                return (Test(name, ">=", low), Test(name, "<=", high))
    return ()
