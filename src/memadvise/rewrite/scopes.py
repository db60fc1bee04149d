"""Which names of the notebook a function, lambda, class or generator reads whenever it runs."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import lru_cache

from memadvise.rewrite.names import bound_names

Function = ast.FunctionDef | ast.AsyncFunctionDef
Comprehension = ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp


@lru_cache(maxsize=20_000)  # trees are cached by cell text (see parse), so their nodes are the same ones again
def late_uses(statement: ast.stmt) -> tuple[tuple[str, str], ...]:
    """Return (name of the notebook, where) for each name that code of the statement may read at another time.

    Bodies of functions, lambdas and classes, and generators that are not consumed by the call they are given to.
    """
    found: list[tuple[str, str]] = []
    for node in _outermost(statement):
        where = getattr(node, "name", "a generator" if isinstance(node, ast.GeneratorExp) else "a lambda")
        found += ((name, where) for name in sorted(free_names(node)))
    return tuple(found)


def _outermost(node: ast.AST) -> Iterator[ast.AST]:
    if isinstance(node, Function | ast.ClassDef | ast.Lambda | ast.GeneratorExp):
        yield node
        return
    # `sum(x for x in y)`: the call consumes the generator at once
    consumed = node.args[0] if isinstance(node, ast.Call) and len(node.args) == 1 else None
    for child in ast.iter_child_nodes(node):
        if child is consumed and isinstance(child, ast.GeneratorExp):
            for inner in ast.iter_child_nodes(child):
                yield from _outermost(inner)
        else:
            yield from _outermost(child)


@lru_cache(maxsize=20_000)
def free_names(node: ast.AST) -> frozenset[str]:
    """Return the names that a piece of code takes from around it: all but its own parameters and locals."""
    return frozenset(_free(node, frozenset()))


def _free(node: ast.AST, own: frozenset[str]) -> Iterator[str]:
    if isinstance(node, ast.Name):
        if node.id not in own:
            yield node.id
        return
    if isinstance(node, Function):
        for outer in (*node.decorator_list, node.args, *([node.returns] if node.returns else [])):
            yield from _free(outer, own)  # defaults and decorators are evaluated outside
        declared = {
            name for inner in ast.walk(node) if isinstance(inner, ast.Global | ast.Nonlocal) for name in inner.names
        }
        bound = {name for statement in node.body for name in bound_names(statement)}
        inside = (own | _parameters(node.args) | bound) - declared
        for statement in node.body:
            yield from _free(statement, inside)
        return
    if isinstance(node, ast.Lambda):
        yield from _free(node.args, own)
        yield from _free(node.body, own | _parameters(node.args))
        return
    if isinstance(node, Comprehension):
        targets = {name.id for one in node.generators for name in ast.walk(one.target) if isinstance(name, ast.Name)}
        yield from _free(node.generators[0].iter, own)
        own = own | targets
    for child in ast.iter_child_nodes(node):
        yield from _free(child, own)


def _parameters(arguments: ast.arguments) -> frozenset[str]:
    every = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs, arguments.vararg, arguments.kwarg]
    return frozenset(argument.arg for argument in every if argument is not None)
