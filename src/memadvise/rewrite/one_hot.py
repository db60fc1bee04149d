"""`name = pd.get_dummies(...)` at the top level of a cell, and what is done with the block of dummies."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from memadvise.rewrite import columns
from memadvise.rewrite.around import Around
from memadvise.rewrite.frame_api import FRAME_ATTRIBUTES
from memadvise.rewrite.names import Occurrence, times_bound
from memadvise.rewrite.parse import ParsedCell
from memadvise.rewrite.reads import pandas_names

UseKind = Literal[
    "shape", "rows", "width", "columns", "index", "sum", "mean", "item sum", "item mean", "weighted sum", "product",
    "column", "shown", "types shown",
]  # fmt: skip


@dataclass(frozen=True)
class Block:
    """One block: the call, its one positional argument and its other arguments by name.

    ``series`` tells `get_dummies(frame["column"])` from `get_dummies(frame)`; ``frame`` is "" where the argument is
    neither.
    """

    cell: ParsedCell
    statement: ast.Assign
    name: str
    call: ast.Call
    source: ast.expr
    options: dict[str, ast.expr]
    frame: str
    column: str = ""

    @property
    def series(self) -> bool:
        """Whether one column is taken apart, so that every column of the block is a dummy."""
        return bool(self.column)


@dataclass(frozen=True)
class BlockUse:
    """One understood use: ``node`` is the whole expression (`d["IT"].sum()`), ``key`` the columns chosen in it.

    ``weight`` is the column that the dummies are multiplied by.
    """

    place: Occurrence
    kind: UseKind
    node: ast.expr
    key: ast.expr | None = None
    weight: ast.expr | None = None


def find_blocks(cells: tuple[ParsedCell, ...]) -> Iterator[Block]:
    """Yield the blocks in notebook order; a call that asks for sparse columns is none."""
    modules = pandas_names(cells).modules
    for cell in cells:
        for statement in cell.body:
            match statement:
                case ast.Assign(
                    targets=[ast.Name(id=name)],
                    value=ast.Call(
                        func=ast.Attribute(value=ast.Name(id=module), attr="get_dummies"), args=[source]
                    ) as call,
                ) if module in modules and not isinstance(source, ast.Starred):
                    options = {keyword.arg or "**": keyword.value for keyword in call.keywords}
                    if "sparse" not in options:
                        yield Block(cell, statement, name, call, source, options, *_source(cells, source))


def _source(cells: tuple[ParsedCell, ...], node: ast.expr) -> tuple[str, str]:
    """Return (frame, column) of the argument; a name bound to `frame["column"]` is that column."""
    match node:
        case ast.Subscript(value=ast.Name(id=frame), slice=ast.Constant(value=str(column))):
            return frame, column
        case ast.Attribute(value=ast.Name(id=frame), attr=column) if column not in FRAME_ATTRIBUTES:
            return frame, column
        case ast.Name(id=name):
            bound = [
                statement.value
                for cell in cells
                for statement in cell.body
                if isinstance(statement, ast.Assign) and ast.unparse(statement.targets[0]) == name
            ]
            if len(bound) == times_bound(cells, name) == 1 and isinstance(bound[0], ast.Subscript | ast.Attribute):
                found = _source(cells, bound[0])
                return found if found[0] else (name, "")
            return name, ""
    return "", ""


def use_of(place: Occurrence) -> BlockUse | None:
    """Return what is done with the block at one place; None where it is not understood."""
    around, node = Around(place.statement), place.node
    if not isinstance(node.ctx, ast.Load):
        return None
    match around.parent(node):
        case ast.Attribute(attr="shape", ctx=ast.Load()) as shape:
            return _shape(place, around, shape)
        case ast.Attribute(attr="columns", ctx=ast.Load()) as attribute if _is_read(around, attribute):
            return BlockUse(place, "columns", attribute)
        case ast.Attribute(attr="index", ctx=ast.Load()) as attribute if _is_read(around, attribute):
            return BlockUse(place, "index", attribute)
        case ast.Attribute(attr="T", ctx=ast.Load()) as transposed:
            return _product(place, around, transposed)
        case ast.Call(func=ast.Name(id="len"), args=[_], keywords=[]) as call:
            return BlockUse(place, "rows", call)
        case ast.Subscript(value=value, slice=key, ctx=ast.Load()) as item if value is node:
            return _item(place, around, item, key)
    if _is_shown(around, node):
        return BlockUse(place, "shown", node)
    return _method(place, around)


def _is_read(around: Around, attribute: ast.Attribute) -> bool:
    """Tell whether labels are only read: `d.index.name = "row"` would name those of the frame as well."""
    outer = around.parent(attribute)
    return not (isinstance(outer, ast.Attribute | ast.Subscript) and not isinstance(outer.ctx, ast.Load))


def _shape(place: Occurrence, around: Around, shape: ast.Attribute) -> BlockUse | None:
    match around.parent(shape):
        case ast.Subscript(slice=ast.Constant(value=0), ctx=ast.Load()) as item:
            return BlockUse(place, "rows", item)
        case ast.Subscript(slice=ast.Constant(value=1), ctx=ast.Load()) as item:
            return BlockUse(place, "width", item)
    return BlockUse(place, "shape", shape)


def _product(place: Occurrence, around: Around, transposed: ast.Attribute) -> BlockUse | None:
    """Return the use `d.T @ y` or `d.T.dot(y)`."""
    match around.parent(transposed), around.method(transposed):
        case ast.BinOp(left=left, op=ast.MatMult(), right=weight) as product, _ if left is transposed:
            return BlockUse(place, "product", product, weight=weight)
        case _, ("dot", ast.Call(args=[weight], keywords=[]) as call):
            return BlockUse(place, "product", call, weight=weight)
    return None


def _item(place: Occurrence, around: Around, item: ast.Subscript, key: ast.expr) -> BlockUse | None:
    if not _is_label(key) and not (isinstance(key, ast.List) and key.elts and all(map(_is_label, key.elts))):
        return None
    found = around.method(item)
    if found is not None and found[0] in {"sum", "mean"} and _down(found[1], nothing=True):
        return BlockUse(place, "item sum" if found[0] == "sum" else "item mean", found[1], key)
    return BlockUse(place, "column", item, key)


def _is_label(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and type(node.value) in {str, int, float}


def _method(place: Occurrence, around: Around) -> BlockUse | None:
    found = around.method(place.node)
    if found is None:
        return None
    name, call = found
    if name in {"sum", "mean"} and _down(call):
        return BlockUse(place, "sum" if name == "sum" else "mean", call)
    if name in {"head", "tail"} and _is_shown(around, call) and all(isinstance(one, ast.Constant) for one in call.args):
        return None if call.keywords else BlockUse(place, "shown", call)
    if name == "info" and isinstance(around.parent(call), ast.Expr) and not call.args and not call.keywords:
        return BlockUse(place, "types shown", call)
    if name in {"mul", "multiply"} and len(call.args) == 1 and _axis(call) in {0, "index"}:
        outer = around.method(call)
        if outer is not None and outer[0] == "sum" and _down(outer[1]):
            return BlockUse(place, "weighted sum", outer[1], weight=call.args[0])
    return None


def _down(call: ast.Call, *, nothing: bool = False) -> bool:
    """Tell whether a reducer's arguments say no more than the default: down the rows."""
    return not call.args and (not call.keywords or (not nothing and _axis(call) in {0, "index"}))


def _axis(call: ast.Call) -> object:
    match call.keywords:
        case [ast.keyword(arg="axis", value=ast.Constant(value=axis))] if type(axis) in {int, str}:
            return axis
    return None


def _is_shown(around: Around, node: ast.AST) -> bool:
    """Tell whether an expression is only displayed: the cell's value, or printed."""
    match around.parent(node):
        case ast.Expr():
            return True
        case ast.Call(func=ast.Name(id="print" | "display"), args=[_], keywords=[]) as call:
            return isinstance(around.parent(call), ast.Expr)
    return False


def encoded(block: Block) -> list[str] | None:
    """Return the columns named by `columns=[...]`; None when they are not written out."""
    given = block.options.get("columns")
    return None if given is None else columns.names(given)
