"""The code that answers from a category what was asked of a block of dummies, and from sparse columns likewise."""

from __future__ import annotations

import ast

from memadvise.rewrite.edits import Span
from memadvise.rewrite.one_hot import Block, BlockUse

# dtypes of dummies as the call may spell them -> whether their sums are floats
DTYPES = {"bool": False, "int": False, "int64": False, "float": True, "float64": True}
COUNTED = frozenset(
    {"shape", "rows", "width", "columns", "index", "sum", "mean", "item sum", "item mean", "weighted sum", "product"}
)


def dtype_of(block: Block) -> str:
    """Return the dtype that the call asks for as it is written, "bool" where it asks for none, "" if not understood."""
    node = block.options.get("dtype")
    match node:
        case None:
            return "bool"
        case ast.Name(id=name) if name in {"bool", "int", "float"}:
            return name
        case ast.Constant(value=str(name)) if name in DTYPES:
            return name
    return ""


def from_codes(block: Block, use: BlockUse, name: str) -> Span:
    """Return the edit that asks the category called ``name`` instead of the block."""
    start, end = use.place.cell.span(use.node)
    return start, end, _answer(block, use, name)


def guard(use: BlockUse, dtype: str) -> Span | None:
    """Return the edit that checks the weights of a product, of which one missing value would spoil every sum.

    ``dtype`` is that of the weights, for which the product was proven.
    """
    if use.kind != "product" or use.weight is None:
        return None
    start = use.place.cell.line_start(use.place.statement)
    weights = use.place.cell.text(use.weight)
    line = f'assert {weights}.dtype == "{dtype}"'
    if dtype == "float64":
        line += f' and {weights}.notna().all() and {weights}.abs().max() < float("inf")'
    return start, start, line + ("\r\n" if "\r\n" in use.place.cell.cell.source else "\n")


def _answer(block: Block, use: BlockUse, name: str) -> str:
    counts = f"{name}.value_counts(sort=False)"
    whole = f"{counts}.set_axis({name}.cat.categories).rename(None)"
    floats = '.astype("float64")' if DTYPES[dtype_of(block)] else ""
    key = use.place.cell.text(use.key) if use.key is not None else ""
    of = f"{whole if isinstance(use.key, ast.List) else counts}.loc[{key}]"
    match use.kind:
        case "sum":
            return whole + floats
        case "mean":
            return f"({whole} / len({name}))"
        case "item sum":
            return of if not floats else f"{whole}{floats}.loc[{key}]"
        case "item mean":
            return f"({of} / len({name}))"
        case "weighted sum" | "product":
            assert use.weight is not None
            sums = f"{use.place.cell.text(use.weight)}.groupby({name}, observed=False).sum()"
            objects = ".astype(object)" if use.kind == "product" and dtype_of(block) == "bool" else ""
            return f"{sums}.set_axis({name}.cat.categories).rename(None){objects}"
        case "shape":
            return f"(len({name}), len({name}.cat.categories))"
        case "rows":
            return f"len({name})"
        case "width":
            return f"len({name}.cat.categories)"
        case "columns":
            return f"{name}.cat.categories"
    return f"{name}.index"


def from_sparse(use: BlockUse) -> Span | None:
    """Return the edit that makes a small result of sparse columns dense again, where it would come out sparse."""
    several = isinstance(use.key, ast.List)
    if use.kind in {"sum", "mean"} or (use.kind in {"item sum", "item mean"} and several):
        _, end = use.place.cell.span(use.node)
        return end, end, ".sparse.to_dense()"
    return None


def sparse(block: Block) -> Span:
    """Return the edit that adds `sparse=True` behind the call's last argument."""
    last = max((block.source, *block.options.values()), key=lambda node: block.cell.span(node)[1])
    end = block.cell.span(last)[1]
    return end, end, ", sparse=True"


def category(block: Block, name: str) -> Span:
    """Return the edit that keeps the column as a category called ``name`` instead of taking it apart."""
    start, end = block.cell.span(block.statement)
    return start, end, f'{name} = {block.cell.text(block.source)}.astype("category")'
