"""What the live frames say about a block of dummies: whether codes or sparse columns give the same answers."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from dataclasses import dataclass

from memadvise.model import FrameEvidence
from memadvise.rewrite.dummy_codes import dtype_of
from memadvise.rewrite.one_hot import Block, BlockUse, encoded

_KEYS = frozenset({"str", "int64", "float64", "bool"})  # not category: sparse dummies lose the labels' dtype
_LABELS = {"str": str, "int64": int, "float64": float}
_NUMBERS = frozenset({"int64", "float64"})
_SPARSE_OPTIONS = frozenset({"columns", "dtype", "prefix", "prefix_sep", "drop_first", "dummy_na"})
_MOST = 2**63  # below it sums of whole numbers fit 64 bits


@dataclass(frozen=True)
class BlockFacts:
    """A block, the frame that it is made of, and the dense block itself as it is alive."""

    block: Block
    frame: FrameEvidence
    alive: FrameEvidence

    def codes_problem(self, uses: Iterable[BlockUse]) -> str:
        """Return why codes would not surely answer the same; empty if they do."""
        return self._column_problem() or next(filter(None, map(self._code_use_problem, uses)), "")

    def sparse_problem(self, uses: Iterable[BlockUse]) -> str:
        """Return why sparse dummies would not surely answer the same; empty if they do."""
        block, chosen = self.block, encoded(self.block)
        others = sorted(set(block.options) - _SPARSE_OPTIONS)
        if others:
            return f"the call says {', '.join(others)}, which this rule does not combine with"
        if block.series:
            if reason := self._column_problem():
                return reason
        elif not (self.frame.plain_names and self.alive.plain_names):
            return f"the labels of {block.name} are not distinct texts"
        if "columns" in block.options and chosen is None:
            return "the columns to take apart are not written out"
        for column in self.frame.columns if not block.series else ():
            if chosen is None:  # pandas takes apart what is no number
                odd = column.dtype in {"object", "category"} or "string" in column.dtype
            else:
                odd = column.name in chosen and column.dtype not in _KEYS
            if odd:
                return f"column {column.name!r} is {column.dtype}; only text and numbers are proven"
        return next(filter(None, map(self._sparse_use_problem, uses)), "")

    def rounds(self, use: BlockUse) -> bool:
        """Tell whether codes add floats up in another order for this use."""
        return use.kind in {"weighted sum", "product"} and self.weight_dtype(use) == "float64"

    def _column_problem(self) -> str:
        column = self.frame.column(self.block.column)
        if column is None or not self.frame.plain_names:
            return f"{self.block.frame} has no column {self.block.column!r} any more"
        if column.dtype not in _KEYS:
            return f"column {column.name!r} is {column.dtype}; only text, numbers and booleans are proven"
        if column.nulls is None or column.nulls >= self.frame.rows:
            return f"column {column.name!r} holds no value at all, or was not looked at"
        if self.frame.rows != self.alive.rows:
            return f"{self.block.frame} has other rows than when {self.block.name} was made of it"
        return ""

    def _code_use_problem(self, use: BlockUse) -> str:
        column = self.frame.column(self.block.column)
        keys = use.key.elts if isinstance(use.key, ast.List) else [use.key] if use.key is not None else []
        for key in keys:  # labels of another type than the column's: 1 in a column of floats
            if not isinstance(key, ast.Constant) or column is None or _LABELS.get(column.dtype) is not type(key.value):
                return f"{_where(use)}: {ast.unparse(key)} is no label of the type of {self.block.column!r}"
        return self._weight_problem(use) if use.kind in {"weighted sum", "product"} else ""

    def _weight_problem(self, use: BlockUse) -> str:
        weights, dummies = self.weight_dtype(use), dtype_of(self.block)
        if not weights:
            return f"{_where(use)}: the weights are no column of numbers of {self.block.frame}"
        if use.kind == "weighted sum":
            return f"{_where(use)}: weighing dummies that are numbers is not proven" if dummies != "bool" else ""
        assert isinstance(use.weight, ast.Subscript)
        assert isinstance(use.weight.slice, ast.Constant)
        column = self.frame.column(str(use.weight.slice.value))
        if column is None or column.minimum is None or column.maximum is None or column.nulls != 0:
            return f"{_where(use)}: a missing weight would spoil every sum of the product"
        largest = max(abs(column.minimum), abs(column.maximum))
        if not largest * self.frame.rows < _MOST:  # infinity times zero is no number
            return f"{_where(use)}: the weights are too large"
        if dummies == "bool" and weights == "float64":
            return f"{_where(use)}: a product of booleans and floats is one of objects; its rounding is not proven"
        if dummies in {"float", "float64"} and weights == "int64":
            return f"{_where(use)}: whole weights of dummies that are floats are not proven"
        return ""

    def weight_dtype(self, use: BlockUse) -> str:
        """Return the dtype of the column that weighs the dummies, "" if it is none of numbers of the same frame."""
        match use.weight:
            case ast.Subscript(value=ast.Name(id=frame), slice=ast.Constant(value=str(name))):
                column = self.frame.column(name) if frame == self.block.frame else None
                return column.dtype if column is not None and column.dtype in _NUMBERS else ""
        return ""

    def _sparse_use_problem(self, use: BlockUse) -> str:
        if use.kind in {"weighted sum", "product"} or (use.kind == "column" and not self._untouched(use)):
            return f"{_where(use)}: what is done with sparse dummies there is not proven"
        if not self.block.series and (use.kind in {"sum", "mean"} or isinstance(use.key, ast.List)):
            return f"{_where(use)}: sums of sparse and other columns together are not proven"
        return ""

    def _untouched(self, use: BlockUse) -> bool:
        """Tell whether the use takes a column that is not taken apart and stays as it is."""
        if self.block.series or not isinstance(use.key, ast.Constant):
            return False
        column = self.frame.column(str(use.key.value))
        chosen = encoded(self.block)
        return column is not None and (column.dtype != "str" if chosen is None else column.name not in chosen)


def _where(use: BlockUse) -> str:
    return f"cell {use.place.cell.cell.index}, line {use.node.lineno}"
