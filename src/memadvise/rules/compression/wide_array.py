"""A numpy array holds small whole numbers in wide elements.

## What it sees
A live numpy array of int64, int32 or float64 of which all elements, not a sample, fit int8, int16 or int32, and which
the whole notebook only compares, counts, averages or sums.

## Why it costs memory
Every element of an int64 or float64 array takes eight bytes, whatever its value: -128 to 127 needs one.

## Before
```python
grid = np.zeros((20_000, 5_000))
grid[rows, columns] = 1
share = (grid == 1).mean()
```

## After
```python
grid = np.zeros((20_000, 5_000), dtype=np.int8)
grid[rows, columns] = 1
share = (grid == 1).mean()
```

## When results change
The array's dtype changes, its values do not: class *same-values*. Narrow integers wrap silently (100 + 100 is -56 in
int8), so arithmetic between the array and other integers, percentiles, writing anything but a fitting constant,
functions that get the array, and items that flow on hold the rule back; so do indexing with it and `np.bincount`,
which make int64 again. The type is set in the call that makes the array where that can't go wrong unseen; else the
line below the call checks all elements, raises when later ones no longer fit, and then less is kept, but the peak of
that cell stays.
"""

from __future__ import annotations

import ast
import math
from collections.abc import Iterator
from dataclasses import dataclass

from memadvise.model import ArrayEvidence, Evidence, HeldBack, NotebookSource, Recommendation, ResultClass, Technique
from memadvise.rewrite.array_makers import Maker, narrow_maker
from memadvise.rewrite.array_uses import ArrayUse
from memadvise.rewrite.edits import Span, edit
from memadvise.rewrite.insertions import below
from memadvise.rewrite.libraries import is_builtin, module_names
from memadvise.rewrite.parse import ParsedCell
from memadvise.rules.arrays import (
    KnownArray,
    above_its_maker,
    keeps_less,
    known_arrays,
    makes_less,
    starts_lower,
    unchanging,
    worth,
)
from memadvise.rules.common import HoldBackError
from memadvise.rules.registry import rule

RULE = "wide-array"
_BYTES = {"int64": 8, "int32": 4, "float64": 8}
_NARROW = (("int8", 1), ("int16", 2), ("int32", 4))

# Each measured to give the same bits and types for int8, int16, int32 as for int64, and for float64 of whole numbers.
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
_WIDENS = frozenset({"index", "np.bincount()"})


@dataclass(frozen=True)
class _Known:
    """An array with the one statement that makes it, and the type that holds all its elements."""

    known: KnownArray
    cell: ParsedCell
    statement: ast.Assign
    maker: Maker | None
    dtype: str
    evidence: Evidence

    @property
    def whole_floats(self) -> bool:
        """Whether the elements are floats now."""
        return self.known.array.dtype == "float64"


@rule
def advise(notebook: NotebookSource, evidence: Evidence) -> Iterator[Recommendation | HeldBack]:
    """Offer a narrower dtype for each array of whole numbers that the notebook uses without arithmetic."""
    for known in known_arrays(notebook, evidence):
        dtype, saved = _narrower(known.array)
        if not dtype or not worth(saved, evidence):
            continue
        cell = known.measured.cell
        if evidence.numpy_version.partition(".")[0] in {"", "0", "1"}:
            reason = "needs numpy 2: before it, a narrow integer times 0.5 is a float16"
            yield HeldBack(RULE, cell.cell_id, cell.index, f"{known.name}: {reason}")
            continue
        try:
            yield _card(known, evidence, dtype)
        except HoldBackError as reason:
            yield HeldBack(RULE, cell.cell_id, cell.index, f"{known.name}: {reason}")


def _narrower(array: ArrayEvidence) -> tuple[str, int]:
    """Return the narrowest type that holds all elements and the bytes that it saves; ("", 0) where there is none."""
    low, high = array.minimum, array.maximum
    if array.dtype not in _BYTES or low is None or high is None or array.nulls != 0:
        return "", 0
    if not array.whole or array.negative_zero is not False:
        return "", 0
    return _holding(int(low), int(high), array)


def _holding(low: int, high: int, array: ArrayEvidence) -> tuple[str, int]:
    for dtype, size in _NARROW:
        if _fits(low, dtype) and _fits(high, dtype) and size < _BYTES[array.dtype]:
            return dtype, array.nbytes - array.nbytes // _BYTES[array.dtype] * size
    return "", 0


def _fits(value: float, dtype: str) -> bool:
    half = 2 ** (8 * dict(_NARROW)[dtype] - 1)
    return -half <= value < half


def _card(known: KnownArray, evidence: Evidence, dtype: str) -> Recommendation:
    found = known.uses.maker()
    if found is None:
        raise HoldBackError("it is bound more than once, or in a branch or loop")
    if known.uses.problem:
        raise HoldBackError(known.uses.problem)
    if early := above_its_maker(known.uses):
        raise HoldBackError(f"cell {early.cell.cell.index} uses it above the cell that makes it")
    cell, statement = found
    numpy = module_names(known.cells, "numpy")
    maker = narrow_maker(cell, statement.value, numpy)
    dtype, saved = _with_stored(known, maker, dtype)
    whole = _Known(known, cell, statement, maker, dtype, evidence)
    for use in known.uses.others():
        if use.word != "item stored" and not _served(use, whole):
            raise HoldBackError(f"cell {use.cell.cell.index} may need it wide: {use.text} ({_reason(use)})")
    if all(use.word in {"deleted", "item stored"} for use in known.uses.others()):
        raise HoldBackError("nothing is done with it: it is a result as it is")
    if not known.array.owner:
        raise HoldBackError("something else holds the same memory (another name, a view, an output)")
    if maker is None:
        predicted = keeps_less(evidence, saved, known.array.nbytes - saved)
    else:
        predicted = makes_less(evidence, saved) if cell is known.measured else starts_lower(evidence, saved)
    return Recommendation(
        rule=RULE,
        technique=Technique.COMPRESSION,
        title=f"Keep {known.name} as {dtype}: all its elements fit",
        why=_why(known.array, dtype, saved, maker is not None),
        result=ResultClass.SAME_VALUES,
        predicted_peak=predicted,
        edits=(edit(cell.cell, _spans(whole, sorted(numpy))),),
    )


