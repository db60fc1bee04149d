"""A column is read as text because the read says so, holds nothing but plain numbers, and is made into numbers later.

## What it sees
A column that the read asks for as text (`dtype=str`, `dtype={"amount": "str"}`), whose values are all plain decimal
numbers (looked at over all rows: no signs but a minus, no leading zeros, no separators), and of which the notebook does
nothing but convert it: `pd.to_numeric`, `.astype(float)`, `.astype(int)`.

## Why it costs memory
A number as text takes its digits and an 8-byte offset in every row, and a read that says `str` makes a Python object of
each on the way; as a number it takes 8 bytes, and the parser makes no objects.

## Before
```python
sales = pd.read_csv("sales.csv", dtype={"amount": "str"})
sales["amount"] = pd.to_numeric(sales["amount"])
```

## After
```python
sales = pd.read_csv("sales.csv", dtype={"amount": "float64"})
sales["amount"] = pd.to_numeric(sales["amount"])
```

## When results change
The numbers are the same to the bit, and so is their dtype. Frames that hold the column between the read and the
conversion hold numbers instead of text, which the card announces; a peek there shows numbers: class *same-values*
(*display* with a peek). A later file with another text raises at the read. Held back: any other use of the text;
`pd.to_numeric` of some of the rows (their type is then found from those rows alone); columns in which some text is no
number (repeated headers, units, thousands separators, currency signs) even where the notebook drops those rows first:
the read would fail on them; numbers of more than 15 digits beside missing values.
"""

from __future__ import annotations

from collections.abc import Iterator

from memadvise.model import ColumnEvidence, Evidence, HeldBack, NotebookSource, Recommendation
from memadvise.rewrite.follow.values import Usage, Use
from memadvise.rewrite.read_call import HARMLESS
from memadvise.rules.common import KnownFrame, known_frames
from memadvise.rules.registry import rule
from memadvise.rules.retyped import (
    Column,
    TypeRule,
    When,
    advise_types,
    for_each,
    forbidden,
    says_for_all,
)

RULE = "text-numbers"
# what leaves the column as it is, or gives identical results for text of numbers and for numbers (see the test)
SAFE = frozenset(
    [
        *("read", "filter", "isna", "isnull", "notna", "notnull", "peek", "frame.columns", "drop", "stored"),
        *("dropna", "copy", "head", "tail", "frame.dropna"),
    ]
)
ENDS = frozenset(
    [
        *("condition", "count", "frame.isna", "frame.isnull", "frame.notna", "frame.notnull", "frame.count"),
        *("frame.shape", "frame.size", "frame.empty"),
    ]
)
_BYTES, _MOST_DIGITS = 8, 15


def _converts(use: Use, column: Column) -> bool:
    """Tell whether all rows are converted, so that the type found is the whole column's."""
    found = use.given()
    if found is None or found[0] or use.after:
        return False
    return set(found[1]) <= {"errors"} and found[1].get("errors", "raise") in {"raise", "coerce"}


def _casts(use: Use, column: Column) -> bool:
    """Tell whether text and number become the same type: floats, or whole numbers of whole numbers."""
    found = use.given()
    if found is None or len(found[0]) != 1 or found[1]:
        return False
    return found[0][0] == "float64" or (found[0][0] == "int64" and column.dtype == "int64")


ENDS_WHEN: When = {"pd.to_numeric": _converts, "astype": _casts}
_ENDS = ENDS | frozenset(ENDS_WHEN)
_BY_USE = forbidden(SAFE | ENDS, _ENDS, ENDS_WHEN)


@rule
def advise(notebook: NotebookSource, evidence: Evidence) -> Iterator[Recommendation | HeldBack]:
    """Offer to read as numbers what the notebook reads as text and then makes into numbers."""
    frames = known_frames(notebook, evidence, HARMLESS | {"usecols", "nrows", "dtype", "parse_dates", "date_format"})
    for known in frames:
        cell = known.cell.cell
        if not evidence.pandas_version.startswith("3"):
            yield HeldBack(RULE, cell.cell_id, cell.index, "needs pandas 3")
        elif known.at_read and known.rows and not known.problem:
            yield from _dirty(known)
            yield from advise_types(_types(known), [known], evidence)


def _dirty(known: KnownFrame) -> Iterator[HeldBack]:
    """Say of which columns not every text is a number, although the notebook makes numbers of them."""
    converted = {name for one in known.usage().uses if one.operation == "pd.to_numeric" for name in one.columns}
    for name in known.header:
        column = known.column(name)
        if name in converted and column is not None and column.dtype == "str" and column.text is not None:
            if not column.text.numbers:
                cell = known.cell.cell
                reason = f"column {name!r}: not all of its texts are plain numbers, so the read can't make them numbers"
                yield HeldBack(RULE, cell.cell_id, cell.index, reason)


def _types(known: KnownFrame) -> TypeRule:
    everything = says_for_all(known, (str, "str"))
    return TypeRule(
        rule=RULE,
        wanted=_without_dtype if everything else _wanted,
        objection=_objection,
        title="Read numbers as numbers: {}",
        why=_why,
        always_shown=True,
        other_values=True,
        told=_all_dtypes if everything else lambda known, chosen: (),
    )


def _number(column: ColumnEvidence) -> str:
    """Return the dtype that holds exactly what the conversion gives; empty where that is not sure."""
    text = column.text
    if text is None or not text.numbers or column.nulls is None:
        return ""
    if not text.whole or (column.nulls and text.values and all(len(one) <= _MOST_DIGITS for one in text.values)):
        return "float64"
    return "" if column.nulls else "int64"


def _wanted(known: KnownFrame, column: ColumnEvidence) -> Column | None:
    dtype = _number(column) if column.dtype == "str" else ""
    if not dtype or column.nbytes <= known.rows * _BYTES:
        return None
    return Column(column, known.rows * _BYTES, dtype=dtype)


def _without_dtype(known: KnownFrame, column: ColumnEvidence) -> Column | None:
    found = _wanted(known, column)
    return None if found is None else Column(column, found.nbytes)


def _all_dtypes(known: KnownFrame, chosen: list[Column]) -> tuple[tuple[str, str], ...]:
    return for_each(known, {column.found.name: _number(column.found) for column in chosen}, "str")


def _objection(use: Usage, column: Column) -> str:
    if not any(one.operation in ENDS_WHEN for one in use.of_column(column.found.name)):
        return "the notebook does not make numbers of its text"
    return _BY_USE(use, column if column.dtype else Column(column.found, column.nbytes, _number(column.found)))


def _why(known: KnownFrame, chosen: list[Column]) -> str:
    first = chosen[0]
    each = first.found.nbytes / max(known.rows, 1)
    saved = sum(column.found.nbytes - column.nbytes for column in chosen)
    return (
        f"{first.found.name} is read as text of {each:.0f} bytes a row and then made into numbers, which take 8; "
        f"{'together the columns save' if len(chosen) > 1 else 'that saves'} {saved / 2**20:,.0f} MiB."
    )
