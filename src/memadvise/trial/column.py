"""From a way to read rows to a `Column`: one pass in blocks, nothing of the person's kept but what fits the budget."""

from __future__ import annotations

from array import array
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from memadvise.trial.blocks import BLOCK_ROWS, Block
from memadvise.trial.digest import digest
from memadvise.trial.encode import Context, encode
from memadvise.trial.kinds import short_repr
from memadvise.trial.model import Column, Label, Snapshot
from memadvise.trial.objects import is_mixed, object_block

MAX_ITEMS = 1000  # a longer sequence of mixed values is compared as a whole, not element by element
MAX_DEPTH_OF_ITEMS = 6
HEAD_CELLS = 2000  # short texts kept per snapshot, over all columns
HEAD_ROWS = 100
NO_LABEL = Label("", b"", b"")


@dataclass(frozen=True)
class Source:
    """How to read one column. ``read(start, stop)`` gives the block of those rows, ``first(n)`` Python values to show.

    ``number_bytes`` is what keeping the numbers takes per row, 0 where they are no numbers; ``signature`` is what makes
    the dtype beside its text; ``elements`` gives all values where they are Python objects;
    ``step`` rows are read at once.
    """

    dtype: str
    rows: int
    read: Callable[[int, int], Block]
    first: Callable[[int], list[Any]]
    label: Label = NO_LABEL
    signature: bytes = b""
    order: bytes | None = None
    number_bytes: int = 0
    floating: bool = False
    elements: Callable[[], list[Any]] | None = None
    step: int = BLOCK_ROWS


def label_of(value: object, context: Context) -> Label:
    """Return the label for a column or an index level."""
    outer, context.opaque = context.opaque, False
    plain, exact = encode(value, context)
    opaque, context.opaque = context.opaque, outer  # a label within an element says nothing of its neighbours
    return Label(short_repr(value), digest(exact), digest(plain), opaque)


def object_source(values: list[Any], dtype: str, context: Context, label: Label = NO_LABEL) -> Source:
    """Return the source of a list of Python objects."""
    return Source(
        dtype,
        len(values),
        lambda start, stop: object_block(values[start:stop], context),
        lambda count: values[:count],
        label,
        number_bytes=8,
        elements=lambda: values,
    )


def columns_of(sources: list[Source], context: Context) -> tuple[Column, ...]:
    """Return the columns in order; floats are the first that may be kept, for only they can differ by rounding."""
    head = max(5, min(HEAD_ROWS, HEAD_CELLS // max(1, len(sources))))
    found: dict[int, Column] = {}
    for position in sorted(range(len(sources)), key=lambda position: not sources[position].floating):
        found[position] = column_of(sources[position], context, head)
    return tuple(found[position] for position in range(len(sources)))


def column_of(source: Source, context: Context, head: int = HEAD_ROWS) -> Column:
    """Return the column; one that can't be read is opaque, whatever it raised."""
    try:
        return _column(source, context, head)
    except Exception:  # noqa: BLE001 (a third party's array type may raise anything; TooMuch)
        nothing = digest(b"unread", source.dtype.encode("utf-8", "replace"))
        return Column(source.label, source.dtype, source.rows, nothing, nothing, (), opaque=True)


def _column(source: Source, context: Context, head: int) -> Column:
    items = _items(source, context)
    reserved = source.rows * source.number_bytes
    keeping = bool(reserved) and context.keep(reserved)
    pieces: list[Any] | None = [] if keeping else None
    digests, extras, floating, opaque = [], [], source.floating, False
    for start in range(0, source.rows, source.step):
        block = source.read(start, min(start + source.step, source.rows))
        digests.append(block.digest())
        extras.append(digest(*map(bytes, block.extras)) if any(map(len, block.extras)) else b"")
        floating, opaque = floating or block.floating, opaque or block.opaque
        pieces = _with_numbers(pieces, block)
    context.known.clear()
    if keeping and not pieces:
        context.keep_bytes += reserved
    value = digest(*digests)
    exact = digest(source.dtype.encode("utf-8", "replace"), source.signature, value, *extras)
    return Column(
        source.label,
        source.dtype,
        source.rows,
        exact,
        value,
        tuple(digests),
        source.step,
        source.order,
        floating,
        opaque,
        _joined(pieces),
        tuple(short_repr(element) for element in source.first(head)),
        items,
    )


def _items(source: Source, context: Context) -> tuple[Snapshot, ...]:
    """Return snapshots of the elements of a short sequence that has no single kind, and remember them for encoding."""
    if source.elements is None or not 0 < source.rows <= MAX_ITEMS or context.depth >= MAX_DEPTH_OF_ITEMS:
        return ()
    values = source.elements()
    if not is_mixed(values) or context.children < len(values):
        return ()
    items = tuple(context.child(value) for value in values)
    context.known = {id(value): item for value, item in zip(values, items, strict=True)}
    return items


def _with_numbers(pieces: list[Any] | None, block: Block) -> list[Any] | None:
    """Return the pieces with the block's numbers; None, and for good, after a block of anything else."""
    if pieces is None:
        return None
    if block.numbers is not None:
        return [*pieces, block.numbers()]
    if block.kind == "null":
        return [*pieces, array("d", [float("nan")]) * block.rows]
    return None


def _joined(pieces: list[Any] | None) -> Any:
    """Return the kept numbers as one array; NumPy is imported only where a piece is NumPy's."""
    if not pieces:
        return None
    if all(isinstance(piece, array) for piece in pieces):
        joined = array("d")
        for piece in pieces:
            joined.extend(piece)
        return joined
    import numpy as np

    return np.concatenate(pieces)
