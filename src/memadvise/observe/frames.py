"""Live pandas frames -> evidence, in bounded time and with little memory of our own."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from memadvise.model import ColumnEvidence, FrameEvidence

SAMPLE_ROWS = 10_000
MOST_FRAMES = 20
SECONDS = 1.5  # for all frames together: the advice has to be on screen within two seconds
_RUN = 20  # rows that are sampled next to each other
_CHEAP = frozenset({"number", "category", "time", "masked", "nulls"})


def live_frames(
    namespace: Mapping[str, object], names: frozenset[str], seconds: float = SECONDS
) -> tuple[FrameEvidence, ...]:
    """Return evidence of the pandas frames bound to ``names`` (at most 20); pandas is never imported for it."""
    pandas = sys.modules.get("pandas")
    if pandas is None or not hasattr(pandas, "DataFrame"):
        return ()
    deadline = time.monotonic() + seconds
    found = [(name, namespace[name]) for name in sorted(names) if type(namespace.get(name)) is pandas.DataFrame]
    return _evidence(found[:MOST_FRAMES], deadline)


def frame_evidence(name: str, frame: Any, deadline: float) -> FrameEvidence:
    """Describe one frame. What is not looked at before ``deadline`` (monotonic seconds) stays None."""
    return _evidence([(name, frame)], deadline)[0]


def _evidence(frames: Iterable[tuple[str, Any]], deadline: float) -> tuple[FrameEvidence, ...]:
    looked = [(name, frame, _columns(frame)) for name, frame in frames]
    _look(
        sorted((column for _, _, columns in looked for column in columns), key=lambda column: column.urgency), deadline
    )
    return tuple(_frame(name, frame, [column.evidence() for column in columns]) for name, frame, columns in looked)


def _frame(name: str, frame: Any, columns: list[ColumnEvidence]) -> FrameEvidence:
    labels, index = list(frame.columns), frame.index
    own_range = type(index).__name__ == "RangeIndex" and index.start == 0 and index.step == 1
    index_bytes = 0 if own_range else int(index.memory_usage())
    return FrameEvidence(
        name=name,
        rows=len(frame),
        nbytes=sum(column.nbytes for column in columns) + index_bytes,
        columns=tuple(columns),
        plain_names=all(isinstance(label, str) for label in labels) and len(set(labels)) == len(labels),
        range_index=own_range,
    )


@dataclass
class _Column:
    """One column of a frame, and what was found of it so far."""

    name: str
    values: Any
    kind: str
    nbytes: int
    fields: dict[str, Any] = field(default_factory=dict)

    @property
    def urgency(self) -> tuple[bool, int]:
        """Cheap facts come first, then what takes most bytes."""
        return self.kind not in _CHEAP, -self.nbytes

    def evidence(self) -> ColumnEvidence:
        """Return what was found."""
        return ColumnEvidence(self.name, str(self.values.dtype), self.nbytes, **self.fields)


def _columns(frame: Any) -> list[_Column]:
    from memadvise.observe.facts import kind_of  # needs pandas, which is there where a frame is

    made = []
    for place, label in enumerate(frame.columns):
        values = frame.iloc[:, place]
        made.append(_Column(str(label), values, kind_of(values), nbytes_of(values)))
    return made


def _look(columns: list[_Column], deadline: float) -> None:
    """Gather the facts of the columns, in this order, until ``deadline``."""
    for column in columns:
        if time.monotonic() > deadline:
            return
        column.fields, many = _fields(column, lambda: time.monotonic() > deadline)
        if column.kind == "text" and "cardinality" not in column.fields and not many:
            column.fields |= {"cardinality": _cardinality(column.values)}


def _fields(column: _Column, too_late: Callable[[], bool]) -> tuple[dict[str, Any], bool]:
    """Return the column's facts over all rows, none when time runs out half way; and whether most rows differ."""
    from memadvise.observe.facts import blocks_of, facts_of

    facts = facts_of(column.kind)
    if facts is None:
        return {}, False
    for block in blocks_of(column.values, column.kind):
        if too_late():
            return {}, getattr(facts, "mostly_distinct", False)
        facts.add(block)
    return facts.fields(), getattr(facts, "mostly_distinct", False)


def nbytes_of(column: Any) -> int:
    """Return a column's deep size in bytes; of objects an estimate from a sample."""
    if column.dtype != object:
        return int(column.memory_usage(index=False))
    step = max(len(column) // 1000, 1)
    sample = column.iloc[::step]
    per_row = sum(_size(value) for value in sample) / max(len(sample), 1)
    return int(column.memory_usage(index=False) + per_row * len(column))


def _size(value: object) -> int:
    """Return an object's own bytes; of a class of the person's a guess, since asking it would run their code."""
    return sys.getsizeof(value) if type(value) in (str, bytes, int, float, bool, type(None)) else 64


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
