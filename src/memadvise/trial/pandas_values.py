"""pandas frames, series, indexes and arrays as columns; imported only for values that are pandas'.

Everything is read through the arrays below a Series or Index: asking an Index itself (``values``, ``is_unique``) would
leave caches in the person's objects, and a RangeIndex would be written out.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from memadvise.trial.blocks import Block, bool_block, number_block, raw_block, time_block
from memadvise.trial.column import NO_LABEL, Source, columns_of, label_of
from memadvise.trial.digest import digest
from memadvise.trial.encode import Context
from memadvise.trial.kinds import is_a, type_name
from memadvise.trial.model import Column, Label, Snapshot
from memadvise.trial.numpy_values import array_block, array_source
from memadvise.trial.objects import object_block

_INDEXES = (
    pd.Index,
    pd.RangeIndex,
    pd.MultiIndex,
    pd.CategoricalIndex,
    pd.DatetimeIndex,
    pd.TimedeltaIndex,
    pd.PeriodIndex,
    pd.IntervalIndex,
)


def pandas_snapshot(value: Any, context: Context) -> Snapshot | None:
    """Return the snapshot of a frame, series, index or array of pandas' own classes, None for any other value.

    A subclass may hold what no column shows (a coordinate system), so it is none of these.
    """
    kind = type(value)
    if kind is pd.DataFrame:
        return _frame(value, context)
    if kind is pd.Series:
        source = _array_source(value.array, context, label_of(value.name, context))
        index = columns_of(_index_sources(value.index, context), context)
        return Snapshot("pandas.Series", "Series", columns_of([source], context), index)
    if kind in _INDEXES:
        return Snapshot("pandas.Index", "Index", columns_of(_index_sources(value, context), context))
    if is_a(kind, pd.api.extensions.ExtensionArray) and type_name(kind).startswith("pandas."):
        columns = columns_of([_array_source(value, context, NO_LABEL)], context)
        return Snapshot("pandas.array", "array", columns)
    return None


def _frame(frame: Any, context: Context) -> Snapshot:
    labels = _labels(frame.columns)
    sources = [
        _array_source(frame.iloc[:, position].array, context, label_of(label, context))
        for position, label in enumerate(labels)
    ]
    columns = columns_of(sources, context)
    index = columns_of(_index_sources(frame.index, context), context)
    return Snapshot("pandas.DataFrame", "DataFrame", columns, index, axis=_axis(frame.columns, context))


def _axis(columns: Any, context: Context) -> Label:
    """Return how the column labels are named, and by which dtype they are held."""
    names = tuple(columns.names)
    dtypes = [source.dtype for source in _index_sources(columns, context)]
    label = label_of(names if len(names) > 1 else names[0], context)
    return Label(label.text, digest(label.exact, *(dtype.encode() for dtype in dtypes)), label.value)


def _labels(columns: Any) -> list[Any]:
    """Return the column labels as Python values, tuples for several levels."""
    if not isinstance(columns, pd.MultiIndex):
        return list(columns)
    levels = [[*level, None] for level in columns.levels]  # the code of a missing label is -1: the last
    return [
        tuple(level[code] for level, code in zip(levels, codes, strict=True))
        for codes in zip(*columns.codes, strict=True)
    ]


def _index_sources(index: Any, context: Context) -> list[Source]:
    """Return one source per level."""
    if isinstance(index, pd.MultiIndex):
        parts = zip(index.levels, index.codes, index.names, strict=True)
        return [_coded_source(level, codes, context, label_of(name, context)) for level, codes, name in parts]
    label = label_of(index.name, context)
    if isinstance(index, pd.RangeIndex):
        return [_range_source(index, label)]
    frequency = getattr(getattr(index, "freq", None), "freqstr", None)
    return [_array_source(index.array, context, label, frequency)]


def _range_source(index: Any, label: Label) -> Source:
    """Return the source of a RangeIndex as the int64 index that it stands for."""

    def read(start: int, stop: int) -> Block:
        return number_block(index.start + index.step * np.arange(start, stop, dtype=np.int64))

    def first(count: int) -> list[Any]:
        return list(range(index.start, index.stop, index.step)[:count])

    return Source("int64", len(index), read, first, label, signature=np.dtype(np.int64).str.encode())


def _array_source(values: Any, context: Context, label: Label, frequency: str | None = None) -> Source:
    """Return the source of one pandas array (``series.array``)."""
    if type(values) is pd.arrays.NumpyExtensionArray:  # text in Python objects inherits from it
        return array_source(values.to_numpy(copy=False), context, label)
    if isinstance(values, pd.Categorical):
        return _categorical_source(values, context, label)
    if isinstance(values, pd.arrays.DatetimeArray | pd.arrays.TimedeltaArray):
        return _time_source(values, label, frequency)
    if hasattr(values, "_pa_array"):  # text and Arrow dtypes: the protocol then gives the chunks without a copy
        from memadvise.trial.arrow_values import as_chunked, chunked_source

        chunks = as_chunked(values.__arrow_array__())
        return chunked_source(chunks, label, context, str(values.dtype), repr(values.dtype).encode())
    return _extension_source(values, context, label)


def _first(values: Any, count: int) -> list[Any]:
    return list(values[:count])


def _time_source(values: Any, label: Label, frequency: str | None) -> Source:
    duration = isinstance(values, pd.arrays.TimedeltaArray)
    zone = getattr(values, "tz", None)
    kind = "duration" if duration else f"instant {'' if zone is None else zone}"

    def read(start: int, stop: int) -> Block:
        part = values[start:stop]
        return time_block(kind, part.asi8, part.unit, part.isna())

    dtype = str(values.dtype)
    signature = f"{dtype} {frequency}".encode()
    return Source(dtype, len(values), read, lambda count: _first(values, count), label, signature)


def _categorical_source(values: Any, context: Context, label: Label) -> Source:
    """Return the source of a categorical: the values of its categories, in the categories' own kind."""
    categories = _described(values.categories, context)
    order = categories.value if values.ordered else None
    return _coded_source(
        values.categories, values.codes, context, label, ("category", categories.exact + bytes([values.ordered]), order)
    )


