"""A large two-dimensional array is mostly zeros.

## What it sees
A live numpy array of two dimensions in which most elements are zero, which the whole notebook only multiplies by
vectors (`A @ x`), sums, averages and counts.

## Why it costs memory
A dense array stores every zero. SciPy's `csr_array` stores the other elements only, with their column: for 1 % of
numbers a fiftieth of the bytes, and products skip the zeros.

## Before
```python
counts = vectorizer.fit_transform(texts).toarray()
per_word = counts.sum(axis=0)
```

## After
```python
from scipy.sparse import csr_array
counts = csr_array(vectorizer.fit_transform(texts))
per_word = counts.sum(axis=0)
```

## When results change
The array's type changes, its values do not: class *same-values*. Sums of whole numbers are exact; other float64 sums
are taken in another order: class *rounding*. Held back: float32 sums that are not exact, a vector that may hold an
infinity or NaN (zero times infinity is NaN, and a zero that is not stored is never multiplied), an array with a
negative zero, `len`, `.size`, `*`, items, display, any function that gets the array. Where the array is not made from
a sparse one it is still made dense first: then less is kept, and the peak stays. Needs SciPy.
"""

from __future__ import annotations

import ast
import math
from collections.abc import Iterator

from memadvise.model import ArrayEvidence, Evidence, HeldBack, NotebookSource, Recommendation, ResultClass, Technique
from memadvise.rewrite.array_uses import ArrayUse
from memadvise.rewrite.edits import Span, edit
from memadvise.rewrite.insertions import below, imported
from memadvise.rewrite.parse import ParsedCell
from memadvise.rules.arrays import (
    LOOKS,
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

RULE = "mostly-zero-array"
_ZEROS = 0.7  # of the elements: from here on the sparse form is surely smaller
_DTYPES = frozenset(
    {"bool", "int8", "uint8", "int16", "uint16", "int32", "uint32", "int64", "uint64", "float32", "float64"}
)
_FILLS = frozenset({"item stored", "item augmented", "np.add.at()", "np.fill_diagonal()"})
_EXACT = {"float32": 2**24, "float64": 2**53}  # whole numbers up to here have a float of their own


@rule
def advise(notebook: NotebookSource, evidence: Evidence) -> Iterator[Recommendation | HeldBack]:
    """Offer `csr_array` for each mostly zero array that the notebook only multiplies, sums and counts."""
    for known in known_arrays(notebook, evidence):
        array = known.array
        if len(array.shape) != 2 or array.zeros is None or array.zeros < _ZEROS * math.prod(array.shape):
            continue
        saved = array.nbytes - _sparse_bytes(array)
        if array.dtype not in _DTYPES or not worth(saved, evidence):
            continue
        cell = known.measured.cell
        try:
            if (card := _card(known, evidence, saved)) is not None:
                yield card
        except HoldBackError as reason:
            yield HeldBack(RULE, cell.cell_id, cell.index, f"{known.name}: {reason}")


def _sparse_bytes(array: ArrayEvidence) -> int:
    """Bytes as CSR: a value and a column number per element, a place per row."""
    size = math.prod(array.shape)
    stored = size - (array.zeros or 0)
    number = 4 if max(stored, *array.shape) < 2**31 else 8
    return stored * (array.nbytes // max(size, 1) + number) + (array.shape[0] + 1) * number


def _card(known: KnownArray, evidence: Evidence, saved: int) -> Recommendation | None:
    """Return the card; None where nothing is done with the complete array, which then is a result as it is."""
    maker = _maker(known)
    last = _last_filling(known, maker)
    if all(_order(use.cell, use.statement) <= _order(*last) for use in known.uses.others() if use.word != "deleted"):
        return None
    exact = True
    for use in known.uses.others():
        if _order(use.cell, use.statement) <= _order(*last):
            if use.word not in LOOKS | _FILLS:
                raise HoldBackError(f"cell {use.cell.cell.index} uses it dense before it is complete: {use.text}")
        else:
            exact = _served(use, known, evidence) and exact
    if not known.array.owner:
        raise HoldBackError("something else holds the same memory (another name, a view, an output)")
    cell, statement = last
    spans = _from_sparse(known, maker)
    if not spans:
        predicted = keeps_less(evidence, saved, 3 * (known.array.nbytes - saved))
        spans = _converted(known, cell, statement)
    else:
        predicted = makes_less(evidence, saved) if cell is known.measured else starts_lower(evidence, saved)
    return Recommendation(
        rule=RULE,
        technique=Technique.COMPRESSION,
        title=f"Keep {known.name} as a sparse array: {_percent(known.array)} of it is zeros",
        why=_why(known.array, saved, "toarray" in ast.unparse(maker[1].value)),
        result=ResultClass.SAME_VALUES if exact else ResultClass.ROUNDING,
        predicted_peak=predicted,
        edits=(edit(cell.cell, spans),),
    )


def _maker(known: KnownArray) -> tuple[ParsedCell, ast.Assign]:
    """Return the one statement that makes the array, once it is certain that all uses are seen."""
    maker = known.uses.maker()
    if maker is None:
        raise HoldBackError("it is bound more than once, or in a branch or loop")
    if known.uses.problem:
        raise HoldBackError(known.uses.problem)
    if early := above_its_maker(known.uses):
        raise HoldBackError(f"cell {early.cell.cell.index} uses it above the cell that makes it")
    if known.array.negative_zero is not False:
        raise HoldBackError("it holds a negative zero, whose sign a sparse array does not keep")
    return maker


def _order(cell: ParsedCell, statement: ast.stmt) -> tuple[int, int]:
    return cell.cell.index, statement.lineno


def _last_filling(known: KnownArray, maker: tuple[ParsedCell, ast.Assign]) -> tuple[ParsedCell, ast.stmt]:
    """Return the last top-level statement that makes the array or writes into it."""
    fillings = [(use.cell, use.statement) for use in known.uses.others() if use.word in _FILLS]
    return max([maker, *fillings], key=lambda found: _order(*found))


def _from_sparse(known: KnownArray, maker: tuple[ParsedCell, ast.Assign]) -> list[Span]:
    """Return the edits that leave out `.toarray()`; none where the array is not made that way, or is written into."""
    cell, statement = maker
    if _last_filling(known, maker)[1] is not statement:
        return []
    match statement.value:
        case ast.Call(func=ast.Attribute(value=made, attr="toarray"), args=[], keywords=[]):
            name, spans = imported(known.cells, cell, "scipy.sparse", "csr_array")
            # a sparse matrix that has a name of its own stays as it is, whatever happens to the array
            keyword = "" if isinstance(made, ast.Call) else ", copy=True"
            start, end = cell.span(statement.value)
            return [*spans, (start, end, f"{name}({cell.text(made)}{keyword})")]
    return []


def _converted(known: KnownArray, cell: ParsedCell, statement: ast.stmt) -> list[Span]:
    """Return the edits that convert the array below the statement which completes it."""
    if not cell.stands_alone(statement):
        raise HoldBackError(f"the statement that completes it in cell {cell.cell.index} shares its line with another")
    name, spans = imported(known.cells, cell, "scipy.sparse", "csr_array")
    return [*spans, below(cell, statement, [f"{known.name} = {name}({known.name})"])]


def _served(use: ArrayUse, known: KnownArray, evidence: Evidence) -> bool:
    """Tell whether a use gives exactly the same with a sparse array; raise where it may give something else."""
    array = known.array
    if use.way in {(), ("T",)}:
        match use.word:
            case ".shape" | ".ndim" | ".dtype" | "deleted":
                return True
            case ".sum()" if _over_an_axis(use.node):
                return _same_sum(use, array, math.prod(array.shape))
            case ".mean()" if _over_an_axis(use.node) and array.dtype != "float32":
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
    return False


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
    if found.dtype not in _DTYPES or not 1 <= len(found.shape) <= (1 if left else 2):
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


def _operand(use: ArrayUse) -> tuple[ast.expr, bool]:
    """Return what the array is multiplied by, and whether that stands on the left."""
    match use.node:
        case ast.BinOp(left=left, right=right):
            return (right, False) if left is use.taken else (left, True)
        case ast.Call(args=[argument], keywords=[]):
            return argument, False
    raise HoldBackError(f"cell {use.cell.cell.index} calls {use.text} with more than one argument")


def _percent(array: ArrayEvidence) -> str:
    share = 100 * (array.zeros or 0) / math.prod(array.shape)
    return f"{math.floor(share * 10) / 10:g} %"


def _why(array: ArrayEvidence, saved: int, sparse_before: bool) -> str:
    stored = math.prod(array.shape) - (array.zeros or 0)
    text = (
        f"{array.name} stores {stored:,} numbers and {array.zeros:,} zeros in {array.nbytes / 2**20:,.0f} MiB; without "
        f"the zeros it keeps {saved / 2**20:,.0f} MiB less."
    )
    if sparse_before:
        return text
    return f"{text} It is still made dense first: the cell that makes it peaks as before."
