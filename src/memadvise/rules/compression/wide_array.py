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
from collections.abc import Iterator

from memadvise.model import ArrayEvidence, Evidence, HeldBack, NotebookSource, Recommendation, ResultClass, Technique
from memadvise.rewrite.array_makers import Maker, narrow_maker
from memadvise.rewrite.array_uses import ArrayUse
from memadvise.rewrite.edits import Span, edit
from memadvise.rewrite.insertions import below
from memadvise.rewrite.libraries import module_names
from memadvise.rewrite.parse import ParsedCell
from memadvise.rules.arrays import (
    KnownArray,
    keeps_less,
    known_arrays,
    maker_of,
    makes_less,
    starts_lower,
    worth,
)
from memadvise.rules.common import HoldBackError
from memadvise.rules.narrow_answers import NARROW, NarrowArray, fits, limits, same_when_narrow
from memadvise.rules.registry import rule

RULE = "wide-array"
_BYTES = {"int64": 8, "int32": 4, "float64": 8}
_WIDENS = frozenset({"index", "np.bincount()"})


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
            if (card := _card(known, evidence, dtype)) is not None:
                yield card
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
    for dtype, size in NARROW:
        if fits(low, dtype) and fits(high, dtype) and size < _BYTES[array.dtype]:
            return dtype, array.nbytes - array.nbytes // _BYTES[array.dtype] * size
    return "", 0


def _card(known: KnownArray, evidence: Evidence, dtype: str) -> Recommendation | None:
    """Return the card; None where nothing is done with the array, which then is a result as it is."""
    cell, statement = maker_of(known)
    maker = narrow_maker(cell, statement.value, module_names(known.cells, "numpy"))
    dtype, saved = _with_stored(known, maker, dtype)
    uses = [use for use in known.uses.others() if use.word != "item stored"]
    for use in uses:
        if not same_when_narrow(use, NarrowArray(known, dtype, evidence)):
            raise HoldBackError(f"cell {use.cell.cell.index} may need it wide: {use.text} ({_reason(use)})")
    if all(use.word == "deleted" for use in uses):
        return None
    if not known.array.owner:
        raise HoldBackError("something else holds the same memory (another name, a view, an output)")
    if maker is None:
        span = _checked(known, cell, statement, dtype)
        predicted = keeps_less(evidence, saved, (known.array.nbytes - saved) * known.is_measured(cell))
    else:
        span = maker.with_dtype(f"{maker.numpy}.{dtype}")
        predicted = makes_less(evidence, saved) if known.is_measured(cell) else starts_lower(evidence, saved)
    return Recommendation(
        rule=RULE,
        technique=Technique.COMPRESSION,
        title=f"Keep {known.name} as {dtype}: all its elements fit",
        why=_why(known.array, dtype, saved, maker is not None),
        result=ResultClass.SAME_VALUES,
        predicted_peak=predicted,
        edits=(edit(cell.cell, [span]),),
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


def _checked(known: KnownArray, cell: ParsedCell, statement: ast.Assign, dtype: str) -> Span:
    """Return the edit that looks at all elements below the statement which makes the array, and makes it narrow."""
    if not cell.stands_alone(statement):
        raise HoldBackError(f"the statement that makes it in cell {cell.cell.index} shares its line with another")
    if known.array.dtype == "float64":
        raise HoldBackError("it is made as floats, which a narrow integer would cut off unseen")
    if isinstance(statement.value, ast.Name | ast.Attribute | ast.Subscript):
        raise HoldBackError("it is made from another array's memory")
    name, (low, high) = known.name, limits(dtype)
    lines = [
        f"if {name}.min() < {low} or {name}.max() > {high}:",
        f'    raise ValueError("{name} no longer fits {dtype}")',
        f'{name} = {name}.astype("{dtype}")',
    ]
    return below(cell, statement, lines)


def _why(array: ArrayEvidence, dtype: str, saved: int, at_the_call: bool) -> str:
    text = (
        f"All elements of {array.name} are whole numbers from {int(array.minimum or 0):,} to "
        f"{int(array.maximum or 0):,}: as {dtype} it keeps {saved / 2**20:,.0f} MiB less."
    )
    return text if at_the_call else f"{text} It is still made wide first: the cell that makes it peaks as before."
