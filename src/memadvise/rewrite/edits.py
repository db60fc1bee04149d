"""Edits of spans: everything outside the spans is kept byte for byte."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from memadvise.model import Cell, Edit
from memadvise.rewrite.parse import ParsedCell

Span = tuple[int, int, str]


def replace_spans(source: str, spans: Iterable[Span]) -> str:
    """Return ``source`` with each (start, end, text) replaced.

    Several insertions at one place come out in the order given.

    Raises:
        ValueError: two spans overlap.
    """
    ordered = sorted(spans, key=lambda span: (span[0], span[1]))  # stable: equal places keep their order
    parts, at = [], 0
    for start, end, text in ordered:
        if start < at:
            raise ValueError(f"the edit at {start} overlaps the one before it")
        parts += [source[at:start], text]
        at = end
    return "".join([*parts, source[at:]])


def edit(cell: Cell, spans: Iterable[Span]) -> Edit:
    """Return the edit of one cell that makes the replacements."""
    return Edit(cell.cell_id, cell.index, cell.source, replace_spans(cell.source, spans))


def merged(edits: Iterable[Edit]) -> tuple[Edit, ...]:
    """Return the edits in notebook order, without those that change nothing."""
    return tuple(sorted((found for found in edits if found.before != found.after), key=lambda found: found.index))


def edits_of(cells: Iterable[ParsedCell], spans: Mapping[str, list[Span]]) -> tuple[Edit, ...]:
    """Return the edits of several cells, one each, in notebook order; ``spans`` by the cells' ids."""
    sources = {cell.cell.cell_id: cell.cell for cell in cells}
    return merged(edit(sources[cell_id], made) for cell_id, made in spans.items())
