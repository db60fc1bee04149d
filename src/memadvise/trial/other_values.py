"""polars frames and SciPy's sparse matrices as columns; imported only for values that are theirs."""

from __future__ import annotations

from typing import Any

import numpy as np

from memadvise.trial.as_sparse import Entries, Matrix, entries_snapshot
from memadvise.trial.blocks import Block
from memadvise.trial.column import Source, columns_of, label_of
from memadvise.trial.encode import Context
from memadvise.trial.model import Snapshot


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
    stored = int(rows.indptr[-1])

    def entries(start: int, stop: int) -> Entries:
        part = _canonical(rows, start, stop)
        return Entries(np.diff(part.indptr), part.indices, part.data)

    shape = (int(value.shape[0]), int(value.shape[1]))
    return entries_snapshot(entries, Matrix(type_text, value.format, shape, rows.dtype, stored), context)


def _canonical(rows: Any, start: int, stop: int) -> Any:
    """Return a copy of some rows with sorted columns, duplicates summed and stored zeros dropped."""
    part = rows[start:stop].copy()
    part.sum_duplicates()
    part.eliminate_zeros()
    return part
