"""Where a name occurs in a notebook, and where it might occur unseen."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass

from memadvise.rewrite.parse import ParsedCell

# calls through which any name of the namespace can be reached
_REACHES_ALL = frozenset({"eval", "exec", "globals", "locals", "vars", "get_ipython", "compile", "__import__", "dir"})
_SQL = re.compile(r"\b(select|from|join|describe|summarize|insert|update|copy|table)\b", re.IGNORECASE)
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
        for node in ast.walk(statement)
        if isinstance(node, ast.Name) and node.id == name
    )


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
    """Return how many top-level statements of the notebook bind the name, also through ``global`` in a function."""
    count = 0
    for cell in cells:
        for statement in cell.body:
            declared = any(isinstance(node, ast.Global) and name in node.names for node in ast.walk(statement))
            count += declared or name in bound_names(statement)
    return count


def blind_spots(cells: tuple[ParsedCell, ...], name: str) -> Iterator[tuple[ParsedCell, str]]:
    """Yield (cell, reason) for each place at which the name may be used without being seen as a name."""
    word = re.compile(rf"\b{re.escape(name)}\b")
    for cell in cells:
        if word.search(cell.parsed.opaque):
            kind = cell.parsed.problem or "holds a magic or shell line"
            yield cell, f"cell {cell.cell.index} {kind} and mentions {name}"
        for statement in cell.body:
            for node in ast.walk(statement):
                if reason := _reach(node, word):
                    yield cell, f"cell {cell.cell.index} {reason}"


def _reach(node: ast.AST, word: re.Pattern[str]) -> str:
    if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
        if node.id in _REACHES_ALL:
            return f"uses {node.id}, through which any name can be reached"
        if _OUTPUT_NAME.fullmatch(node.id):
            return f"uses {node.id}, an earlier cell's output"
    if isinstance(node, ast.Global) and any(word.fullmatch(found) for found in node.names):
        return "rebinds the name inside a function"
    if isinstance(node, ast.Constant) and isinstance(node.value, str) and word.search(node.value):
        if f"@{word.pattern[2:-2]}" in node.value or _SQL.search(node.value):
            return "names the frame inside a string (a query?)"
    return ""
