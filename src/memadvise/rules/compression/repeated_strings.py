"""A text column repeats few distinct values.

## What it sees
A text column of a frame from `pd.read_csv` with few distinct values for its number of rows, which the whole notebook
only compares with `==`, tests with `isin`, counts, or groups by.

## Why it costs memory
Every row stores its own copy of the text and an offset into it. A category stores each distinct text once and one
small integer per row; the parser never builds the full text column when it is told at the read.

## Before
```python
orders = pd.read_csv("orders.csv")
italian = orders[orders["country"] == "IT"]["amount"].sum()
```

## After
```python
orders = pd.read_csv("orders.csv", dtype={"country": "category"})
italian = orders[orders["country"] == "IT"]["amount"].sum()
```

## When results change
Values stay equal; the dtype of the column, and of a group's index made from it, becomes `category`: class
*same-values* (*display* where `info` or `dtypes` print it). Sorting, arithmetic, `.str`, `value_counts`, merges, or an
unknown use of the column hold the rule back, because categories behave differently there.
"""

from __future__ import annotations

from collections.abc import Iterator

from memadvise.model import ColumnEvidence, Evidence, HeldBack, NotebookSource, Recommendation
from memadvise.rewrite.read_call import HARMLESS
from memadvise.rules.common import KnownFrame, known_frames
from memadvise.rules.registry import rule
from memadvise.rules.retyped import Column, TypeRule, advise_types, forbidden

RULE = "repeated-strings"
# what gives the same for text and for a category of that text (pandas 3)
_SAFE = frozenset(
    {
        *("read", "filter", "==", "isin", "count", "isna", "isnull", "notna", "notnull", "dropna", "peek", "kept"),
        *("group key", "group.count", "labels.kept", "labels.shown", "frame.columns", "drop"),
    }
)
_ENDS = frozenset({"condition", "count", "group.count"})  # behind these the column's own dtype has no influence
_REPEATS = 10  # rows per distinct value from which a dictionary surely pays


@rule
def advise(notebook: NotebookSource, evidence: Evidence) -> Iterator[Recommendation | HeldBack]:
    """Offer `dtype="category"` for text columns that the notebook only tells apart."""
    frames = known_frames(notebook, evidence, HARMLESS | {"usecols", "nrows", "dtype", "parse_dates", "date_format"})
    if evidence.pandas_version.startswith("3"):
        yield from advise_types(_TYPES, frames, evidence)
        return
    for known in frames:
        reason = "needs pandas 3: before it, groups of categories keep empty groups"
        yield HeldBack(RULE, known.cell.cell.cell_id, known.cell.cell.index, reason)


def _wanted(known: KnownFrame, column: ColumnEvidence) -> Column | None:
    distinct = column.cardinality or 0
    if column.dtype != "str" or not distinct or distinct * _REPEATS > known.rows:
        return None
    code = 1 if distinct < 128 else 2 if distinct < 32768 else 4  # bytes a row; each distinct text is stored once
    return Column(column, known.rows * code + distinct * (column.nbytes // max(known.rows, 1) + 16), dtype="category")


def _why(known: KnownFrame, chosen: list[Column]) -> str:
    first = chosen[0].found
    about = "" if first.exact else "about "
    saved = sum(column.found.nbytes - column.nbytes for column in chosen)
    return (
        f"{first.name} has {about}{first.cardinality:,} distinct values in {known.rows:,} rows; as categories "
        f"the {'columns save' if len(chosen) > 1 else 'column saves'} {saved / 2**20:,.0f} MiB."
    )


_TYPES = TypeRule(
    rule=RULE,
    wanted=_wanted,
    objection=forbidden(_SAFE, _ENDS),
    title="Keep each distinct text once: {} as category",
    why=_why,
)
