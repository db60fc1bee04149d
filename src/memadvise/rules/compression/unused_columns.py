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

from memadvise.model import Evidence, HeldBack, NotebookSource, Recommendation, ResultClass, Technique
from memadvise.rewrite import columns
from memadvise.rewrite.edits import edit
from memadvise.rewrite.read_call import HARMLESS, listed, with_keywords
from memadvise.rules.common import KnownRead, known_reads, smaller_frame
from memadvise.rules.registry import rule

RULE = "unused-columns"
_WORTH = 0.05  # of the frame's bytes: a card for less is noise


@rule
def advise(notebook: NotebookSource, evidence: Evidence) -> Iterator[Recommendation | HeldBack]:
    """Offer `usecols` for each read of which the notebook provably uses only some columns."""
    for known in known_reads(notebook, evidence, HARMLESS | {"dtype", "nrows", "parse_dates", "thousands", "decimal"}):
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
    kept_bytes, total_bytes = _bytes(known, used)
    if total_bytes - kept_bytes < _WORTH * total_bytes:
        return None
    peeks = tuple(dict.fromkeys(peek.cell_id for peek in use.peeks()))
    return Recommendation(
        rule=RULE,
        technique=Technique.COMPRESSION,
        title=f"Read only the {len(used)} of {len(known.file.header)} columns that are used",
        why=_why(known, unused, total_bytes - kept_bytes, peeks),
        result=ResultClass.DISPLAY if peeks else ResultClass.IDENTICAL,
        predicted_peak=smaller_frame(known, evidence, kept_bytes, total_bytes),
        edits=(edit(cell, [with_keywords(known.read, {"usecols": listed(used)})]),),
        fewer_columns=tuple((name, unused) for name in sorted(use.open_names)),
        peeks=peeks,
    )


def _bytes(known: KnownRead, used: list[str]) -> tuple[int, int]:
    """Return (kept, total) bytes of the file's columns: from the live frame, else in proportion to their number."""
    if known.frame is None:
        per_column = max(known.file.size_bytes // max(len(known.file.header), 1), 1)
        return per_column * len(used), per_column * len(known.file.header)
    sizes = {column.name: column.nbytes for column in known.frame.columns}
    return sum(sizes[name] for name in used), sum(sizes[name] for name in known.file.header)


def _why(known: KnownRead, unused: tuple[str, ...], saved: int, peeks: tuple[str, ...]) -> str:
    some = ", ".join(unused[:3]) + (f" and {len(unused) - 3} more" if len(unused) > 3 else "")
    shown = " A peek at the frame will show fewer columns." if peeks else ""
    return f"No cell uses {some} of {known.name}: {saved / 2**20:,.0f} MiB read and kept for nothing.{shown}"
