"""Whether a notebook writes into frames in place and also holds their memory in a way that pandas does not know of.

Copy-on-write knows which frames share a column, but not of numpy arrays, models and drawings that look into one. With
`work = df.copy()`, `v = work["a"].values`, a later `work.loc[0, "a"] = 1` is seen in ``v``; with a lazy copy it is not,
and once ``work`` is gone, what is written into ``df`` is seen in ``v`` instead.
"""

from __future__ import annotations

import ast
from collections.abc import Collection

from memadvise.rewrite.libraries import function_of, module_names
from memadvise.rewrite.parse import ParsedCell
from memadvise.rewrite.reads import pandas_names

_HAND_OUT = frozenset({"values", "to_numpy", "ravel", "__array__", "__dataframe__", "plot", "hist"})
# what is done with frames and columns by these makes new values, or none
_BUILTINS = frozenset(
    {"print", "len", "float", "int", "str", "bool", "round", "display", "type", "isinstance", "range", "sorted", "sum"}
    | {"min", "max", "abs", "list", "set", "dict", "tuple", "enumerate", "zip"}
)
_NUMPY = frozenset(
    {"where", "log", "log1p", "log10", "exp", "sqrt", "abs", "mean", "sum", "median", "std", "var", "max", "min"}
    | {"isnan", "isfinite", "unique", "round", "floor", "ceil", "sign", "arange", "zeros", "ones", "percentile"}
)
_METHOD_NAMES = """
    merge join isin fillna groupby map apply agg aggregate transform assign drop dropna rename set_index reset_index
    sort_values sort_index nlargest nsmallest query eval astype pivot_table pivot melt value_counts replace where mask
    clip head tail sample quantile corr append add sub mul div mod pow eq ne lt le gt ge between reindex contains
    startswith endswith split strip extract to_csv to_parquet update insert pop get format copy filter align concat
"""
_METHODS = frozenset(_METHOD_NAMES.split())


def written_and_handed_out(cells: tuple[ParsedCell, ...], numbers: Collection[str], *, series: bool) -> str:
    """Return where a frame's memory is handed out in a notebook that writes in place; empty where it does not do both.

    ``numbers`` are names of numbers, which `n += 1` binds anew. ``series``: the copy is a column, so that also
    `copy["label"] = 1` writes in place.
    """
    nodes = [(cell, node) for cell in cells for statement in cell.body for node in ast.walk(statement)]
    written = next((cell for cell, node in nodes if _writes(node, numbers, series=series)), None)
    if written is None:
        return ""
    modules = pandas_names(cells).modules
    numpy = module_names(cells, "numpy")
    own = {node.name for _, node in nodes if isinstance(node, ast.FunctionDef) and not node.decorator_list}
    for cell, node in nodes:
        if found := _hands_out(node, modules, numpy, own):
            return (
                f"cell {written.cell.index} writes in place, and cell {cell.cell.index} ({found}) may hold memory that "
                f"pandas does not know of"
            )
    return ""


def _writes(node: ast.AST, numbers: Collection[str], *, series: bool) -> bool:
    match node:
        case ast.Subscript(value=owner, slice=where, ctx=ast.Store()):
            names = where.elts if isinstance(where, ast.List | ast.Tuple) else [where]
            new = isinstance(owner, ast.Name) and all(
                isinstance(one, ast.JoinedStr) or (isinstance(one, ast.Constant) and isinstance(one.value, str))
                for one in names
            )
            return series or not new
        case ast.AugAssign(target=ast.Name(id=name)):
            return name not in numbers
        case ast.AugAssign(target=ast.Attribute()):
            return True
        case ast.Call(func=ast.Attribute(attr="update" | "__setitem__" | "__iadd__")):
            return True
        case ast.Call(keywords=keywords):
            return any(keyword.arg in {"inplace", None} for keyword in keywords)
    return False


def _hands_out(node: ast.AST, modules: frozenset[str], numpy: frozenset[str], own: set[str]) -> str:
    match node:
        case ast.Attribute(attr=name) if name in _HAND_OUT:
            return f".{name}"
        case ast.Call(func=function, args=args, keywords=keywords):
            given = [*args, *(keyword.value for keyword in keywords)]
            if not any(_holds_a_value(one) for one in given):
                return ""
            return "" if _is_known(function, modules, numpy, own) else ast.unparse(function)[:40]
    return ""


def _holds_a_value(node: ast.expr) -> bool:
    return any(isinstance(inner, ast.Name) and isinstance(inner.ctx, ast.Load) for inner in ast.walk(node))


def _is_known(function: ast.expr, modules: frozenset[str], numpy: frozenset[str], own: set[str]) -> bool:
    match function:
        case ast.Name(id=name):
            return name in _BUILTINS or name in own
        case ast.Attribute(value=ast.Name(id=module)) if module in modules:
            return True
        case ast.Attribute(attr=method):
            return method in _METHODS or function_of(function, numpy) in _NUMPY
    return False
