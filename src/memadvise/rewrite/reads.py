"""The notebook's reads: `name = pd.read_csv(...)` at the top level of a cell."""

from __future__ import annotations

import ast
from dataclasses import dataclass

from memadvise.rewrite.names import bound_names, times_bound
from memadvise.rewrite.parse import ParsedCell


@dataclass(frozen=True)
class Read:
    """One read of a CSV file into a name.

    ``path`` is the expression of the file; ``keywords`` the other arguments by name. ``plain`` is False when the call
    has something else than one positional argument and named ones, so that nothing can be said of it.
    """

    cell: ParsedCell
    statement: ast.Assign
    name: str
    call: ast.Call
    path: ast.expr
    keywords: dict[str, ast.expr]
    plain: bool

    def literal_keywords(self) -> dict[str, object] | None:
        """Return the keyword arguments as values; None when one is no literal."""
        try:
            return {name: ast.literal_eval(node) for name, node in self.keywords.items()}
        except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
            return None


@dataclass(frozen=True)
class PandasNames:
    """What pandas is called in this notebook: names of the module, and names bound to its ``read_csv``."""

    modules: frozenset[str]
    read_csv: frozenset[str]

    def reads_csv(self, node: ast.expr) -> bool:
        """Tell whether the expression is pandas' read_csv."""
        if isinstance(node, ast.Attribute) and node.attr == "read_csv":
            return isinstance(node.value, ast.Name) and node.value.id in self.modules
        return isinstance(node, ast.Name) and node.id in self.read_csv


def pandas_names(cells: tuple[ParsedCell, ...]) -> PandasNames:
    """Find `import pandas as pd` and `from pandas import read_csv as rc`; names bound to anything else are left out."""
    modules: set[str] = set()
    functions: set[str] = set()
    for node in (node for cell in cells for statement in cell.body for node in ast.walk(statement)):
        if isinstance(node, ast.Import):
            modules |= {alias.asname or alias.name for alias in node.names if alias.name == "pandas"}
        elif isinstance(node, ast.ImportFrom) and node.module == "pandas" and not node.level:
            functions |= {alias.asname or alias.name for alias in node.names if alias.name == "read_csv"}
    return PandasNames(
        frozenset(name for name in modules if _only_imported(cells, name)),
        frozenset(name for name in functions if _only_imported(cells, name)),
    )


def _only_imported(cells: tuple[ParsedCell, ...], name: str) -> bool:
    return all(
        isinstance(statement, ast.Import | ast.ImportFrom)
        or name not in bound_names(statement)
        or _imports(statement, name)
        for cell in cells
        for statement in cell.body
    )


def _imports(statement: ast.stmt, name: str) -> bool:
    """Tell whether a compound statement (`try: import pandas as pd`) binds the name by imports only."""
    return not any(
        isinstance(node, ast.Name) and node.id == name and isinstance(node.ctx, ast.Store)
        for node in ast.walk(statement)
    )


def find_reads(cells: tuple[ParsedCell, ...]) -> tuple[Read, ...]:
    """Return the reads in notebook order."""
    names = pandas_names(cells)
    found: list[Read] = []
    for cell in cells:
        for statement in cell.body:
            if not isinstance(statement, ast.Assign) or len(statement.targets) != 1:
                continue
            target, call = statement.targets[0], statement.value
            if isinstance(target, ast.Name) and isinstance(call, ast.Call) and names.reads_csv(call.func):
                if read := _read(cell, statement, target.id, call):
                    found.append(read)
    return tuple(found)


def _read(cell: ParsedCell, statement: ast.Assign, name: str, call: ast.Call) -> Read | None:
    keywords = {keyword.arg: keyword.value for keyword in call.keywords if keyword.arg}
    path = call.args[0] if call.args else keywords.pop("filepath_or_buffer", None)
    if path is None:
        return None
    plain = (
        len(call.args) <= 1
        and all(keyword.arg for keyword in call.keywords)
        and not isinstance(path, ast.Starred)
        and (bool(call.args) or call.keywords[0].arg == "filepath_or_buffer")
    )
    return Read(cell, statement, name, call, path, keywords, plain)


def settled(cells: tuple[ParsedCell, ...], node: ast.expr) -> bool:
    """Tell whether an expression means the same anywhere below its place: every name in it is bound just once.

    Calls are allowed only of what builds a path: `Path(...)`, `os.path.join(...)`.
    """
    for inner in ast.walk(node):
        if isinstance(inner, ast.Call) and ast.unparse(inner.func) not in _PATH_CALLS:
            return False
        if isinstance(inner, ast.Name) and times_bound(cells, inner.id) != 1:
            return False
        if isinstance(inner, ast.NamedExpr | ast.Await | ast.Lambda | ast.Yield | ast.YieldFrom):
            return False
    return True


_PATH_CALLS = frozenset({"Path", "pathlib.Path", "os.path.join", "str"})
