"""Lists of rows: begun, grown row by row, and made into one frame; and everything else that is done with them."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field

from memadvise.rewrite.names import Occurrence, occurrences
from memadvise.rewrite.pandas_calls import PandasCalls
from memadvise.rewrite.parents import around
from memadvise.rewrite.parse import ParsedCell

Comprehension = ast.ListComp


@dataclass(frozen=True)
class Row:
    """One row written out: `{"a": x}`, `dict(a=x)`, `(x, y)`; ``keys`` are empty where places stand for them."""

    node: ast.expr
    kind: str
    keys: tuple[str, ...]
    values: tuple[ast.expr, ...]


@dataclass(frozen=True)
class Append:
    """One `rows.append(row)`; ``outer`` is what it stands in, from the inside."""

    place: Occurrence
    statement: ast.Expr
    row: Row
    outer: tuple[ast.AST, ...]


@dataclass(frozen=True)
class FrameMade:
    """The `pd.DataFrame(rows)`; ``columns`` are the names it gives, None where it gives none."""

    place: Occurrence
    call: ast.Call
    columns: tuple[str, ...] | None
    outer: tuple[ast.AST, ...]


@dataclass
class RowList:
    """A list of rows and its uses. ``comprehension`` is what it is begun with, None for an empty list."""

    name: str
    cell: ParsedCell
    begin: ast.Assign
    comprehension: Comprehension | None = None
    row: Row | None = None
    appends: list[Append] = field(default_factory=list)
    frames: list[FrameMade] = field(default_factory=list)
    lengths: list[tuple[Occurrence, ast.Call, tuple[ast.AST, ...]]] = field(default_factory=list)
    others: list[Occurrence] = field(default_factory=list)
    unclear: list[str] = field(default_factory=list)

    def rows(self) -> tuple[Row, ...]:
        """Return the rows as they are written out."""
        return (*((self.row,) if self.row else ()), *(append.row for append in self.appends))


def find_row_lists(cells: tuple[ParsedCell, ...], calls: PandasCalls, names: frozenset[str]) -> Iterator[RowList]:
    """Yield the lists of these names that are begun at a cell's top level, hold rows, and are made into a frame."""
    for cell in cells:
        for statement in cell.body:
            match statement:
                case ast.Assign(targets=[ast.Name(id=name)], value=value) if name in names and _begins(value, calls):
                    found = RowList(name, cell, statement)
                    if isinstance(value, ast.ListComp):
                        found.comprehension, found.row = value, row_of(value.elt, calls)
                    _classify(found, cells, calls)
                    if found.frames and (found.rows() or found.unclear):
                        yield found


def _begins(value: ast.expr, calls: PandasCalls) -> bool:
    match value:
        case ast.List(elts=[]):
            return True
        case ast.Call(func=ast.Name(id="list"), args=[], keywords=[]):
            return calls.builtin("list")
        case ast.ListComp(elt=element):
            return row_of(element, calls) is not None
    return False


def row_of(node: ast.expr, calls: PandasCalls) -> Row | None:
    """Return a row that is written out with distinct names as literals, else None."""
    match node:
        case ast.Dict(keys=keys, values=values) if keys:
            names = [key.value for key in keys if isinstance(key, ast.Constant) and isinstance(key.value, str)]
            if len(names) == len(keys) == len(set(names)):
                return Row(node, "dict", tuple(names), tuple(values))
        case ast.Call(func=ast.Name(id="dict"), args=[], keywords=[_, *_] as keywords) if calls.builtin("dict"):
            names = [keyword.arg for keyword in keywords if keyword.arg is not None]
            if len(names) == len(keywords):
                return Row(node, "dict", tuple(names), tuple(keyword.value for keyword in keywords))
        case ast.Tuple(elts=[_, *_] as elements) | ast.List(elts=[_, *_] as elements):
            if not any(isinstance(element, ast.Starred) for element in elements):
                return Row(node, type(node).__name__.lower(), (), tuple(elements))
    return None


def _classify(found: RowList, cells: tuple[ParsedCell, ...], calls: PandasCalls) -> None:
    for place in occurrences(cells, found.name):
        if place.node is found.begin.targets[0]:
            continue
        outer = around(place.statement, place.node)
        match outer:
            case (
                ast.Attribute(attr="append"),
                ast.Call(args=[element], keywords=[]) as call,
                ast.Expr() as statement,
                *further,
            ) if call.func is outer[0]:
                row = row_of(element, calls)
                if row is None:
                    found.unclear.append(
                        f"a row in cell {place.cell.cell.index}, line {statement.lineno} is not written out with "
                        f"its names as literals"
                    )
                else:
                    found.appends.append(Append(place, statement, row, tuple(further)))
            case (ast.Call(func=ast.Name(id="len"), args=[_], keywords=[]) as call, *further) if calls.builtin("len"):
                found.lengths.append((place, call, tuple(further)))
            case (ast.Call(args=[argument, *_]) as call, *further) if (
                calls.is_call(call, "DataFrame") and argument is place.node and (made := _frame(place, call, further))
            ):
                found.frames.append(made)
            case _:
                found.others.append(place)


def _frame(place: Occurrence, call: ast.Call, outer: list[ast.AST]) -> FrameMade | None:
    if len(call.args) == 1 and not call.keywords:
        return FrameMade(place, call, None, tuple(outer))
    match call:
        case ast.Call(args=[_], keywords=[ast.keyword(arg="columns", value=ast.List(elts=names))]):
            texts = [name.value for name in names if isinstance(name, ast.Constant) and isinstance(name.value, str)]
            if len(texts) == len(names) == len(set(texts)):
                return FrameMade(place, call, tuple(texts), tuple(outer))
    return None
