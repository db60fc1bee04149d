"""Whether a frame is, at the end of the cell that read it, certainly still just what the read made."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from memadvise.rewrite.names import blind_spots, bound_names, times_bound
from memadvise.rewrite.parse import ParsedCell
from memadvise.rewrite.reads import Read, moved_on
from memadvise.rewrite.scopes import late_uses

_QUIET = re.compile(r"\s*%{1,2}(memadvise|time|timeit|matplotlib|config|load_ext)\b")  # magics that bind no name
_CALLS = frozenset({"print", "display", "len"})  # may be given the frame itself
_OTHER_CALLS = _CALLS | {"type", "id", "str", "repr", "list", "set", "sorted", "sum", "min", "max", "round", "range"}
_ATTRIBUTES = frozenset({"shape", "size", "ndim", "empty", "dtypes", "columns", "index"})
_METHODS_WORDS = """
    agg aggregate all any assign astype clip copy corr count cov cummax cummin cumsum describe diff drop
    drop_duplicates dropna duplicated fillna filter first_valid_index groupby head idxmax idxmin info isin isna
    isnull join max mean median melt memory_usage merge min mode nlargest notna notnull nsmallest nunique pivot
    pivot_table plot quantile query rank rename replace reset_index sample select_dtypes set_index shift
    sort_index sort_values std sum tail value_counts var where
"""
_METHODS = frozenset(_METHODS_WORDS.split())


def pristine(cells: tuple[ParsedCell, ...], read: Read) -> bool:
    """Tell whether the rest of the read's cell surely leaves the frame, and the file it came from, as they are.

    Holds for pandas 3, where what is taken out of a frame shares no memory that could be written to.
    """
    if next(blind_spots(cells, read.name), None) is not None or moved_on(cells, read):
        return False
    if not all(_QUIET.match(line) for line in read.cell.parsed.opaque.splitlines() if line.strip()):
        return False
    statements = [statement for cell in cells for statement in cell.body]
    if any(name == read.name for statement in statements for name, _ in late_uses(statement)):
        return False  # a function may change it
    if any(times_bound(cells, name) for name in _CALLS):
        return False
    path = {node.id for node in ast.walk(read.path) if isinstance(node, ast.Name)}
    below = read.cell.body[read.cell.body.index(read.statement) + 1 :]
    return all(_leaves(statement, read.name, path) for statement in below)


def _leaves(statement: ast.stmt, name: str, path: set[str]) -> bool:
    if not bound_names(statement).isdisjoint({name, "*"} | path) or not _only_known_calls(statement):
        return False
    parents = {id(child): node for node in ast.walk(statement) for child in ast.iter_child_nodes(node)}
    used = [node for node in ast.walk(statement) if isinstance(node, ast.Name) and node.id == name]
    if not used:
        return True
    if not isinstance(statement, ast.Assign | ast.AnnAssign | ast.Expr):
        return False
    if any(isinstance(node, ast.Attribute | ast.Subscript) and _is_written(node) for node in ast.walk(statement)):
        return False
    return all(_only_read(node, parents) for node in used)


def _only_known_calls(statement: ast.stmt) -> bool:
    """Tell whether no function is called by its name that the notebook, or a cell that is gone, may have defined."""
    for node in ast.walk(statement):
        if isinstance(node, ast.Call):
            if isinstance(node.func, ast.Name) and node.func.id not in _OTHER_CALLS:
                return False
            if any(keyword.arg in {"inplace", None} for keyword in node.keywords):
                return False
        if isinstance(node, ast.Attribute) and (node.attr in {"array", "chdir"} or node.attr.startswith("_")):
            return False  # through these memory, or the folder, can be written to
    return True


def _is_written(node: ast.Attribute | ast.Subscript) -> bool:
    return isinstance(node.ctx, ast.Store | ast.Del)


def _only_read(node: ast.Name, parents: dict[int, ast.AST]) -> bool:
    above = list(_above(node, parents))
    match above[0]:
        case ast.Expr():
            return True
        case ast.Call(func=ast.Name(id=called)) as call:
            return called in _CALLS and node in call.args
        case ast.Subscript(value=owner):
            return owner is node
        case ast.Attribute(attr=attribute) if attribute in _METHODS:
            return isinstance(above[1], ast.Call) and above[1].func is above[0]
        case ast.Attribute(attr=attribute):
            return attribute in _ATTRIBUTES and isinstance(above[1], ast.Expr | ast.Call | ast.Subscript)
    return False


def _above(node: ast.AST, parents: dict[int, ast.AST]) -> Iterator[ast.AST]:
    while (parent := parents.get(id(node))) is not None:
        yield parent
        node = parent
