"""What the two live frames of a merge say about a lookup: whose column is whose, and what rows without a partner do."""

from __future__ import annotations

import ast
import math
from dataclasses import dataclass

from memadvise.model import ColumnEvidence, FrameEvidence
from memadvise.rewrite.joins import ColumnUse, GroupUse, Join, Side, Use
from memadvise.rewrite.lookup_code import AGAIN

_KEYS = frozenset({"int64", "str"})
_LOOKED_UP = frozenset({"str", "int64", "float64", "bool"})
_DROPPED = frozenset({"str", "float64"})  # group keys that keep their dtype when some rows have no partner
_FEW = 4  # rows of the left frame per row of the right one from which reducing per key first pays


def columns_of(use: Use) -> tuple[str, ...]:
    """Return the merged columns that a use asks for."""
    match use:
        case GroupUse(keys=keys, selected=selected):
            return (*keys, *selected)
        case ColumnUse(column=column):
            return (column,)
    return ()


def stored(join: Join, frame: str) -> frozenset[str]:
    """Return the column that `left["name"] = left.merge(right, ...)["name"]` makes, where the merge stands in such."""
    match join.statement:
        case ast.Assign(targets=[ast.Subscript(value=ast.Name(id=name), slice=ast.Constant(value=str(column)))]) if (
            name == frame == join.left.frame and not join.name and column != join.key
        ):
            return frozenset({column})
    return frozenset()


@dataclass(frozen=True)
class Sides:
    """A merge and its two frames."""

    join: Join
    left: FrameEvidence
    right: FrameEvidence

    def key_problem(self, merged_rows: int | None) -> str:
        """Return why the key does not surely stand once in the right frame; ``merged_rows`` None: not known."""
        sides = []
        join = self.join
        for frame, side, key in (
            (self.left, join.left, join.key),
            (self.right, join.right, join.right_key),
        ):
            column = _chosen(side, frame, key)
            if column is None:
                return f"{side.frame} has no column {key!r}"
            sides.append(column)
        left, right = sides
        if left.dtype != right.dtype or left.dtype not in _KEYS:
            types = f"{left.dtype} and {right.dtype}"
            return f"the keys are {types}; only whole numbers or texts on both sides are proven"
        if right.nulls != 0:
            return f"the key of {self.join.right.frame} has missing values, or was not looked at"
        several = right.exact and right.cardinality is not None and right.cardinality < self.right.rows
        if several or (merged_rows is not None and merged_rows > self.left.rows):
            return f"several rows of {self.join.right.frame} have the same {self.join.right_key}"
        return ""

    def problem(self, use: Use) -> str:
        """Return why a use can't be answered by looking its columns up; empty if it can."""
        for name in columns_of(use):
            left, right = self._owners(name)
            if not self._shared(name) and (left is None) == (right is None):
                return f"{'both frames have' if left is not None else 'no frame has'} a column {name!r}"
            if name == self.join.right_key != self.join.key:
                return f"the right-hand key {name!r} is asked for"
            if self.is_right(name) and right is not None and right.dtype not in _LOOKED_UP:
                return f"column {name!r} is {right.dtype}; only text, numbers and booleans are looked up"
        if isinstance(use, GroupUse) and any(map(self.is_right, use.selected)) and not use.plain:
            return f"{', '.join(use.selected)} of {self.join.right.frame} and more is reduced at once"
        return ""

    def is_right(self, name: str) -> bool:
        """Tell whether a merged column is the right frame's."""
        return not self._shared(name) and self._owners(name)[1] is not None

    def _shared(self, name: str) -> bool:
        """Tell whether a column is the key of both sides, of which the merged frame has one."""
        return name == self.join.key == self.join.right_key

    def _owners(self, name: str) -> tuple[ColumnEvidence | None, ColumnEvidence | None]:
        left = _chosen(self.join.left, self.left, name)
        if name in stored(self.join, self.join.left.frame):
            left = None  # the statement itself makes it, of the merged column
        return left, _chosen(self.join.right, self.right, name)

    def drops_alike(self, use: Use) -> bool:
        """Tell whether rows without a partner fall out of the use by themselves: as a missing group key does."""
        if not isinstance(use, GroupUse) or any(map(self.is_right, use.selected)):
            return False
        keys = [self.right.column(name) for name in use.keys if self.is_right(name)]
        return bool(keys) and all(key is not None and key.dtype in _DROPPED for key in keys)

    def per_key(self, use: Use) -> bool:
        """Tell whether the groups are to be reduced per key first, and per group of keys then."""
        if not isinstance(use, GroupUse) or use.plain not in AGAIN or not self.is_right(use.keys[0]):
            return False
        if self.join.key in use.selected or any(map(self.is_right, use.selected)):
            return False
        key, values = self.right.column(use.keys[0]), [self.left.column(name) for name in use.selected]
        if key is None or key.dtype not in _DROPPED or self.right.rows * _FEW > self.left.rows:
            return False
        if use.plain in {"sum", "min", "max"}:
            numbers = all(value is not None and value.dtype in {"int64", "float64"} for value in values)
            if use.plain == "sum":
                return numbers and all(map(_sums_up, values))
            zeros = any(value.negative_zero is not False for value in values if _float(value))  # type: ignore[union-attr]
            return numbers and not zeros
        return True

    def rounds(self, use: Use) -> bool:
        """Tell whether a use that is reduced per key first adds floats up in another order."""
        return (
            isinstance(use, GroupUse)
            and use.plain == "sum"
            and any(_float(self.left.column(name)) for name in use.selected)
        )


def _chosen(side: Side, frame: FrameEvidence, name: str) -> ColumnEvidence | None:
    return frame.column(name) if side.columns is None or name in side.columns else None


def _float(column: ColumnEvidence | None) -> bool:
    return column is not None and column.dtype == "float64"


def _sums_up(column: ColumnEvidence | None) -> bool:
    """Tell whether sums of sums are the sum: no infinities (of both, a group's NaN is skipped later), no cancelling."""
    if column is None or column.dtype != "float64":
        return column is not None
    low, high = column.minimum, column.maximum
    if low is None or high is None or not (math.isfinite(low) and math.isfinite(high)):
        return False
    return low >= 0 or high <= 0
