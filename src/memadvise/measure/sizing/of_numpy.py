"""How numpy arrays and scipy's sparse ones hold memory."""

from __future__ import annotations

import mmap
import sys
from typing import Any

from memadvise.measure.sizing.kinds import attributes, library_of, own_bytes
from memadvise.measure.sizing.samples import MOST, spread
from memadvise.measure.sizing.sizers import register
from memadvise.measure.sizing.walk import Walk


def array_bytes(walk: Walk, array: Any, depth: int) -> float:
    """Size a numpy array by the memory that it keeps alive: a view of ten rows keeps the whole base."""
    more = list(attributes(array).values())  # of a subclass, such as the mask of a masked array
    return (
        own_bytes_of_view(array)
        + root_bytes(walk, array, depth)
        + objects(walk, array, depth)
        + walk.parts(more, depth)
    )


def own_bytes_of_view(array: Any) -> int:
    """Return the bytes of the array object without its data."""
    return 112 + 16 * int(array.ndim)


def root_bytes(walk: Walk, array: Any, depth: int) -> float:
    """Count the buffer below a numpy array."""
    held = 0
    while hasattr(type(array.base), "__array_interface__"):
        array = array.base
        held = sys.getrefcount(array) - 2  # this name and the question itself
    holder = array.base
    while type(holder) is memoryview:
        holder = holder.obj
    if isinstance(holder, mmap.mmap):
        return 0.0  # pages of a file: the system takes them back when it needs room
    if library_of(type(holder)) == "pyarrow" or type(holder) in (bytes, bytearray):
        return walk.size(holder, depth + 1)
    return walk.buffer(int(array.__array_interface__["data"][0]), int(array.nbytes), held)


def objects(walk: Walk, array: Any, depth: int, most: int = MOST) -> float:
    """Size the Python objects that an array refers to, also in the fields of records, by a sample."""
    dtype = array.dtype
    if not dtype.hasobject:
        return 0.0
    if dtype.names:
        return sum(objects(walk, array[name], depth, most) for name in dtype.names)
    places = spread(int(array.size), min(walk.room(), most), walk.draw(depth))
    flat = array.flat  # an iterator: ravel() might copy
    return walk.many([flat[place] for place in places], int(array.size), depth)


def _sparse(walk: Walk, value: Any, depth: int) -> float:
    return own_bytes(value) + walk.parts(list(attributes(value).values()), depth)


register("numpy", "ndarray", array_bytes)
register("scipy.sparse", "spmatrix sparray", _sparse)
