"""A table is grown as a list of dicts or tuples, one for each row.

## What it sees
A list that a loop (or a comprehension) fills with `{"a": x, "b": y}`, `dict(a=x)` or `(x, y)`, and that is only made
into one `pd.DataFrame`.

## Why it costs memory
Each row has a dict of its own: some 200 bytes beside the values, and the whole list stays when the frame is made. A
list per column needs 8 bytes for a value, an `array` of numbers nothing beside the numbers themselves.

## Before
```python
rows = []
for number, line in enumerate(lines):
    rows.append({"number": number, "word": line.split()[0], "share": len(line) / 80})
words = pd.DataFrame(rows)
```

## After
```python
from array import array
columns = {"number": array("q"), "word": [], "share": array("d")}
for number, line in enumerate(lines):
    columns["number"].append(number)
    columns["word"].append(line.split()[0])
    columns["share"].append(len(line) / 80)
words = pd.DataFrame(columns if columns["number"] else [])
del columns
```

## When results change
The frame is identical: values are computed in the same order, and pandas finds the same types in a column as in the
rows (an empty list gives the same empty frame). Arrays are used only where the code makes plain numbers, whatever the
data are. An error half way leaves columns of unequal length, of which pandas refuses to make a frame. The list itself
no longer exists.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from memadvise.model import (
    Evidence,
    HeldBack,
    NotebookSource,
    PredictedPeak,
    Recommendation,
    ResultClass,
    RowsEvidence,
    Technique,
)
from memadvise.rewrite.comprehensions import no_loop
from memadvise.rewrite.names import Occurrence, blind_spots, occurrences, times_bound
from memadvise.rewrite.number_kinds import NumberKinds
from memadvise.rewrite.pandas_calls import PandasCalls
from memadvise.rewrite.parents import LATE, OWN_SCOPE, around, swallows
from memadvise.rewrite.parse import ParsedCell, parse_notebook
from memadvise.rewrite.row_lists import Append, FrameMade, RowList, find_row_lists
from memadvise.rewrite.rows_to_columns import ColumnPlan, begins_its_line, edits
from memadvise.rules.common import HoldBackError
from memadvise.rules.registry import rule

RULE = "rows-as-dicts"
_WORTH = 0.05  # of what the cell takes
_WORTH_BYTES = 2**20
_NUMBER_BYTES = 24  # of a float, and of an int at least, which an array does not have beside its 8


@rule
def advise(notebook: NotebookSource, evidence: Evidence) -> Iterator[Recommendation | HeldBack]:
    """Offer columns for each list of rows that is only made into a frame."""
    cells = parse_notebook(notebook)
    lists = {
        live.name: live for live in evidence.rows if _worth(live, evidence) and _concerns(notebook, cells, live.name)
    }
    if not lists:
        return
    calls = PandasCalls(cells)
    seen: set[str] = set()
    for found in find_row_lists(cells, calls, frozenset(lists)):
        live = lists[found.name]
        seen.add(found.name)
        cell = found.cell.cell
        try:
            yield _recommend(cells, calls, found, live, evidence)
        except HoldBackError as reason:
            yield HeldBack(RULE, cell.cell_id, cell.index, str(reason))
    yield from _from_elsewhere(cells, calls, [live for name, live in lists.items() if name not in seen])


def _concerns(notebook: NotebookSource, cells: tuple[ParsedCell, ...], name: str) -> bool:
    return any(place.cell.cell.cell_id == notebook.measured for place in occurrences(cells, name))


def _worth(live: RowsEvidence, evidence: Evidence) -> bool:
    saved = live.nbytes - live.columns_bytes
    return saved >= _WORTH_BYTES or saved >= _WORTH * max(evidence.measurement.increment_bytes, 1)


def _from_elsewhere(cells: tuple[ParsedCell, ...], calls: PandasCalls, lists: list[RowsEvidence]) -> Iterator[HeldBack]:
    """Yield the lists of rows that become frames, but are made in a way that is not followed (`json.load`)."""
    for live in lists:
        for place in occurrences(cells, live.name):
            outer = around(place.statement, place.node)
            if not outer or not calls.is_call(outer[0], "DataFrame"):
                continue
            cell = place.cell.cell
            reason = (
                f"{live.name} holds {live.rows:,} rows, but it is not an empty list that rows are appended to and that "
                f"becomes a plain pd.DataFrame"
            )
            yield HeldBack(RULE, cell.cell_id, cell.index, reason)
            break


def _recommend(
    cells: tuple[ParsedCell, ...], calls: PandasCalls, found: RowList, live: RowsEvidence, evidence: Evidence
) -> Recommendation:
    _check_uses(cells, found)
    keys = _keys(found, live)
    made = found.frames[0]
    for append in found.appends:
        _check_append(found, made, append)
    for place, _, outer in found.lengths:
        _check_length(found, place, outer)
    _check_frame(found, made)
    if found.comprehension is not None:
        _check_comprehension(cells, found, found.comprehension, made)
    kinds = _kinds(calls, found, live)
    numbers = sum(bool(kind) for kind in kinds)
    saved = live.nbytes - live.columns_bytes + numbers * _NUMBER_BYTES * live.rows
    return Recommendation(
        rule=RULE,
        technique=Technique.COMPRESSION,
        title=f"Grow {len(keys)} columns instead of {live.rows:,} {live.kind}s",
        why=(
            f"{found.name} holds a {live.kind} for each of {live.rows:,} rows: {live.nbytes / 2**20:,.0f} MiB, "
            f"of which columns save {saved / 2**20:,.0f} MiB."
        ),
        result=ResultClass.IDENTICAL,
        predicted_peak=_predict(evidence, saved),
        edits=edits(ColumnPlan(cells, found, keys, kinds)),
        gone=(found.name,),
    )


def _check_uses(cells: tuple[ParsedCell, ...], found: RowList) -> None:
    name = found.name
    if times_bound(cells, name) != 1:
        raise HoldBackError(f"{name} is bound elsewhere too")
    for place in found.others:
        raise HoldBackError(f"{name} is used otherwise in cell {_where(place)}")
    if found.unclear:
        raise HoldBackError(found.unclear[0])
    if len(found.frames) > 1:
        raise HoldBackError(f"{name} is made into a frame more than once, also in cell {_where(found.frames[1].place)}")
    for _, reason in blind_spots(cells, name):
        raise HoldBackError(reason)


def _where(place: Occurrence) -> str:
    return f"{place.cell.cell.index}, line {place.node.lineno}"


def _keys(found: RowList, live: RowsEvidence) -> tuple[str, ...]:
    """Return the columns' names, where every row is written with them and every live row has them."""
    rows = found.rows()
    if len({(row.kind, row.keys, len(row.values)) for row in rows}) != 1:
        raise HoldBackError(f"the rows of {found.name} are not all written with the same names in the same order")
    first, named = rows[0], found.frames[0].columns
    if first.kind == "dict":
        keys = first.keys
        if named not in (None, keys):
            raise HoldBackError("the frame is made with other columns than the rows have")
    elif named is None or len(named) != len(first.values):
        raise HoldBackError(f"the rows of {found.name} are {first.kind}s, and the frame gives its columns no names")
    else:
        keys = named
    if not live.keys:
        raise HoldBackError(f"the rows of {found.name} differ, or there was no time to look at all of them")
    if live.kind != first.kind or (live.keys if first.kind == "dict" else len(live.keys)) != (
        keys if first.kind == "dict" else len(keys)
    ):
        raise HoldBackError(f"{found.name} holds other rows now than the code writes")
    return keys


