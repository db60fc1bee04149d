"""Columns are read that no cell of the notebook uses.

## What it sees
A `name = pd.read_csv(...)` whose frame is followed through the whole notebook, in every cell: selections, filters,
groups, sorts, aliases and peeks. Some columns of the file are named nowhere.

## Why it costs memory
`read_csv` parses and keeps every column. A column that nobody uses costs as much as one that is used: text columns
are the dearest, and the parser holds more than the frame at its peak.

## Before
```python
orders = pd.read_csv("orders.csv")
by_product = orders.groupby("product")["amount"].sum()
```

## After
```python
orders = pd.read_csv("orders.csv", usecols=["product", "amount"])
by_product = orders.groupby("product")["amount"].sum()
```

## When results change
Never, for what the notebook computes: as soon as one cell uses the frame whole (`describe`, `merge`, a model, a
function, a filtered frame that is kept as a result), the rule holds back and names the cell. A peek (`head`, `info`,
the bare name) shows fewer columns: class *display*. If a column later disappears from the file, the read raises.
"""

from __future__ import annotations

from collections.abc import Iterator

from memadvise.model import Evidence, FrameChange, HeldBack, NotebookSource, Recommendation, ResultClass, Technique
from memadvise.rewrite import columns
from memadvise.rewrite.read_call import HARMLESS
from memadvise.rules.common import KnownRead, NotWritableError, known_reads, smaller_frame
from memadvise.rules.registry import rule

RULE = "unused-columns"
_HARMLESS = HARMLESS | {"dtype", "nrows", "parse_dates", "date_format", "thousands", "decimal"}
_WORTH = 0.05  # of the frame's bytes: a card for less is noise


@rule
def advise(notebook: NotebookSource, evidence: Evidence) -> Iterator[Recommendation | HeldBack]:
    """Offer `usecols` for each read of which the notebook provably uses only some columns."""
    for known in known_reads(notebook, evidence, _HARMLESS, chained=True):
        advice = _of_read(known, evidence)
        if advice is not None:
            yield advice


def _of_read(known: KnownRead, evidence: Evidence) -> Recommendation | HeldBack | None:
    cell = known.read.cell.cell
    if known.problem:
        return HeldBack(RULE, cell.cell_id, cell.index, known.problem)
    dates = known.read.keywords.get("parse_dates")
    dated = columns.names(dates) if dates is not None else []
    if dated is None:
        return HeldBack(RULE, cell.cell_id, cell.index, "parse_dates is more than a list of names")
    use = known.usage()
    if whole := use.whole():
        first = whole[0]
        return HeldBack(
            RULE, first.cell_id, first.index, f"{known.name} is used whole in cell {first.index}: {first.what}"
        )
    named = use.columns() | set(dated)
    used = [name for name in known.file.header if name in named]
    unused = tuple(name for name in known.file.header if name not in named)
    if not used or not unused:
        return None
    sizes = _bytes(known)
    total_bytes = sum(sizes.values())
    saved = tuple((name, sizes[name]) for name in unused)
    change = FrameChange(cell.cell_id, known.name, usecols=tuple(used), saved=saved, total_bytes=total_bytes)
    if change.saved_bytes < _WORTH * total_bytes:
        return None
    try:
        edit = known.edit(change)
    except NotWritableError as reason:
        return HeldBack(RULE, cell.cell_id, cell.index, str(reason))
    renamed = tuple(label for name, label in use.labels if name in unused and label not in unused)
    peeks = tuple(dict.fromkeys(peek.cell_id for peek in use.peeks()))
    return Recommendation(
        rule=RULE,
        technique=Technique.COMPRESSION,
        title=f"Read only the {len(used)} of {len(known.file.header)} columns that are used",
        why=_why(known, unused, change.saved_bytes, peeks),
        result=ResultClass.DISPLAY if peeks else ResultClass.IDENTICAL,
        predicted_peak=smaller_frame(evidence, cell.cell_id, total_bytes - change.saved_bytes, total_bytes),
        edits=(edit,),
        fewer_columns=tuple((name, (*unused, *renamed)) for name in sorted(use.open_names)),
        peeks=peeks,
        change=change,
    )


def _bytes(known: KnownRead) -> dict[str, int]:
    """Return the bytes of each column of the file: as seen, else the same for each of them."""
    found = {name: known.column(name) or (known.frame.column(name) if known.frame else None) for name in known.header}
    if all(column is not None for column in found.values()):
        return {name: column.nbytes for name, column in found.items() if column is not None}
    return dict.fromkeys(known.header, max(known.file.size_bytes // max(len(known.header), 1), 1))


def _why(known: KnownRead, unused: tuple[str, ...], saved: int, peeks: tuple[str, ...]) -> str:
    some = ", ".join(unused[:3]) + (f" and {len(unused) - 3} more" if len(unused) > 3 else "")
    shown = " A peek at the frame will show fewer columns." if peeks else ""
    return f"No cell uses {some} of {known.name}: {saved / 2**20:,.0f} MiB read and kept for nothing.{shown}"
