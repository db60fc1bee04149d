"""How pandas holds memory: frames by their blocks, which are pandas' own, not for the public.

Where they are not to be found the caller falls back to what the garbage collector knows.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from memadvise.measure.sizing.kinds import attributes, own_bytes
from memadvise.measure.sizing.of_numpy import objects, root_bytes
from memadvise.measure.sizing.sizers import register
from memadvise.measure.sizing.walk import Walk

OBJECTS = 2000  # elements looked at in all object columns of a frame together
LEAST_OBJECTS = 5  # of one column
BLOCK_NODES = 8  # objects in an extension array
MOST_BLOCKS = 2000
INDEX = "(index)"
TINY = frozenset({"_references", "_name", "_range"})  # of an index: there are many, and each costs as much as an array
PLAIN = (bool, int, type(None))
LARGE = 1024  # bytes from which the index is told beside the columns


def frame_columns(walk: Walk, frame: Any) -> tuple[int, list[tuple[object, int]]]:
    """Return the bytes of a frame that are in no column, and (label, bytes) of each; all beside what was counted.

    By blocks: a float frame of 2,000 columns is one array. A large index is told as a column of its own.
    """
    manager = attributes(frame)["_mgr"]
    labels, most = manager.axes[0], _objects_each(manager.blocks)
    walk.allow_nodes(BLOCK_NODES * min(len(manager.blocks), MOST_BLOCKS))
    rest = own_bytes(frame) + walk.estimate(lambda: walk.parts([labels], 0)).nbytes
    index = walk.estimate(lambda: walk.parts([manager.axes[1]], 0)).nbytes
    columns: list[tuple[object, int]] = [(INDEX, index)] if index >= LARGE else []
    for block in manager.blocks:
        places = block.mgr_locs.as_array.tolist()
        shared, each = _block_columns(walk, block.values, len(places), most)
        rest += shared
        columns += [(_Label(labels, place), size) for place, size in zip(places, each, strict=True)]
    return rest + (0 if index >= LARGE else index), columns


@dataclass(frozen=True)
class _Label:
    """A label that becomes text only where it is told: to take all of an Arrow index costs a conversion of each."""

    labels: Any
    place: int

    def __str__(self) -> str:
        return str(self.labels[self.place])


def _objects_each(blocks: Any) -> int:
    columns = sum(len(block.mgr_locs) for block in blocks if block.values.dtype == object)
    return max(LEAST_OBJECTS, OBJECTS // max(1, columns))


def _block_columns(walk: Walk, values: Any, count: int, most: int) -> tuple[int, list[int]]:
    """Return (bytes that belong to no column, bytes of each column) of a block."""
    if not hasattr(type(values), "__array_interface__"):
        return 0, [walk.estimate(lambda: walk.parts([values], 0)).nbytes]
    buffer = walk.estimate(lambda: root_bytes(walk, values, 1)).nbytes
    each = min(buffer, int(values.nbytes)) // max(1, count)  # the base may be wider than this frame
    if values.dtype != object:
        return buffer - each * count, [each] * count
    held = [walk.estimate(lambda row=row: objects(walk, row, 1, most)).nbytes for row in values]  # type: ignore[misc]
    return buffer - each * count, [each + size for size in held]


def _frame(walk: Walk, frame: Any, depth: int) -> float:
    """Size a frame that something else holds, or a series."""
    manager = attributes(frame)["_mgr"]
    return own_bytes(frame) + walk.parts([*manager.axes, *(block.values for block in manager.blocks)], depth)


def _index(walk: Walk, index: Any, depth: int) -> float:
    """Size an index with what it remembers, such as the hash table that the first lookup builds.

    By its ``__dict__`` only: to ask a range for its numbers would make and keep them.
    """
    held = dict(attributes(index))
    cached = dict(held.pop("_cache", {}))
    engine = cached.pop("_engine", None)
    table = walk.buffer(id(engine), int(engine.sizeof())) if engine is not None else 0.0
    told = [value for name, value in (*held.items(), *cached.items()) if name not in TINY and type(value) not in PLAIN]
    return own_bytes(index) + table + walk.parts(told, depth)


register("pandas", "DataFrame Series", _frame)
register("pandas", "Index", _index)
