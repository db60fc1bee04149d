"""A column of whole numbers takes eight bytes a row for values that fit in one, two or four.

## What it sees
An `int64` column of a frame whose smallest and largest value over all rows fit a narrower type, and which the whole
notebook only compares, counts, groups by, adds up, averages, shows or keeps.

## Why it costs memory
pandas reads every whole number as `int64`: eight bytes a row. An age, a rating, a year, a flag need one or two.

## Before
```python
ratings = pd.read_csv("ratings.csv")
best = ratings[ratings["stars"] >= 4].groupby("film")["stars"].mean()
```

## After
```python
ratings = pd.read_csv("ratings.csv", dtype={"film": "int32", "stars": "int8"})
best = ratings[ratings["stars"] >= 4].groupby("film")["stars"].mean()
```

## When results change
Values stay equal; the dtype of the column, of its `min`/`max`, of sums by group and of a group's index made from it
becomes the narrower one: class *same-values* (*display* where `info` or `dtypes` print it). Narrow integers wrap around
in silence (`int8`: 100 * 100 = 16), so any `+ - *`, `abs`, `diff`, a sort in which equal rows could change places, a
numpy function or an unknown use of the column holds the rule back. Quantiles and `describe` interpolate in the
column's own type, which is right for unsigned types only: there the column becomes `uint8` and so on. A later file
with a value that does not fit raises: `cannot safely convert`.
"""

from __future__ import annotations

from collections.abc import Iterator

from memadvise.model import ColumnEvidence, Evidence, HeldBack, NotebookSource, Recommendation
from memadvise.rewrite.follow.values import Usage, Use
from memadvise.rewrite.read_call import HARMLESS
from memadvise.rules.common import KnownFrame, KnownRead, known_frames
from memadvise.rules.given import sorts_the_same
from memadvise.rules.registry import rule
from memadvise.rules.retyped import Column, TypeRule, When, advise_types, is_harmless

RULE = "wide-integers"
_TYPES = [("int8", 2**7), ("int16", 2**15), ("int32", 2**31)]  # name, the first number that is too large

