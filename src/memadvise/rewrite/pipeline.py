"""Recognises `frame[filter].groupby(keys)[column].sum()` and its simpler forms: what can be done piece by piece."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from memadvise.rewrite import columns as col
from memadvise.rewrite.frame_api import FRAME_ATTRIBUTES, GROUP_ATTRIBUTES

REDUCERS = frozenset({"sum", "count", "mean", "min", "max"})
_TEXT_TESTS = frozenset({"contains", "startswith", "endswith"})
_ROW_TESTS = frozenset({"isin", "isna", "isnull", "notna", "notnull", "between"})


@dataclass(frozen=True)
class Pipeline:
    """One expression over a frame.

    ``keys`` empty: no groups. ``selected`` are the reduced or projected columns; None: all. ``one_column``: a Series
    comes out of the selection. ``reducer`` empty: rows are filtered, not reduced. ``filters`` are the row conditions.
    """

    node: ast.expr
    frame: str
    filters: tuple[ast.expr, ...]
    keys: tuple[str, ...] = ()
    selected: tuple[str, ...] | None = None
    one_column: bool = False
    reducer: str = ""

    @property
    def columns(self) -> frozenset[str] | None:
        """Columns that the expression needs; None: all of them (rows of the whole frame come out)."""
        if self.selected is None and not self.keys:
            return None
        named = {name for condition in self.filters for name in condition_columns(condition, self.frame)}
        return frozenset(named | set(self.keys) | set(self.selected or ()))


def find(statement: ast.stmt, frame: str) -> Pipeline | None:
    """Return the largest expression of the statement that is a pipeline over ``frame`` and reduces or filters it."""
    for node in ast.walk(statement):  # breadth first: outer expressions before the ones inside
        if isinstance(node, ast.expr) and (found := read(node, frame)) is not None:
            if found.reducer or found.filters:
                return found
    return None


def read(node: ast.expr, frame: str) -> Pipeline | None:
    """Return the expression as a pipeline, or None when it is not one of the understood forms."""
    match node:
        case ast.Call(func=ast.Attribute(value=inner, attr="size"), args=[], keywords=[]):
            return _grouped(node, inner, frame, (), False, "size")
        case ast.Call(func=ast.Attribute(value=inner, attr=reducer), args=[], keywords=[]) if reducer in REDUCERS:
            selected = _selection(inner)
            if selected is not None:
                grouped = _grouped(node, selected[0], frame, selected[1], selected[2], reducer)
                if grouped is not None:
                    return grouped
            source = rows(inner, frame)
            if source is not None and source.one_column:
                return Pipeline(node, frame, source.filters, (), source.selected, True, reducer)
            return None
    return rows(node, frame)


def _grouped(
    node: ast.expr, groups: ast.expr, frame: str, selected: tuple[str, ...], one_column: bool, reducer: str
) -> Pipeline | None:
    match groups:
        case ast.Call(func=ast.Attribute(value=source, attr="groupby"), args=[key], keywords=[]):
            pass
        case ast.Call(func=ast.Attribute(value=source, attr="groupby"), args=[], keywords=[ast.keyword("by", key)]):
            pass
        case _:
            return None
    keys, found = col.names(key), rows(source, frame)
    if not keys or found is None or found.selected is not None or isinstance(key, ast.Tuple):
        return None
    return Pipeline(node, frame, found.filters, tuple(keys), selected, one_column, reducer)


def _selection(node: ast.expr) -> tuple[ast.expr, tuple[str, ...], bool] | None:
    """Split `groups["a"]`, `groups[["a", "b"]]` and `groups.a` into (groups, columns, one column?)."""
    match node:
        case ast.Subscript(value=inner, slice=ast.Constant(value=str(name))):
            return inner, (name,), True
        case ast.Subscript(value=inner, slice=ast.List() as names):
            found = col.names(names) or []
            return (inner, tuple(found), False) if found and len(set(found)) == len(found) else None
        case ast.Attribute(value=ast.Call() as inner, attr=name) if name not in FRAME_ATTRIBUTES | GROUP_ATTRIBUTES:
            return inner, (name,), True
    return None


def rows(node: ast.expr, frame: str) -> Pipeline | None:
    """Read `frame`, `frame[condition]`, `frame.loc[condition, columns]`, `frame["a"]`, `frame[["a", "b"]]`."""
    if not isinstance(getattr(node, "ctx", ast.Load()), ast.Load):  # `frame.loc[condition, "a"] = 0`
        return None
    match node:
        case ast.Name(id=name) if name == frame:
            return Pipeline(node, frame, ())
        case ast.Attribute(value=inner, attr=name) if name not in FRAME_ATTRIBUTES:
            return _projected(node, rows(inner, frame), [name], True)
        case ast.Subscript(value=ast.Attribute(value=inner, attr="loc"), slice=ast.Tuple(elts=[condition, chosen])):
            found = _filtered(node, rows(inner, frame), condition)
            return _projected(node, found, col.names(chosen), isinstance(chosen, ast.Constant))
        case ast.Subscript(value=ast.Attribute(value=inner, attr="loc"), slice=condition):
            return _filtered(node, rows(inner, frame), condition)
        case ast.Subscript(value=inner, slice=ast.Constant() | ast.List() as chosen):
            return _projected(node, rows(inner, frame), col.names(chosen), isinstance(chosen, ast.Constant))
        case ast.Subscript(value=inner, slice=condition):
            return _filtered(node, rows(inner, frame), condition)
    return None


def _filtered(node: ast.expr, source: Pipeline | None, condition: ast.expr) -> Pipeline | None:
    if source is None or source.selected is not None or not is_row_condition(condition, source.frame):
        return None
    return Pipeline(node, source.frame, (*source.filters, condition))


def _projected(node: ast.expr, source: Pipeline | None, names: list[str] | None, one_column: bool) -> Pipeline | None:
    if source is None or source.selected is not None or not names or len(set(names)) != len(names):
        return None
    return Pipeline(node, source.frame, source.filters, (), tuple(names), one_column)


def is_row_condition(node: ast.expr, frame: str) -> bool:
    """Tell whether a condition looks at one row at a time, so that it means the same in a piece of the file."""
    match node:
        case ast.BinOp(left=left, op=ast.BitAnd() | ast.BitOr(), right=right):
            return is_row_condition(left, frame) and is_row_condition(right, frame)
        case ast.UnaryOp(op=ast.Invert(), operand=operand):
            return is_row_condition(operand, frame)
        case ast.Compare(left=left, ops=[ast.Eq() | ast.NotEq() | ast.Lt() | ast.LtE() | ast.Gt() | ast.GtE()]):
            right = node.comparators[0]
            return (_is_column(left, frame) and _is_value(right, frame)) or (
                _is_value(left, frame) and _is_column(right, frame)
            )
        case ast.Call(func=ast.Attribute(value=ast.Attribute(value=owner, attr="str"), attr=test)):
            return test in _TEXT_TESTS and _is_column(owner, frame) and _given(node, frame)
        case ast.Call(func=ast.Attribute(value=owner, attr=test)):
            return test in _ROW_TESTS and _is_column(owner, frame) and _given(node, frame)
    return False


def _given(call: ast.Call, frame: str) -> bool:
    every = [*call.args, *(keyword.value for keyword in call.keywords)]
    return all(_is_value(one, frame) for one in every)


def _is_column(node: ast.expr, frame: str) -> bool:
    return column_of(node, frame) is not None


def column_of(node: ast.expr, frame: str) -> str | None:
    """Return the column's name in `frame["a"]` or `frame.a`; None for anything else."""
    match node:
        case ast.Subscript(value=ast.Name(id=name), slice=ast.Constant(value=str(column))) if name == frame:
            return column
        case ast.Attribute(value=ast.Name(id=name), attr=column) if name == frame and column not in FRAME_ATTRIBUTES:
            return column
    return None


def _is_value(node: ast.expr, frame: str) -> bool:
    """Tell whether an expression is a value that does not depend on the frame and may be computed more than once."""
    allowed = (
        ast.Constant,
        ast.Name,
        ast.List,
        ast.Tuple,
        ast.Set,
        ast.UnaryOp,
        ast.BinOp,
        ast.Attribute,
        ast.Subscript,
    )
    context = (ast.expr_context, ast.operator, ast.unaryop)
    return all(
        isinstance(inner, allowed + context) and not (isinstance(inner, ast.Name) and inner.id == frame)
        for inner in ast.walk(node)
    )


def condition_columns(condition: ast.expr, frame: str) -> Iterator[str]:
    """Yield the columns of the frame that a condition looks at."""
    for node in ast.walk(condition):
        if isinstance(node, ast.expr) and (name := column_of(node, frame)) is not None:
            yield name
