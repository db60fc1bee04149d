"""The one way in: any value -> `Snapshot`. Runs no code of the value's own class, changes and keeps nothing of it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from memadvise.trial.column import NO_LABEL, columns_of, object_source
from memadvise.trial.digest import digest
from memadvise.trial.encode import Context, encode
from memadvise.trial.kinds import is_a, loaded, said, scalar_kind, type_name
from memadvise.trial.model import Column, Snapshot

__all__ = ["KEPT_BYTES", "Snapshot", "snapshot"]

# what a kernel and a trial keep of floats, so that rounding can be shown; more would change the heap of later cells
KEPT_BYTES = 4 * 2**20

LARGE_SET = 1000


def snapshot(value: object, keep_bytes: int = 16 * 2**20) -> Snapshot:
    """Return the fingerprint of ``value``: picklable, a few kilobytes beside the numbers that it keeps.

    Numbers are kept up to ``keep_bytes`` (floats first): only those can be called equal but for rounding. What can't be
    looked into (models, figures, generators, objects of the person's own classes, hostile ones) becomes the kind
    "opaque". Raises nothing, except what the interpreter itself raises between two bytecodes (KeyboardInterrupt).
    """
    return _snapshot(value, Context(_snapshot, keep_bytes))


def _snapshot(value: Any, context: Context) -> Snapshot:
    kind = type(value)
    text = type_name(kind)
    try:
        found = _builtin(value, kind, text, context) or _library(value, kind, text, context)
    except Exception:  # noqa: BLE001 (whatever a strange value raises, the person's run goes on)
        return Snapshot("opaque", text)
    return found or Snapshot("opaque", text)


def _builtin(value: Any, kind: type, text: str, context: Context) -> Snapshot | None:
    if scalar_kind(kind) != "other" or (not _is_numpy_scalar(kind) and said(value, kind)):
        alone = replace(object_source([value], text, context), elements=None)  # its own only element
        return Snapshot("scalar", text, columns_of([alone], context))
    if is_a(kind, dict):
        keys, values = list(dict.keys(value)), list(dict.values(value))
        index = columns_of([object_source(keys, "keys", context)], context)
        return Snapshot("dict", text, columns_of([object_source(values, "values", context)], context), index)
    if is_a(kind, set, frozenset):
        return Snapshot("set", text, (_set_column(value, kind, context),))
    for base in (list, tuple):
        if is_a(kind, base):
            elements = list(base.__iter__(value))
            name = base.__name__
            return Snapshot(name, text, columns_of([object_source(elements, name, context)], context))
    return None


def _is_numpy_scalar(kind: type) -> bool:
    numpy = loaded("numpy")
    return numpy is not None and is_a(kind, numpy.generic)


def _set_column(value: Any, kind: type, context: Context) -> Column:
    """Return a set's elements as a column, ordered by their bytes; of a large set only the sum of their digests."""
    base = set if is_a(kind, set) else frozenset
    elements = base.__iter__(value)
    if base.__len__(value) <= LARGE_SET:
        ordered = sorted(elements, key=lambda element: encode(element, context))
        return columns_of([object_source(ordered, "set", context)], context)[0]
    outer, context.opaque = context.opaque, False
    exact = total = count = 0
    for count, element in enumerate(elements, 1):  # noqa: B007 (the last count is the length)
        parts = encode(element, context)
        total += int.from_bytes(digest(parts[0]), "little")
        exact += int.from_bytes(digest(parts[1]), "little")
    sums = [digest(str(number % 2**128).encode()) for number in (exact, total)]
    opaque, context.opaque = context.opaque, outer
    return Column(NO_LABEL, "set", count, sums[0], sums[1], (), opaque=opaque)


def _library(value: Any, kind: type, text: str, context: Context) -> Snapshot | None:
    """Return the snapshot of a value of a library that the person's code has imported."""
    numpy, pandas, arrow = loaded("numpy"), loaded("pandas"), loaded("pyarrow")
    if numpy is not None and is_a(kind, numpy.ndarray, numpy.generic):
        from memadvise.trial import numpy_values

        if is_a(kind, numpy.generic):
            return numpy_values.scalar_snapshot(value, text, context)
        return numpy_values.array_snapshot(value, text, context) if numpy_values.is_plain_array(kind) else None
    if pandas is not None and text.startswith("pandas."):
        from memadvise.trial.pandas_values import pandas_snapshot

        return pandas_snapshot(value, context)
    if arrow is not None and text.startswith("pyarrow."):
        return _arrow(value, kind, text, arrow, context)
    return _others(value, kind, text, context)


def _arrow(value: Any, kind: type, text: str, arrow: Any, context: Context) -> Snapshot | None:
    from memadvise.trial import arrow_values

    if kind in (arrow.Table, arrow.RecordBatch):
        return arrow_values.table_snapshot(value, text, context)
    if is_a(kind, arrow.Array, arrow.ChunkedArray):
        return arrow_values.array_snapshot(value, text, context)
    return None


def _others(value: Any, kind: type, text: str, context: Context) -> Snapshot | None:
    polars, sparse = loaded("polars"), loaded("scipy.sparse")
    if text.startswith("sklearn."):
        from memadvise.trial.estimators import estimator_snapshot

        return estimator_snapshot(value, kind, text, context)
    if polars is not None and text.startswith("polars."):
        from memadvise.trial.other_values import polars_snapshot

        return polars_snapshot(value, polars, context)
    if sparse is not None and text.startswith("scipy.sparse.") and is_a(kind, sparse.spmatrix, sparse.sparray):
        from memadvise.trial.other_values import sparse_snapshot

        return sparse_snapshot(value, text, context)
    return None