def _position(cell: ParsedCell, node: ast.stmt) -> tuple[int, int]:
    return cell.cell.index, node.lineno


def _check_append(found: RowList, made: FrameMade, append: Append) -> None:
    where = f"cell {append.place.cell.cell.index}, line {append.statement.lineno}"
    for node in append.outer:
        if isinstance(node, LATE):
            raise HoldBackError(f"a row is added inside {getattr(node, 'name', 'a lambda')} ({where})")
    if reason := swallows(append.outer):
        raise HoldBackError(f"a row is added inside {reason} ({where}), after which half a row could stay")
    at = _position(append.place.cell, append.place.statement)
    if at < _position(found.cell, found.begin):
        raise HoldBackError(f"a row is added above the place where {found.name} begins ({where})")
    if at >= _position(made.place.cell, made.place.statement):
        raise HoldBackError(f"a row is added after the frame is made ({where})")


def _check_length(found: RowList, place: Occurrence, outer: tuple[ast.AST, ...]) -> None:
    where = f"cell {_where(place)}"
    if any(isinstance(node, (*OWN_SCOPE, ast.JoinedStr)) for node in outer):
        raise HoldBackError(f"len({found.name}) stands inside a function or an f-string ({where})")
    if any(append.statement is node for append in found.appends for node in outer):
        raise HoldBackError(f"len({found.name}) is part of a row ({where})")
    if _position(place.cell, place.statement) < _position(found.cell, found.begin):
        raise HoldBackError(f"len({found.name}) stands above the place where it begins ({where})")


