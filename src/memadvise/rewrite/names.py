"""Where a name occurs in a notebook, and where it might occur unseen."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from memadvise.rewrite.parse import ParsedCell, parse

# calls through which any name of the namespace can be reached
_REACHES_ALL = frozenset({"eval", "exec", "globals", "locals", "vars", "get_ipython", "compile", "__import__", "dir"})
# attributes through which the namespace is reached: `sys._getframe().f_globals`, `ip.user_ns`, `ip.run_cell(...)`
_REACHED_BY = """
    _getframe currentframe f_globals f_locals __globals__ __dict__ user_ns user_global_ns run_cell run_line_magic
    run_cell_magic dump_session dump_module
"""
_REACHING = frozenset(_REACHED_BY.split())
_STRING_CODE = frozenset(
    {"eval", "exec", "sql", "sqldf", "query", "execute", "table", "view", "timeit", "run", "getattr", "evaluate"}
)
_SQL_LIBRARIES = frozenset({"duckdb", "pandasql", "polars", "chdb", "datafusion", "ibis", "fugue", "dask_sql", "sqldf"})
_SQL = re.compile(
    r"\b(select|from|join|describe|summarize|insert|update|copy|table|pivot|unpivot|show|delete|drop|alter|merge)\b",
    re.IGNORECASE,
)
_ANY_NAME_MAGIC = re.compile(
    r"^\s*%+\s*(run\s+.*-\w*i|rerun|recall|rep|edit|macro|load|loadpy|store\s+-\w*r)\b", re.MULTILINE
)
_OUTPUT_NAME = re.compile(r"_+|_\d+|_i+\d*|Out|In|_oh|_dh|_ih")


@dataclass(frozen=True)
class Occurrence:
    """One place of a name: the cell, the top-level statement and the node."""

    cell: ParsedCell
    statement: ast.stmt
    node: ast.Name


def occurrences(cells: tuple[ParsedCell, ...], name: str) -> tuple[Occurrence, ...]:
    """Return every ``Name`` node of that name (loads, stores, deletes), nested scopes included, in notebook order."""
    return tuple(
        Occurrence(cell, statement, node)
        for cell in cells
        for statement in cell.body
        for node in nodes_of(statement)
        if isinstance(node, ast.Name) and node.id == name
    )


def within(statement: ast.AST, node: ast.AST, kinds: tuple[type[ast.AST], ...]) -> bool:
    """Tell whether the node stands inside one of these kinds of code in the statement."""
    return any(
        isinstance(outer, kinds) and any(inner is node for inner in ast.walk(outer)) for outer in ast.walk(statement)
    )


@lru_cache(maxsize=20_000)  # trees are cached by cell text (see parse), so their nodes are the same ones again
def nodes_of(statement: ast.AST) -> tuple[ast.AST, ...]:
    """Return all nodes of a statement, the statement itself first; trees never change, so each is walked once."""
    return tuple(ast.walk(statement))


@lru_cache(maxsize=20_000)
def bound_names(statement: ast.AST) -> frozenset[str]:
    """Return the names that a statement binds in the notebook's namespace (functions' own locals left out)."""
    return frozenset(_bound(statement))


def _bound(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        yield node.name
        return
    if isinstance(node, ast.Lambda | ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp):
        yield from (inner.target.id for inner in ast.walk(node) if isinstance(inner, ast.NamedExpr))
        return
    if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store | ast.Del):
        yield node.id
    if isinstance(node, ast.Import | ast.ImportFrom):
        yield from (alias.asname or alias.name.split(".")[0] for alias in node.names)
    if isinstance(node, ast.ExceptHandler | ast.MatchAs | ast.MatchStar) and node.name:
        yield node.name
    if isinstance(node, ast.MatchMapping) and node.rest:
        yield node.rest
    for child in ast.iter_child_nodes(node):
        yield from _bound(child)


def all_names(cells: tuple[ParsedCell, ...]) -> frozenset[str]:
    """Return every identifier that occurs in the notebook, so that a new name can avoid them all."""
    words: set[str] = set()
    for cell in cells:
        words.update(re.findall(r"\w+", cell.cell.source))
    return frozenset(words)


def fresh_name(wanted: str, taken: frozenset[str]) -> str:
    """Return ``wanted``, with a number behind it when the notebook uses that name already."""
    name, number = wanted, 2
    while name in taken:
        name, number = f"{wanted}_{number}", number + 1
    return name


def times_bound(cells: tuple[ParsedCell, ...], name: str) -> int:
    """Return how many top-level statements of the notebook bind the name, also through ``global`` in a function.

    `from module import *` may bind any name, and counts.
    """
    count = 0
    for cell in cells:
        for statement in cell.body:
            count += declares_global(statement, name) or not bound_names(statement).isdisjoint({name, "*"})
    return count


@lru_cache(maxsize=20_000)
def declares_global(statement: ast.stmt, name: str) -> bool:
    """Tell whether a function in the statement may bind the notebook's name."""
    return any(isinstance(node, ast.Global) and name in node.names for node in nodes_of(statement))


