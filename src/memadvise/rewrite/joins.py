"""`left.merge(right, on="key")` with its two sides written out, and what is asked of the merged frame."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from memadvise.rewrite import columns
from memadvise.rewrite.around import Around, runs_once
from memadvise.rewrite.frame_api import FRAME_ATTRIBUTES, GROUP_ATTRIBUTES
from memadvise.rewrite.parse import ParsedCell
from memadvise.rewrite.reads import pandas_names

REDUCERS = frozenset({"sum", "mean", "min", "max", "count", "median", "nunique", "std", "var", "first", "last", "size"})
SINGLE = REDUCERS - {"first", "last", "size"}  # what reduces one column to one number
_OPTIONS = ("on", "left_on", "right_on", "how", "validate")
_MANY_TO_ONE = frozenset({"many_to_one", "m:1"})


@dataclass(frozen=True)
class Side:
    """One side of a merge: the frame's name, and the columns selected of it (None: all)."""

    frame: str
    columns: tuple[str, ...] | None = None


@dataclass(frozen=True)
class Join:
    """One merge on one column of either side. ``name`` is what the merged frame is bound to, "" when to nothing.

    ``problem`` says why nothing can be said of it: an option that is not understood.
    """

    cell: ParsedCell
    statement: ast.stmt
    call: ast.Call
    left: Side
    right: Side
    key: str
    right_key: str
    how: str
    name: str
    problem: str = ""


def find_joins(cells: tuple[ParsedCell, ...]) -> Iterator[Join]:
    """Yield the merges of top-level statements in notebook order."""
    modules = pandas_names(cells).modules
    for cell in cells:
        for statement in cell.body:
            for node in ast.walk(statement):
                sides = _sides(node, modules)
                if sides is None or not isinstance(node, ast.Call) or not runs_once(statement, node):
                    continue
                match statement:
                    case ast.Assign(targets=[ast.Name(id=name)], value=value) if value is node:
                        yield _join(cell, statement, node, sides, name)
                    case _:
                        yield _join(cell, statement, node, sides, "")


def _sides(node: ast.AST, modules: frozenset[str]) -> tuple[Side, Side] | None:
    match node:
        case ast.Call(func=ast.Attribute(value=ast.Name(id=module), attr="merge"), args=[left, right, *_]) if (
            module in modules
        ):
            sides = _side(left), _side(right)
        case ast.Call(func=ast.Attribute(value=left, attr="merge"), args=[right, *_]):
            sides = _side(left), _side(right)
        case _:
            return None
    return (sides[0], sides[1]) if sides[0] is not None and sides[1] is not None else None


def _side(node: ast.expr) -> Side | None:
    match node:
        case ast.Name(id=name):
            return Side(name)
        case ast.Subscript(value=ast.Name(id=name), slice=ast.List() as chosen):
            names = columns.names(chosen)
            return Side(name, tuple(names)) if names else None
    return None


def _join(cell: ParsedCell, statement: ast.stmt, call: ast.Call, sides: tuple[Side, Side], name: str) -> Join:
    given = {keyword.arg or "**": keyword.value for keyword in call.keywords}
    left_key, right_key = _keys(given)
    how = given.get("how", ast.Constant("inner"))
    kind = how.value if isinstance(how, ast.Constant) else None
    problem = _problem(given, len(call.args) - (1 if _of_frame(call, sides[0]) else 2))
    if not problem and not (left_key and right_key):
        problem = "the merge is not on one column of either frame"
    if not problem and kind not in {"left", "inner"}:
        problem = "only inner and left merges are proven"
    return Join(cell, statement, call, *sides, left_key, right_key, str(kind), name, problem)


def _keys(given: dict[str, ast.expr]) -> tuple[str, str]:
    """Return the one column on which either side is merged, "" where that is not written out."""
    if "on" in given:
        on = columns.names(given["on"]) or []
        return (on[0], on[0]) if len(on) == 1 and not {"left_on", "right_on"} & given.keys() else ("", "")
    keys = [columns.names(given[side]) or [] if side in given else [] for side in ("left_on", "right_on")]
    return (keys[0][0], keys[1][0]) if len(keys[0]) == len(keys[1]) == 1 else ("", "")


def _problem(given: dict[str, ast.expr], positional: int) -> str:
    if positional or given.keys() - set(_OPTIONS):
        odd = ", ".join(sorted(given.keys() - set(_OPTIONS))) or "something by position"
        return f"the merge says {odd}, which this rule does not combine with"
    validate = given.get("validate")
    if validate is not None and not (isinstance(validate, ast.Constant) and validate.value in _MANY_TO_ONE):
        return "the merge validates something else than many_to_one"
    return ""


def _of_frame(call: ast.Call, left: Side) -> bool:
    """Tell `left.merge(right)` from `pd.merge(left, right)`."""
    assert isinstance(call.func, ast.Attribute)
    return _side(call.func.value) == left


