"""What the kernel has really run, against what the notebook's order says: where the two disagree on a binding."""

from __future__ import annotations

import ast

from memadvise.model import NotebookSource
from memadvise.rewrite.names import bound_names
from memadvise.rewrite.parse import ParsedCell, parse


def disagreement(notebook: NotebookSource, cells: tuple[ParsedCell, ...], maker: ParsedCell, name: str) -> str:
    """Return why the live value of ``name`` may not be what the notebook's order makes of it; empty when it is.

    Looks at the cells that were run since ``maker``, the cell that reads the frame, was last run: each one that binds
    or changes the name must stand in the notebook, below the maker, and have run once and in the notebook's order.
    """
    ran = [text.strip() for text in notebook.ran]
    made = maker.cell.source.strip()
    if made not in ran:
        return ""
    since = ran[len(ran) - ran[::-1].index(made) :]
    places = {cell.cell.source.strip(): cell.cell.index for cell in cells}
    last = maker.cell.index
    for text in since:
        if not _changes(text, name):
            continue
        place = places.get(text)
        if place is None:
            return f"a cell that is no longer in the notebook like this has changed {name} since it was read"
        if place == last:
            return f"cell {place} changes {name} and was run more than once"
        if place < last:
            return f"cell {place} changes {name} and was run after cell {last}, which stands below it"
        last = place
    return ""


def _changes(source: str, name: str) -> bool:
    """Tell whether a cell binds the name, or stores into its value."""
    tree = parse(source).tree
    if tree is None:
        return name in source
    for statement in tree.body:
        if name in bound_names(statement):
            return True
        for node in ast.walk(statement):
            if isinstance(node, ast.Attribute | ast.Subscript) and not isinstance(node.ctx, ast.Load):
                if any(isinstance(inner, ast.Name) and inner.id == name for inner in ast.walk(node.value)):
                    return True
            if isinstance(node, ast.Call) and any(keyword.arg == "inplace" for keyword in node.keywords):
                if any(isinstance(inner, ast.Name) and inner.id == name for inner in ast.walk(node.func)):
                    return True
    return False
