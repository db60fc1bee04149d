"""A column holds the text of dates, all in one format, and the notebook only uses it as dates.

## What it sees
A text column whose values all have one date format (looked at over all rows), which the notebook turns into dates with
`pd.to_datetime`, or compares with full ISO dates; nothing else is done with the text.

## Why it costs memory
A date as text takes its 10 to 26 characters and an 8-byte offset in every row, as a date it takes 8 bytes. The
conversion in a later cell holds text and dates at once, and Python objects of every text on the way.

## Before
```python
rides = pd.read_csv("rides.csv")
rides["started"] = pd.to_datetime(rides["started"])
```

## After
```python
rides = pd.read_csv("rides.csv", parse_dates=["started"], date_format={"started": "%Y-%m-%d %H:%M:%S"})
assert rides["started"].dtype.kind == "M"  # a date in another format would have stayed text
rides["started"] = pd.to_datetime(rides["started"])
```

## When results change
The dates are the same to the bit (only a conversion of no value at all has another unit). Frames that hold the column
between the read and the conversion hold dates instead of text, which the card announces; a peek shows `NaT` where it
showed `NaN`: class *same-values* (*display* with a peek). Dates that the conversion reads in another way (day first or
month first, `errors="coerce"` without a format), text methods, groups by the text, results that keep the text, and
comparisons with anything but full ISO dates hold the rule back. Parsing needs the texts as Python objects for a
moment: the read's own peak does not fall, the cells after it start lower; so there is no card where the measured cell
only reads.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime

from memadvise.model import ColumnEvidence, Evidence, HeldBack, NotebookSource, Recommendation
from memadvise.rewrite.follow.values import Usage, Use
from memadvise.rewrite.read_call import HARMLESS
from memadvise.rules import given
from memadvise.rules.common import KnownFrame, known_frames
from memadvise.rules.registry import rule
from memadvise.rules.retyped import Column, Objection, TypeRule, When, advise_types, forbidden

RULE = "text-dates"
# what leaves the column as it is, or gives identical results for text of dates and for dates (see the test)
SAFE = frozenset(
    [
        *("read", "filter", "count", "isna", "isnull", "notna", "notnull", "dropna", "peek", "frame.columns", "drop"),
        *("stored", "copy", "head", "tail", "frame.dropna"),
    ]
)
ENDS = frozenset(
    [
        *("condition", "count", "frame.isna", "frame.isnull", "frame.notna", "frame.notnull", "frame.count"),
        *("frame.shape", "frame.size", "frame.empty"),
    ]
)
_BYTES = 8  # of a date


def _same_dates(use: Use, column: Column) -> bool:
    """Tell whether `pd.to_datetime` reads the texts as the one format does: it says so, or it can only guess that."""
    found, form = use.given(), column.date_format
    if found is None or found[0] or not set(found[1]) <= {"format", "errors", "dayfirst"}:
        return False
    options = found[1]
    if "format" in options and options["format"] is not None:
        return options["format"] == form and "dayfirst" not in options
    if options.get("dayfirst", False) is not False or options.get("errors", "raise") != "raise":
        return False
    return form.startswith(("%Y-%m-%d", "%Y/%m/%d", "%m/%d/%Y"))


def _of_iso_dates(use: Use, column: Column) -> bool:
    """Tell whether texts are compared with full dates of their own ISO format, which order as their texts do."""
    values = use.values or ()
    return _full_width(column) and bool(values) and all(_is_date(value, column.date_format) for value in values)


_WIDTHS = {"%Y-%m-%d": 10, "%Y-%m-%d %H:%M:%S": 19}
_PLAIN = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}( [0-9]{2}:[0-9]{2}:[0-9]{2})?")


def _is_date(value: object, form: str) -> bool:
    if not isinstance(value, str) or _PLAIN.fullmatch(value) is None or len(value) != _WIDTHS[form]:
        return False
    try:
        datetime.strptime(value, form)
    except ValueError:
        return False
    return True


def _distinct_alike(use: Use, column: Column) -> bool:
    """Tell whether what is told apart by its text is told apart as dates; not counted with missing ones."""
    return _full_width(column) and not use.options


def _full_width(column: Column) -> bool:
    """Tell whether all texts have the full width of their ISO format: they differ and order as their dates do."""
    return column.found.text is not None and column.found.text.width == _WIDTHS.get(column.date_format, -1)


def _sorts_alike(use: Use, column: Column) -> bool:
    return _distinct_alike(Use(use.columns, "", use.index, use.cell_id, ""), column) and given.sorts_the_same(
        use, column
    )


def _to_dates(use: Use, column: Column) -> bool:
    found = use.given()
    return found == (("datetime64[ns]",), {}) and column.date_format.startswith("%Y-%m-%d")


# what is an end when the call says no more than this
ENDS_WHEN: When = {
    "pd.to_datetime": _same_dates,
    "astype": _to_dates,
    "==": _of_iso_dates,
    "<": _of_iso_dates,
    "nunique": _distinct_alike,
    "duplicated": _distinct_alike,
    "frame.nunique": _distinct_alike,
    "frame.duplicated": _distinct_alike,
    "frame.select_dtypes": given.chooses_numbers,
    **{f"frame.{name}": given.of_numbers for name in ("mean", "median", "std", "var", "min", "max", "sum", "corr")},
}
SAFE_WHEN: When = {"drop_duplicates": _distinct_alike, "sort key": _sorts_alike}
_AS_DATES = frozenset({"pd.to_datetime", "astype", "==", "<"})
_ENDS = ENDS | frozenset(ENDS_WHEN)


@rule
def advise(notebook: NotebookSource, evidence: Evidence) -> Iterator[Recommendation | HeldBack]:
    """Offer to read text that is only used as dates as dates."""
    frames = known_frames(notebook, evidence, HARMLESS | {"usecols", "nrows", "dtype", "parse_dates", "date_format"})
    for known in frames:
        only_read = known.at_read and known.cell.cell.cell_id == notebook.measured
        if evidence.pandas_version.startswith("3"):
            yield from advise_types(_types(only_read, known.cell.cell.cell_id), [known], evidence)
        else:
            yield HeldBack(RULE, known.cell.cell.cell_id, known.cell.cell.index, "needs pandas 3")


def _types(only_read: bool, cell_id: str) -> TypeRule:
    return TypeRule(
        rule=RULE,
        wanted=_wanted,
        objection=_objection(cell_id if only_read else ""),
        title="Read dates as dates: {}",
        why=_why,
        always_shown=True,
        other_values=True,
        lowers_read=False,
    )


def _wanted(known: KnownFrame, column: ColumnEvidence) -> Column | None:
    if column.dtype != "str" or column.text is None or not column.text.date_format:
        return None
    if column.nbytes <= known.rows * _BYTES or column.text.date_format.endswith(("%z", "Z")):
        return None  # with a zone the two ways of parsing differ
    return Column(column, known.rows * _BYTES, date_format=column.text.date_format)


def _objection(read_cell: str) -> Objection:
    """Return the objection; ``read_cell`` is the measured cell where that is the one that reads, else empty."""
    by_use = forbidden(SAFE | ENDS, _ENDS, {**ENDS_WHEN, **SAFE_WHEN})

    def objection(use: Usage, column: Column) -> str:
        as_dates = [one for one in use.of_column(column.found.name) if one.operation in _AS_DATES]
        if not as_dates:
            return "the notebook does not use its text as dates"
        if reason := by_use(use, column):
            return reason
        if read_cell and not any(one.cell_id == read_cell and one.operation == "pd.to_datetime" for one in as_dates):
            return "reading it as dates lowers what later cells start with, not the peak of the read"
        return ""

    return objection


def _why(known: KnownFrame, chosen: list[Column]) -> str:
    first = chosen[0]
    each = first.found.nbytes / max(known.rows, 1)
    saved = sum(column.found.nbytes - column.nbytes for column in chosen)
    return (
        f"{first.found.name} is text like {first.date_format} of {each:.0f} bytes a row, used as dates only; a date "
        f"takes 8; {'together the columns save' if len(chosen) > 1 else 'that saves'} {saved / 2**20:,.0f} MiB."
    )
