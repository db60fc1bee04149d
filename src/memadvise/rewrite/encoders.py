"""`X = OneHotEncoder(sparse_output=False).fit_transform(...)` and what is asked of the dense matrix."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from memadvise.rewrite.around import Around, unseen
from memadvise.rewrite.edits import Span
from memadvise.rewrite.names import Occurrence, occurrences
from memadvise.rewrite.parse import ParsedCell
from memadvise.rewrite.reads import only_imported

_OPTIONS = frozenset({"sparse_output", "handle_unknown", "drop"})
# what may be asked of an encoder beside the matrix: nothing of it depends on how the matrix is stored
_ASKED = frozenset({"categories_", "get_feature_names_out", "feature_names_in_", "n_features_in_", "drop_idx_"})


@dataclass(frozen=True)
class Encoded:
    """One matrix: the statement that makes it, its name, and the `sparse_output=False` that makes it dense.

    ``made`` is the cell in which the encoder is made, ``encoder`` its name ("" where it has none).
    """

    cell: ParsedCell
    statement: ast.Assign
    name: str
    made: ParsedCell
    dense: ast.expr
    encoder: str


def find_encoded(cells: tuple[ParsedCell, ...]) -> Iterator[Encoded]:
    """Yield the matrices of encoders that are bound once, or never."""
    if not only_imported(cells, "OneHotEncoder", "sklearn.preprocessing", "OneHotEncoder"):
        return
    encoders = dict(_encoders(cells))
    for cell in cells:
        for statement in cell.body:
            match statement:
                case ast.Assign(
                    targets=[ast.Name(id=name)],
                    value=ast.Call(func=ast.Attribute(value=owner, attr="fit_transform"), args=[_], keywords=[]),
                ):
                    if isinstance(owner, ast.Name) and owner.id in encoders:
                        made, dense = encoders[owner.id]
                        yield Encoded(cell, statement, name, made, dense, owner.id)
                    elif (dense_here := _dense(owner)) is not None:
                        yield Encoded(cell, statement, name, cell, dense_here, "")


def _encoders(cells: tuple[ParsedCell, ...]) -> Iterator[tuple[str, tuple[ParsedCell, ast.expr]]]:
    for cell in cells:
        for statement in cell.body:
            match statement:
                case ast.Assign(targets=[ast.Name(id=name)], value=value) if (dense := _dense(value)) is not None:
                    yield name, (cell, dense)


def _dense(node: ast.expr) -> ast.expr | None:
    """Return the `False` of `OneHotEncoder(sparse_output=False)`; None for any other expression."""
    match node:
        case ast.Call(func=ast.Name(id="OneHotEncoder"), args=[], keywords=keywords):
            given = {keyword.arg: keyword.value for keyword in keywords}
            wanted = given.get("sparse_output")
            if given.keys() <= _OPTIONS and isinstance(wanted, ast.Constant) and wanted.value is False:
                return wanted
    return None


def encoder_problem(cells: tuple[ParsedCell, ...], found: Encoded) -> str:
    """Return why the encoder may be used for more than this one matrix; empty if it surely is not."""
    if not found.encoder:
        return ""
    if reason := unseen(cells, found.encoder):
        return reason
    for place in occurrences(cells, found.encoder):
        if place.statement is found.statement or isinstance(place.node.ctx, ast.Store):
            continue
        outer = Around(place.statement).parent(place.node)
        if not (isinstance(outer, ast.Attribute) and outer.attr in _ASKED and isinstance(outer.ctx, ast.Load)):
            return f"cell {place.cell.cell.index}, line {place.node.lineno}: {found.encoder} is used for more"
    return ""


def answer(place: Occurrence, name: str) -> Span | None:
    """Return the edit that asks the sparse matrix called ``name``; None where the use is not understood."""
    around, node = Around(place.statement), place.node
    if not isinstance(node.ctx, ast.Load):
        return None
    match around.parent(node):
        case ast.Attribute(attr="shape", ctx=ast.Load()):
            return _span(place, node, name)
        case ast.Call(func=ast.Name(id="len"), args=[_], keywords=[]) as call:
            return _span(place, call, f"{name}.shape[0]")
        case ast.Subscript(value=value, slice=key, ctx=ast.Load()) as item if value is node:
            return _column(place, around, item, key, name)
    found = around.method(node)
    if found is None or found[0] not in {"sum", "mean"}:
        return None
    method, call = found
    if not call.args and not call.keywords:
        mean = f"({name}.sum() / ({name}.shape[0] * {name}.shape[1]))"
        return _span(place, call, f"{name}.sum()" if method == "sum" else mean)
    if not _down(call):
        return None
    return _sums(place, call, method, name)


def _sums(place: Occurrence, call: ast.Call, method: str, name: str) -> Span:
    # every stored value is a 1; `sum(axis=0)` of a sparse matrix would be a matrix of one row
    sums = f'{name}.getnnz(axis=0).astype("float64")'
    return _span(place, call, sums if method == "sum" else f"({sums} / {name}.shape[0])")


def _column(place: Occurrence, around: Around, item: ast.Subscript, key: ast.expr, name: str) -> Span | None:
    match key, around.method(item):
        case (
            ast.Tuple(elts=[ast.Slice(lower=None, upper=None, step=None), ast.Constant(value=column)]),
            ("sum", ast.Call(args=[], keywords=[]) as call),
        ) if type(column) is int:
            return _span(place, call, f"{name}[:, [{column}]].sum()")
    return None


def _down(call: ast.Call) -> bool:
    match call:
        case ast.Call(args=[ast.Constant(value=0)], keywords=[]):
            return True
        case ast.Call(args=[], keywords=[ast.keyword(arg="axis", value=ast.Constant(value=0))]):
            return True
    return False


def _span(place: Occurrence, node: ast.expr, code: str) -> Span:
    start, end = place.cell.span(node)
    return start, end, code
