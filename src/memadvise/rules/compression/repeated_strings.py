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

from memadvise.model import ColumnEvidence, Evidence, HeldBack, NotebookSource, Recommendation, ResultClass, Technique
from memadvise.rewrite.edits import edit
from memadvise.rewrite.read_call import HARMLESS, mapped, with_keywords
from memadvise.rewrite.values import Operation, Usage
from memadvise.rules.common import KnownRead, known_reads, smaller_frame
from memadvise.rules.registry import rule

RULE = "repeated-strings"
_SAFE = frozenset(
    {Operation.COMPARE, Operation.MEMBER, Operation.GROUP_KEY, Operation.COUNT, Operation.ROWS, Operation.PEEK}
)
_SHOW_TYPES = frozenset({".info()", ".dtypes"})  # peeks that print `category` instead of `str`
_REPEATS = 10  # rows per distinct value from which a dictionary surely pays
_WORTH = 0.05  # of the frame's bytes


@rule
def advise(notebook: NotebookSource, evidence: Evidence) -> Iterator[Recommendation | HeldBack]:
    """Offer `dtype="category"` at the read for text columns that the notebook only tells apart."""
    for known in known_reads(notebook, evidence, HARMLESS | {"usecols", "nrows"}):
        cell = known.read.cell.cell
        if known.problem:
            yield HeldBack(RULE, cell.cell_id, cell.index, known.problem)
        elif known.frame is None:
            yield HeldBack(
                RULE, cell.cell_id, cell.index, f"{known.name} is not alive any more: its columns were not seen"
            )
        elif not evidence.pandas_version.startswith("3"):
            yield HeldBack(
                RULE, cell.cell_id, cell.index, "needs pandas 3: before it, groups of categories keep empty groups"
            )
        else:
            yield from _of_read(known, evidence)


def _of_read(known: KnownRead, evidence: Evidence) -> Iterator[Recommendation | HeldBack]:
    assert known.frame is not None
    cell, use = known.read.cell.cell, known.usage()
    chosen: list[ColumnEvidence] = []
    for column in _repetitive(known):
        if reason := _unsafe(use, column.name):
            yield HeldBack(RULE, cell.cell_id, cell.index, f"column {column.name!r}: {reason}")
        else:
            chosen.append(column)
    total = sum(column.nbytes for column in known.frame.columns)
    saved = sum(column.nbytes - _as_category(column, known.frame.rows) for column in chosen)
    if not chosen or saved < _WORTH * total:
        return
    names = [column.name for column in chosen]
    peeks = tuple(dict.fromkeys(peek.cell_id for peek in use.peeks() if peek.what in _SHOW_TYPES))
    yield Recommendation(
        rule=RULE,
        technique=Technique.COMPRESSION,
        title=f"Keep each distinct text once: {', '.join(names[:3])}{' …' if len(names) > 3 else ''} as category",
        why=_why(known, chosen, saved),
        result=ResultClass.DISPLAY if peeks else ResultClass.SAME_VALUES,
        predicted_peak=smaller_frame(known, evidence, total - saved, total),
        edits=(edit(cell, [with_keywords(known.read, {"dtype": mapped(dict.fromkeys(names, "category"))})]),),
        peeks=peeks,
    )


def _repetitive(known: KnownRead) -> Iterator[ColumnEvidence]:
    assert known.frame is not None
    for name in known.file.header:
        column = known.frame.column(name)
        if column is None or column.dtype != "str" or not column.cardinality:
            continue
        if column.cardinality * _REPEATS <= known.frame.rows:
            yield column


def _unsafe(use: Usage, name: str) -> str:
    for one in use.of_column(name):
        if one.operation not in _SAFE:
            return f"{one.operation.value} in cell {one.index} ({one.what})"
    return ""


def _as_category(column: ColumnEvidence, rows: int) -> int:
    """Bytes as a category: a code per row (1, 2 or 4 bytes) and each distinct text once."""
    distinct = column.cardinality or 0
    code = 1 if distinct < 128 else 2 if distinct < 32768 else 4
    return rows * code + distinct * (column.nbytes // max(rows, 1) + 16)


def _why(known: KnownRead, chosen: list[ColumnEvidence], saved: int) -> str:
    first = chosen[0]
    assert known.frame is not None
    about = "" if first.exact else "about "
    return (
        f"{first.name} has {about}{first.cardinality:,} distinct values in {known.frame.rows:,} rows; as categories "
        f"the {'columns save' if len(chosen) > 1 else 'column saves'} {saved / 2**20:,.0f} MiB."
    )
