"""Peeks that are no frames: `frame.shape` and `frame.columns` of a frame that has fewer columns now."""

from __future__ import annotations

from memadvise.model import ResultClass
from memadvise.trial.model import Column, Snapshot
from memadvise.trial.verdict import Verdict, verdict


def fewer_columns(before: Snapshot, after: Snapshot) -> Verdict | None:
    """Return the verdict DISPLAY when ``after`` shows the same frame with fewer columns, None for anything else.

    A shape must keep its rows; column labels must be some of the old ones, in their order.
    """
    if before.kind != after.kind or len(before.columns) != 1 or len(after.columns) != 1:
        return None
    old, new = before.columns[0], after.columns[0]
    if before.kind == "tuple" and _is_shape(old) and _is_shape(new):
        same_rows, fewer = old.head[0] == new.head[0], int(new.head[1]) < int(old.head[1])
        return (
            verdict(ResultClass.DISPLAY, f"shows {new.head[1]} of {old.head[1]} columns")
            if same_rows and fewer
            else None
        )
    if before.kind == "pandas.Index" and old.label.value == new.label.value and _all_seen(old) and _all_seen(new):
        left = iter(old.head)
        if new.rows < old.rows and all(label in left for label in new.head):  # `in` moves on: the order counts
            return verdict(ResultClass.DISPLAY, f"shows {new.rows} of {old.rows} columns")
    return None


def _is_shape(column: Column) -> bool:
    return column.rows == 2 and len(column.head) == 2 and all(text.isdecimal() for text in column.head)


def _all_seen(column: Column) -> bool:
    """Tell whether the first texts are the whole column, none of them cut off."""
    return len(column.head) == column.rows and not any("…" in text or len(text) >= 80 for text in column.head)
