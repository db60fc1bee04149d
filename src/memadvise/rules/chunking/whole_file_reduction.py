"""A file is read whole, and only a reduction or a filter of it is used.

## What it sees
A `name = pd.read_csv(...)` whose frame is used in one place of the notebook only, in the same or a later cell: grouped
and reduced (`sum`, `count`, `size`, `mean`, `min`, `max`), one column reduced, or its rows filtered one at a time.

## Why it costs memory
The whole file is in memory for the sake of a small result. Read in pieces, each piece is reduced and forgotten: the
peak is one piece and the partial results, whatever the size of the file.

## Before
```python
orders = pd.read_csv("orders.csv")
by_product = orders[orders["country"] == "IT"].groupby("product")["amount"].sum()
```

## After
```python
with pd.read_csv("orders.csv", usecols=["country", "product", "amount"],
                 dtype={"country": "str", "product": "str", "amount": "float64"}, chunksize=200_000) as chunks:
    orders_parts = pd.concat(
        chunk[chunk["country"] == "IT"].groupby("product")["amount"].sum() for chunk in chunks
    )
by_product = orders_parts.groupby(level=0).sum()
```

## When results change
Counts, minima, maxima, whole-number sums and filtered rows are identical, labels and order included. Sums and means of
floats are added up in another order: class *rounding* (relative difference of 1e-9 at most). The types of all rows are
pinned, so a later file that does not fit raises instead of being read differently piece by piece. The frame itself no
longer exists.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator

from memadvise.model import (
    ColumnEvidence,
    Costs,
    Evidence,
    HeldBack,
    NotebookSource,
    PredictedPeak,
    Recommendation,
    ResultClass,
    Technique,
)
from memadvise.rewrite import pipeline
from memadvise.rewrite.constants import Constants
from memadvise.rewrite.names import blind_spots, occurrences, times_bound, within
from memadvise.rewrite.parse import ParsedCell
from memadvise.rewrite.peeks import Peek, find_peeks
from memadvise.rewrite.piecewise import Piecewise, edits
from memadvise.rewrite.pipeline import Pipeline
from memadvise.rewrite.read_call import HARMLESS
from memadvise.rules.common import HoldBackError, KnownRead, evidence_cell, known_reads
from memadvise.rules.in_pieces import largest, piece_rows, row_bytes, unpinned
from memadvise.rules.registry import rule

RULE = "whole-file-reduction"
_KEYS = frozenset({"int64", "str"})
_NUMBERS = frozenset({"int64", "float64"})
_NOT_ONCE = (ast.Lambda, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp, ast.IfExp, ast.BoolOp, ast.Await)
_GROUPING_BYTES = 10 * 2**20  # the first groupby and concat of a kernel (measured, pandas 3.1)


@rule
def advise(notebook: NotebookSource, evidence: Evidence) -> Iterator[Recommendation | HeldBack]:
    """Offer a typed chunk loop for each file that is read whole for one reduction or filter."""
    for known in known_reads(notebook, evidence, HARMLESS):
        cell = known.read.cell.cell
        try:
            found = _only_use(known)
            if found is None:
                continue
            yield _recommend(known, evidence, *found)
        except HoldBackError as reason:
            yield HeldBack(RULE, cell.cell_id, cell.index, str(reason))


Use = tuple[ParsedCell, ast.stmt, Pipeline, tuple[Peek, ...]]


def _only_use(known: KnownRead) -> Use | None:
    """Return the one place where the frame is used, and the peeks beside it; None when the waste is not there at all.

    Raises:
        HoldBackError: it may be there, but something is in the way.
    """
    places = [place for place in occurrences(known.cells, known.name) if place.statement is not known.read.statement]
    found = [(place, pipeline.find(place.statement, known.name)) for place in places]
    first = next(((place, pipe) for place, pipe in found if pipe is not None), None)
    if first is None:
        return None
    place, pipe = first
    assert pipe is not None
    if times_bound(known.cells, known.name) != 1:
        raise HoldBackError(f"{known.name} is bound elsewhere too")
    peeks = find_peeks(places)
    inside = {id(node) for node in ast.walk(pipe.node)} | {id(peek.place.node) for peek in peeks}
    for other in places:
        if id(other.node) not in inside:
            index = other.cell.cell.index
            raise HoldBackError(f"{known.name} is used elsewhere too, in cell {index}, line {other.node.lineno}")
    for _, reason in blind_spots(known.cells, known.name):
        raise HoldBackError(reason)
    _check_place(known, place.cell, place.statement, pipe)
    _check_peeks(known, peeks)
    return place.cell, place.statement, pipe, peeks


def _check_peeks(known: KnownRead, peeks: tuple[Peek, ...]) -> None:
    begin = (known.read.cell.cell.index, known.read.statement.lineno)
    for peek in peeks:
        if (peek.place.cell.cell.index, peek.place.statement.lineno) < begin:
            raise HoldBackError(f"a peek in cell {peek.place.cell.cell.index} stands above the read")
        if within(peek.place.statement, peek.node, (ast.JoinedStr,)):
            raise HoldBackError(f"a peek in cell {peek.place.cell.cell.index} is inside an f-string")
    if peeks and known.frame is not None:
        _check_pinned(column for column in known.frame.columns if column.name in known.file.header)


def _check_place(known: KnownRead, cell: ParsedCell, statement: ast.stmt, pipe: Pipeline) -> None:
    where = f"cell {cell.cell.index}, line {statement.lineno}"
    if known.problem:
        raise HoldBackError(known.problem)
    if not isinstance(known.read.call.func, ast.Attribute):
        raise HoldBackError("read_csv is imported by its own name, and pandas itself has none here")
    if not isinstance(statement, ast.Assign | ast.AnnAssign | ast.Expr) or statement not in cell.body:
        raise HoldBackError(f"the use in {where} is inside a {type(statement).__name__.lower()}, which may run often")
    if within(statement, pipe.node, (ast.JoinedStr,)):
        raise HoldBackError(f"the use in {where} is inside an f-string")
    if within(statement, pipe.node, _NOT_ONCE):
        raise HoldBackError(f"the use in {where} may run several times or not at all")
    if not (cell.stands_alone(statement) and known.read.cell.stands_alone(known.read.statement)):
        raise HoldBackError(f"another statement shares a line with the read or the use in {where}")
    if (cell.cell.index, statement.lineno) < (known.read.cell.cell.index, known.read.statement.lineno):
        raise HoldBackError(f"the use in {where} stands above the read")


def _recommend(
    known: KnownRead,
    evidence: Evidence,
    cell: ParsedCell,
    statement: ast.stmt,
    pipe: Pipeline,
    peeks: tuple[Peek, ...],
) -> Recommendation:
    columns = _columns(known, pipe)
    assert known.frame is not None
    _check_types(pipe, {column.name: column for column in columns}, known.frame.rows)
    _check_values(known, evidence, pipe)
    rows = piece_rows(known, columns)
    dtypes = {column.name: column.dtype for column in known.frame.columns}
    plan = Piecewise(
        cells=known.cells,
        read=known.read,
        cell=cell,
        statement=statement,
        pipe=pipe,
        dtypes={name: dtypes[name] for name in known.file.header},
        columns=tuple(column.name for column in columns),
        rows=rows,
        peeks=peeks,
    )
    result = _result_class(pipe, {column.name: column.dtype for column in columns})
    return Recommendation(
        rule=RULE,
        technique=Technique.CHUNKING,
        title=f"Read {known.name} in pieces of {rows:,} rows and keep only what comes out",
        why=(
            f"{known.name} is used only to {_what(pipe)}: {known.frame.nbytes / 2**20:,.0f} MiB are held "
            f"for it, where one piece of the file at a time is enough."
        ),
        result=result,
        predicted_peak=_predict(known, evidence, statement, pipe, columns, rows),
        costs=Costs(),
        edits=edits(plan),
        gone=(known.name,),
    )


def _columns(known: KnownRead, pipe: Pipeline) -> list[ColumnEvidence]:
    """Return the evidence of the columns to read, in file order."""
    if known.frame is None:
        raise HoldBackError(f"{known.name} is not alive any more: the types of its columns were not seen")
    if not known.frame.range_index and not pipe.reducer:
        raise HoldBackError("the frame's row labels are not its row numbers")
    needed = pipe.columns
    if needed is not None and not needed <= set(known.file.header):
        missing = ", ".join(sorted(needed - set(known.file.header)))
        raise HoldBackError(f"{missing} is no column of the file")
    found = [known.frame.column(name) for name in known.file.header if needed is None or name in needed]
    return [column for column in found if column is not None]


def _check_pinned(columns: Iterable[ColumnEvidence]) -> None:
    if reason := unpinned(columns):
        raise HoldBackError(reason)


def _check_values(known: KnownRead, evidence: Evidence, pipe: Pipeline) -> None:
    """Hold back when a filter tests with something that may differ from piece to piece (an array, a generator)."""
    constants = Constants(known.cells, evidence.scalars)
    for condition in pipe.filters:
        if unknown := constants.unknown(condition, known.name):
            raise HoldBackError(f"the filter tests with {unknown[:40]}, which may be more than one fixed value")


def _check_types(pipe: Pipeline, columns: dict[str, ColumnEvidence], rows: int) -> None:
    _check_pinned(columns.values())
    for key in pipe.keys:
        if columns[key].dtype not in _KEYS:
            raise HoldBackError(
                f"the group key {key!r} is {columns[key].dtype}; only text and whole numbers are proven"
            )
    if set(pipe.keys) & set(pipe.selected or ()):
        raise HoldBackError("a group key is reduced as well")
    if pipe.reducer in {"sum", "mean", "min", "max"}:
        for name in pipe.selected or ():
            if columns[name].dtype not in _NUMBERS:
                raise HoldBackError(f"{pipe.reducer} of the {columns[name].dtype} column {name!r} is not proven")
            if pipe.reducer == "mean" and columns[name].dtype == "int64" and not _sum_fits(columns[name], rows):
                raise HoldBackError(f"the sum of {name!r}, of which the mean is made, may not fit 64 bits")
            if pipe.reducer in {"min", "max"} and columns[name].negative_zero:
                raise HoldBackError(f"column {name!r} holds -0.0 beside 0.0, and either may come out as {pipe.reducer}")
    if pipe.reducer == "mean" and not pipe.one_column:
        raise HoldBackError("means of several columns at once are not proven")
    if pipe.reducer in {"min", "max"} and not pipe.keys and pipe.filters:
        raise HoldBackError("a piece without a row that fits has no minimum or maximum")


def _sum_fits(column: ColumnEvidence, rows: int) -> bool:
    return column.maximum is not None and largest(column) * rows < 2**63


def _result_class(pipe: Pipeline, dtypes: dict[str, str]) -> ResultClass:
    reduced = [dtypes[name] for name in pipe.selected or ()]
    inexact = pipe.reducer == "mean" or (pipe.reducer == "sum" and "float64" in reduced)
    return ResultClass.ROUNDING if inexact else ResultClass.IDENTICAL


def _what(pipe: Pipeline) -> str:
    if not pipe.reducer:
        return "choose some of its rows"
    of = f" of {', '.join(pipe.selected)}" if pipe.selected else ""
    groups = f" per {', '.join(pipe.keys)}" if pipe.keys else ""
    return f"compute the {pipe.reducer}{of}{groups}"


def _predict(
    known: KnownRead,
    evidence: Evidence,
    statement: ast.stmt,
    pipe: Pipeline,
    columns: list[ColumnEvidence],
    rows: int,
) -> PredictedPeak:
    """One piece, the parser, and what comes out (twice for rows, while they are put together)."""
    assert known.frame is not None
    share = sum(column.nbytes for column in columns) / max(known.frame.rows, 1)
    piece = int(row_bytes(known, columns) * min(rows, known.frame.rows))
    low = high = 0
    if not pipe.reducer:
        low, high = _selected_bytes(known, evidence, statement, int(share * known.frame.rows))
    took = evidence.measurement
    start = took.start_bytes
    if known.read.cell.cell.cell_id != evidence_cell(known, evidence):
        start = max(start - known.frame.nbytes, 0)
    likely = start + _GROUPING_BYTES + piece + (low + high)
    return PredictedPeak(
        start + piece // 2 + low, likely, max(start + 3 * _GROUPING_BYTES + 2 * (piece + high), likely)
    )


def _selected_bytes(known: KnownRead, evidence: Evidence, statement: ast.stmt, total: int) -> tuple[int, int]:
    """Bytes of the chosen rows: known when the result is alive, else anything up to all of them."""
    assert known.frame is not None
    if isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Name):
        result = evidence.frame(statement.targets[0].id)
        if result is not None:
            if result.rows > known.frame.rows // 2:
                raise HoldBackError("most rows pass the filter: reading in pieces would save little")
            return result.nbytes, result.nbytes
    return 0, total
