"""A file is read whole to look up a few of its rows, again and again.

## What it sees
A `name = pd.read_csv(...)` whose frame the notebook uses only for selections by equality or range of one or two
columns (`orders[orders["order_id"] == key]`), in several places, in a loop, or in a function.

## Why it costs memory
The whole file is parsed and held so that each lookup can compare every row. An index is built once, in small pieces;
after that a lookup reads the pages that hold its rows, like the index at the back of a book.

## Before
```python
orders = pd.read_csv("orders.csv")
first = orders[orders["order_id"] == 17]
second = orders[orders["order_id"] == 99]
```

## After
```python
def build_orders_index(file, **options):
    ...  # copies the file into an SQLite table with an index, once for each version of the file
def orders_rows(where, *values):
    ...  # SELECT from that table
orders_index = build_orders_index(Path("orders.csv"))
first = orders_rows('"order_id" = ?', 17)[lambda orders: orders["order_id"] == 17]
second = orders_rows('"order_id" = ?', 99)[lambda orders: orders["order_id"] == 99]
```

## When results change
Never: rows, order, row labels and dtypes are those of the frame; the person's own condition is applied once more to the
rows that the index finds. The index is a file in the folder `memadvise_cache`, named after the place, size, times and
content of the source and the arguments of its read, so that a changed file gets a new one; it is written beside and
renamed when complete, where the read stood. Columns are pinned to the names and types that they have: a later file that
does not fit raises while the index is built, and so does a key that is neither number nor text. Files with -0.0, dates,
mixed types or labels that differ only in case are left alone, because SQLite would not give them back as they were.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from memadvise.model import (
    ColumnEvidence,
    Costs,
    Edit,
    Evidence,
    FrameEvidence,
    HeldBack,
    NotebookSource,
    PredictedPeak,
    Recommendation,
    ResultClass,
    Technique,
)
from memadvise.rewrite.around import position
from memadvise.rewrite.edits import Span, edits_of
from memadvise.rewrite.lookups import Lookup, lookup_at
from memadvise.rewrite.names import Occurrence, all_names, blind_spots, fresh_name, occurrences, times_bound, within
from memadvise.rewrite.peeks import find_peeks, first_rows
from memadvise.rewrite.read_call import HARMLESS
from memadvise.rewrite.reads import only_imported
from memadvise.rewrite.sqlite_index import IndexPlan, definitions, quoted_sql, sql_name
from memadvise.rules.common import HoldBackError, KnownRead, evidence_cell, known_reads
from memadvise.rules.registry import rule

RULE = "repeated-lookup"
_KEYS = frozenset({"int64", "float64", "str"})
_STORED = _KEYS | {"bool"}
_MOST_COLUMNS = 500  # SQLite takes 2,000; a row that wide is no lookup's row
_REPEATING = (ast.For, ast.While, ast.AsyncFor, ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ListComp,
              ast.SetComp, ast.DictComp, ast.GeneratorExp)  # fmt: skip
_IMPORTED = (
    ("hashlib", "hashlib", ""),
    ("os", "os", ""),
    ("shutil", "shutil", ""),
    ("sqlite3", "sqlite3", ""),
    ("uuid", "uuid", ""),
    ("closing", "contextlib", "closing"),
    ("Path", "pathlib", "Path"),
)  # what the written code imports
_LOOKUP_BYTES = 12 * 2**20  # a lookup's own need, measured: page cache, cursor, a small frame, first use of sqlite3
_BUILD_BYTES_PER_SECOND = 12 * 2**20  # of CSV, measured with 7 columns


Place = tuple[Occurrence, Lookup]


@rule
def advise(notebook: NotebookSource, evidence: Evidence) -> Iterator[Recommendation | HeldBack]:
    """Offer an index for each file of which only single rows or ranges are looked up."""
    for known in known_reads(notebook, evidence, HARMLESS):
        cell = known.read.cell.cell
        try:
            places = _places(known)
            if places:
                yield _recommend(known, evidence, places)
        except HoldBackError as reason:
            yield HeldBack(RULE, cell.cell_id, cell.index, str(reason))


def _places(known: KnownRead) -> list[Place]:
    """Return the lookups, when there are several or one that repeats; empty when the waste is not there.

    Raises:
        HoldBackError: it is there, but something is in the way.
    """
    uses = [place for place in occurrences(known.cells, known.name) if place.statement is not known.read.statement]
    found: list[Place] = []
    covered: set[int] = set()
    for place in _statements(uses):
        for node in ast.walk(place.statement):
            if (lookup := lookup_at(node, known.name)) is not None:
                found.append((place, lookup))
                covered |= {id(inner) for inner in ast.walk(lookup.node)}
    if not found or (
        len(found) < 2 and not any(within(place.statement, lookup.node, _REPEATING) for place, lookup in found)
    ):
        return []
    peeks = find_peeks(uses)
    covered |= {id(peek.place.node) for peek in peeks}
    for other in uses:
        if id(other.node) not in covered:
            index = other.cell.cell.index
            raise HoldBackError(f"{known.name} is used elsewhere too, in cell {index}, line {other.node.lineno}")
        if _above(other, known):
            raise HoldBackError(f"{known.name} is used above its read")
        if within(other.statement, other.node, (ast.ClassDef,)):
            raise HoldBackError(f"{known.name} is looked up inside a class body")
        if within(other.statement, other.node, (ast.JoinedStr,)):
            raise HoldBackError(f"{known.name} is looked up inside an f-string")
    for _, reason in blind_spots(known.cells, known.name):
        raise HoldBackError(reason)
    _check(known, found)
    return found


def _statements(uses: list[Occurrence]) -> list[Occurrence]:
    return list({id(use.statement): use for use in uses}.values())


def _check(known: KnownRead, places: list[Place]) -> None:
    if known.problem:
        raise HoldBackError(known.problem)
    if not isinstance(known.read.call.func, ast.Attribute):
        raise HoldBackError("read_csv is imported by its own name, and pandas itself has none here")
    if not known.read.cell.stands_alone(known.read.statement):
        raise HoldBackError("another statement shares a line with the read")
    if times_bound(known.cells, known.name) != 1:
        raise HoldBackError(f"{known.name} is bound elsewhere too")
    for name, module, attribute in _IMPORTED:
        if not only_imported(known.cells, name, module, attribute):
            raise HoldBackError(f"the notebook uses the name {name} for something of its own")
    if known.frame is None:
        raise HoldBackError(f"{known.name} is not alive any more: the types of its columns were not seen")
    for place, _ in places:
        if _above(place, known):
            raise HoldBackError(f"a lookup in cell {place.cell.cell.index} stands above the read")
    _check_columns(known.frame, known.file.header, {name for _, lookup in places for name in lookup.key})


def _above(place: Occurrence, known: KnownRead) -> bool:
    return position(place.cell, place.statement) < position(known.read.cell, known.read.statement)


def _check_columns(frame: FrameEvidence, header: tuple[str, ...], keys: set[str]) -> None:
    if not frame.range_index:
        raise HoldBackError("the frame's row labels are not its row numbers")
    if not keys <= set(header):
        raise HoldBackError("a lookup tests something that is no column of the file")
    if len(header) > _MOST_COLUMNS or any(not name.strip() or "\0" in name for name in header):
        raise HoldBackError("the column names do not fit an SQLite table")
    if len({name.casefold() for name in header}) < len(header):
        raise HoldBackError("two columns differ only in case, which SQLite does not tell apart")
    if {column.name for column in frame.columns} != set(header):
        raise HoldBackError("the frame has columns that the file has not")
    for column in frame.columns:
        _check_column(column, column.name in keys)


def _check_column(column: ColumnEvidence, key: bool) -> None:
    if column.dtype not in (_KEYS if key else _STORED):
        raise HoldBackError(f"column {column.name!r} is {column.dtype}, which SQLite would not give back as it was")
    if column.dtype == "float64" and column.negative_zero is not False:
        raise HoldBackError(f"column {column.name!r} may hold -0.0, which SQLite stores as 0.0")
    bounds = [abs(bound) for bound in (column.minimum, column.maximum) if bound is not None]
    if column.dtype == "float64" and any(bound >= 2**53 for bound in bounds):
        raise HoldBackError(f"column {column.name!r} holds floats beyond 2**53, which pieces may round otherwise")


def _recommend(known: KnownRead, evidence: Evidence, places: list[Place]) -> Recommendation:
    assert known.frame is not None
    keys = tuple(dict.fromkeys(lookup.key for _, lookup in places))
    size = known.file.size_bytes
    return Recommendation(
        rule=RULE,
        technique=Technique.INDEXING,
        title=f"Look rows up through an index on {' and '.join(', '.join(key) for key in keys)}",
        why=(
            f"{known.name} is read whole ({known.frame.nbytes / 2**20:,.0f} MiB) only to look rows up in "
            f"{len(places)} place{'s' if len(places) > 1 else ''}; an index is built once and finds them without "
            "reading the file."
        ),
        result=ResultClass.IDENTICAL,
        predicted_peak=_predict(known, evidence),
        costs=Costs(wall_s=round(size / _BUILD_BYTES_PER_SECOND, 1), disk_bytes=int(size * 1.4)),
        edits=_edits(known, places, keys),
        gone=(known.name,),
        builds=True,
    )


def _predict(known: KnownRead, evidence: Evidence) -> PredictedPeak:
    assert known.frame is not None
    start = evidence.measurement.start_bytes
    if known.read.cell.cell.cell_id != evidence_cell(known, evidence):
        start = max(start - known.frame.nbytes, 0)
    return PredictedPeak(start + _LOOKUP_BYTES // 4, start + _LOOKUP_BYTES, start + 8 * _LOOKUP_BYTES)


def _edits(known: KnownRead, places: list[Place], keys: tuple[tuple[str, ...], ...]) -> tuple[Edit, ...]:
    taken = all_names(known.cells)
    rows = fresh_name(f"{known.name}_rows", taken)
    read = known.read
    spans: dict[str, list[Span]] = {read.cell.cell.cell_id: []}
    start, (_, end) = read.cell.line_start(read.statement), read.cell.span(read.statement)
    dtypes = fresh_name(f"{known.name}_dtypes", taken)
    assert known.frame is not None
    block = definitions(
        IndexPlan(
            read=read,
            dtypes={column: _dtype(known.frame, column) for column in known.file.header},
            keys=keys,
            rows=rows,
            dtypes_name=dtypes,
            floats=not any(_beyond_floats(known.frame.column(column)) for key in keys for column in key),
        ),
        taken,
    )
    if "\r\n" in read.cell.cell.source:
        block = block.replace("\n", "\r\n")
    spans[read.cell.cell.cell_id].append((start, end, block))
    for peek in find_peeks(occurrences(known.cells, known.name)):
        spans.setdefault(peek.place.cell.cell.cell_id, []).append(first_rows(peek, read, dtypes))
    for place, lookup in places:
        begin, stop = place.cell.span(lookup.node)
        where = " AND ".join(f"{sql_name(test.column)} {test.operator} ?" for test in lookup.tests)
        values = ", ".join(place.cell.text(test.value) for test in lookup.tests)
        condition = place.cell.text(lookup.condition)
        code = f"{rows}({quoted_sql(where)}, {values})[lambda {known.name}: {condition}]"
        spans.setdefault(place.cell.cell.cell_id, []).append((begin, stop, code))
    return edits_of(known.cells, spans)


def _beyond_floats(column: ColumnEvidence | None) -> bool:
    """Tell whether whole numbers of the column may equal a float that is not quite the same number."""
    if column is None or column.dtype != "int64":
        return False
    return column.minimum is None or column.maximum is None or max(-column.minimum, column.maximum) > 2**53


def _dtype(frame: FrameEvidence, name: str) -> str:
    column = frame.column(name)
    assert column is not None  # _check_columns compared the sets
    return column.dtype
