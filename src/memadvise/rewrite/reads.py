"""The notebook's reads: `name = pd.read_csv(...)` at the top level of a cell, also with methods called on it."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache

from memadvise.rewrite.names import bound_names, declares_global, times_bound
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

    @property
    def whole(self) -> bool:
        """Whether the name is bound to the frame as it was read, nothing called on it."""
        return self.statement.value is self.call

    def literal_keywords(self) -> dict[str, object] | None:
        """Return the keyword arguments as values; None when one is no literal.

        In ``dtype`` Python's own types count as literals: `dtype={"zip": str}`.
        """
        try:
            return {
                name: _types(node) if name == "dtype" else ast.literal_eval(node)
                for name, node in self.keywords.items()
            }
        except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
            return None


TYPES: dict[str, type] = {"str": str, "object": object, "int": int, "float": float, "bool": bool}


def _types(node: ast.expr) -> object:
    """Return the value of a literal in which Python's own types may stand."""
    if isinstance(node, ast.Name) and node.id in TYPES:
        return TYPES[node.id]
    if isinstance(node, ast.Dict) and None not in node.keys:
        return {ast.literal_eval(key): _types(value) for key, value in zip(node.keys, node.values, strict=True) if key}
    return ast.literal_eval(node)


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
    found = [_imported(statement) for cell in cells for statement in cell.body]
    modules = {name for names in found for name in names.modules}
    functions = {name for names in found for name in names.read_csv}
    return PandasNames(
        frozenset(name for name in modules if _only_imported(cells, name)),
        frozenset(name for name in functions if _only_imported(cells, name)),
    )


@lru_cache(maxsize=20_000)
def _imported(statement: ast.stmt) -> PandasNames:
    """Return what one statement imports of pandas."""
    modules: set[str] = set()
    functions: set[str] = set()
    for node in ast.walk(statement):
        if isinstance(node, ast.Import):
            modules |= {alias.asname or alias.name for alias in node.names if alias.name == "pandas"}
        elif isinstance(node, ast.ImportFrom) and node.module == "pandas" and not node.level:
            functions |= {alias.asname or alias.name for alias in node.names if alias.name == "read_csv"}
    return PandasNames(frozenset(modules), frozenset(functions))


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
            target, call = statement.targets[0], _innermost(statement.value)
            if isinstance(target, ast.Name) and isinstance(call, ast.Call) and names.reads_csv(call.func):
                if read := _read(cell, statement, target.id, call):
                    found.append(read if _own_types(cells, read) else replace(read, plain=False))
    return tuple(found)


def _own_types(cells: tuple[ParsedCell, ...], read: Read) -> bool:
    """Tell whether names of Python's types in the read's ``dtype`` stand for those types."""
    given = read.keywords.get("dtype")
    names = {node.id for node in ast.walk(given) if isinstance(node, ast.Name)} if given is not None else set()
    return not any(times_bound(cells, name) for name in names & set(TYPES))


def _innermost(node: ast.expr) -> ast.expr:
    """Return what a chain of methods, attributes and brackets begins with: the read in `pd.read_csv(...).dropna()`."""
    while True:
        match node:
            case ast.Call(func=ast.Attribute(value=ast.Call() as inner)):
                node = inner
            case ast.Attribute(value=inner) | ast.Subscript(value=inner):
                node = inner
            case _:
                return node


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
        if isinstance(inner, ast.Call) and ast.unparse(inner.func) not in PATH_CALLS:
            return False
        if isinstance(inner, ast.Name) and not _bound_once(cells, inner.id):
            return False
        if isinstance(inner, ast.NamedExpr | ast.Await | ast.Lambda | ast.Yield | ast.YieldFrom):
            return False
    return True


PATH_CALLS = frozenset({"Path", "pathlib.Path", "os.path.join", "str"})
_PATH_MAKERS = {"Path": ("pathlib", "Path"), "pathlib": ("pathlib", ""), "os": ("os", "")}


def _bound_once(cells: tuple[ParsedCell, ...], name: str) -> bool:
    """Tell whether a name has one meaning: bound by one statement, or by imports of the path makers only."""
    if name in _PATH_MAKERS:
        return only_imported(cells, name, *_PATH_MAKERS[name])
    return times_bound(cells, name) == (0 if name == "str" else 1)


