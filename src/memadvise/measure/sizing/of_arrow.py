"""How Arrow holds memory: by buffers, not by lengths, for a slice keeps the whole buffer."""

from __future__ import annotations

from typing import Any

from memadvise.measure.sizing.sizers import register
from memadvise.measure.sizing.walk import Walk

MOST_CHUNKS = 5000


def table_columns(walk: Walk, table: Any) -> tuple[int, list[tuple[object, int]]]:
    """Return 0 and (name, bytes) of each column of a table or a record batch, beside what was counted before."""
    if not has_columns(table):
        return int(table.get_total_buffer_size()), []
    held = [table.column(place) for place in range(table.num_columns)]
    return 0, [
        (name, walk.estimate(lambda column=column: _any(walk, column, 0)).nbytes)  # type: ignore[misc]
        for name, column in zip(table.schema.names, held, strict=True)
    ]


def has_columns(table: Any) -> bool:
    """Tell whether a table is of so few chunks that its columns may be looked at one by one."""
    return sum(getattr(table.column(place), "num_chunks", 1) for place in range(table.num_columns)) <= MOST_CHUNKS


def _any(walk: Walk, value: Any, depth: int) -> float:
    return _chunked(walk, value, depth) if hasattr(value, "num_chunks") else _array(walk, value, depth)


def _chunked(walk: Walk, value: Any, depth: int) -> float:
    if value.num_chunks > MOST_CHUNKS:
        return float(value.get_total_buffer_size())
    return sum(_array(walk, value.chunk(place), depth) for place in range(value.num_chunks))


def _table(walk: Walk, table: Any, depth: int) -> float:
    if not has_columns(table):
        return float(table.get_total_buffer_size())
    return sum(_any(walk, table.column(place), depth) for place in range(table.num_columns))


def _array(walk: Walk, array: Any, depth: int) -> float:
    words = getattr(array, "dictionary", None)
    buffers = sum(_buffer(walk, buffer, 0) for buffer in array.buffers() if buffer is not None)
    return buffers + (_array(walk, words, depth) if words is not None else 0.0)


def _buffer(walk: Walk, buffer: Any, depth: int) -> float:
    while buffer.parent is not None:
        buffer = buffer.parent
    return walk.buffer(int(buffer.address), int(buffer.size))


register("pyarrow", "Table RecordBatch", _table)
register("pyarrow", "ChunkedArray", _chunked)
register("pyarrow", "Array", _array)
register("pyarrow", "Buffer", _buffer)
