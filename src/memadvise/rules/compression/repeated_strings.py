"""A text column repeats few distinct values.

## What it sees
A text column with few distinct values for its number of rows, which the whole notebook only tells apart: compares with
`==`, tests with `isin`, looks for a text in it (`str.contains("x")`, `str.startswith`), counts, lists (`unique`,
`nunique`, `tolist`), groups or pivots by, sorts by among other keys; or which only is in a frame that is described,
checked for missing values, freed of duplicates or written out.

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
*same-values* (*display* where `info` or `dtypes` print it, or a cell shows the column). What behaves otherwise for
categories holds the rule back: `value_counts` and `describe()` of text (ties in another order), `map`, `fillna`,
`replace`, `+`, `<`, `str.lower` and other methods that make new text, `str.contains` with a pattern or `case=False`,
sorting by this column alone (rows of equal keys change places), merges by it, or any unknown use; and a read that
itself says that the column is text, since pandas makes numbers of categories that all look like numbers.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from memadvise.model import ColumnEvidence, Evidence, HeldBack, NotebookSource, Recommendation
from memadvise.rewrite.follow.values import Usage
from memadvise.rewrite.read_call import HARMLESS
from memadvise.rules import given
from memadvise.rules.common import KnownFrame, KnownRead, known_frames
from memadvise.rules.registry import rule
from memadvise.rules.retyped import Column, Objection, TypeRule, When, advise_types, forbidden

RULE = "repeated-strings"
# what gives equal values for text and for a category of that text, in a form that the words here fit again (pandas 3;
# the test holds an experiment for each word of these lists)
SAFE = frozenset(
    [
        *("read", "filter", "==", "isin", "count", "isna", "isnull", "notna", "notnull", "dropna", "peek", "kept"),
        *("group key", "group.count", "labels.kept", "labels.shown", "frame.columns", "drop", "stored", "merge"),
        *("unique", "pd.unique", "drop_duplicates", "copy", "head", "tail", "sample", "item"),
        *("frame.dropna", "frame.drop_duplicates", "frame.head", "frame.tail", "frame.sample"),
        *("attribute.values", "group.first", "group.last", "pivot index", "shown", "printed"),
        *("labels.reset_index", "labels.sort_index", "labels.to_frame", "labels.idxmax", "labels.idxmin"),
    ]
)
# what gives identical results: behind these the column's dtype has no influence any more
ENDS = frozenset(
    [
        *("condition", "count", "nunique", "tolist", "to_list", "list", "set", "sorted", "tuple", "loop", "zip"),
        *("enumerate", "duplicated", "frame.isna", "frame.isnull", "frame.notna", "frame.notnull"),
        *("frame.count", "frame.nunique", "frame.duplicated", "frame.shape", "frame.size", "frame.empty"),
        *("frame.to_csv", "frame.to_numpy", "frame.values", "frame.itertuples"),
        *("group.count", "group.nunique", "group.size", "labels.to_dict", "labels.to_csv", "labels.loop"),
    ]
)
# what is an end when the call says no more than this
ENDS_WHEN: When = {
    **dict.fromkeys(("str.contains", "str.match", "str.fullmatch"), given.finds_text),
    **dict.fromkeys(("str.startswith", "str.endswith"), given.begins_with_text),
    **{f"frame.{name}": given.of_numbers for name in ("mean", "median", "std", "var", "min", "max", "sum", "corr")},
    "to_numpy": given.plainly(),
    "astype": given.to_one_of("str", "string", "object", "category", "float64", "int64", "datetime64[ns]"),
    "frame.to_dict": given.as_records,
    "frame.describe": given.describes_numbers,
    "frame.select_dtypes": given.chooses_numbers,
}
_EITHER = (True, False)
SAFE_WHEN: When = {
    "group key with options": given.plainly(sort=_EITHER, observed=(True,), dropna=_EITHER, group_keys=_EITHER),
    "labels.item": given.one_label,
    "mode": given.plainly(),
    "sort key": given.sorts_the_same,
}
_ENDS = ENDS | frozenset(ENDS_WHEN)
_REPEATS = 10  # rows per distinct value from which a dictionary surely pays


@rule
def advise(notebook: NotebookSource, evidence: Evidence) -> Iterator[Recommendation | HeldBack]:
    """Offer `dtype="category"` for text columns that the notebook only tells apart."""
    frames = known_frames(notebook, evidence, HARMLESS | {"usecols", "nrows", "dtype", "parse_dates", "date_format"})
    if evidence.pandas_version.startswith("3"):
        for known in frames:
            yield from advise_types(replace(_TYPES, objection=_objection(known)), [known], evidence)
        return
    for known in frames:
        reason = "needs pandas 3: before it, groups of categories keep empty groups"
        yield HeldBack(RULE, known.cell.cell.cell_id, known.cell.cell.index, reason)


def _wanted(known: KnownFrame, column: ColumnEvidence) -> Column | None:
    distinct = column.cardinality or 0
    if column.dtype != "str" or not distinct or distinct * _REPEATS > known.rows:
        return None
    code = 1 if distinct < 128 else 2 if distinct < 32768 else 4  # bytes a row; each distinct text is stored once
    then = known.rows * code + distinct * (column.nbytes // max(known.rows, 1) + 16)
    numbers = frozenset(name for name in known.header if given.is_number(known.column(name)))
    against = (
        "its texts look like numbers, of which a read makes categories of numbers" if _numeric(known, column) else ""
    )
    return Column(column, then, dtype="category", numbers=numbers, against=against)


def _numeric(known: KnownFrame, column: ColumnEvidence) -> bool:
    """Tell whether `dtype="category"` may give categories of numbers: read_csv converts texts that all look like some.

    Where the read says nothing of types, text is what could not be converted, but for numbers of too many digits.
    """
    if not isinstance(known, KnownRead):
        return False
    if column.text is not None and column.text.values:
        return all(_like_number(value) for value in column.text.values)
    return "dtype" in known.read.keywords or (column.text is not None and column.text.numbers)


def _like_number(text: str) -> bool:
    """Tell whether pandas might take a text for a number or a boolean."""
    try:
        float(text)
    except ValueError:
        return text.strip().lower() in {"true", "false"}
    return True


def _objection(known: KnownFrame) -> Objection:
    """Return the objection; where the read itself makes the column text, it may be text of numbers.

    Told "category", pandas makes numbers of categories that all look like numbers ("007" becomes 7), and booleans
    likewise; where it found text by itself, not all of them do.
    """
    pinned: object = (known.read.literal_keywords() or {}).get("dtype", {}) if isinstance(known, KnownRead) else {}

    def objection(use: Usage, column: Column) -> str:
        if not isinstance(pinned, dict) or column.found.name in pinned:
            return "the read says its type: as category, texts that look like numbers would become numbers"
        return _BY_USE(use, column)

    return objection


_BY_USE = forbidden(SAFE | ENDS, _ENDS, {**ENDS_WHEN, **SAFE_WHEN})


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
    objection=_BY_USE,
    title="Keep each distinct text once: {} as category",
    why=_why,
    shows=frozenset({"shown", "printed"}),  # a column of categories lists them beneath
    ends=_ENDS,
)