def only_imported(cells: tuple[ParsedCell, ...], name: str, module: str, attribute: str = "") -> bool:
    """Tell whether a name is bound by `import module` or `from module import attribute` only, or not at all."""
    for statement in (statement for cell in cells for statement in cell.body):
        if declares_global(statement, name):
            return False
        if name not in bound_names(statement):
            continue
        match statement:
            case ast.Import(names=names) if not attribute:
                if any(one.asname == name and one.name != module for one in names):
                    return False
            case ast.ImportFrom(module=source, names=names, level=0) if attribute and source == module:
                if any((one.asname or one.name) == name and one.name != attribute for one in names):
                    return False
            case _:
                return False
    return True


def moved_on(cells: tuple[ParsedCell, ...], read: Read) -> str:
    """Return why the file may be another one after the read: its folder or its content may change; empty if not."""
    return _moved_on(cells, read.cell, read.statement, read.path)


@lru_cache(maxsize=8)  # several rules ask of the same read
def _moved_on(cells: tuple[ParsedCell, ...], maker: ParsedCell, made: ast.stmt, path: ast.expr) -> str:
    wanted = _file_names(cells, path)
    for cell, statement in _below(cells, maker, made):
        for node in ast.walk(statement):
            if isinstance(node, ast.Attribute | ast.Name) and getattr(node, "attr", getattr(node, "id", "")) == "chdir":
                return f"cell {cell.cell.index} changes the working directory"
        if _touches(statement, wanted):
            return f"cell {cell.cell.index} does something else with the file"
    for cell in cells:
        if cell.cell.index >= maker.cell.index:
            if _MOVES.search(cell.parsed.opaque):
                return f"cell {cell.cell.index} changes the working directory"
            if any(_shell_touches(line, wanted) for line in cell.parsed.opaque.splitlines()):
                return f"cell {cell.cell.index} does something else with the file"
    return ""


_MOVES = re.compile(r"^\s*%+\s*(cd|pushd|popd)\b|chdir", re.MULTILINE)
_LOOKS = re.compile(r"^\s*!+\s*(head|tail|wc|ls|cat|du|file|stat|less|more)\b[^>]*$")
_LOOKING_CALLS = frozenset({"print", "display", "len", "open"})
_LOOKING_METHODS = frozenset({"exists", "isfile", "is_file", "getsize", "stat", "getmtime", "read_csv"})


def _below(cells: tuple[ParsedCell, ...], maker: ParsedCell, made: ast.stmt) -> Iterator[tuple[ParsedCell, ast.stmt]]:
    """Yield the statements that run after the read: those below it, and functions wherever they stand."""
    for cell in cells:
        for statement in cell.body:
            below = (cell.cell.index, statement.lineno) > (maker.cell.index, made.lineno)
            if below or isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                yield cell, statement


def _file_names(cells: tuple[ParsedCell, ...], path: ast.expr) -> frozenset[str]:
    """Return the file's own name as literals of the path spell it, else the names that hold the path."""
    names = {node.id for node in ast.walk(path) if isinstance(node, ast.Name)}
    values = [
        statement.value
        for cell in cells
        for statement in cell.body
        if isinstance(statement, ast.Assign) and names & bound_names(statement)
    ]
    spelled = [_last_part(path), *(_last_part(value) for value in values if isinstance(path, ast.Name))]
    found = {one for one in spelled if one}
    return frozenset(found | ({path.id} if isinstance(path, ast.Name) else set()) or names)


def _last_part(path: ast.expr) -> str:
    texts = [node.value for node in ast.walk(path) if isinstance(node, ast.Constant) and isinstance(node.value, str)]
    parts = [part for text in texts for part in re.split(r"[/\\]", text) if "." in part.strip(".")]
    return parts[-1] if parts else ""


def _touches(statement: ast.stmt, wanted: frozenset[str]) -> bool:
    looked_at = {id(inner) for node in ast.walk(statement) if _only_looks(node) for inner in ast.walk(node)}
    for node in ast.walk(statement):
        if id(node) in looked_at:
            continue
        if isinstance(node, ast.Name) and node.id in wanted:
            return True
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            if any("." in name and name in node.value for name in wanted):
                return True
    return False


def _only_looks(node: ast.AST) -> bool:
    match node:
        case ast.Call(func=ast.Name(id="open"), args=[_], keywords=[]):
            return True
        case ast.Call(func=ast.Name(id=name)):
            return name in _LOOKING_CALLS - {"open"}
        case ast.Call(func=ast.Attribute(attr=name)):
            return name in _LOOKING_METHODS
    return False


def _shell_touches(line: str, wanted: frozenset[str]) -> bool:
    return any("." in name and name in line for name in wanted) and not _LOOKS.match(line)
