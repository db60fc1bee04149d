"""A column of `object` dtype holds nothing but text, each value as a Python object of its own.

## What it sees
A column of dtype `object` whose values are all text (every row looked at), most of them different, because the read
says `dtype=object`, or because the frame was built or converted with that dtype.

## Why it costs memory
Each text is a Python object of 41 or 49 bytes and its characters, and each row an 8-byte pointer to one. The `str`
dtype of pandas 3 keeps the characters of all rows behind each other, with an 8-byte offset in each row. (Where few
texts repeat, `read_csv` shares the objects; there is nothing to save then.)

## Before
```python
rides = pd.read_csv("rides.csv", dtype={"ride_id": object})
members = rides[rides["ride_id"].str.startswith("m", na=False)]
```

## After
```python
rides = pd.read_csv("rides.csv", dtype={"ride_id": "str"})
members = rides[rides["ride_id"].str.startswith("m", na=False)]
```

## When results change
Values stay equal, the dtype becomes `str`: class *same-values* (*display* where `info` or `dtypes` print it, or a cell
shows the column). What tells the two apart holds the rule back: `.dtype`, `.unique()`, `.values` (another kind of
array), `str.contains` and its like where values are missing and `na=False` is not said (missing becomes `False`), a
pattern or `case=False` in them, `str.upper` of text that is not ASCII, `isin([None])`, putting in values that may be no
text, `select_dtypes`, copies in new columns; for a frame that is built, missing values that may be `None`.
Also held back, because it would cost more than it saves: what makes an object of each text again, such as `nunique`,
`value_counts`, grouping or merging by the column, `drop_duplicates`, `map`, `tolist` (1.5 million ids: `nunique` peaked
at 205 MiB with objects and at 316 MiB with `str`, although the column itself took 71 MiB less).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from sys import getsizeof

from memadvise.model import ColumnEvidence, Evidence, HeldBack, NotebookSource, Recommendation
from memadvise.rewrite.follow.values import Usage, Use
from memadvise.rewrite.read_call import HARMLESS
from memadvise.rules import given
from memadvise.rules.common import KnownFrame, known_frames
from memadvise.rules.registry import rule
from memadvise.rules.retyped import Column, Objection, TypeRule, When, advise_types, for_each, forbidden, says_for_all

RULE = "python-object-strings"
# what gives equal values for objects and for `str`, in a form that the words here fit again (see the test), and does
# not make an object of each text again, as hashing (`nunique`, `groupby`), lists and functions of elements do
SAFE = frozenset(
    [
        *("read", "filter", "==", "count", "isna", "isnull", "notna", "notnull", "dropna", "peek", "frame.columns"),
        *("drop", "stored", "merge", "copy", "head", "tail", "sample", "item", "kept", "shown", "printed"),
        *("frame.dropna", "frame.head", "frame.tail", "frame.sample", "group.first", "group.last"),
    ]
)
# what gives identical results
ENDS = frozenset(
    [
        *("condition", "count", "frame.isna", "frame.isnull", "frame.notna", "frame.notnull", "frame.count"),
        *("frame.shape", "frame.size", "frame.empty", "frame.to_csv", "group.count", "group.size"),
    ]
)


def _finds_text(use: Use, column: Column) -> bool:
    """Tell whether one text is looked for as it stands, and no missing value asks for its own answer."""
    found = use.given()
    sure = column.found.nulls == 0 or (found is not None and found[1].get("na") is False)
    return sure and given.finds_text(use, column)


def _begins_with_text(use: Use, column: Column) -> bool:
    found = use.given()
    sure = column.found.nulls == 0 or (found is not None and found[1].get("na") is False)
    return sure and given.begins_with_text(use, column)


# what is an end when the call says no more than this
ENDS_WHEN: When = {
    **dict.fromkeys(("str.contains", "str.match", "str.fullmatch"), _finds_text),
    **dict.fromkeys(("str.startswith", "str.endswith"), _begins_with_text),
    **{f"frame.{name}": given.of_numbers for name in ("mean", "median", "std", "var", "min", "max", "sum", "corr")},
    "isin": given.only_text,
    "<": given.only_text,
    "frame.describe": given.describes_numbers,
    "frame.select_dtypes": given.chooses_numbers,
}
SAFE_WHEN: When = {
    "sort key": given.sorts_the_same,
    "fillna": given.only_text,
    **dict.fromkeys(("str.lower", "str.upper", "str.strip"), given.ascii_only),
}
_ENDS = ENDS | frozenset(ENDS_WHEN)
_OBJECT, _POINTER = getsizeof(""), 8  # bytes of a text object beside its characters, of a pointer or an offset


@rule
def advise(notebook: NotebookSource, evidence: Evidence) -> Iterator[Recommendation | HeldBack]:
    """Offer the `str` dtype for columns of text objects."""
    frames = known_frames(notebook, evidence, HARMLESS | {"usecols", "nrows", "dtype", "parse_dates", "date_format"})
    for known in frames:
        cell = known.cell.cell
        if not evidence.pandas_version.startswith("3"):
            yield HeldBack(RULE, cell.cell_id, cell.index, "needs pandas 3")
        elif any("infer_string" in one.cell.source for one in known.cells):
            yield HeldBack(RULE, cell.cell_id, cell.index, "the notebook tells pandas to keep text as objects")
        else:
            yield from advise_types(_types(known), [known], evidence)


def _types(known: KnownFrame) -> TypeRule:
    everything = says_for_all(known, (object, "object"))
    return TypeRule(
        rule=RULE,
        wanted=_without_dtype if everything else _wanted,
        objection=_objection(known),
        title="Keep text as text, not as Python objects: {}",
        why=_why,
        told=_all_dtypes if everything else _nothing,
    )


def _wanted(known: KnownFrame, column: ColumnEvidence) -> Column | None:
    if column.dtype != "object" or column.element != "str" or column.text is None or not known.rows:
        return None
    different = known.rows if column.cardinality is None else column.cardinality
    length = max(column.nbytes // known.rows - _OBJECT - _POINTER, 0)
    now = known.rows * _POINTER + different * (_OBJECT + length)
    then = known.rows * (_POINTER + length)
    numbers = frozenset(name for name in known.header if given.is_number(known.column(name)))
    return Column(column, column.nbytes - (now - then), dtype="str", numbers=numbers) if then < now else None


def _without_dtype(known: KnownFrame, column: ColumnEvidence) -> Column | None:
    found = _wanted(known, column)
    return None if found is None else replace(found, dtype="")


def _all_dtypes(known: KnownFrame, chosen: list[Column]) -> tuple[tuple[str, str], ...]:
    """Return the dict that says every column's dtype, where one word said it for all."""
    return for_each(known, {column.found.name: "str" for column in chosen}, "object")


def _nothing(known: KnownFrame, chosen: list[Column]) -> tuple[tuple[str, str], ...]:
    return ()


def _objection(known: KnownFrame) -> Objection:
    by_use = forbidden(SAFE | ENDS, _ENDS, {**ENDS_WHEN, **SAFE_WHEN})

    def objection(use: Usage, column: Column) -> str:
        if not known.at_read and column.found.nulls != 0:
            return "its missing values may be None, which the str dtype makes NaN"
        return by_use(use, column)

    return objection


def _why(known: KnownFrame, chosen: list[Column]) -> str:
    first = chosen[0].found
    saved = sum(column.found.nbytes - column.nbytes for column in chosen)
    return (
        f"{first.name} is text in Python objects of about {first.nbytes / max(known.rows, 1):.0f} bytes a row; as str "
        f"{'the columns save' if len(chosen) > 1 else 'it saves'} {saved / 2**20:,.0f} MiB."
    )
