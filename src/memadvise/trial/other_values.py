"""polars frames and SciPy's sparse matrices as columns; imported only for values that are theirs."""

from __future__ import annotations

from typing import Any

import numpy as np

from memadvise.trial.blocks import Block
from memadvise.trial.column import Source, columns_of, label_of
from memadvise.trial.encode import Context
from memadvise.trial.model import Label, Snapshot
from memadvise.trial.numpy_values import array_block

SPARSE_ROWS = 4096  # read at once: some hundred thousand entries of a text matrix


def polars_snapshot(value: Any, polars: Any, context: Context) -> Snapshot | None:
    """Return the snapshot of a polars DataFrame or Series, None for any other value (a LazyFrame has no rows yet)."""
    kind = type(value)
    if kind is polars.DataFrame:
        columns = [_polars_source(series, context) for series in value.get_columns()]
        return Snapshot("polars.DataFrame", "DataFrame", columns_of(columns, context))
    if kind is polars.Series:
        return Snapshot("polars.Series", "Series", columns_of([_polars_source(value, context)], context))
    return None


def _polars_source(series: Any, context: Context) -> Source:
    from memadvise.trial.arrow_values import arrow_block, as_chunked

    def read(start: int, stop: int) -> Block:
        return arrow_block(as_chunked(series.slice(start, stop - start).to_arrow()), context)

    floating = series.dtype.is_float()
    return Source(
        str(series.dtype),
        len(series),
        read,
        lambda count: series.slice(0, count).to_list(),
        label_of(series.name, context),
        signature=repr(series.dtype).encode(),
        number_bytes=8 if series.dtype.is_numeric() and not series.dtype.is_decimal() else 0,
        floating=floating,
    )


def sparse_snapshot(value: Any, type_text: str, context: Context) -> Snapshot:
    """Return the snapshot of a two-dimensional sparse matrix: where its entries stand, and their values, in row order.

    Stored zeros count for the exact class only; another format of the same matrix has equal values (and is copied).
    """
    rows = value if value.format == "csr" else value.tocsr()
    shape = tuple(int(length) for length in value.shape)
    stored = f"{value.format} {rows.indptr[-1]}".encode()

    def places(start: int, stop: int) -> Block:
        part = _canonical(rows, start, stop)
        payload = (np.diff(part.indptr).astype(np.int64), part.indices.astype(np.int64))
        return Block("places", stop - start, None, payload)

    def values(start: int, stop: int) -> Block:
        return array_block(_canonical(rows, start, stop).data, context)

    per_row = -(-8 * int(rows.indptr[-1]) // max(1, shape[0]))
    numeric = rows.dtype.kind in "iufc"
    sources = [
        Source("places", shape[0], places, _nothing, _named("places"), signature=stored, step=SPARSE_ROWS),
        Source(
            str(rows.dtype),
            shape[0],
            values,
            _nothing,
            _named("values"),
            number_bytes=per_row * (2 if rows.dtype.kind == "c" else 1) if numeric else 0,
            floating=rows.dtype.kind in "fc",
            step=SPARSE_ROWS,
        ),
    ]
    return Snapshot("scipy.sparse", type_text, columns_of(sources, context), shape=shape)


def _canonical(rows: Any, start: int, stop: int) -> Any:
    """Return a copy of some rows with sorted columns, duplicates summed and stored zeros dropped."""
    part = rows[start:stop].copy()
    part.sum_duplicates()
    part.eliminate_zeros()
    return part


def _nothing(count: int) -> list[Any]:
    return []


def _named(name: str) -> Label:
    return Label(name, name.encode(), name.encode())
