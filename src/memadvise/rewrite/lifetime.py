"""From where to where a name of the notebook is needed: made once, used, and never named again."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass

from memadvise.rewrite.names import blind_spots, bound_names, times_bound
from memadvise.rewrite.parse import ParsedCell
from memadvise.rewrite.scopes import free_names, late_uses

_BODIES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


@dataclass(frozen=True)
class Place:
    """One top-level statement of a cell."""

    cell: ParsedCell
    statement: ast.stmt

    @property
    def index(self) -> int:
        """Index of the cell."""
        return self.cell.cell.index


@dataclass(frozen=True)
class Life:
    """A name that one plain assignment makes: the statements after it that use it, in notebook order.

    ``problem`` says why the last of them may not be the last use; empty when it surely is.
    """

    name: str
    made: Place
    uses: tuple[Place, ...]
    problem: str = ""


def life_of(cells: tuple[ParsedCell, ...], name: str) -> Life | None:
    """Return the life of a name; None when no top-level ``name = value`` makes it."""
    places = [Place(cell, statement) for cell in cells for statement in cell.body]
    makers = [place for place in places if _makes(place.statement, name)]
    if not makers:
        return None
    made = makers[0]
    at = next(number for number, place in enumerate(places) if place is made)
    above = [place for place in places[: at + 1] if name in _read(place.statement, name)]
    uses = tuple(place for place in places[at + 1 :] if name in free_names(place.statement))
    return Life(name, made, uses, _problem(cells, name, made, above, uses))


def _makes(statement: ast.stmt, name: str) -> bool:
    match statement:
        case ast.Assign(targets=[ast.Name(id=target)]) | ast.AnnAssign(target=ast.Name(id=target), value=ast.expr()):
            return target == name
    return False


def _read(statement: ast.stmt, name: str) -> frozenset[str]:
    """Return the names that a statement takes from around it: of an assignment its value's."""
    match statement:
        case ast.Assign(targets=[ast.Name(id=target)], value=value) if target == name:
            return free_names(value)
    return free_names(statement)


def _problem(cells: tuple[ParsedCell, ...], name: str, made: Place, above: list[Place], uses: tuple[Place, ...]) -> str:
    if times_bound(cells, name) > 1:
        return f"{name} is bound or deleted more than once"
    if above:
        return f"cell {above[0].index} uses {name} above the line that makes it"
    for place in uses:
        for used, where in late_uses(place.statement):
            if used == name:
                return f"{where} in cell {place.index} uses {name}, whenever it runs"
        if isinstance(place.statement, _BODIES):
            return f"{place.statement.name} in cell {place.index} uses {name}"
    for cell, reason in blind_spots(cells, name):
        if cell.cell.index >= made.index:
            return reason
    return _in_formula(cells, name)


def _in_formula(cells: tuple[ParsedCell, ...], name: str) -> str:
    """Return where a model's formula (`"y ~ log(x)"`) names it: statsmodels and patsy look into the namespace."""
    word = re.compile(rf"\b{re.escape(name)}\b")
    for cell in cells:
        for node in (node for statement in cell.body for node in ast.walk(statement)):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and "~" in node.value:
                if word.search(node.value):
                    return f"cell {cell.cell.index} names {name} in a formula"
    return ""


def output_uses(cells: tuple[ParsedCell, ...]) -> str:
    """Return where a cell uses an earlier cell's output (`Out[3]`, `_`), or may; empty when none does."""
    found = next(blind_spots(cells, "_"), None)
    if found is not None:
        return found[1]
    words = ("Out[", "_oh", "Out.")
    opaque = next((cell for cell in cells if any(word in cell.parsed.opaque for word in words)), None)
    return f"cell {opaque.cell.index} may use an earlier cell's output" if opaque else ""


def makes_of(place: Place, name: str) -> frozenset[str]:
    """Return what an assignment makes of ``name``: the names that its value, which mentions it, is stored under.

    Empty for everything else, also for what only changes ``name`` itself (`name["a"] = …`).
    """
    statement = place.statement
    if not isinstance(statement, ast.Assign | ast.AnnAssign | ast.AugAssign) or statement.value is None:
        return frozenset()
    if name not in free_names(statement.value):
        return frozenset()
    targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
    stored = {name for target in targets for name in _owners(target)}
    return frozenset(stored - {name})


def _owners(target: ast.expr) -> Iterator[str]:
    """Yield the names that are stored into: `a` of `a["x"].y = …` and of `a[i] = …`, but not its `i`."""
    match target:
        case ast.Name(id=name):
            yield name
        case ast.Subscript(value=inner) | ast.Attribute(value=inner) | ast.Starred(value=inner):
            yield from _owners(inner)
        case ast.Tuple(elts=elements) | ast.List(elts=elements):
            for element in elements:
                yield from _owners(element)


def takes_what_it_binds(cell: ParsedCell) -> frozenset[str]:
    """Return the names that a cell takes from above and binds anew: run again, it would not do the same again."""
    taken: set[str] = set()
    bound: set[str] = set()
    for statement in cell.body:
        taken |= (free_names(statement) & _loaded(statement)) - bound
        bound |= bound_names(statement)
    return frozenset(taken & bound)


def _loaded(statement: ast.stmt) -> set[str]:
    """Return the names whose values a statement takes; `n += 1` takes `n`."""
    loaded = {node.id for node in ast.walk(statement) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)}
    grown = [node.target for node in ast.walk(statement) if isinstance(node, ast.AugAssign)]
    return loaded | {target.id for target in grown if isinstance(target, ast.Name)}