@dataclass(frozen=True)
class GroupUse:
    """`merged.groupby(keys)` and the reduction of some columns of it.

    ``groups`` is the call of groupby, ``node`` the whole reduction; ``selected`` the columns reduced (none: `size`).
    ``plain`` names the reducer where one column is reduced by one method without arguments, grouped without options.
    """

    cell: ParsedCell
    root: ast.expr
    groups: ast.Call
    node: ast.expr
    keys: tuple[str, ...]
    listed: bool
    selected: tuple[str, ...]
    plain: str = ""


@dataclass(frozen=True)
class ColumnUse:
    """`merged["column"]`; ``node`` is it, or its reduction to a number where ``reduced``."""

    cell: ParsedCell
    root: ast.expr
    item: ast.expr
    column: str
    reduced: bool


@dataclass(frozen=True)
class RowsUse:
    """`len(merged)` or `merged.shape[0]`."""

    cell: ParsedCell
    root: ast.expr
    node: ast.expr


Use = GroupUse | ColumnUse | RowsUse


def use_at(cell: ParsedCell, statement: ast.stmt, root: ast.expr, known: frozenset[str]) -> Use | None:
    """Return what is asked of the merged frame at one place; None where it is not understood.

    ``known`` are the columns of the merged frame, for telling `merged.amount` from a method.
    """
    around = Around(statement)
    match around.parent(root):
        case ast.Subscript(value=value, slice=ast.Constant(value=str(column)), ctx=ast.Load()) as item if value is root:
            return _column(cell, around, root, item, column)
        case ast.Attribute(attr="shape", ctx=ast.Load()) as shape:
            outer = around.parent(shape)
            if isinstance(outer, ast.Subscript) and isinstance(outer.slice, ast.Constant) and outer.slice.value == 0:
                return RowsUse(cell, root, outer)
        case ast.Call(func=ast.Name(id="len"), args=[_], keywords=[]) as call:
            return RowsUse(cell, root, call)
        case ast.Attribute(attr="groupby") as attribute:
            groups = around.call_of(attribute)
            return _group(cell, around, root, groups, known) if groups is not None else None
        case ast.Attribute(attr=column, ctx=ast.Load()) as item if (
            column in known - FRAME_ATTRIBUTES and not around.call_of(item)
        ):
            return _column(cell, around, root, item, column)
    return None


def _column(cell: ParsedCell, around: Around, root: ast.expr, item: ast.expr, column: str) -> ColumnUse:
    found = around.method(item)
    reduced = found is not None and found[0] in SINGLE and not found[1].args and not found[1].keywords
    return ColumnUse(cell, root, item, column, reduced)


def _group(
    cell: ParsedCell, around: Around, root: ast.expr, groups: ast.Call, known: frozenset[str]
) -> GroupUse | None:
    if len(groups.args) != 1 or not {keyword.arg for keyword in groups.keywords} <= {"sort", "as_index"}:
        return None
    keys = columns.names(groups.args[0])
    if not keys:
        return None
    selection, selected = _selected(around, groups, known)
    found = around.method(selection)
    if found is None or found[0] not in REDUCERS | {"agg", "aggregate"}:
        return None
    name, call = found
    if name in {"agg", "aggregate"}:
        reduced = _aggregated(call, selected)
        if reduced is None:
            return None
        return GroupUse(cell, root, groups, call, tuple(keys), _lists(groups), tuple(reduced))
    if call.args or call.keywords or (name == "size") == bool(selected) or (selected is None and name != "size"):
        return None
    plain = name if len(keys) == 1 and not groups.keywords and isinstance(selection, ast.Subscript | ast.Call) else ""
    one = name == "size" or (isinstance(selection, ast.Subscript) and isinstance(selection.slice, ast.Constant))
    return GroupUse(cell, root, groups, call, tuple(keys), _lists(groups), tuple(selected or ()), plain if one else "")


def _lists(groups: ast.Call) -> bool:
    return not isinstance(groups.args[0], ast.Constant)


def _selected(around: Around, groups: ast.Call, known: frozenset[str]) -> tuple[ast.expr, list[str] | None]:
    """Return (what the reducer is called on, the columns selected in it; None: no selection)."""
    match around.parent(groups):
        case ast.Subscript(value=value, slice=key, ctx=ast.Load()) as item if value is groups:
            return item, columns.names(key) or None
        case ast.Attribute(attr=column) as item if (
            column in known - FRAME_ATTRIBUTES - GROUP_ATTRIBUTES and not around.call_of(item)
        ):
            return item, [column]
    return groups, None


def _aggregated(call: ast.Call, selected: list[str] | None) -> list[str] | None:
    """Return the columns that `agg` reduces by functions named in the allow-list; None for anything else."""
    if selected is not None:
        functions = columns.names(call.args[0]) if len(call.args) == 1 and not call.keywords else None
        return selected if functions and set(functions) <= REDUCERS else None
    reduced = columns.aggregated(call)
    if reduced is None:
        return None
    given = [*call.args, *(keyword.value for keyword in call.keywords)]
    texts = []
    for node in given:
        values = node.values if isinstance(node, ast.Dict) else [node.elts[1]] if isinstance(node, ast.Tuple) else []
        for value in values:
            texts += columns.names(value) or [""]
    return reduced if texts and set(texts) <= REDUCERS else None
