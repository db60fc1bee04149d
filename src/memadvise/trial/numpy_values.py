"""NumPy arrays and scalars as columns; imported only for values that are NumPy's."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from memadvise.trial.as_sparse import dense_as_sparse
from memadvise.trial.blocks import PER_SECOND, Block, bool_block, complex_block, number_block, raw_block, time_block
from memadvise.trial.column import NO_LABEL, Source, columns_of, label_of
from memadvise.trial.encode import Context
from memadvise.trial.model import Label, Snapshot
from memadvise.trial.objects import object_block

# A subclass may carry what its numbers mean (a unit): only these mean what their numbers say.
_PLAIN = (np.ndarray, np.memmap, np.matrix, np.ma.MaskedArray, np.recarray)


def is_plain_array(kind: type) -> bool:
    """Return whether values of this type are arrays that say everything in dtype, shape and numbers."""
    return kind in _PLAIN


def array_snapshot(values: NDArray[Any], type_text: str, context: Context) -> Snapshot:
    """Return the snapshot of an array of any dtype, shape and memory layout (elements in C order)."""
    mask = np.ma.getmask(values) if isinstance(values, np.ma.MaskedArray) else None
    plain = np.asarray(np.ma.getdata(values)) if mask is not None else np.ndarray.view(values, np.ndarray)
    sources = array_sources(plain, context, None if mask is np.ma.nomask else mask)
    columns = columns_of(sources, context)
    sparse = dense_as_sparse(plain, context) if type(values) is np.ndarray else None
    return Snapshot("numpy.ndarray", type_text, columns, shape=plain.shape, sparse=sparse)


def scalar_snapshot(value: np.generic, type_text: str, context: Context) -> Snapshot:
    """Return the snapshot of a NumPy scalar that is no plain number or text: datetime64, long double, void."""
    return Snapshot("scalar", type_text, columns_of(array_sources(np.asarray(value).reshape(1), context), context))


def array_sources(
    values: NDArray[Any], context: Context, mask: Any = None, label: Label = NO_LABEL, prefix: str = ""
) -> list[Source]:
    """Return one source, or one per field of a structured array."""
    if values.dtype.names is None:
        return [array_source(values, context, label, mask)]
    sources = []
    for name in values.dtype.names:
        path = prefix + name
        inner = None if mask is None else mask[name]
        sources += array_sources(values[name], context, inner, label_of(path, context), path + ".")
    return sources


def array_source(values: NDArray[Any], context: Context, label: Label = NO_LABEL, mask: Any = None) -> Source:
    """Return the source of an array without fields."""
    dtype = values.dtype
    numeric = dtype.kind in "iufc"

    def read(start: int, stop: int) -> Block:
        nulls = None if mask is None else flat(mask, start, stop)
        return array_block(flat(values, start, stop), context, nulls)

    return Source(
        str(dtype),
        values.size,
        read,
        lambda count: flat(values, 0, count).tolist(),
        label,
        signature=dtype.str.encode(),
        number_bytes=max(dtype.itemsize, 8 if mask is not None else 0) if numeric else 8 * (dtype.kind == "O"),
        floating=dtype.kind in "fc",
        elements=(lambda: flat(values, 0, values.size).tolist()) if dtype.kind == "O" and mask is None else None,
    )


def flat(values: NDArray[Any], start: int, stop: int) -> NDArray[Any]:
    """Return elements ``start`` to ``stop`` in C order: a view where the layout allows it, else a copy of those."""
    if values.ndim == 1:
        return values[start:stop]
    return values.reshape(-1)[start:stop] if values.flags.c_contiguous else values.flat[start:stop]


def array_block(values: NDArray[Any], context: Context, nulls: NDArray[np.bool_] | None = None) -> Block:
    """Return the block of a one-dimensional array; ``nulls`` are missing beside those the dtype itself can mark."""
    kind = values.dtype.kind
    if kind in "iuf":
        return number_block(values, nulls)
    if kind == "b":
        return bool_block(values, nulls)
    if kind in "mM":
        return _time_block(values, nulls)
    if kind == "c" and nulls is None:
        return complex_block(values)
    if kind == "V":
        return raw_block(str(values.dtype), values, nulls)
    elements = values.tolist()
    if nulls is not None:
        elements = [None if null else value for value, null in zip(elements, nulls.tolist(), strict=True)]
    return object_block(elements, context)


def _time_block(values: NDArray[Any], nulls: NDArray[np.bool_] | None) -> Block:
    missing = np.isnat(values) if nulls is None else np.isnat(values) | nulls
    unit, multiple = np.datetime_data(values.dtype)
    kind = "instant " if values.dtype.kind == "M" else "duration"
    if unit not in PER_SECOND or multiple != 1:
        if unit in ("ps", "fs", "as", "generic") or (kind == "duration" and unit in "YM"):
            return raw_block(str(values.dtype), values.view(np.int64), missing)
        unit = unit if unit in PER_SECOND else "s"
        values = values.astype(f"{values.dtype.kind}8[{unit}]")
    native = values.astype(values.dtype.newbyteorder("="), copy=False)
    return time_block(kind, native.view(np.int64), unit, missing)