@dataclass(frozen=True)
class _Spots:
    """What one cell holds through which names may be used unseen, whatever the names are.

    ``reasons`` concern any name; ``globals_`` are names that functions rebind; ``texts`` all text in the code,
    ``called`` (function that may run text as code, the text given to it).
    """

    reasons: tuple[str, ...]
    globals_: frozenset[str]
    texts: tuple[str, ...]
    called: tuple[tuple[str, str], ...]
    sql: bool


def blind_spots(cells: tuple[ParsedCell, ...], name: str) -> Iterator[tuple[ParsedCell, str]]:
    """Yield (cell, reason) for each place at which the name may be used without being seen as a name."""
    # `orders` in "orders.csv" or "data/orders" is a file's name, no use
    word = re.compile(rf"(?<![\w/\\]){re.escape(name)}(?!\w|\.(?:csv|tsv|txt|json|xlsx?|parquet|gz|zip|png|pdf)\b)")
    plain = re.compile(rf"\b{re.escape(name)}\b")
    spots = [_spots(cell.cell.source) for cell in cells]
    sql = any(found.sql for found in spots)
    for cell, found in zip(cells, spots, strict=True):
        if name in cell.parsed.opaque and plain.search(cell.parsed.opaque):
            kind = cell.parsed.problem or "holds a magic or shell line"
            yield cell, f"cell {cell.cell.index} {kind} and mentions {name}"
        if _ANY_NAME_MAGIC.search(cell.parsed.opaque):
            yield cell, f"cell {cell.cell.index} holds a magic that may use any name"
        for reason in found.reasons:
            yield cell, f"cell {cell.cell.index} {reason}"
        if name in found.globals_:
            yield cell, f"cell {cell.cell.index} rebinds the name inside a function"
        for text in found.texts:
            if name in text and word.search(text) and (sql or f"@{name}" in text or _SQL.search(text)):
                yield cell, f"cell {cell.cell.index} names the frame inside a string (a query?)"
        for called, text in found.called:
            if name in text and word.search(text):
                yield cell, f"cell {cell.cell.index} names the frame inside a string given to {called}"


@lru_cache(maxsize=4096)
def _spots(source: str) -> _Spots:
    """Look through one cell; cached by its text, since a notebook is asked about for many names."""
    tree = parse(source).tree
    nodes = [] if tree is None else list(ast.walk(tree))
    reasons = [reason for node in nodes if (reason := _reach(node))]
    texts = [node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)]
    called = [
        (function, part.value)
        for node in nodes
        if isinstance(node, ast.Call) and (function := _called(node.func)) in _STRING_CODE
        for part in ast.walk(node)
        if isinstance(part, ast.Constant) and isinstance(part.value, str)
    ]
    rebound = frozenset(name for node in nodes if isinstance(node, ast.Global) for name in node.names)
    return _Spots(tuple(reasons), rebound, tuple(texts), tuple(called), any(_imports_sql(node) for node in nodes))


def _called(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def _imports_sql(node: ast.AST) -> bool:
    modules: list[str] = []
    if isinstance(node, ast.Import):
        modules = [alias.name for alias in node.names]
    elif isinstance(node, ast.ImportFrom):
        modules = [node.module or ""]
    return any(module.split(".")[0] in _SQL_LIBRARIES for module in modules)


def _reach(node: ast.AST) -> str:
    match node:
        case ast.Name(id=used, ctx=ast.Load()) if used in _REACHES_ALL:
            return f"uses {used}, through which any name can be reached"
        case ast.Name(id=used, ctx=ast.Load()) if _OUTPUT_NAME.fullmatch(used):
            return f"uses {used}, an earlier cell's output"
        case ast.Attribute(attr=used) if used in _REACHING:
            return f"uses .{used}, through which any name can be reached"
        case ast.Import() | ast.ImportFrom() if "__main__" in {alias.name for alias in node.names}:
            return "imports __main__, through which any name can be reached"
        case ast.ImportFrom(module="__main__"):
            return "imports from __main__"
    return ""
