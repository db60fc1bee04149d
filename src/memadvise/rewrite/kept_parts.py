"""Lists of parts that are put together once and then kept for nothing: `df = pd.concat(parts)` is their last use."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from memadvise.model import Edit
from memadvise.rewrite.concat_loops import line_end, newline
from memadvise.rewrite.edits import edit
from memadvise.rewrite.names import blind_spots, occurrences, times_bound
from memadvise.rewrite.pandas_calls import PandasCalls
from memadvise.rewrite.parse import ParsedCell
from memadvise.rewrite.scopes import late_uses


@dataclass(frozen=True)
class KeptParts:
    """A list ``parts`` that ``statement`` makes into ``frame``, and that no code uses afterwards."""

    cell: ParsedCell
    statement: ast.Assign
    frame: str
    parts: str


def find_kept_parts(cells: tuple[ParsedCell, ...], calls: PandasCalls, frames: frozenset[str]) -> Iterator[KeptParts]:
    """Yield the lists that are begun at a top level, put together into one of ``frames``, and never used again."""
    for cell in cells:
        for statement in cell.body:
            match statement:
                case ast.Assign(targets=[ast.Name(id=frame)], value=ast.Call(args=[ast.Name(id=parts)]) as call):
                    if frame in frames and frame != parts and calls.is_call(call, "concat") and _begins(cells, parts):
                        found = KeptParts(cell, statement, frame, parts)
                        if _is_last_use(cells, found) and line_end(cell, statement) is not None:
                            yield found


def _begins(cells: tuple[ParsedCell, ...], parts: str) -> bool:
    """Tell whether the name is only ever bound to a list of its own."""
    if times_bound(cells, parts) != 1:
        return False
    for statement in (statement for cell in cells for statement in cell.body):
        match statement:
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.List(elts=[]) | ast.ListComp()) if name == parts:
                return True
    return False


def _is_last_use(cells: tuple[ParsedCell, ...], found: KeptParts) -> bool:
    at = (found.cell.cell.index, found.statement.lineno)
    for place in occurrences(cells, found.parts):
        if place.statement is not found.statement and (place.cell.cell.index, place.statement.lineno) >= at:
            return False
    used_late = any(name == found.parts for cell in cells for one in cell.body for name, _ in late_uses(one))
    return not used_late and not any(True for _ in blind_spots(cells, found.parts))


def let_go(found: KeptParts) -> Edit:
    """Return the edit that unbinds the list behind the line that puts it together."""
    end = line_end(found.cell, found.statement)
    assert end is not None
    return edit(found.cell.cell, [(end, end, f"{newline(found.cell)}del {found.parts}")])
