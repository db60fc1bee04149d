"""A column of measured numbers keeps 16 digits where 7 may do.

## What it sees
A `float64` column of measurements that the whole notebook only averages, describes, plots, or gives to a model. Never
chosen for you: the card waits for a click.

## Why it costs memory
`float64` takes eight bytes a row and holds about 16 significant digits, `float32` four bytes and about 7.

## Before
```python
weather = pd.read_csv("weather.csv")
model.fit(weather[["wind", "humidity"]], weather["rain"])
```

## After
```python
weather = pd.read_csv("weather.csv", dtype={"wind": "float32", "humidity": "float32", "rain": "float32"})
model.fit(weather[["wind", "humidity"]], weather["rain"])
```

## When results change
Always a little: class *approximate*. About 7 significant digits are left: 16777217 becomes 16777216, 0.1 is no longer
what `float64` calls 0.1. Held back: columns that rows are chosen, sorted, grouped or joined by, `cumsum`, products and
other arithmetic, columns named like keys, times or money, whole numbers above 16,777,216, numbers outside of the
range of `float32`, and columns whose values differ only in their last digits (a mean of 10,000 with steps of 0.001). A
later file with a number beyond 3.4e38 becomes infinite without an error.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from memadvise.model import ColumnEvidence, Evidence, HeldBack, NotebookSource, Recommendation, ResultClass
from memadvise.rewrite.follow.values import UNKNOWN, Usage
from memadvise.rewrite.read_call import HARMLESS
from memadvise.rules.common import KnownFrame, known_frames
from memadvise.rules.registry import rule
from memadvise.rules.retyped import Column, TypeRule, advise_types

RULE = "wide-floats"
_LARGEST = 3.4e38  # about the largest float32
_EXACT = 2**24  # whole numbers up to here are exact
_OFFSET = 1000  # times its range that a column may lie away from zero: behind that, differences lose their digits

SAFE = frozenset(
    {
        *("read", "filter", "peek", "kept", "shown", "printed", "shown scalar", "printed scalar", "formatted", "float"),
        *("mean", "median", "std", "var", "min", "max", "count", "isna", "isnull", "notna", "notnull", "corr", "cov"),
        *("describe", "quantile", "plot", "hist", "dropna", "drop", "stored", "skew", "kurt", "labels.kept"),
        *("group.mean", "group.median", "group.std", "group.min", "group.max", "group.count", "labels.shown"),
        *("frame.mean", "frame.median", "frame.std", "frame.min", "frame.max", "frame.count", "frame.describe"),
        *("frame.corr", "frame.cov", "frame.columns", "frame.shape", "frame.isna", "frame.isnull", "frame.notna"),
        *("frame.dropna", "frame.hist", "frame.boxplot", "np.mean", "np.median", "np.std", "np.min", "np.max"),
    }
)
ENDS = frozenset({"isna", "isnull", "notna", "notnull", "count", "group.count", "frame.count", "frame.isna"})
_MODEL = re.compile(r"^given to \S+\.(fit|fit_transform|predict|transform|score)\(\)$|^given to train_test_split\(\)$")
_WORDS = re.compile(r"[A-Z]?[a-z]+|[A-Z]+|\d+")
_EXACT_NAMES = frozenset(
    {
        *("id", "ids", "key", "code", "zip", "phone", "number", "no", "nr", "index", "uuid", "isbn", "account"),
        *("time", "timestamp", "date", "epoch", "unix", "ts", "year", "lat", "lon", "lng", "latitude", "longitude"),
        *(
            "price",
            "amount",
            "cost",
            "total",
            "balance",
            "salary",
            "revenue",
            "sales",
            "income",
            "fee",
            "tax",
            "payment",
        ),
        *("money", "usd", "eur", "gbp", "profit", "budget", "wage", "charge", "charges", "fare", "debit", "credit"),
    }
)


@rule
def advise(notebook: NotebookSource, evidence: Evidence) -> Iterator[Recommendation | HeldBack]:
    """Offer float32, as an approximation, for measurements."""
    known = {"usecols", "nrows", "dtype", "parse_dates", "date_format"}
    yield from advise_types(_RULE, known_frames(notebook, evidence, HARMLESS | known), evidence)


def _wanted(known: KnownFrame, column: ColumnEvidence) -> Column | None:
    if column.dtype != "float64" or column.minimum is None or column.maximum is None:
        return None
    return Column(column, known.rows * 4, dtype="float32", against=_needs_digits(column))


def _needs_digits(column: ColumnEvidence) -> str:
    """Return why the values themselves need more than 7 digits; empty when they may not."""
    low, high = float(column.minimum or 0), float(column.maximum or 0)
    largest = max(abs(low), abs(high))
    named = _EXACT_NAMES & {word.lower() for word in _WORDS.findall(column.name)}
    if named:
        return f"named like something exact ({min(named)})"
    if not largest <= _LARGEST:
        return "its values leave the range of float32"
    if largest > _EXACT and column.whole is not False:
        return "whole numbers above 16,777,216 would collide"
    if largest > _OFFSET * (high - low):
        return "its values differ only in digits that float32 does not keep"
    return ""


def objection(use: Usage, column: Column) -> str:
    """Return which use of the column needs exact values; empty when none does."""
    for one in use.of_column(column.found.name):
        model = one.operation == UNKNOWN and _MODEL.match(one.what)
        if one.operation not in SAFE and not model and not one.after & ENDS:
            return f"{one.operation} in cell {one.index} ({one.what}) may need more than 7 digits"
    return ""


def _why(known: KnownFrame, chosen: list[Column]) -> str:
    first = chosen[0].found
    saved = sum(column.found.nbytes - column.nbytes for column in chosen)
    return (
        f"{first.name} is held with 16 significant digits; float32 keeps about 7 (16777217 becomes 16777216, results "
        f"change in later digits) and saves {saved / 2**20:,.0f} MiB. Only if that is enough for you."
    )


_RULE = TypeRule(
    rule=RULE,
    wanted=_wanted,
    objection=objection,
    title="Half the digits for half the memory: {} as float32",
    why=_why,
    result=ResultClass.APPROXIMATE,
)
