"""Live pandas frames -> evidence, in bounded time and with little memory of our own."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Mapping
from typing import Any

from memadvise.model import ColumnEvidence, FrameEvidence

SAMPLE_ROWS = 10_000
MOST_FRAMES = 20
SECONDS = 0.5  # for all frames together: the report has to be on screen within a second
_RUN = 20  # rows that are sampled next to each other
_BLOCK = (
    1 << 16
)  # rows looked at at once: temporaries stay under half a MiB, so that the person's heap is left as it was


def live_frames(
    namespace: Mapping[str, object], names: frozenset[str], seconds: float = SECONDS
) -> tuple[FrameEvidence, ...]:
    """Return evidence of the pandas frames bound to ``names`` (at most 20); pandas is never imported for it."""
    pandas = sys.modules.get("pandas")
    if pandas is None or not hasattr(pandas, "DataFrame"):
        return ()
    deadline = time.monotonic() + seconds
    found = [(name, namespace[name]) for name in sorted(names) if type(namespace.get(name)) is pandas.DataFrame]
    return tuple(frame_evidence(name, frame, deadline) for name, frame in found[:MOST_FRAMES])


def frame_evidence(name: str, frame: Any, deadline: float) -> FrameEvidence:
    """Describe one frame. What is not looked at before ``deadline`` (monotonic seconds) stays None."""
    labels = list(frame.columns)
    plain = all(isinstance(label, str) for label in labels) and len(set(labels)) == len(labels)
    columns = tuple(_column(frame.iloc[:, place], str(label), deadline) for place, label in enumerate(labels))
    index = frame.index
    own_range = type(index).__name__ == "RangeIndex" and index.start == 0 and index.step == 1
    index_bytes = 0 if own_range else int(index.memory_usage())
    return FrameEvidence(
        name=name,
        rows=len(frame),
        nbytes=sum(column.nbytes for column in columns) + index_bytes,
        columns=columns,
        plain_names=plain,
        range_index=own_range,
    )


def _column(column: Any, name: str, deadline: float) -> ColumnEvidence:
    dtype = str(column.dtype)
    nbytes = _nbytes(column)
    if time.monotonic() > deadline or not len(column):
        return ColumnEvidence(name, dtype, nbytes)
    nulls = _nulls(column, dtype, deadline)
    if dtype in {"int64", "float64"}:
        low, high, negative_zero = _extremes(column.to_numpy(), deadline)
        return ColumnEvidence(name, dtype, nbytes, nulls, minimum=low, maximum=high, negative_zero=negative_zero)
    if dtype in {"str", "string"}:  # not objects: to tell them apart would run the person's own code
        return ColumnEvidence(
            name, dtype, nbytes, nulls, cardinality=_cardinality(column), exact=len(column) <= SAMPLE_ROWS
        )
    return ColumnEvidence(name, dtype, nbytes, nulls)


def _nulls(column: Any, dtype: str, deadline: float) -> int | None:
    """Count missing values over all rows, block by block; None when time runs out."""
    if dtype in {"int64", "bool"}:
        return 0
    values, found = column.array, 0
    for start in range(0, len(column), _BLOCK):
        if time.monotonic() > deadline:
            return None
        found += int(values[start : start + _BLOCK].isna().sum())
    return found


def _nbytes(column: Any) -> int:
    if column.dtype != object:
        return int(column.memory_usage(index=False))
    step = max(len(column) // 1000, 1)
    sample = column.iloc[::step]
    per_row = sum(_size(value) for value in sample) / max(len(sample), 1)
    return int(column.memory_usage(index=False) + per_row * len(column))


def _size(value: object) -> int:
    """Return an object's own bytes; of a class of the person's a guess, since asking it would run their code."""
    return sys.getsizeof(value) if type(value) in (str, bytes, int, float, bool, type(None)) else 64


def _extremes(values: Any, deadline: float) -> tuple[float | int | None, float | int | None, bool | None]:
    """Return (minimum, maximum, any -0.0) over all rows, block by block; Nones when time runs out half way."""
    numpy = sys.modules["numpy"]
    low = high = None
    negative_zero = False
    for start in range(0, len(values), _BLOCK):
        if time.monotonic() > deadline:
            return None, None, None
        block = values[start : start + _BLOCK]
        least, most = numpy.fmin.reduce(block), numpy.fmax.reduce(block)
        low = least if low is None else numpy.fmin(low, least)
        high = most if high is None else numpy.fmax(high, most)
        if block.dtype.kind == "f" and not negative_zero:
            negative_zero = bool(((block == 0) & numpy.signbit(block)).any())
    return _number(low), _number(high), negative_zero


def _number(value: Any) -> float | int | None:
    plain = None if value is None else value.item()
    return None if plain is None or plain != plain else plain  # NaN: no number at all


def _cardinality(column: Any) -> int | None:
    """Distinct values of a systematic sample of rows; None when nearly all of them differ."""
    distinct = len({value for value in _sampled(column) if type(value) is str})
    return distinct if distinct * 5 <= min(len(column), SAMPLE_ROWS) else None


def _sampled(column: Any) -> Iterator[Any]:
    """Yield the values of about 10,000 rows in short runs all over the column.

    Slices share the column's memory; a step through Arrow text copies all of it (69 MB for a frame of 170 MB).
    """
    values = column.array
    step = max(len(column) // (SAMPLE_ROWS // _RUN), _RUN)
    for start in range(0, len(column), step):
        yield from values[start : start + _RUN]
