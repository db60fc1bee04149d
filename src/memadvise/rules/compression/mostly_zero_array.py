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
are taken in another order: class *rounding*. Held back: float32 sums that are not exact, sums of both signs, a vector
that holds an infinity or NaN, or may (zero times infinity is NaN, and a zero that is not stored is never multiplied:
where a later vector holds one, the notebook raises), an array with a negative zero, `len`, `.size`, `*`, items,
display, any function that gets the array. Where the array is not made from a sparse one it is still made dense first:
then less is kept, and the peak stays. Needs SciPy.
"""

from __future__ import annotations

import ast
import math
from collections.abc import Iterator

from memadvise.model import (
    ArrayEvidence,
    Edit,
    Evidence,
    HeldBack,
    NotebookSource,
    Recommendation,
    ResultClass,
    Technique,
)
from memadvise.rewrite.around import position
from memadvise.rewrite.array_makers import narrow_maker
from memadvise.rewrite.array_uses import array_uses
from memadvise.rewrite.edits import Span, edit, merged
from memadvise.rewrite.insertions import below, imported
from memadvise.rewrite.libraries import function_of, is_builtin, module_names
from memadvise.rewrite.parse import ParsedCell
from memadvise.rules.arrays import (
    LOOKS,
    KnownArray,
    keeps_less,
    known_arrays,
    maker_of,
    makes_less,
    starts_lower,
    worth,
)
from memadvise.rules.common import HoldBackError
from memadvise.rules.registry import rule
from memadvise.rules.sparse_answers import SPARSE_DTYPES, multiplied_by, same_with_sparse

RULE = "mostly-zero-array"
_ZEROS = 0.7  # of the elements: from here on the sparse form is surely smaller
_FILLS = frozenset({"item stored", "item augmented", "np.add.at()", "np.fill_diagonal()"})


@rule
def advise(notebook: NotebookSource, evidence: Evidence) -> Iterator[Recommendation | HeldBack]:
    """Offer `csr_array` for each mostly zero array that the notebook only multiplies, sums and counts."""
    for known in known_arrays(notebook, evidence):
        array = known.array
        if (
            len(array.shape) != 2
            or not array.nbytes
            or array.zeros is None
            or array.zeros < _ZEROS * math.prod(array.shape)
        ):
            continue
        saved = array.nbytes - _sparse_bytes(array)
        if array.dtype not in SPARSE_DTYPES or not worth(saved, evidence):
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
    if all(
        position(use.cell, use.statement) <= position(*last) for use in known.uses.others() if use.word != "deleted"
    ):
        return None
    if position(*last)[0] > known.measured.cell.index:
        raise HoldBackError(f"cell {last[0].cell.index} writes into it below the measured cell: that was not seen")
    exact = True
    for use in known.uses.others():
        if position(use.cell, use.statement) <= position(*last):
            if use.word not in LOOKS | _FILLS:
                raise HoldBackError(f"cell {use.cell.cell.index} uses it dense before it is complete: {use.text}")
        else:
            exact = same_with_sparse(use, known, evidence) and exact
    if not known.array.owner:
        raise HoldBackError("something else holds the same memory (another name, a view, an output)")
    cell, statement = last
    spans = _from_sparse(known, maker)
    sparse_before = bool(spans)
    if not sparse_before:
        predicted = keeps_less(evidence, saved, 3 * (known.array.nbytes - saved) * known.is_measured(cell))
        spans = _converted(known, cell, statement)
    else:
        predicted = makes_less(evidence, saved) if known.is_measured(cell) else starts_lower(evidence, saved)
    return Recommendation(
        rule=RULE,
        technique=Technique.COMPRESSION,
        title=f"Keep {known.name} as a sparse array: {_percent(known.array)} of it is zeros",
        why=_why(known.array, saved, sparse_before),
        result=ResultClass.SAME_VALUES if exact else ResultClass.ROUNDING,
        predicted_peak=predicted,
        edits=_edits([(cell, spans), *_checks(known, evidence, last)]),
    )


def _edits(changes: list[tuple[ParsedCell, list[Span]]]) -> tuple[Edit, ...]:
    """Return one edit per cell."""
    spans: dict[int, list[Span]] = {}
    for cell, some in changes:
        spans.setdefault(cell.cell.index, []).extend(some)
    cells = {cell.cell.index: cell.cell for cell, _ in changes}
    return merged(edit(cells[index], some) for index, some in spans.items())


def _checks(
    known: KnownArray, evidence: Evidence, last: tuple[ParsedCell, ast.stmt]
) -> Iterator[tuple[ParsedCell, list[Span]]]:
    """Yield the edits that make the notebook raise when a vector is later made with an infinity or NaN in it."""
    used = (use for use in known.uses.others() if position(use.cell, use.statement) > position(*last))
    operands = (multiplied_by(use) for use in used if use.word in {"@", ".dot()"})
    for name in sorted({operand.id for operand in operands if isinstance(operand, ast.Name)}):
        found, maker = evidence.array(name), array_uses(known.cells, name).maker()
        if found is None or maker is None or not found.dtype.startswith("float"):
            continue
        if not (is_builtin(known.cells, "abs") and is_builtin(known.cells, "float")):
            raise HoldBackError("abs or float means something else in the notebook: no check can be written")
        cell, statement = maker
        made = narrow_maker(cell, statement.value, module_names(known.cells, "numpy"))
        if made is not None and made.known_values:  # `np.ones(n)` is finite whatever comes
            continue
        if not cell.stands_alone(statement):
            raise HoldBackError(f"the statement that makes {name} shares its line with another: no room for a check")
        lines = [
            f'if not abs({name}).max() < float("inf"):',
            f'    raise ValueError("{name} holds an infinity or NaN, which zeros that are not stored would not meet")',
        ]
        yield cell, [below(cell, statement, lines)]


def _maker(known: KnownArray) -> tuple[ParsedCell, ast.Assign]:
    """Return the one statement that makes the array, which a sparse one can stand for."""
    maker = maker_of(known)
    if known.array.negative_zero is not False:
        raise HoldBackError("it holds a negative zero, whose sign a sparse array does not keep")
    return maker


def _last_filling(known: KnownArray, maker: tuple[ParsedCell, ast.Assign]) -> tuple[ParsedCell, ast.stmt]:
    """Return the last top-level statement that makes the array or writes into it."""
    fillings = [(use.cell, use.statement) for use in known.uses.others() if use.word in _FILLS]
    return max([maker, *fillings], key=lambda found: position(*found))


def _from_sparse(known: KnownArray, maker: tuple[ParsedCell, ast.Assign]) -> list[Span]:
    """Return the edits that leave out `.toarray()`; none where the array is not made that way, or is written into."""
    cell, statement = maker
    if _last_filling(known, maker)[1] is not statement:
        return []
    made = _made_dense(statement.value, module_names(known.cells, "numpy"))
    if made is None:
        return []
    name, spans = imported(known.cells, cell, "scipy.sparse", "csr_array")
    # a sparse matrix that has a name of its own stays as it is, whatever happens to the array
    keyword = "" if isinstance(made, ast.Call) else ", copy=True"
    start, end = cell.span(statement.value)
    return [*spans, (start, end, f"{name}({cell.text(made)}{keyword})")]


def _made_dense(value: ast.expr, numpy: frozenset[str]) -> ast.expr | None:
    """Return the sparse matrix of `m.toarray()` and `np.asarray(m.todense())`; None where there is none."""
    match value:
        case ast.Call(func=ast.Attribute(value=made, attr="toarray"), args=[], keywords=[]):
            return made
        case ast.Call(func=function, args=[inner], keywords=[]) if function_of(function, numpy) in {"array", "asarray"}:
            match inner:
                case ast.Call(func=ast.Attribute(value=made, attr="todense" | "toarray"), args=[], keywords=[]):
                    return made
    return None


def _converted(known: KnownArray, cell: ParsedCell, statement: ast.stmt) -> list[Span]:
    """Return the edits that convert the array below the statement which completes it."""
    if not cell.stands_alone(statement):
        raise HoldBackError(f"the statement that completes it in cell {cell.cell.index} shares its line with another")
    name, spans = imported(known.cells, cell, "scipy.sparse", "csr_array")
    return [*spans, below(cell, statement, [f"{known.name} = {name}({known.name})"])]


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
