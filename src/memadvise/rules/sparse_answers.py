"""Which uses of a dense array SciPy's `csr_array` answers with equal values, and which with the same bits.

Measured with numpy 2.4 and SciPy 1.17: values, dtypes and types of the results for every dtype named here.
"""

from __future__ import annotations

import ast
import math

from memadvise.model import ArrayEvidence, Evidence
from memadvise.rewrite.array_uses import ArrayUse
from memadvise.rules.arrays import KnownArray, unchanging
from memadvise.rules.common import HoldBackError

SPARSE_DTYPES = frozenset(
    {"bool", "int8", "uint8", "int16", "uint16", "int32", "uint32", "int64", "uint64", "float32", "float64"}
)
_EXACT = {"float32": 2**24, "float64": 2**53}  # whole numbers up to here have a float of their own


def same_with_sparse(use: ArrayUse, known: KnownArray, evidence: Evidence) -> bool:
    """Tell whether a use gives exactly the same with a sparse array; raise where it may give something else."""
    array = known.array
    if use.way in {(), ("T",)}:
        match use.word:
            case ".shape" | ".ndim" | ".dtype" | "deleted":
                return True
            case ".sum()" if _over_an_axis(use.node):
                return _same_sum(use, array, math.prod(array.shape))
            case ".mean()" if _over_an_axis(use.node) and array.dtype != "float32":
                _same_sum(use, array, math.prod(array.shape))
                return False  # SciPy multiplies by 1/n
            case "compare" if _counted(use):
                return True
            case "@" | ".dot()":
                return _product(use, known, evidence)
    raise HoldBackError(f"cell {use.cell.cell.index} needs it dense, or may: {use.text} ({use.word})")


def _over_an_axis(node: ast.AST) -> bool:
    """Tell whether a reduction's only argument, if any, is a literal axis of a matrix."""
    assert isinstance(node, ast.Call)
    axes = [*node.args, *(keyword.value for keyword in node.keywords)]
    if any(keyword.arg != "axis" for keyword in node.keywords) or len(axes) > 1:
        return False
    return all(isinstance(axis, ast.Constant) and repr(axis.value) in {"0", "1", "None"} for axis in axes)


def _same_sum(use: ArrayUse, array: ArrayEvidence, terms: int) -> bool:
    """Tell whether sums of up to ``terms`` elements are exact in any order."""
    if array.dtype not in _EXACT:
        return True
    if array.whole and terms * _largest(array) < _EXACT[array.dtype]:
        return True
    if array.dtype == "float32":
        raise HoldBackError(f"float32 sums in another order differ too much (cell {use.cell.cell.index}: {use.text})")
    _does_not_cancel(use, array)
    return False


def _does_not_cancel(use: ArrayUse, array: ArrayEvidence) -> None:
    """Raise where a sum may come near zero, so that its last digits are all that is left of it."""
    if array.minimum is None or array.maximum is None or array.minimum < 0 < array.maximum:
        raise HoldBackError(f"numbers of both signs may cancel out in a sum (cell {use.cell.cell.index}: {use.text})")


def _largest(array: ArrayEvidence) -> float:
    low, high = array.minimum, array.maximum
    return math.inf if low is None or high is None else max(abs(low), abs(high))


def _counted(use: ArrayUse) -> bool:
    """Tell whether a comparison is false for zeros, so that it stays sparse, and is only summed up."""
    node = use.node
    assert isinstance(node, ast.Compare)
    if node.left is not use.taken or not isinstance(node.comparators[0], ast.Constant):
        return False
    value = node.comparators[0].value
    if not isinstance(value, int | float) or isinstance(value, bool):
        return False
    holds_for_zero = {
        ast.NotEq: value != 0, ast.Eq: value == 0, ast.Gt: value < 0, ast.GtE: value <= 0, ast.Lt: value > 0,
        ast.LtE: value >= 0,
    }[type(node.ops[0])]  # fmt: skip
    if holds_for_zero:
        return False
    match use.above[:2]:
        case (ast.Attribute(attr="sum"), ast.Call() as call):
            return _over_an_axis(call)
    return False


def _product(use: ArrayUse, known: KnownArray, evidence: Evidence) -> bool:
    """Tell whether a product with a vector or dense matrix is exact; raise where the other operand is not known."""
    other, left = _operand(use)
    array = known.array
    place = f"cell {use.cell.cell.index}: {use.text}"
    found = unchanging(known.cells, evidence, other.id) if isinstance(other, ast.Name) else None
    if found is None or found.name == array.name:
        raise HoldBackError(f"what it is multiplied by is no array that was seen and never changes ({place})")
    if found.dtype not in SPARSE_DTYPES or not 1 <= len(found.shape) <= (1 if left else 2):
        raise HoldBackError(f"{found.name} is no plain vector ({place})")
    if found.nulls != 0 or not math.isfinite(_largest(found)):
        raise HoldBackError(f"{found.name} holds an infinity or NaN, or may: times a zero that is NaN ({place})")
    floats = _sums_in(array.dtype, found.dtype)
    if not floats:
        return True
    exact = array.whole and found.whole and max(array.shape) * _largest(array) * _largest(found) < _EXACT[floats]
    if not exact and floats == "float32":
        raise HoldBackError(f"float32 sums in another order differ too much ({place})")
    return bool(exact)


def _sums_in(left: str, right: str) -> str:
    """Return the less exact of the floats in which two dtypes' products may be summed; "" for whole numbers."""
    if "float32" in {left, right}:
        return "float32"
    if "float64" in {left, right} or "uint64" in {left, right}:  # uint64 with a signed type makes float64
        return "float64"
    return ""


def multiplied_by(use: ArrayUse) -> ast.expr:
    """Return what a product multiplies the array by."""
    return _operand(use)[0]


def _operand(use: ArrayUse) -> tuple[ast.expr, bool]:
    """Return what the array is multiplied by, and whether that stands on the left."""
    match use.node:
        case ast.BinOp(left=left, right=right):
            return (right, False) if left is use.taken else (left, True)
        case ast.Call(args=[argument], keywords=[]):
            return argument, False
    raise HoldBackError(f"cell {use.cell.cell.index} calls {use.text} with more than one argument")
