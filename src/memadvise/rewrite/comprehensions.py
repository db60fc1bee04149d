"""Whether a list comprehension may be written as a loop at the notebook's top level."""

from __future__ import annotations

import ast

from memadvise.rewrite.names import blind_spots, bound_names
from memadvise.rewrite.parse import ParsedCell
from memadvise.rewrite.scopes import free_names

_OWN_SCOPE = (ast.Lambda, ast.GeneratorExp, ast.NamedExpr, ast.Await, ast.ListComp, ast.SetComp, ast.DictComp)


def no_loop(cells: tuple[ParsedCell, ...], comprehension: ast.ListComp) -> str:
    """Return why a loop would do otherwise, to follow the comprehension's name in a sentence; empty if it would not.

    The variables of a loop are the notebook's own, and stay.
    """
    if any(generator.is_async for generator in comprehension.generators):
        return "is asynchronous"
    if any(isinstance(node, _OWN_SCOPE) and node is not comprehension for node in ast.walk(comprehension)):
        return "holds another one, a lambda or a walrus"
    bound = [node for one in comprehension.generators for node in ast.walk(one.target)]
    if not all(isinstance(node, ast.Name | ast.Tuple | ast.expr_context) for node in bound):
        return "binds more than names"
    targets = {node.id for node in bound if isinstance(node, ast.Name)}
    for statement in (statement for cell in cells for statement in cell.body):
        for name in sorted(targets & (free_names(statement) | bound_names(statement))):
            return f"would overwrite {name}, which the notebook uses otherwise"
    for name in sorted(targets):
        for _, reason in blind_spots(cells, name):
            return f"binds {name}: {reason}"
    return ""