# Every word below was found by running it on both types (tests/rules/compression/test_wide_integers.py runs them all).
# What gives the same dtype from both, so that nothing behind it can tell them apart:
ENDS = frozenset(
    {
        *("condition", "count", "sum", "mean", "median", "std", "var", "sem", "skew", "kurt", "nunique", "cumsum"),
        *("rank", "corr", "cov", "any", "all", "tolist", "to_list", "to_dict", "map", "idxmax", "idxmin", "/"),
        "labels.to_dict",
        *("group.mean", "group.median", "group.std", "group.var", "group.count", "group.nunique"),
        *("frame.isna", "frame.isnull", "frame.notna", "frame.notnull", "frame.count", "frame.nunique", "frame.mean"),
        *("frame.std", "frame.var", "frame.median", "frame.corr", "frame.cov", "frame.duplicated", "frame.sum"),
        *("frame.to_csv", "frame.to_dict", "frame.itertuples", "np.sum", "np.mean", "np.std", "np.var", "np.median"),
        *("astype float", "astype float64", "astype int", "astype int64", "astype str", "astype object"),
        *("astype bool", "np.isnan", "pd.isna", "pd.notna"),
    }
)
# Elements of a column are Python's own numbers, those of an array are not:
_ELEMENTS = frozenset({"loop", "list", "sorted", "set", "tuple", "enumerate", "zip"})
_ARRAYS = frozenset({"unique", "collected results"})
# What is right for a column but not behind one of these: an index keeps its type where it is mapped
_INDEXES = frozenset({"attribute.index", "labels.attribute.index"})
_OF_PYTHON_NUMBERS = frozenset({"builtin.sum", "builtin.map", "builtin.filter"})
_NOT_BEHIND = {**dict.fromkeys((*_OF_PYTHON_NUMBERS, "astype"), _ARRAYS), "map": _INDEXES}
# What carries the narrow dtype on, with equal values:
SAFE = ENDS | frozenset(
    {
        *("read", "filter", "==", "<", "compare", "isin", "isna", "isnull", "notna", "notnull", "duplicated", "query"),
        *("dropna", "drop_duplicates", "drop", "stored", "peek", "kept", "shown", "shown scalar", "printed scalar"),
        *("formatted", "bool", "int", "float", "min", "max", "mode", "cummax", "cummin", "unique", "value_counts"),
        *("head", "tail", "copy", "nlargest", "nsmallest", "sort_index", "to_frame", "item", "range"),
        *("collected", "collected results"),
        *("builtin.min", "builtin.max", "group key", "group.sum", "group.min", "group.max", "group.first"),
        *("group.last", "merge", "merge key", "pivot index", "pivot columns", "attribute.index", "place"),
        *("labels.kept", "labels.shown", "labels.printed", "labels.sort_index", "labels.reset_index", "labels.item"),
        *("labels.to_dict", "labels.loop", "labels.unstack", "labels.attribute.index", "labels.idxmax"),
        *("labels./", "labels.*", "labels.+", "labels.-", "labels.to_frame"),
        *("frame.columns", "frame.shape", "frame.dropna", "frame.drop_duplicates", "frame.head", "frame.tail"),
        *("frame.min", "frame.max", "np.max", "np.min", "pd.crosstab", "pd.concat beside", "pd.concat of reads"),
        *("%", "fillna", "frame.fillna", "clip", "shift", "round", "astype", "sort key", "sort_values", "plot"),
        *_ELEMENTS,
        *_OF_PYTHON_NUMBERS,
    }
)
# An unsigned sum is uint64, in which 2 - 5 wraps; quantiles of unsigned numbers are right, of signed ones not.
QUANTILES = frozenset(
    {"quantile", "describe", "frame.describe", "frame.quantile", "group.describe", "np.percentile", "np.quantile"}
)
UNSIGNED_CARRIES = frozenset({"sum", "cumsum", "np.sum"})
_OF_PYTHON_VALUES = frozenset({"records", "dict", "list", "index", "split", "tight"})  # orientations of to_dict
_DTYPES = frozenset({"float", "float64", "int", "int64", "str", "object", "bool"})


def _flags(use: Use, column: Column) -> bool:
    """Tell whether the arguments are True and False only: no axis."""
    return use.values is not None and all(isinstance(one, bool) for one in use.values)


def _numbers(use: Use, column: Column) -> bool:
    """Tell whether the other side is surely a plain number (a float32 array would make another float of it)."""
    return bool(use.values) and all(isinstance(one, int | float) for one in use.values or ())


# What of it is right only with certain arguments:
SAFE_WHEN: When = {
    "/": _numbers,
    "%": lambda use, _: _numbers(use, _) and all(type(one) is int and 0 < one < 128 for one in use.values or ()),
    "fillna": _numbers,
    "frame.fillna": _numbers,
    "clip": lambda use, _: _numbers(use, _) and all(type(one) is int and 0 <= one < 128 for one in use.values or ()),
    "frame.to_dict": lambda use, _: use.values is not None and _OF_PYTHON_VALUES.issuperset(use.values),
    "shift": lambda use, _: use.values is not None and all(type(one) is int for one in use.values),
    "round": lambda use, _: use.values is not None and all(type(one) is int and one >= 0 for one in use.values),
    "astype": lambda use, _: use.values is not None and _DTYPES.issuperset(use.values),
    "sort key": lambda use, _: use.what in {".nlargest()", ".nsmallest()"} or sorts_the_same(use),
    "sort_values": lambda use, _: bool({"stable", "mergesort"} & set(use.values or ())),
    "plot": lambda use, _: use.what == "plot()",  # pyplot's own makes floats of everything; bars and boxes add up
    **dict.fromkeys(("frame.sum", "frame.mean", "frame.std", "frame.var", "frame.median"), _flags),
    **dict.fromkeys(("frame.min", "frame.max", "frame.nunique", "frame.count", "frame.describe"), _flags),
    **dict.fromkeys((one for one in SAFE | QUANTILES if one.startswith("np.")), lambda use, _: len(use.columns) == 1),
}


