"""Whether values differ by no more than single precision accounts for: asked only where a card announced that."""

from __future__ import annotations

from typing import Any

from memadvise.model import ResultClass
from memadvise.trial.model import Column, Snapshot
from memadvise.trial.verdict import SAME, Verdict, together, verdict

# float32 keeps 24 bits (6e-8); sums, means and deviations of many such values lose some more of them
RELATIVE = 1e-4


def approximately(before: Snapshot, after: Snapshot) -> Verdict | None:
    """Return the verdict APPROXIMATE when only floats differ, and those a little; None for anything else.

    Columns too large to have been kept count as approximate only where float64 became float32.
    """
    if before.kind != after.kind or before.shape != after.shape or len(before.columns) != len(after.columns):
        return None
    if [one.value for one in before.index] != [one.value for one in after.index]:
        return None
    parts = [_column(left, right) for left, right in zip(before.columns, after.columns, strict=True)]
    found = [part for part in parts if part is not None]
    return together(found) if len(found) == len(parts) else None


def _column(before: Column, after: Column) -> Verdict | None:
    if before.label.value != after.label.value or before.rows != after.rows:
        return None
    if before.value == after.value:
        return SAME
    if not (before.floating and after.floating):
        return None
    name = f"column {before.label.text}: " if before.label.text else ""
    if before.kept is None or after.kept is None:
        if "float64" in before.dtype and "float32" in after.dtype:
            return verdict(ResultClass.APPROXIMATE, f"{name}{before.dtype} -> {after.dtype}, as announced")
        return None
    largest = _largest(before.kept, after.kept)
    if largest > RELATIVE:
        return None
    return verdict(ResultClass.APPROXIMATE, f"{name}largest difference {largest:.1g} of the column's largest value")


def _largest(before: Any, after: Any) -> float:
    """Return the largest difference, relative to the largest value; infinite where one side misses a value."""
    import numpy as np

    left, right = (np.asarray(values, dtype=np.complex128) for values in (before, after))
    if len(left) != len(right) or bool((np.isfinite(left) != np.isfinite(right)).any()):
        return float("inf")
    finite = np.isfinite(left)
    scale = float(np.abs(left[finite]).max(initial=0.0))
    return float(np.abs(left[finite] - right[finite]).max(initial=0.0)) / scale if scale else 0.0
