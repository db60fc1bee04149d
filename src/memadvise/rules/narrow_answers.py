"""Which uses of an array of whole numbers give the same bits and types when its elements are narrow integers.

Measured with numpy 2.4 for int8, int16 and int32 against int64 and against float64 of whole numbers.
"""

from __future__ import annotations

import ast
import math
from dataclasses import dataclass

from memadvise.model import ArrayEvidence, Evidence
from memadvise.rewrite.array_uses import ArrayUse
from memadvise.rewrite.libraries import is_builtin
from memadvise.rules.arrays import KnownArray, unchanging

NARROW = (("int8", 1), ("int16", 2), ("int32", 4))  # dtype, bytes of an element

# Not percentiles: between two elements they take the difference, which wraps.
_SAME = frozenset({
    ".shape", ".ndim", ".size", "deleted", "len()", "compare", ".mean()", ".std()", ".var()", ".any()", ".all()",
    ".argmax()", ".argmin()", ".nonzero()", "np.mean()", "np.std()", "np.var()", "np.any()", "np.all()",
    "np.argmax()", "np.argmin()", "np.nonzero()", "np.median()", "np.count_nonzero()", "np.isin()",
})  # fmt: skip
# the same for integers only: of floats they give floats
_SAME_OF_INTEGERS = frozenset({".sum()", ".cumsum()", ".tolist()", "np.sum()", "np.cumsum()"})
_MOMENTS = frozenset({"mean", "std", "var"})
_ONE_ELEMENT = frozenset({".max()", ".min()", "np.max()", "np.min()"})
_KEYWORDS = frozenset({"axis", "keepdims", "ddof", "assume_unique", "invert"})


@dataclass(frozen=True)
class NarrowArray:
    """An array of whole numbers, and the narrow type that it would have."""

    known: KnownArray
    dtype: str
    evidence: Evidence

    @property
    def whole_floats(self) -> bool:
        """Whether the elements are floats now."""
        return self.known.array.dtype == "float64"


def limits(dtype: str) -> tuple[int, int]:
    """Return the least and the largest number that a narrow type holds."""
    half = 2 ** (8 * dict(NARROW)[dtype] - 1)
    return -half, half - 1


def fits(value: float, dtype: str) -> bool:
    """Tell whether a narrow type holds a whole number."""
    low, high = limits(dtype)
    return low <= value <= high


def same_when_narrow(use: ArrayUse, narrow: NarrowArray) -> bool:
    """Tell whether a use gives the same with the narrow array."""
    if use.word in {"print()", "format"}:
        return not narrow.whole_floats and (use.word == "print()" or _shown_as_text(use.node))
    if use.word.strip(".()").removeprefix("np.") in _MOMENTS and not _exact_sums(narrow.known.array):
        return False
    if use.word in _SAME or (use.word in _SAME_OF_INTEGERS and not narrow.whole_floats):
        return _plain_call(use)
    if use.word in _ONE_ELEMENT:
        return not narrow.whole_floats and _plain_call(use) and _closed(use, narrow)
    if use.word in {"+", "-", "*", "/"} and isinstance(use.node, ast.BinOp):
        return _makes_floats(use, use.node, narrow)
    return False


def _shown_as_text(node: ast.AST) -> bool:
    """Tell whether an f-string shows a value as `print` does: without `!r`, which tells the dtype, and no format."""
    return isinstance(node, ast.FormattedValue) and node.conversion in {-1, ord("s")} and node.format_spec is None


def _exact_sums(array: ArrayEvidence) -> bool:
    """Tell whether float64 holds every sum of elements, so that the order of adding does not matter."""
    most = max(abs(array.minimum or 0), abs(array.maximum or 0))
    return math.prod(array.shape) * most < 2**53


def _plain_call(use: ArrayUse) -> bool:
    """Tell whether the array is the first argument or the owner, and no keyword changes types."""
    if not isinstance(use.node, ast.Call):
        return True
    first = bool(use.node.args) and use.node.args[0] is use.taken
    owner = isinstance(use.node.func, ast.Attribute) and use.node.func.value is use.taken
    # `A.sum(0, float)`, `A.std(None, float)`: a second argument may be a dtype
    most = 1 if owner else 1 if use.word in {"np.mean()", "np.std()", "np.var()", "np.sum()", "np.cumsum()"} else 2
    few = len(use.node.args) <= most + (not owner and most == 1)
    return (first or owner) and few and all(keyword.arg in _KEYWORDS for keyword in use.node.keywords)


def _closed(use: ArrayUse, narrow: NarrowArray) -> bool:
    """Tell whether the one element that a reduction returns is at once made a Python number, compared or printed."""
    match use.above[:1]:
        case (ast.Call(func=ast.Name(id=name), args=arguments, keywords=[]),):
            return name in {"int", "float", "print"} and use.node in arguments and is_builtin(narrow.known.cells, name)
        case (ast.Compare(comparators=[_]),):
            return True
        case (ast.FormattedValue() as shown,):
            return _shown_as_text(shown)
    return False


def _makes_floats(use: ArrayUse, node: ast.BinOp, narrow: NarrowArray) -> bool:
    """Tell whether arithmetic gives float64 whatever the integers' width: with a float64, or divided by a number."""
    other = node.right if node.left is use.taken else node.left
    if isinstance(other, ast.Constant):
        if isinstance(other.value, float):
            return True
        return isinstance(other.value, int) and use.word == "/" and fits(other.value, narrow.dtype)
    if isinstance(other, ast.Name) and other.id != narrow.known.name:
        found = unchanging(narrow.known.cells, narrow.evidence, other.id)
        return found is not None and found.dtype == "float64"
    return False
