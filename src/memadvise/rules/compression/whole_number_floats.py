"""A column of whole numbers with gaps is held as eight-byte floats because of the gaps.

## What it sees
A `float64` column with missing values in which every other value is a whole number that fits a narrower type, and
which the whole notebook only filters by (`>`, `<`, `between`, `notna`), counts, drops or fills gaps in, groups by,
shows or keeps.

## Why it costs memory
numpy's integers have no missing value, so pandas reads `3,,5` as floats: eight bytes a row. A nullable integer (`Int8`
and wider) keeps the numbers and one byte a row that says where there is none.

## Before
```python
people = pd.read_csv("people.csv")
grown = people[people["age"] >= 18]["income"].sum()
```

## After
```python
people = pd.read_csv("people.csv", dtype={"age": "Int8"})
grown = people[people["age"] >= 18]["income"].sum()
```

## When results change
Values stay equal (a missing one is `<NA>` instead of `NaN`, 3 instead of 3.0 is shown): class *same-values*, *display*
where a cell looks at the frame. Little is provably equal for nullable integers, so the list is short. Held back: `!=`
and `~` (rows with a missing value drop out), conditions that are kept or averaged, `sum`, `mean`, `max` (of no rows
they are `<NA>`, which `float` and `if` refuse), all arithmetic (`Int8` wraps around), text made of the values, `apply`,
numpy functions, unknown uses. A later file with 3.5 or a larger number raises. Columns without gaps (`3.0`) are left as
they are.
"""

from __future__ import annotations

from collections.abc import Iterator

from memadvise.model import ColumnEvidence, Evidence, HeldBack, NotebookSource, Recommendation
from memadvise.rewrite.follow.values import Usage
from memadvise.rewrite.read_call import HARMLESS
from memadvise.rules.common import KnownFrame, known_frames
from memadvise.rules.registry import rule
from memadvise.rules.retyped import Column, TypeRule, When, advise_types, is_harmless

RULE = "whole-number-floats"
_TYPES = [("Int8", 2**7, 1), ("Int16", 2**15, 2), ("Int32", 2**31, 4)]  # name, the first too large number, bytes

# what gives plain booleans or counts, the same from both types
ENDS = frozenset(
    {
        *("isna", "isnull", "notna", "notnull", "duplicated", "count", "nunique", "astype float", "astype float64"),
        *("astype int", "astype int64", "frame.isna", "frame.isnull", "frame.notna", "frame.notnull", "frame.count"),
        *("frame.nunique", "frame.duplicated", "frame.corr"),
    }
)
SAFE = ENDS | frozenset(
    {
        *("read", "filter", "<", "dropna", "drop_duplicates", "drop", "stored", "peek", "kept", "shown", "astype"),
        *("group key", "group.count", "group.sum", "group.min", "group.max", "labels.kept", "labels.shown", "fillna"),
        *("frame.columns", "frame.shape", "frame.dropna", "frame.drop_duplicates"),
    }
)
CONDITION = frozenset({"filter", "&", "|", "sum", "query"})  # what may be done with a condition that can be <NA>
_DTYPES = frozenset({"float", "float64", "int", "int64"})

# what of it is right only with certain arguments
SAFE_WHEN: When = {
    "astype": lambda use, _: bool(use.values) and _DTYPES.issuperset(use.values or ()),
    "fillna": lambda use, _: bool(use.values) and all(type(one) is int and abs(one) < 128 for one in use.values or ()),
    "frame.corr": lambda use, _: use.values is not None,
    "frame.count": lambda use, _: use.values == (),
    "frame.nunique": lambda use, _: use.values == (),
}


@rule
def advise(notebook: NotebookSource, evidence: Evidence) -> Iterator[Recommendation | HeldBack]:
    """Offer nullable integers for whole numbers with gaps, where their other rules can't show."""
    known = {"usecols", "nrows", "dtype", "parse_dates", "date_format"}
    yield from advise_types(_RULE, known_frames(notebook, evidence, HARMLESS | known), evidence)


def _wanted(known: KnownFrame, column: ColumnEvidence) -> Column | None:
    low, high = column.minimum, column.maximum
    if column.dtype != "float64" or not column.whole or not column.nulls or low is None or high is None:
        return None
    for name, end, nbytes in _TYPES:
        if -end <= low and high < end:
            return Column(column, known.rows * (nbytes + 1), dtype=name)
    return None


def objection(use: Usage, column: Column) -> str:
    """Return why the notebook's use of the column forbids a nullable type; empty when it does not."""
    for one in use.of_column(column.found.name):
        if one.after & ENDS or {"condition", "sum"} <= one.after:
            continue
        allowed = CONDITION if "condition" in one.after else SAFE
        if not is_harmless(one, column, allowed, SAFE_WHEN):
            return f"{one.operation} in cell {one.index} ({one.what}) may treat a missing value otherwise"
    return ""


def _why(known: KnownFrame, chosen: list[Column]) -> str:
    first = chosen[0]
    saved = sum(column.found.nbytes - column.nbytes for column in chosen)
    return (
        f"{first.found.name} holds only whole numbers ({first.found.minimum:,.0f} to {first.found.maximum:,.0f}) and "
        f"{first.found.nulls:,} gaps: {first.dtype} is wide enough; the "
        f"{'columns save' if len(chosen) > 1 else 'column saves'} {saved / 2**20:,.0f} MiB. "
        "A missing value is then shown as <NA>."
    )


_RULE = TypeRule(
    rule=RULE,
    wanted=_wanted,
    objection=objection,
    title="Whole numbers with gaps as nullable integers: {}",
    why=_why,
    always_shown=True,
)
