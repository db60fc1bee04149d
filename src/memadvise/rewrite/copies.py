"""Copies that a notebook makes at its top level, and code that would notice that one was left out."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from typing import Literal

from memadvise.rewrite.lifetime import Place
from memadvise.rewrite.parse import ParsedCell

Kind = Literal["copy", "selection", "columns", "deepcopy"]

# whose results are new frames of chosen or ordered rows; none of them hands out its owner
_ROW_METHODS = frozenset({"dropna", "query", "drop_duplicates", "sort_values", "sort_index", "sample", "nlargest"})
_TESTS = frozenset({"isin", "between", "isna", "notna", "isnull", "notnull", "duplicated", "contains", "startswith"})
# libraries whose values have a `copy(deep=…)` of their own, without pandas' copy-on-write
_OTHER_FRAMES = frozenset({"xarray", "geopandas", "modin", "cudf", "dask", "pyspark", "cupy", "anndata", "vaex"})
_INNER = frozenset({"array", "_values", "_mgr", "_data", "_ndarray", "setflags", "writeable"})
# what asks for memory itself, or writes into it whatever numpy says of it
_RAW = frozenset({"shares_memory", "may_share_memory", "from_numpy", "as_tensor", "from_dlpack", "ctypes", "ctypeslib",
                  "__array_interface__", "byte_bounds"})  # fmt: skip
_HARMLESS_COPY = frozenset(
    {"astype", "merge", "to_numpy", "array", "concat", "reindex", "rename", "nan_to_num", "join"}
)
_BACKSLASH = re.compile(r"[ \t]*\\\r?\n[ \t]*$")
_INNER_WORD = re.compile(r"\.(?:array|_values|_mgr|_data|_ndarray|setflags|writeable)\b")


@dataclass(frozen=True)
class Copy:
    """One ``name = ….copy()``. ``source`` is the name at the root of what is copied.

    ``kind``: "copy" of the name itself, of a "selection" of its rows, of "columns" of it, or a "deepcopy".
    ``arguments`` is the span of the brackets of `.copy()`, ``whole`` the span of `.copy()` with its dot.
    ``only_pandas``: the notebook imports no library of other frames that could have made it.
    """

    place: Place
    name: str
    source: str
    kind: Kind
    arguments: tuple[int, int]
    whole: tuple[int, int]
    only_pandas: bool


def copies(cells: tuple[ParsedCell, ...]) -> tuple[Copy, ...]:
    """Return the copies that top-level assignments to one name make, in notebook order."""
    only_pandas = not any(_imports(statement, _OTHER_FRAMES) for cell in cells for statement in cell.body)
    found = (_copy(Place(cell, statement), only_pandas) for cell in cells for statement in cell.body)
    return tuple(one for one in found if one is not None)


def _copy(place: Place, only_pandas: bool) -> Copy | None:
    match place.statement:
        case ast.Assign(targets=[ast.Name(id=name)], value=ast.Call() as call):
            pass
        case _:
            return None
    match call:
        case ast.Call(
            func=ast.Attribute(attr="deepcopy") | ast.Name(id="deepcopy"), args=[ast.Name(id=source)], keywords=[]
        ):
            return Copy(place, name, source, "deepcopy", (0, 0), (0, 0), only_pandas)
        case ast.Call(func=ast.Attribute(value=inner, attr="copy"), args=[], keywords=keywords) if _deep(keywords):
            known = _kind(inner)
            if known is None:
                return None
            source, kind = known
            start, end = place.cell.span(call.func)[1], place.cell.span(call)[1]
            return Copy(place, name, source, kind, (start, end), (_dot(place.cell, inner, start), end), only_pandas)
    return None


def _deep(keywords: list[ast.keyword]) -> bool:
    match keywords:
        case [] | [ast.keyword(arg="deep", value=ast.Constant(value=True))]:
            return True
    return False


def _dot(cell: ParsedCell, inner: ast.expr, end: int) -> int:
    """Return where `.copy` begins, a continued line before it included."""
    source = cell.cell.source
    dot = source.rindex(".", cell.span(inner)[1], end)
    continued = _BACKSLASH.search(source[:dot])
    return continued.start() if continued else dot


def _kind(node: ast.expr) -> tuple[str, Kind] | None:
    """Return (the name at the root, what is copied of it), None for what is not known to make a new frame."""
    match node:
        case ast.Name(id=name):
            return name, "copy"
        case ast.Call(func=ast.Attribute(value=owner, attr=method), keywords=keywords) if method in _ROW_METHODS:
            if any(keyword.arg in (None, "inplace") for keyword in keywords):
                return None
            return _rows_of(owner)
        case ast.Subscript(value=owner, slice=condition) if _is_condition(condition):
            return _rows_of(owner.value if isinstance(owner, ast.Attribute) and owner.attr == "loc" else owner)
        case ast.Subscript(value=ast.Name(id=name), slice=columns) if _is_text(columns):
            return name, "columns"
    return None


def _rows_of(owner: ast.expr) -> tuple[str, Kind] | None:
    known = _kind(owner)
    return None if known is None else (known[0], "selection")


def _is_text(node: ast.expr) -> bool:
    match node:
        case ast.Constant(value=str()):
            return True
        case ast.List(elts=[_, *_] as elements):
            return all(isinstance(element, ast.Constant) and isinstance(element.value, str) for element in elements)
    return False


def _is_condition(node: ast.expr) -> bool:
    """Tell whether an index is a test of each row, and so no label, slice or list of columns."""
    match node:
        case ast.Compare():
            return True
        case ast.BinOp(left=left, op=ast.BitAnd() | ast.BitOr(), right=right):
            return _is_condition(left) and _is_condition(right)
        case ast.UnaryOp(op=ast.Invert(), operand=operand):
            return _is_condition(operand)
        case ast.Call(func=ast.Attribute(attr=test)):
            return test in _TESTS
    return False


def _imports(statement: ast.stmt, libraries: frozenset[str]) -> bool:
    for node in ast.walk(statement):
        if isinstance(node, ast.Import) and any(alias.name.split(".")[0] in libraries for alias in node.names):
            return True
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] in libraries:
            return True
    return False


def changed_in_place(cells: tuple[ParsedCell, ...], names: set[str]) -> bool:
    """Tell whether values of these names are written to in place, so that a lazy copy is made after all."""
    return any(_writes(node, names) for cell in cells for statement in cell.body for node in ast.walk(statement))


def _writes(node: ast.AST, names: set[str]) -> bool:
    match node:
        case ast.Subscript(value=owner, slice=where, ctx=ast.Store()):
            whole_column = isinstance(owner, ast.Name) and isinstance(where, ast.Constant)
            return _root(owner) in names and not whole_column
        case ast.Call(func=ast.Attribute(value=owner), keywords=keywords):
            return _root(owner) in names and any(keyword.arg == "inplace" for keyword in keywords)
        case ast.AugAssign(target=target):
            return _root(target) in names
    return False


def _root(node: ast.expr) -> str:
    while isinstance(node, ast.Subscript | ast.Attribute):
        node = node.value
    return node.id if isinstance(node, ast.Name) else ""


def writes_past_pandas(cells: tuple[ParsedCell, ...]) -> str:
    """Return where code may write into the memory of a frame without pandas' knowledge; empty when none does."""
    modules = {
        alias.asname or alias.name.split(".")[0]
        for cell in cells
        for statement in cell.body
        for node in ast.walk(statement)
        if isinstance(node, ast.Import)
        for alias in node.names
    }
    for cell in cells:
        if found := _INNER_WORD.search(cell.parsed.opaque):
            return f"cell {cell.cell.index} uses {found[0]}, through which memory may be written to"
        for statement in cell.body:
            for node in ast.walk(statement):
                if reason := _past(node, modules):
                    return f"cell {cell.cell.index} {reason}"
    return ""


def _past(node: ast.AST, modules: set[str]) -> str:
    match node:
        case ast.Attribute(attr=name) | ast.Name(id=name) if name in _RAW:
            return f"uses {name}, which is about memory itself"
        case ast.Attribute(value=owner, attr=name) if name in _INNER:
            if not (name == "array" and isinstance(owner, ast.Name) and owner.id in modules):
                return f"uses .{name}, through which memory may be written to"
        case ast.Call(func=function, keywords=keywords):
            called = getattr(function, "attr", getattr(function, "id", ""))
            for keyword in keywords:
                word = str(keyword.arg)
                if called not in _HARMLESS_COPY and (
                    word.startswith("overwrite_") or (word.lower() in ("copy", "copy_x") and _is_false(keyword.value))
                ):
                    return f"says {word}= to {called}, which may write into its input"
    return ""


def _is_false(node: ast.expr) -> bool:
    return not (isinstance(node, ast.Constant) and node.value is True)
