"""What the names of modules and functions of a notebook stand for."""

from __future__ import annotations

import ast
from functools import lru_cache

from memadvise.rewrite.follow.calls import Known
from memadvise.rewrite.names import times_bound
from memadvise.rewrite.parse import ParsedCell
from memadvise.rewrite.reads import find_reads, only_imported

MODULES = {
    "pandas": "pd",
    "numpy": "np",
    "matplotlib.pyplot": "plot",
    "seaborn": "data plot",
    "plotly.express": "data plot",
}


def known_names(cells: tuple[ParsedCell, ...]) -> Known:
    """Find `import pandas as pd` and its like, and the functions that are defined just once at the top of a cell."""
    modules: dict[str, str] = {}
    functions: dict[str, ast.FunctionDef] = {}
    for statement in (statement for cell in cells for statement in cell.body):
        modules.update(_imported(statement))
        if isinstance(statement, ast.FunctionDef):
            functions[statement.name] = statement
    reads = [read for read in find_reads(cells) if read.whole and "float" not in ast.unparse(read.call)]
    return Known(
        {name: MODULES[module] for name, module in modules.items() if only_imported(cells, name, module)},
        {name: found for name, found in functions.items() if times_bound(cells, name) == 1},
        frozenset(read.name for read in reads if times_bound(cells, read.name) == 1),
    )


@lru_cache(maxsize=20_000)
def _imported(statement: ast.stmt) -> tuple[tuple[str, str], ...]:
    """Return (name, module) of what one statement imports of the known modules."""
    return tuple(
        (alias.asname or alias.name, alias.name)
        for node in ast.walk(statement)
        if isinstance(node, ast.Import)
        for alias in node.names
        if alias.name in MODULES and (alias.asname or "." not in alias.name)
    )


@lru_cache(maxsize=20_000)
def _global(statement: ast.stmt) -> frozenset[str]:
    return frozenset(name for node in ast.walk(statement) if isinstance(node, ast.Global) for name in node.names)


def volatile_names(cells: tuple[ParsedCell, ...]) -> frozenset[str]:
    """Return the names that a function of the notebook may bind at any time (`global`)."""
    return frozenset(name for cell in cells for statement in cell.body for name in _global(statement))