def _check_frame(found: RowList, made: FrameMade) -> None:
    statement = made.place.statement
    if not isinstance(statement, ast.Assign | ast.AnnAssign | ast.Expr):
        raise HoldBackError(
            f"the frame is made inside a {type(statement).__name__.lower()} (cell {_where(made.place)})"
        )
    if any(isinstance(node, (*OWN_SCOPE, ast.JoinedStr)) for node in made.outer):
        raise HoldBackError(f"the frame is made inside a function or an f-string (cell {_where(made.place)})")
    if _position(made.place.cell, statement) <= _position(found.cell, found.begin):
        raise HoldBackError(f"the frame is made above the place where {found.name} begins (cell {_where(made.place)})")


def _check_comprehension(
    cells: tuple[ParsedCell, ...], found: RowList, comprehension: ast.ListComp, made: FrameMade
) -> None:
    """Hold back where a loop would do otherwise: its variables are the notebook's, and it leaves half a list behind."""
    where = f"the comprehension in cell {found.cell.cell.index}, line {found.begin.lineno},"
    if made.place.cell is not found.cell:
        raise HoldBackError(f"{where} and the frame stand in different cells: after an error half a list would stay")
    if not (found.cell.stands_alone(found.begin) and begins_its_line(found.cell, found.begin)):
        raise HoldBackError(f"{where} shares its line with other code")
    if reason := no_loop(cells, comprehension):
        raise HoldBackError(f"{where} {reason}")


def _kinds(calls: PandasCalls, found: RowList, live: RowsEvidence) -> tuple[str, ...]:
    """Return for each column "int" or "float" where every row is surely that and is that now, else ""."""
    types = live.types or ("",) * len(live.keys)
    if not begins_its_line(found.cell, found.begin):
        return ("",) * len(types)  # the line that imports `array` needs a place
    rows = [(append.row, append.outer) for append in found.appends]
    rows += [(found.row, ())] if found.row else []
    kinds = []
    for place, kind in enumerate(types):
        made = {NumberKinds(calls, outer).kind(row.values[place]) for row, outer in rows}
        kinds.append(kind if made == {kind} else "")
    return tuple(kinds)


def _predict(evidence: Evidence, saved: int) -> PredictedPeak:
    """The frame is made at the end, while all rows are there: the peak falls by what the rows no longer take."""
    took = evidence.measurement
    likely = max(took.peak_bytes - saved, took.start_bytes)
    high = min(likely + saved // 3, took.peak_bytes)
    return PredictedPeak(max(likely - saved // 3, min(took.start_bytes, likely)), likely, high)
