"""How polars holds memory: by the buffers of its columns, so that clones and slices count once.

What would have to be converted to show its buffers (categories, Python objects) is as large as polars says.
"""

from __future__ import annotations

from typing import Any

from memadvise.measure.sizing.arrow_stream import MOST_CHUNKS, buffers
from memadvise.measure.sizing.kinds import loaded, own_bytes
from memadvise.measure.sizing.sizers import register
from memadvise.measure.sizing.walk import Walk

MOST_COLUMNS = 1000  # the buffers of which are looked at
CONVERTED = ("Categorical", "Enum", "Object", "Unknown", "Extension")


def frame_columns(walk: Walk, frame: Any) -> tuple[int, list[tuple[object, int]]]:
    """Return 0 and (name, bytes) of each column, beside what was counted before."""
    series = _columns(frame)
    return 0, [
        (column.name, walk.estimate(lambda column=column: _column(walk, column, len(series))).nbytes)  # type: ignore[misc]
        for column in series
    ]


def _columns(frame: Any) -> list[Any]:
    kind: Any = loaded("polars", "DataFrame")
    columns: list[Any] = kind.get_columns(frame)
    return columns


def _frame(walk: Walk, frame: Any, depth: int) -> float:
    series = _columns(frame)
    return sum(_column(walk, column, len(series)) for column in series)


def _column(walk: Walk, series: Any, beside: int = 1) -> float:
    kind: Any = loaded("polars", "Series")
    dtype = series.dtype
    converted = type(dtype).__name__ in CONVERTED or (dtype.is_nested() and any(n in str(dtype) for n in CONVERTED))
    if beside > MOST_COLUMNS or converted or kind.n_chunks(series) > MOST_CHUNKS:
        return float(kind.estimated_size(series))
    return sum(walk.buffer(*buffer) for buffer in buffers(kind.__arrow_c_stream__(series)))


def _series(walk: Walk, series: Any, depth: int) -> float:
    return _column(walk, series)


def _lazy(walk: Walk, value: Any, depth: int) -> float:
    """A plan holds nothing that could be seen before it is collected."""
    return own_bytes(value)


register("polars", "DataFrame", _frame)
register("polars", "Series", _series)
register("polars", "LazyFrame Expr", _lazy)
register("duckdb", "DuckDBPyRelation DuckDBPyConnection", _lazy)