def _reason(use: ArrayUse) -> str:
    return "makes int64 of it again" if use.word in _WIDENS else use.word


def _with_stored(known: KnownArray, maker: Maker | None, dtype: str) -> tuple[str, int]:
    """Return the type that also holds every constant that is written into the array, and the bytes that it saves."""
    array = known.array
    low, high = int(array.minimum or 0), int(array.maximum or 0)
    for use in known.uses.others():
        if use.word != "item stored":
            continue
        value = _constant(use)
        if maker is None or not maker.known_values:
            raise HoldBackError(f"cell {use.cell.cell.index} writes into it, and what it held before was not seen")
        if value is None:
            raise HoldBackError(f"cell {use.cell.cell.index} writes into it what may not fit {dtype}: {use.text}")
        low, high = min(low, value), max(high, value)
    found = _holding(low, high, array)
    if not found[0]:
        raise HoldBackError("a constant that is written into it needs the wide type")
    return found


def _constant(use: ArrayUse) -> int | None:
    """Return the whole number that an assignment writes into items; None where it is not surely one."""
    assignment = use.above[0] if use.above else None
    if not isinstance(assignment, ast.Assign):
        return None
    try:
        value = ast.literal_eval(assignment.value)
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        return None
    if isinstance(value, float) and value.is_integer() and str(value) != "-0.0":
        return int(value)
    return int(value) if isinstance(value, int) else None


def _served(use: ArrayUse, whole: _Known) -> bool:
    """Tell whether a use gives the same with the narrow array."""
    if use.word in {"print()", "format"}:
        return not whole.whole_floats and (use.word == "print()" or _shown_as_text(use.node))
    if use.word.strip(".()").removeprefix("np.") in _MOMENTS and not _exact_sums(whole.known.array):
        return False
    if use.word in _SAME or (use.word in _SAME_OF_INTEGERS and not whole.whole_floats):
        return _plain_call(use)
    if use.word in _ONE_ELEMENT:
        return not whole.whole_floats and _plain_call(use) and _closed(use, whole)
    if use.word in {"+", "-", "*", "/"} and isinstance(use.node, ast.BinOp):
        return _makes_floats(use, use.node, whole)
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


def _closed(use: ArrayUse, whole: _Known) -> bool:
    """Tell whether the one element that a reduction returns is at once made a Python number, compared or printed."""
    match use.above[:1]:
        case (ast.Call(func=ast.Name(id=name), args=arguments, keywords=[]),):
            return name in {"int", "float", "print"} and use.node in arguments and is_builtin(whole.known.cells, name)
        case (ast.Compare(comparators=[_]),):
            return True
        case (ast.FormattedValue() as shown,):
            return _shown_as_text(shown)
    return False


def _makes_floats(use: ArrayUse, node: ast.BinOp, whole: _Known) -> bool:
    """Tell whether arithmetic gives float64 whatever the integers' width: with a float64, or divided by a number."""
    other = node.right if node.left is use.taken else node.left
    if isinstance(other, ast.Constant):
        if isinstance(other.value, float):
            return True
        return isinstance(other.value, int) and use.word == "/" and _fits(other.value, whole.dtype)
    if isinstance(other, ast.Name) and other.id != whole.known.name:
        found = unchanging(whole.known.cells, whole.evidence, other.id)
        return found is not None and found.dtype == "float64"
    return False


def _spans(whole: _Known, numpy: list[str]) -> list[Span]:
    """Return the edits that make the array narrow."""
    if not numpy:
        raise HoldBackError("numpy has no name in the notebook")
    dtype = f"{numpy[0]}.{whole.dtype}"
    if whole.maker is not None:
        return [whole.maker.with_dtype(dtype)]
    if not whole.cell.stands_alone(whole.statement):
        raise HoldBackError(f"the statement that makes it in cell {whole.cell.cell.index} shares its line with another")
    if whole.whole_floats:
        raise HoldBackError("it is made as floats, which a narrow integer would cut off unseen")
    if isinstance(whole.statement.value, ast.Name | ast.Attribute | ast.Subscript):
        raise HoldBackError("it is made from another array's memory")
    name = whole.known.name
    half = 2 ** (8 * dict(_NARROW)[whole.dtype] - 1)
    lines = [
        f"if {name}.min() < {-half} or {name}.max() > {half - 1}:",
        f'    raise ValueError("{name} no longer fits {whole.dtype}")',
        f"{name} = {name}.astype({dtype})",
    ]
    return [below(whole.cell, whole.statement, lines)]


def _why(array: ArrayEvidence, dtype: str, saved: int, at_the_call: bool) -> str:
    text = (
        f"All elements of {array.name} are whole numbers from {int(array.minimum or 0):,} to "
        f"{int(array.maximum or 0):,}: as {dtype} it keeps {saved / 2**20:,.0f} MiB less."
    )
    return text if at_the_call else f"{text} It is still made wide first: the cell that makes it peaks as before."
