"""A whole file is parsed at once, although the frame that comes out is smaller than what the parser needs.

## What it sees
A `name = pd.read_csv(...)` in the measured cell, whose peak is clearly above what the frame then takes, and a file of
which every column's type is known over all rows.

## Why it costs memory
Told no types, `read_csv` guesses block by block and joins what it guessed; and it keeps the file's own pages in memory
while several threads parse it. Read in pieces whose types are written out, only one piece stands beside the frame.
Columns of numbers are there twice while the pieces are put together. Texts are not copied, but the many small buffers
of their pieces leave holes that are not given back (1.6 times the texts, measured): where much of a frame is text,
there is no card.

## Before
```python
readings = pd.read_csv("readings.csv")
```

## After
```python
with pd.read_csv(
    "readings.csv",
    dtype={"sensor": "int64", "volts": "float64", "amperes": "float64"},
    chunksize=100_000,
) as chunks:
    readings = pd.concat(chunks)
```

## When results change
Never: types, values and row numbers are those of the read as it was. It takes longer (one thread parses; 1.4 to 4 times
in the measurements, on two cores). A later file with another type in a column raises. Columns of dates without a
format, of mixed types, and categories, which every piece would have of its own, hold the rule back.
"""

from __future__ import annotations

from collections.abc import Iterator

from memadvise.model import (
    Evidence,
    FrameChange,
    HeldBack,
    NotebookSource,
    Recommendation,
    ResultClass,
    Technique,
)
from memadvise.rewrite import columns
from memadvise.rewrite.read_call import HARMLESS
from memadvise.rules.common import KnownRead, NotWritableError, known_reads
from memadvise.rules.in_pieces import leaves_holes, piece_rows, put_together_peak, unpinned
from memadvise.rules.registry import rule
from memadvise.rules.retyped import named_twice

RULE = "whole-file-parse"
WORTH_SHARE = 0.1  # of what the cell takes: less is not worth a slower read
_HARMLESS = HARMLESS | {"usecols", "dtype", "parse_dates", "date_format", "nrows"}


@rule
def advise(notebook: NotebookSource, evidence: Evidence) -> Iterator[Recommendation | HeldBack]:
    """Offer typed pieces and one concat for each read that makes the measured cell's peak."""
    for known in known_reads(notebook, evidence, _HARMLESS):
        if known.cell.cell.cell_id == (evidence.measured_cell or notebook.measured):
            advice = _of_read(known, evidence)
            if advice is not None:
                yield advice


def _of_read(known: KnownRead, evidence: Evidence) -> Recommendation | HeldBack | None:
    cell = known.cell.cell
    reason = known.problem or _against(known, evidence)
    if reason:
        return HeldBack(RULE, cell.cell_id, cell.index, reason)
    found = [column for column in map(known.column, known.header) if column is not None]
    told = _told(known)
    change = FrameChange(
        cell_id=cell.cell_id,
        name=known.name,
        total_bytes=known.total_bytes,
        piece_rows=piece_rows(known, found),
        pinned=tuple((column.name, column.dtype) for column in found if column.name not in told),
    )
    peak = put_together_peak(known, change, evidence)
    took = evidence.measurement
    if known.rows <= change.piece_rows or took.peak_bytes - peak.likely_bytes < WORTH_SHARE * took.increment_bytes:
        return None
    if leaves_holes(known, change, evidence):
        reason = "so much of it is text that its pieces would leave more memory unused than they save later"
        return HeldBack(RULE, cell.cell_id, cell.index, reason)
    try:
        edit = known.edit(change)
    except NotWritableError as reason_:
        return HeldBack(RULE, cell.cell_id, cell.index, str(reason_))
    return Recommendation(
        rule=RULE,
        technique=Technique.COMPRESSION,
        title=f"Parse {known.name} in pieces of {change.piece_rows:,} rows, their types written out",
        why=(
            f"The cell takes {took.increment_bytes / 2**20:,.0f} MiB to read a frame of "
            f"{known.total_bytes / 2**20:,.0f} MiB: the parser holds the file beside it."
        ),
        result=ResultClass.IDENTICAL,
        predicted_peak=peak,
        edits=(edit,),
        change=change,
    )


def _against(known: KnownRead, evidence: Evidence) -> str:
    """Return why the read can't be cut into typed pieces; empty when it can."""
    if not evidence.pandas_version.startswith("3"):
        return "needs pandas 3: before it, text is told no type that is the same for all pieces"
    if not known.rows or any(known.column(name) is None for name in known.header):
        return f"the values of {known.name} were not looked at"
    given = _dtypes(known)
    if given is None:
        return "the read says one type for all columns"
    if "category" in given.values():
        return "pieces would have categories of their own"
    dates = known.read.keywords.get("parse_dates")
    if dates is not None and (columns.names(dates) is None or "date_format" not in known.read.keywords):
        return "dates without a format may be read otherwise in each piece"
    told, seen = _told(known), [column for column in map(known.column, known.header) if column is not None]
    for column in seen:
        if dates is not None and column.name in (columns.names(dates) or []) and column.dtype[:10] != "datetime64":
            return f"column {column.name!r} is said to hold dates, and does not"
    found = [column for column in seen if column.name not in told]
    twice = (named_twice(known, column.name) for column in found)
    return next((reason for reason in twice if reason), "") or unpinned(found)


def _told(known: KnownRead) -> set[str]:
    """Return the columns of which the read itself says the type."""
    dates = known.read.keywords.get("parse_dates")
    return {str(name) for name in _dtypes(known) or {}} | set((columns.names(dates) or []) if dates is not None else [])


def _dtypes(known: KnownRead) -> dict[object, object] | None:
    """Return the types that the read says by column; None where it says one for all."""
    given = (known.read.literal_keywords() or {}).get("dtype", {})
    return given if isinstance(given, dict) else None
