"""A matrix's entries that are not zero, as columns: the same for a sparse matrix and for the array of its numbers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from memadvise.trial.blocks import Block, bool_block, complex_block, number_block
from memadvise.trial.column import Source, columns_of
from memadvise.trial.encode import Context
from memadvise.trial.model import Label, Snapshot

SPARSE_ROWS = 4096  # read at once: some hundred thousand entries of a text matrix
_ELEMENTS = 2**17  # of an array looked at at once
_KINDS = "biufc"  # of which SciPy makes sparse matrices


@dataclass(frozen=True)
class Entries:
    """Entries of consecutive rows: how many there are in each row, and the column and the value of each."""

    per_row: NDArray[Any]
    columns: NDArray[Any]
    values: NDArray[Any]


@dataclass(frozen=True)
class Matrix:
    """A matrix as a whole: the type's name, the format, the shape, the dtype, how many entries it stores."""

    type_text: str
    format: str
    shape: tuple[int, int]
    dtype: np.dtype[Any]
    stored: int


def dense_as_sparse(values: NDArray[Any], context: Context) -> Snapshot | None:
    """Return the snapshot that the sparse matrix of an array's numbers has; None where fewer than half are zero."""
    if values.ndim != 2 or values.dtype.kind not in _KINDS or values.dtype.itemsize > 16 or not values.size:
        return None
    stored = int(np.count_nonzero(values))
    if 2 * stored > values.size:
        return None
    shape = (int(values.shape[0]), int(values.shape[1]))
    matrix = Matrix("numpy.ndarray", "dense", shape, values.dtype, stored)
    return entries_snapshot(lambda start, stop: _dense_entries(values, start, stop), matrix, context)


def _dense_entries(values: NDArray[Any], start: int, stop: int) -> Entries:
    """Return the entries of some rows of an array, looked at in small pieces."""
    step = max(_ELEMENTS // values.shape[1], 1)
    parts = [values[at : min(at + step, stop)] for at in range(start, stop, step)]
    places = [np.nonzero(part) for part in parts]
    return Entries(
        np.concatenate([np.bincount(rows, minlength=len(part)) for (rows, _), part in zip(places, parts, strict=True)]),
        np.concatenate([columns for _, columns in places]),
        np.concatenate([part[place] for place, part in zip(places, parts, strict=True)]),
    )


def entries_snapshot(entries: Callable[[int, int], Entries], matrix: Matrix, context: Context) -> Snapshot:
    """Return the snapshot of a matrix; ``entries(start, stop)`` gives those of some rows, in order, without zeros."""
    stored = f"{matrix.format} {matrix.stored}".encode()

    def places(start: int, stop: int) -> Block:
        found = entries(start, stop)
        payload = (found.per_row.astype(np.int64), found.columns.astype(np.int64))
        return Block("places", stop - start, None, payload)

    def values(start: int, stop: int) -> Block:
        return _block(entries(start, stop).values)

    rows = matrix.shape[0]
    per_row = -(-8 * matrix.stored // max(1, rows))
    kind = matrix.dtype.kind
    sources = [
        Source("places", rows, places, _nothing, _named("places"), signature=stored, step=SPARSE_ROWS),
        Source(
            str(matrix.dtype),
            rows,
            values,
            _nothing,
            _named("values"),
            number_bytes=per_row * (2 if kind == "c" else 1) if kind in "iufc" else 0,
            floating=kind in "fc",
            step=SPARSE_ROWS,
        ),
    ]
    return Snapshot("scipy.sparse", matrix.type_text, columns_of(sources, context), shape=matrix.shape)


def _block(values: NDArray[Any]) -> Block:
    if values.dtype.kind == "b":
        return bool_block(values)
    return complex_block(values) if values.dtype.kind == "c" else number_block(values)


def _nothing(count: int) -> list[Any]:
    return []


def _named(name: str) -> Label:
    return Label(name, name.encode(), name.encode())