@rule
def advise(notebook: NotebookSource, evidence: Evidence) -> Iterator[Recommendation | HeldBack]:
    """Offer narrower integers for columns whose use can't tell them apart."""
    known = {"usecols", "nrows", "dtype", "parse_dates", "date_format"}
    yield from advise_types(_RULE, known_frames(notebook, evidence, HARMLESS | known), evidence)


def _wanted(known: KnownFrame, column: ColumnEvidence) -> Column | None:
    low, high = column.minimum, column.maximum
    if column.dtype != "int64" or column.nulls != 0 or type(low) is not int or type(high) is not int:
        return None
    dtype = next((name for name, end in _TYPES if -end <= low and high < end), "")
    if not dtype:
        return None
    return Column(column, known.rows * _width(dtype), dtype=dtype, against=_truncates(known))


def _unsigned(column: Column) -> Column | None:
    """Return the column as unsigned numbers, which quantiles need; None where some are negative."""
    low, high = column.found.minimum, column.found.maximum
    if low is None or high is None or low < 0:
        return None
    dtype = next(f"u{name}" for name, end in _TYPES if high < 2 * end)
    return Column(column.found, column.nbytes * _width(dtype) // _width(column.dtype), dtype, against=column.against)


def _width(dtype: str) -> int:
    return int(dtype.lstrip("uint")) // 8


def _truncates(known: KnownFrame) -> str:
    """Return why a later file with 3.5 would be cut to 3 in silence: pandas' Python engine does; empty if not."""
    options = known.read.literal_keywords() or {} if isinstance(known, KnownRead) else {}
    separator = options.get("sep", options.get("delimiter", ","))
    quote = options.get("quotechar", '"')
    if separator == r"\s+" or (isinstance(separator, str) and len(separator.encode()) == 1):
        return (
            "" if isinstance(quote, str) and len(quote.encode()) == 1 else "the read's quotechar needs the slow parser"
        )
    return f"the separator {separator!r} needs pandas' Python parser, which would cut a later 3.5 to 3 without a word"


def objection(use: Usage, column: Column) -> str:
    """Return why the notebook's use of the column forbids the narrower type; empty when it does not."""
    unsigned = column.dtype.startswith("u")
    ends = (ENDS | QUANTILES) - UNSIGNED_CARRIES if unsigned else ENDS
    safe = (SAFE | QUANTILES) - {"frame.sum"} if unsigned else SAFE
    for one in use.of_column(column.found.name):
        if _ended(one.after, ends) or (one.after & _ELEMENTS and not one.after & _ARRAYS):
            continue
        if not is_harmless(one, column, safe, SAFE_WHEN) or one.after & _NOT_BEHIND.get(one.operation, frozenset()):
            return f"{one.operation} in cell {one.index} ({one.what}) may wrap around or tell the type"
    return ""


def _ended(after: frozenset[str], ends: frozenset[str]) -> bool:
    """Tell whether the type is gone; of a table whose row labels are the numbers, only what ends the labels counts."""
    labelled = any(word.startswith("labels.") for word in after)
    return any(word in ends and (not labelled or word.startswith("labels.") or word == "condition") for word in after)


def _why(known: KnownFrame, chosen: list[Column]) -> str:
    first = chosen[0]
    saved = sum(column.found.nbytes - column.nbytes for column in chosen)
    return (
        f"{first.found.name} holds {first.found.minimum:,} to {first.found.maximum:,} in all {known.rows:,} rows: "
        f"{first.dtype} is wide enough; the {'columns save' if len(chosen) > 1 else 'column saves'} "
        f"{saved / 2**20:,.0f} MiB. A later value that does not fit "
        f"{'raises' if known.at_read else 'gets the width that it needs'}."
    )


_RULE = TypeRule(
    rule=RULE,
    wanted=_wanted,
    objection=objection,
    title="Whole numbers no wider than they are: {}",
    why=_why,
    instead=_unsigned,
)