def _described(level: Any, context: Context) -> Column:
    spent = context.keep_bytes
    context.keep_bytes = 0  # the categories are hashed; none of them is kept
    try:
        return columns_of(_index_sources(level, context), context)[0]
    finally:
        context.keep_bytes = spent


def _coded_source(
    level: Any,
    codes: Any,
    context: Context,
    label: Label,
    categorical: tuple[str, bytes, bytes | None] | None = None,
) -> Source:
    """Return the source of ``level`` taken at ``codes`` (-1 is missing), a block at a time."""
    inner = _index_sources(level, context)[0]
    dtype, signature, order = categorical or (inner.dtype, inner.signature, None)
    texts = _as_arrow(level)

    def read(start: int, stop: int) -> Block:
        if texts is None:
            return _taken(level, codes[start:stop], context)
        from memadvise.trial.arrow_values import taken_block

        return taken_block(texts, codes[start:stop], context)

    def first(count: int) -> list[Any]:
        values: list[Any] = [None if code < 0 else level[code] for code in codes[:count].tolist()]
        return [value.item() if is_a(type(value), np.number, np.bool_) else value for value in values]

    numbers, floating = inner.number_bytes and 8, inner.floating
    return Source(dtype, len(codes), read, first, label, signature, order, numbers, floating)


def _as_arrow(level: Any) -> Any:
    """Return the values that an index holds in Arrow as one Arrow array, else None."""
    if isinstance(level, pd.MultiIndex | pd.RangeIndex) or not hasattr(level.array, "_pa_array"):
        return None
    from memadvise.trial.arrow_values import as_chunked

    return as_chunked(level.array.__arrow_array__()).combine_chunks()


def _taken(level: Any, codes: Any, context: Context) -> Block:
    missing = codes < 0
    nulls = missing if missing.any() else None
    if isinstance(level, pd.RangeIndex):
        return number_block(level.start + level.step * codes.astype(np.int64), nulls)
    values = level.array
    if type(values) is not pd.arrays.NumpyExtensionArray:
        taken = values.take(codes, allow_fill=True)
        return _array_source(taken, context, NO_LABEL).read(0, len(taken))
    numbers = values.to_numpy(copy=False)
    if not len(numbers):
        return object_block([None] * len(codes), context)
    return array_block(numbers.take(np.where(missing, 0, codes)), context, nulls)


def _extension_source(values: Any, context: Context, label: Label) -> Source:
    """Return the source of nullable, period, interval, sparse and third parties' arrays, read slice by slice."""
    dtype = values.dtype
    inner = getattr(dtype, "numpy_dtype", None) or getattr(dtype, "subtype", None)
    numeric = isinstance(inner, np.dtype) and inner.kind in "iuf" and not isinstance(dtype, pd.IntervalDtype)

    def read(start: int, stop: int) -> Block:
        return _extension_block(values[start:stop], context)

    return Source(
        str(dtype),
        len(values),
        read,
        lambda count: _first(values, count),
        label,
        signature=repr(dtype).encode("utf-8", "replace"),
        number_bytes=8 if numeric else 0,
        floating=numeric and inner.kind == "f",  # type: ignore[union-attr]
    )


def _extension_block(part: Any, context: Context) -> Block:
    dtype = part.dtype
    if isinstance(part, pd.arrays.PeriodArray):
        return raw_block(f"period {dtype.freq.freqstr}", np.asarray(part.astype("int64")), part.isna())
    if isinstance(part, pd.arrays.IntervalArray):
        return _interval_block(part, context)
    if isinstance(part, pd.arrays.SparseArray):
        return array_block(np.asarray(part), context)
    if isinstance(part, pd.arrays.BooleanArray):
        return bool_block(part.to_numpy(dtype=bool, na_value=False), part.isna())
    if isinstance(part, pd.arrays.IntegerArray | pd.arrays.FloatingArray):
        return number_block(part.to_numpy(dtype=dtype.numpy_dtype, na_value=0), part.isna())
    return object_block(part.astype(object).tolist(), context)


def _interval_block(part: Any, context: Context) -> Block:
    ends = [_index_sources(end, context)[0].read(0, len(part)) for end in (part.left, part.right)]
    kind = f"interval {part.closed} {ends[0].kind} {ends[1].kind}"
    extras = ends[0].extras + ends[1].extras
    return Block(kind, len(part), part.isna(), (ends[0].digest(), ends[1].digest()), extras)
