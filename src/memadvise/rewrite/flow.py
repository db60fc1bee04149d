"""What a notebook does with the columns of one frame: every use, in notebook order.

An abstract interpretation of notebook code (`memadvise.rewrite.follow`): every expression has a `Value`, every
consumption of a value is recorded as a `Use`. What is not understood counts as an unknown use of everything that
reaches it.
"""

from __future__ import annotations

import ast
from functools import lru_cache

from memadvise.rewrite.follow.bindings import named_frames
from memadvise.rewrite.follow.known import known_names, volatile_names
from memadvise.rewrite.follow.lists import unsure_lists
from memadvise.rewrite.follow.statements import Start, Walker
from memadvise.rewrite.follow.values import UNKNOWN, Usage, Use
from memadvise.rewrite.names import blind_spots, bound_names
from memadvise.rewrite.parse import ParsedCell
from memadvise.rewrite.reads import Read

_known = lru_cache(maxsize=8)(known_names)
_volatile = lru_cache(maxsize=8)(volatile_names)
_unsure = lru_cache(maxsize=8)(unsure_lists)


def usage(cells: tuple[ParsedCell, ...], read: Read, header: tuple[str, ...]) -> Usage:
    """Return every use of the read's frame; ``header`` are its columns in order."""
    return usage_from(cells, read.statement, read.name, read.call, header)


@lru_cache(maxsize=8)  # several rules ask for the same frame
def usage_from(
    cells: tuple[ParsedCell, ...], statement: ast.stmt, name: str, call: ast.expr | None, header: tuple[str, ...]
) -> Usage:
    """Return every use of the frame that ``call`` in ``statement`` makes; None: that it binds ``name`` to."""
    walker = Walker(Start(statement, name, call), header, _known(cells))
    walker.volatile = _volatile(cells) | _unsure(cells)
    walker.shadowed = _bound(cells)
    for cell in cells:
        walker.cell = cell.cell
        for one in cell.body:
            walker.statement(one)
    walker.check_kept()
    walker.check_late_uses(cells)
    hidden = tuple(
        Use(frozenset(header), UNKNOWN, cell.cell.index, cell.cell.cell_id, reason, whole=True)
        for followed in sorted({name, *walker.ever})
        for cell, reason in blind_spots(cells, followed)
    )
    return Usage(
        (*walker.uses, *hidden),
        frozenset(walker.open_ever),
        named_frames(walker.ever),
        tuple(sorted(walker.labels_ever)),
    )


@lru_cache(maxsize=8)
def _bound(cells: tuple[ParsedCell, ...]) -> frozenset[str]:
    return frozenset(name for cell in cells for statement in cell.body for name in bound_names(statement))
