"""A column is taken apart into one dense column per category.

## What it sees
`dummies = pd.get_dummies(orders["city"])` (or of some columns of a frame, or a matrix of scikit-learn's
`OneHotEncoder(sparse_output=False)`) where all that the notebook does with the block is counting: sums and means of
dummies, sums weighted by another column (also as `dummies.T @ weights`), its shape, its labels, a peek.

## Why it costs memory
A dense block stores a zero for every row and every category that the row is *not*: rows x categories bytes, twice that
while it is made. One small code per row says the same: which of the categories it is.

## Before
```python
dummies = pd.get_dummies(orders["city"])
per_city = dummies.sum()
```

## After
```python
dummies_category = orders["city"].astype("category")
per_city = dummies_category.value_counts(sort=False).set_axis(dummies_category.cat.categories).rename(None)
```

## When results change
Counts, means, labels and their order are identical, missing values included (they are in no category, as they had a 1
in no column), and a label that is not there raises as before. Sums weighted by floats are added up in another order:
class *rounding*. The block itself no longer exists. Where the block is shown, or only some columns of a frame are
taken apart, the dummies become sparse columns: class *same-values* (*display* where `info` prints their types). An
encoder's matrix becomes a sparse one under another name; what is counted in it is identical.
Models, arrays and whatever else would make the block dense again hold the rule back. An encoder that has a name has
another `sparse_output` then: class *same-values*.
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
from memadvise.rewrite.around import changed_below, position, text_around, unseen
from memadvise.rewrite.block_facts import BlockFacts
from memadvise.rewrite.dummy_codes import COUNTED, category, dtype_of, from_codes, from_sparse, guard, sparse
from memadvise.rewrite.edits import Span, edits_of
from memadvise.rewrite.encoders import Encoded, answer, encoder_problem, find_encoded
from memadvise.rewrite.names import Occurrence, all_names, fresh_name, occurrences, times_bound, within
from memadvise.rewrite.one_hot import Block, BlockUse, find_blocks, use_of
from memadvise.rewrite.parse import ParsedCell, parse_notebook
from memadvise.rules.common import HoldBackError
from memadvise.rules.registry import rule

RULE = "dense-one-hot"
_LEAST_BYTES = 2**20
_WORTH = 0.05  # of what the cell takes
_CODED_ROW = 12  # bytes per row while codes are made and counted (measured: 1 M rows of text, 300 categories)
_SPARSE_ROW = 45  # bytes per row while sparse dummies are made (likewise)
_DENSE_PEAK = 2  # a dense block is there twice while it is made (measured: 585 MiB for 286)


@dataclass(frozen=True)
class _Found:
    """A block with all that is known of it: the frame that it is made of, and the dense block itself."""

    cells: tuple[ParsedCell, ...]
    block: Block
    uses: tuple[BlockUse, ...]
    frame: FrameEvidence
    alive: FrameEvidence
    measured: str

    @property
    def here(self) -> bool:
        """Whether the measured cell makes the block."""
        return self.block.cell.cell.cell_id == self.measured


@rule
def advise(notebook: NotebookSource, evidence: Evidence) -> Iterator[Recommendation | HeldBack]:
    """Offer codes or sparse columns for each dense block of dummies that concerns the measured cell."""
    cells = parse_notebook(notebook)
    for block in find_blocks(cells):
        places = occurrences(cells, block.name)
        if notebook.measured not in {place.cell.cell.cell_id for place in places}:
            continue
        alive = evidence.frame(block.name)
        if alive is not None and not _worth(alive.nbytes - alive.rows * _CODED_ROW, evidence):
            continue
        cell = block.cell.cell
        try:
            yield _recommend(_known(cells, block, places, evidence), evidence)
        except HoldBackError as reason:
            yield HeldBack(RULE, cell.cell_id, cell.index, str(reason))
    for found in find_encoded(cells):
        if notebook.measured in {place.cell.cell.cell_id for place in occurrences(cells, found.name)}:
            yield from _of_encoder(cells, found, evidence)


def _worth(saved: int, evidence: Evidence) -> bool:
    return saved >= max(_LEAST_BYTES, _WORTH * evidence.measurement.increment_bytes)


def _known(cells: tuple[ParsedCell, ...], block: Block, places: tuple[Occurrence, ...], evidence: Evidence) -> _Found:
    """Return the block with its uses.

    Raises:
        HoldBackError: something in the notebook is not understood, or not known.
    """
    name, alive, frame = block.name, evidence.frame(block.name), evidence.frame(block.frame)
    if reason := unseen(cells, name):
        raise HoldBackError(reason)
    if not block.cell.stands_alone(block.statement):
        raise HoldBackError(f"another statement shares a line with the making of {name}")
    if not evidence.pandas_version.startswith("3"):
        raise HoldBackError("needs pandas 3: dummies and categories behave differently before it")
    if alive is None:
        raise HoldBackError(f"{name} is not alive any more: its size was not seen")
    if not alive.columns or not alive.rows:
        raise HoldBackError(f"{name} holds nothing")
    if frame is None:
        raise HoldBackError(f"of what {name} is made of, no live frame was seen: types and values are not known")
    uses = tuple(_understood(block, place) for place in places if place.statement is not block.statement)
    used = {block.column, *(column for use in uses for column in _constants(use.weight))}
    if reason := changed_below(cells, block.frame, frozenset(used), position(block.cell, block.statement)):
        raise HoldBackError(f"{reason}, of which {name} is made")
    return _Found(cells, block, uses, frame, alive, evidence.measured_cell)


def _understood(block: Block, place: Occurrence) -> BlockUse:
    where = f"cell {place.cell.cell.index}, line {place.node.lineno}"
    if position(place.cell, place.statement) < position(block.cell, block.statement):
        raise HoldBackError(f"{block.name} is used above its making, in {where}")
    if within(place.statement, place.node, (ast.JoinedStr,)):
        raise HoldBackError(f"{block.name} is used inside an f-string in {where}")
    found = use_of(place)
    if found is None:
        raise HoldBackError(f"{where}: {text_around(place)} may need the whole block, or make it dense again")
    return found


def _constants(node: ast.expr | None) -> list[str]:
    inner = ast.walk(node) if node is not None else ()
    return [one.value for one in inner if isinstance(one, ast.Constant) and isinstance(one.value, str)]


def _recommend(found: _Found, evidence: Evidence) -> Recommendation:
    block = found.block
    if not dtype_of(block) or any(
        times_bound(found.cells, node.id) for node in block.options.values() if isinstance(node, ast.Name)
    ):
        raise HoldBackError("the dtype that the dummies are to have is not understood")
    facts = BlockFacts(block, found.frame, found.alive)
    counted = block.series and block.options.keys() <= {"dtype"} and all(use.kind in COUNTED for use in found.uses)
    if reason := facts.codes_problem(found.uses) if counted else facts.sparse_problem(found.uses):
        raise HoldBackError(reason)
    return _coded(found, evidence, facts) if counted else _sparse(found, evidence)


def _coded(found: _Found, evidence: Evidence, facts: BlockFacts) -> Recommendation:
    block = found.block
    name = fresh_name(f"{block.name}_category", all_names(found.cells))
    spans: dict[str, list[Span]] = {block.cell.cell.cell_id: [category(block, name)]}
    for use in found.uses:
        of_cell = spans.setdefault(use.place.cell.cell.cell_id, [])
        of_cell.append(from_codes(block, use, name))
        if (check := guard(use, facts.weight_dtype(use))) is not None and check not in of_cell:
            of_cell.append(check)
    return Recommendation(
        rule=RULE,
        technique=Technique.COMPRESSION,
        title=f"Keep one code per row instead of a column per category of {block.column}",
        why=f"{_size(found)} and is only counted; which category a row is in fits one small code.",
        result=ResultClass.ROUNDING if any(map(facts.rounds, found.uses)) else ResultClass.IDENTICAL,
        predicted_peak=_predict(found, evidence, _CODED_ROW, 1),
        edits=edits_of(found.cells, spans),
        gone=(block.name,),
    )


def _sparse(found: _Found, evidence: Evidence) -> Recommendation:
    block = found.block
    spans: dict[str, list[Span]] = {block.cell.cell.cell_id: [sparse(block)]}
    for use in found.uses:
        if (span := from_sparse(use)) is not None:
            spans.setdefault(use.place.cell.cell.cell_id, []).append(span)
    peeks = tuple(dict.fromkeys(use.place.cell.cell.cell_id for use in found.uses if use.kind == "types shown"))
    return Recommendation(
        rule=RULE,
        technique=Technique.COMPRESSION,
        title="Keep only the ones of the dummies: sparse columns",
        why=f"{_size(found)}; nearly all of it are zeros, which sparse columns do not store.",
        result=ResultClass.DISPLAY if peeks else ResultClass.SAME_VALUES,
        predicted_peak=_predict(found, evidence, _SPARSE_ROW, 5),
        edits=edits_of(found.cells, spans),
        peeks=peeks,
    )


def _size(found: _Found) -> str:
    return f"{found.block.name} takes {found.alive.nbytes / 2**20:,.0f} MiB for {found.alive.rows:,} rows"


def _predict(found: _Found, evidence: Evidence, row: int, kept: int) -> PredictedPeak:
    return _predicted(evidence, found.here, found.alive.rows, found.alive.nbytes, (row, kept))


def _predicted(evidence: Evidence, here: bool, rows: int, dense: int, per_row: tuple[int, int]) -> PredictedPeak:
    """Predict the peak; ``per_row`` are the bytes per row while the new form is made, and afterwards."""
    took, needed, kept = evidence.measurement, per_row[0] * rows, per_row[1] * rows
    if not here:
        likely = max(took.peak_bytes - dense + kept, took.increment_bytes)
        return PredictedPeak(int(likely * 0.9), likely, max(min(int(likely * 1.15) + needed, took.peak_bytes), likely))
    likely = min(took.start_bytes + max(took.increment_bytes - _DENSE_PEAK * dense, needed), took.peak_bytes)
    high = took.start_bytes + max(took.increment_bytes - dense, 2 * needed)
    return PredictedPeak(min(took.start_bytes + needed // 2, likely), likely, max(high, likely))


def _of_encoder(
    cells: tuple[ParsedCell, ...], found: Encoded, evidence: Evidence
) -> Iterator[Recommendation | HeldBack]:
    """Yield the advice on one matrix of an encoder, which must be alive for its size to be known."""
    alive, cell = evidence.array(found.name), found.cell.cell
    if alive is None or len(alive.shape) != 2 or not _worth(alive.nbytes - alive.shape[0] * _SPARSE_ROW, evidence):
        return
    try:
        edits = _encoder_edits(cells, found)
    except HoldBackError as reason:
        yield HeldBack(RULE, cell.cell_id, cell.index, str(reason))
        return
    here = cell.cell_id == evidence.measured_cell
    yield Recommendation(
        rule=RULE,
        technique=Technique.COMPRESSION,
        title=f"Let the encoder keep only the ones of {found.name}: a sparse matrix",
        why=f"{found.name} takes {alive.nbytes / 2**20:,.0f} MiB for {alive.shape[0]:,} rows, nearly all of it zeros.",
        result=ResultClass.SAME_VALUES if found.encoder else ResultClass.IDENTICAL,
        predicted_peak=_predicted(evidence, here, alive.shape[0], alive.nbytes, (_SPARSE_ROW, 16)),
        edits=edits,
        gone=(found.name,),
        retyped=((found.encoder, ("sparse_output",)),) if found.encoder else (),
    )


def _encoder_edits(cells: tuple[ParsedCell, ...], found: Encoded) -> tuple[Edit, ...]:
    for reason in (unseen(cells, found.name), encoder_problem(cells, found)):
        if reason:
            raise HoldBackError(reason)
    if not (found.cell.stands_alone(found.statement)):
        raise HoldBackError(f"another statement shares a line with the making of {found.name}")
    name = fresh_name(f"{found.name}_sparse", all_names(cells))
    spans: dict[str, list[Span]] = {}
    for where, node, code in ((found.made, found.dense, "True"), (found.cell, found.statement.targets[0], name)):
        spans.setdefault(where.cell.cell_id, []).append((*where.span(node), code))
    for place in occurrences(cells, found.name):
        if place.statement is found.statement:
            continue
        at = f"cell {place.cell.cell.index}, line {place.node.lineno}"
        span = answer(place, name)
        if span is None or within(place.statement, place.node, (ast.JoinedStr,)):
            raise HoldBackError(f"{at}: {text_around(place)} may need the whole matrix, or make it dense again")
        if position(place.cell, place.statement) < position(found.cell, found.statement):
            raise HoldBackError(f"{at}: {found.name} is used above its making")
        spans.setdefault(place.cell.cell.cell_id, []).append(span)
    return edits_of(cells, spans)
