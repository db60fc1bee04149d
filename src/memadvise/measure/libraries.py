"""How the values of pandas, numpy, Arrow, polars and scipy hold memory. Nothing is imported here: a library that the
person has not imported has no values, and the first import of pandas would cost the cell 77 MB.
"""

from __future__ import annotations

import mmap
from typing import Any

from memadvise.measure.walk import Walk, own_bytes, register, spread

MOST_CHUNKS = 5000
OBJECTS = 1000  # elements looked at in all object columns of a frame together


def array_bytes(walk: Walk, array: Any, depth: int) -> int:
    """Size a numpy array by the memory that it keeps alive: a view of ten rows keeps the whole base."""
    return own_bytes_of_view(array) + root_bytes(walk, array, depth) + _elements(walk, array, depth)


def own_bytes_of_view(array: Any) -> int:
    """Return the bytes of the array object without its data."""
    return 112 + 16 * int(array.ndim)


def root_bytes(walk: Walk, array: Any, depth: int) -> int:
    """Return the bytes of the buffer below a numpy array, unless it was counted before."""
    kind = type(array)
    while isinstance(array.base, kind) or hasattr(type(array.base), "__array_interface__"):
        array = array.base
    holder = array.base
    while isinstance(holder, memoryview):
        holder = holder.obj
    if isinstance(holder, mmap.mmap):
        return 0  # pages of a file: the system takes them back when it needs room
    if type(holder).__module__.startswith("pyarrow") or isinstance(holder, (bytes, bytearray)):
        return walk.size(holder, depth + 1)
    return walk.buffer(int(array.__array_interface__["data"][0]), int(array.nbytes))


def _elements(walk: Walk, array: Any, depth: int, most: int | None = None) -> int:
    """Size the Python objects that an object array refers to, by a sample."""
    if array.dtype != object:
        return 0
    indexes = spread(int(array.size), depth)[:most]
    flat = array.flat  # an iterator: ravel() might copy
    return walk.many([flat[index] for index in indexes], int(array.size), depth)


def frame_bytes(walk: Walk, frame: Any) -> tuple[int, list[tuple[int, int]]]:
    """Return the bytes of a pandas frame, and of each column (its place, bytes), both beside what was counted before.

    By blocks: a float frame of 2,000 columns is one array. The blocks are pandas' own, not for the public; where they
    are not to be found the caller falls back to what the garbage collector knows.
    """
    blocks = frame._mgr.blocks
    objects = sum(len(block.mgr_locs) for block in blocks if block.values.dtype == object)
    most = max(5, OBJECTS // max(1, objects))
    columns: list[tuple[int, int]] = []
    rest = own_bytes(frame) + walk.size(frame.index, 1) + walk.size(frame.columns, 1)
    for block in blocks:
        places = block.mgr_locs.as_array.tolist()
        shared, each = _block_bytes(walk, block.values, len(places), most)
        rest += shared
        columns += zip(places, each, strict=True)
    return rest + sum(size for _, size in columns), columns


def _block_bytes(walk: Walk, values: Any, count: int, most: int) -> tuple[int, list[int]]:
    """Return (bytes that belong to no column, bytes of each column) of a block."""
    arrow = getattr(values, "_pa_array", None)
    if arrow is not None:
        return 0, [_chunked(walk, arrow, 1)]
    if not hasattr(type(values), "__array_interface__"):
        return 0, [walk.size(values, 1)]
    buffer = root_bytes(walk, values, 1)
    each = min(buffer, int(values.nbytes)) // max(1, count)  # the base may be wider than this frame
    if values.dtype != object:
        return buffer - each * count, [each] * count
    return buffer - each * count, [each + _elements(walk, row, 1, most) for row in values]


def _frame(walk: Walk, frame: Any, depth: int) -> int:
    return frame_bytes(walk, frame)[0]


def _index(walk: Walk, index: Any, depth: int) -> int:
    """Size an index with what it remembers, such as the hash table that the first lookup builds.

    By its ``__dict__`` only: to ask a range for its numbers would make and keep them.
    """
    held = dict(vars(index))
    cached = dict(held.pop("_cache", {}))
    engine = cached.pop("_engine", None)
    table = int(engine.sizeof()) if engine is not None and walk.is_first(id(engine)) else 0
    return own_bytes(index) + table + sum(walk.size(value, depth + 1) for value in (*held.values(), *cached.values()))


def _chunked(walk: Walk, value: Any, depth: int) -> int:
    """Size an Arrow column by its buffers, not by its length: a slice keeps the whole buffer."""
    if value.num_chunks > MOST_CHUNKS:
        return int(value.get_total_buffer_size())
    return sum(_arrow_array(walk, value.chunk(index), depth) for index in range(value.num_chunks))


def _table(walk: Walk, table: Any, depth: int) -> int:
    columns = list(table.itercolumns())
    if sum(column.num_chunks for column in columns) > MOST_CHUNKS:
        return int(table.get_total_buffer_size())
    return sum(_chunked(walk, column, depth) for column in columns)


def _batch(walk: Walk, batch: Any, depth: int) -> int:
    return sum(_arrow_array(walk, column, depth) for column in batch.columns)


def _arrow_array(walk: Walk, chunk: Any, depth: int) -> int:
    words = getattr(chunk, "dictionary", None)
    buffers = sum(_arrow_buffer(walk, buffer, 0) for buffer in chunk.buffers() if buffer is not None)
    return buffers + (_arrow_array(walk, words, depth) if words is not None else 0)


def _arrow_buffer(walk: Walk, buffer: Any, depth: int) -> int:
    while buffer.parent is not None:
        buffer = buffer.parent
    return walk.buffer(int(buffer.address), int(buffer.size))


def _polars(walk: Walk, value: Any, depth: int) -> int:
    """Polars shows no addresses: what two of its frames share is counted in both."""
    return int(value.estimated_size())


def _sparse(walk: Walk, value: Any, depth: int) -> int:
    held = vars(value).values()
    return own_bytes(value) + sum(walk.size(part, depth + 1) for part in held)


def _memoryview(walk: Walk, value: memoryview, depth: int) -> int:
    return own_bytes(value) + walk.size(value.obj, depth + 1)


def _tensor(walk: Walk, value: Any, depth: int) -> int:
    storage = value.untyped_storage()
    if value.device.type != "cpu" or not walk.is_first(int(storage.data_ptr())):
        return own_bytes(value)  # another device's memory is not this process's
    return own_bytes(value) + int(storage.nbytes())


register("pandas", "DataFrame", _frame)
register("pandas", "Index", _index)
register("numpy", "ndarray", array_bytes)
register("pyarrow", "Table", _table)
register("pyarrow", "RecordBatch", _batch)
register("pyarrow", "ChunkedArray", _chunked)
register("pyarrow", "Array", _arrow_array)
register("pyarrow", "Buffer", _arrow_buffer)
register("polars", "DataFrame Series", _polars)
register("scipy.sparse", "spmatrix sparray", _sparse)
register("torch", "Tensor", _tensor)
register("builtins", "memoryview", _memoryview)
