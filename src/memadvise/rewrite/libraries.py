"""What a library is called in a notebook: only names that are never anything else."""

from __future__ import annotations

import ast

from memadvise.rewrite.names import bound_names, declares_global, times_bound
from memadvise.rewrite.parse import ParsedCell


def module_names(cells: tuple[ParsedCell, ...], module: str) -> frozenset[str]:
    """Return the names that are bound to the library by plain top-level imports, and by nothing else.

    `import numpy as np` gives "np"; `import scipy.sparse` binds "scipy", which is another module, and gives nothing.
    """
    found = {
        alias.asname or alias.name
        for cell in cells
        for statement in cell.body
        if isinstance(statement, ast.Import)
        for alias in statement.names
        if alias.name == module and (alias.asname or "." not in alias.name)
    }
    return frozenset(name for name in found if _always(cells, name, module))


def _always(cells: tuple[ParsedCell, ...], name: str, module: str) -> bool:
    """Tell whether every binding of a name imports the module."""
    for statement in (statement for cell in cells for statement in cell.body):
        if declares_global(statement, name) or "*" in bound_names(statement):
            return False
        if name in bound_names(statement) and not _imports(statement, name, module):
            return False
        if isinstance(statement, ast.Delete) and name in bound_names(statement):
            return False
    return True


def _imports(statement: ast.stmt, name: str, module: str) -> bool:
    return isinstance(statement, ast.Import) and all(
        alias.name == module or (alias.name.startswith(f"{module}.") and not alias.asname)
        for alias in statement.names
        if (alias.asname or alias.name.split(".")[0]) == name
    )


def function_of(node: ast.expr, modules: frozenset[str]) -> str:
    """Return "random.rand" for `np.random.rand` where ``modules`` hold "np"; "" for anything else."""
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    return ".".join(reversed(parts)) if parts and isinstance(node, ast.Name) and node.id in modules else ""


def is_builtin(cells: tuple[ParsedCell, ...], name: str) -> bool:
    """Tell whether the notebook never gives a builtin's name another meaning."""
    return times_bound(cells, name) == 0
