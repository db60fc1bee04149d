"""What stands around a piece of code within its statement."""

from __future__ import annotations

import ast

LATE = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)
OWN_SCOPE = (*LATE, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
LOOPS = (ast.For, ast.While)
# contexts of which is known that they let errors through
_OPENERS = frozenset({"open", "tqdm", "ZipFile", "Session", "connect", "urlopen", "Progress", "trange"})


def around(statement: ast.stmt, node: ast.AST) -> tuple[ast.AST, ...]:
    """Return what a node stands in, from its parent outwards to the statement; empty for the statement itself."""
    if node is statement:
        return ()
    for child in ast.iter_child_nodes(statement):
        if (found := _below(child, node)) is not None:
            return (*found, statement)
    return ()


def _below(outer: ast.AST, node: ast.AST) -> tuple[ast.AST, ...] | None:
    if outer is node:
        return ()
    for child in ast.iter_child_nodes(outer):
        if (found := _below(child, node)) is not None:
            return (*found, outer)
    return None


def swallows(outer: tuple[ast.AST, ...]) -> str:
    """Return what of ``outer`` may go on after an error half way ("a try", "a with"); empty when nothing does."""
    for node in outer:
        if isinstance(node, ast.Try | ast.TryStar):
            return "a try"
        if isinstance(node, ast.AsyncWith | ast.AsyncFor):
            return "asynchronous code"
        if isinstance(node, ast.With) and not all(_opens(item.context_expr) for item in node.items):
            return "a with"
    return ""


def _opens(node: ast.expr) -> bool:
    match node:
        case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name)):
            return name in _OPENERS
    return False
