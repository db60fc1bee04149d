"""Two frames are merged although only a few of the merged columns are reduced.

## What it sees
`merged = orders.merge(customers, on="customer_id")` (or with `left_on`/`right_on`, `how="left"`, or within a longer
expression) of which the notebook only asks reductions: groups by a column of the right frame, sums and the like of
single columns, or one column that is looked up. Each key stands once in the right frame.

## Why it costs memory
A merge copies every column of both frames into a new frame, with the right frame's values repeated for each row of the
left one, and holds row numbers of both while it does so. A lookup makes the one column that is asked for; a sum can be
made per key first and per group of keys then, without any column of the left frame's length.

## Before
```python
merged = orders.merge(customers, on="customer_id")
by_segment = merged.groupby("segment")["quantity"].sum()
```

## After
```python
assert customers["customer_id"].is_unique
assert orders["customer_id"].dtype == customers["customer_id"].dtype
assert customers["customer_id"].notna().all()
customers_by_customer_id = customers.set_index("customer_id")
by_segment = (
    orders.groupby("customer_id")["quantity"].sum().groupby(customers_by_customer_id["segment"]).sum()
)
```

## When results change
Labels, order, dtypes and values are identical; sums of floats that are made per key first are added up in another
order: class *rounding*. The merged frame itself no longer exists. The code raises when a key stands twice in the right
frame, when the keys' types differ, or when a row has no partner where that would matter. Frames that change after the
merge, names that both frames have, outer merges, and any other use of the merged frame hold the rule back.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from memadvise.model import (
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
from memadvise.rewrite.around import changed_below, may_change, position, unseen
from memadvise.rewrite.edits import Span, edits_of
from memadvise.rewrite.join_sides import Sides, columns_of, stored
from memadvise.rewrite.joins import ColumnUse, GroupUse, Join, RowsUse, Use, find_joins, use_at
from memadvise.rewrite.lookup_code import LookupPlan
from memadvise.rewrite.names import all_names, fresh_name, occurrences, within
from memadvise.rewrite.parse import ParsedCell, parse_notebook
from memadvise.rules.common import HoldBackError
from memadvise.rules.registry import rule

RULE = "merge-for-lookup"
_LEAST_BYTES = 2**20
_WORTH = 0.05  # of what the cell takes
_INDEXER_ROW = 16  # bytes per row for row numbers and group codes (measured: 48 MiB for 2 M rows and a column of ints)
_PER_KEY = 32 * 2**20  # what the first groupby of 2 M rows took (measured)


@dataclass(frozen=True)
class _Merge:
    """A merge with all that is known of it; ``alive`` is the merged frame where it is bound to a name and there."""

    cells: tuple[ParsedCell, ...]
    join: Join
    sides: Sides
    alive: FrameEvidence | None
    uses: tuple[Use, ...]
    measured: str

    @property
    def nbytes(self) -> int:
        """Bytes of the merged frame."""
        if self.alive is not None:
            return self.alive.nbytes
        left, right = self.sides.left, self.sides.right
        return int(left.nbytes + right.nbytes / max(right.rows, 1) * left.rows)


@rule
def advise(notebook: NotebookSource, evidence: Evidence) -> Iterator[Recommendation | HeldBack]:
    """Offer a lookup for each merge that concerns the measured cell and of which only reductions are asked."""
    cells = parse_notebook(notebook)
    for join in find_joins(cells):
        cell = join.cell.cell
        roots = _roots(cells, join, evidence)
        if notebook.measured not in {cell.cell_id, *(place.cell.cell_id for place, _, _ in roots)}:
            continue
        if not any(isinstance(use, GroupUse | ColumnUse) for _, _, use in roots):
            continue
        alive = evidence.frame(join.name)
        if alive is not None and not _worth(alive.nbytes, evidence):
            continue
        try:
            yield from _recommend(_known(cells, join, evidence, roots), evidence)
        except HoldBackError as reason:
            yield HeldBack(RULE, cell.cell_id, cell.index, str(reason))


_Root = tuple[ParsedCell, ast.expr, Use | None]


def _roots(cells: tuple[ParsedCell, ...], join: Join, evidence: Evidence) -> list[_Root]:
    """Return each place at which the merged frame is used, with what is asked of it there."""
    known: frozenset[str] = frozenset(
        column.name
        for frame in (evidence.frame(join.left.frame), evidence.frame(join.right.frame))
        for column in (frame.columns if frame is not None else ())
    )
    if not join.name:
        return [(join.cell, join.call, use_at(join.cell, join.statement, join.call, known))]
    return [
        (place.cell, place.node, use_at(place.cell, place.statement, place.node, known))
        for place in occurrences(cells, join.name)
        if place.statement is not join.statement
    ]


def _known(cells: tuple[ParsedCell, ...], join: Join, evidence: Evidence, roots: list[_Root]) -> _Merge:
    """Return the merge with its uses.

    Raises:
        HoldBackError: something in the notebook is not understood, or not known.
    """
    what = join.name or "the merged frame"
    if join.problem:
        raise HoldBackError(join.problem)
    if join.name and (reason := unseen(cells, join.name)):
        raise HoldBackError(reason)
    if not join.cell.stands_alone(join.statement):
        raise HoldBackError("another statement shares a line with the merge")
    if not evidence.pandas_version.startswith("3"):
        raise HoldBackError("needs pandas 3: merges and lookups were compared with it only")
    begin = position(join.cell, join.statement)
    for cell, root, use in roots:
        if use is None:
            raise HoldBackError(f"cell {cell.cell.index}, line {root.lineno}: {what} is used otherwise too")
        if (cell.cell.index, root.lineno) < begin:
            raise HoldBackError(f"{what} is used above the merge, in cell {cell.cell.index}")
        if any(within(statement, root, (ast.JoinedStr,)) for statement in cell.body):
            raise HoldBackError(f"{what} is used inside an f-string in cell {cell.cell.index}")
    left, right = evidence.frame(join.left.frame), evidence.frame(join.right.frame)
    if left is None or right is None or not (left.plain_names and right.plain_names):
        raise HoldBackError("the two frames were not seen alive with plain column names")
    uses = tuple(use for _, _, use in roots if use is not None)
    _check_unchanged(cells, join, uses)
    return _Merge(cells, join, Sides(join, left, right), evidence.frame(join.name), uses, evidence.measured_cell)


def _check_unchanged(cells: tuple[ParsedCell, ...], join: Join, uses: tuple[Use, ...]) -> None:
    """Hold back where a frame may be another one when the merged frame is used than when it was made."""
    asked = frozenset({join.key, join.right_key, *(name for use in uses for name in columns_of(use))})
    for frame in (join.left.frame, join.right.frame):
        reason = changed_below(cells, frame, asked, position(join.cell, join.statement))
        if not reason and may_change(join.statement, frame, asked - stored(join, frame)):
            reason = f"cell {join.cell.cell.index}, line {join.statement.lineno} may change {frame}"
        if reason:
            raise HoldBackError(f"{reason}, of which the merge is made")


def _recommend(found: _Merge, evidence: Evidence) -> Iterator[Recommendation]:
    join, sides = found.join, found.sides
    for reason in (
        sides.key_problem(found.alive.rows if found.alive is not None else None),
        *map(sides.problem, found.uses),
    ):
        if reason:
            raise HoldBackError(reason)
    partners = [use for use in found.uses if join.how == "inner" and not sides.drops_alike(use)]
    if partners and (found.alive is None or found.alive.rows != sides.left.rows):
        where = f"cell {partners[0].cell.cell.index}, line {partners[0].root.lineno}"
        raise HoldBackError(f"{where}: rows without a partner are dropped by the merge, and would count there")
    right = {name: sides.is_right(name) for use in found.uses for name in columns_of(use)}
    first = tuple(use for use in found.uses if isinstance(use, GroupUse) and sides.per_key(use))
    plan = LookupPlan(
        join=join,
        table=fresh_name(_table_name(join), all_names(found.cells)),
        right=right,
        all_matched=bool(partners),
        first=first,
        needs_table=any(right.values()),
        by_name=sides.left.range_index,
    )
    needed = _needed(found, plan)
    if not _worth(found.nbytes - needed, evidence):
        return
    yield Recommendation(
        rule=RULE,
        technique=Technique.COMPRESSION,
        title=f"Look {join.right.frame} up by {join.right_key} instead of merging it into {join.left.frame}",
        why=(
            f"The merged frame of {found.nbytes / 2**20:,.0f} MiB is made only to reduce "
            f"{_named([name for name in right if name != join.key] or [join.key])}."
        ),
        result=ResultClass.ROUNDING if any(map(sides.rounds, first)) else ResultClass.IDENTICAL,
        predicted_peak=_predict(found, evidence, needed),
        edits=_edits(found, plan),
        gone=(join.name,) if join.name else (),
    )


def _worth(saved: int, evidence: Evidence) -> bool:
    return saved >= max(_LEAST_BYTES, _WORTH * evidence.measurement.increment_bytes)


def _table_name(join: Join) -> str:
    return f"{join.right.frame}_by_{join.right_key if join.right_key.isidentifier() else 'key'}"


def _named(names: list[str]) -> str:
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")


def _edits(found: _Merge, plan: LookupPlan) -> tuple[Edit, ...]:
    join = found.join
    lines = "\n".join(plan.checks())
    if join.name:
        start, end = join.cell.span(join.statement)
    else:
        start = end = join.cell.line_start(join.statement)
        lines += "\n"
    if "\r\n" in join.cell.cell.source:
        lines = lines.replace("\n", "\r\n")
    spans: dict[str, list[Span]] = {join.cell.cell.cell_id: [(start, end, lines)]}
    for use in found.uses:
        match use:
            case GroupUse():
                span = plan.group(use)
            case ColumnUse():
                span = plan.column(use)
            case RowsUse():
                span = plan.rows(use)
        spans.setdefault(use.cell.cell.cell_id, []).append(span)
    return edits_of(found.cells, spans)


def _needed(found: _Merge, plan: LookupPlan) -> int:
    """Bytes that the lookups need at once: the dearest use."""
    needs = [0]
    for use in found.uses:
        if use in plan.first:
            needs.append(min(_INDEXER_ROW * found.sides.left.rows, _PER_KEY))
            continue
        columns = [found.sides.right.column(name) for name in columns_of(use) if plan.right[name]]
        per_row = sum(column.nbytes / max(found.sides.right.rows, 1) for column in columns if column is not None)
        needs.append(int((per_row + _INDEXER_ROW) * found.sides.left.rows))
    return max(needs)


def _predict(found: _Merge, evidence: Evidence, needed: int) -> PredictedPeak:
    took = evidence.measurement
    made_here = found.join.cell.cell.cell_id == found.measured
    if not made_here:
        likely = max(took.peak_bytes - found.nbytes + needed, took.start_bytes - found.nbytes)
        return PredictedPeak(int(likely * 0.9), likely, max(min(int(likely * 1.15), took.peak_bytes), likely))
    likely = took.start_bytes + max(took.increment_bytes - found.nbytes, needed)
    likely = min(likely, took.peak_bytes)
    low = min(took.start_bytes + needed // 2, likely)
    return PredictedPeak(low, likely, max(took.start_bytes + 2 * needed, likely))
