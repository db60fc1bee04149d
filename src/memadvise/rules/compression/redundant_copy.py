"""A copy is made of data that nobody changes any more, or that was new already.

## What it sees
`b = a.copy()` of a pandas frame or series; `.copy()` behind a selection of rows (`df[df["x"] > 0].copy()`,
`df.dropna().copy()`), which is a new frame already; `b = a.copy()` of a numpy array that is never named again.

## Why it costs memory
Every value exists twice. Since pandas 3 a copy of a frame is made lazily: `copy(deep=False)` behaves like a copy, and
only a block that is written to is copied, when it is written to.

## Before
```python
work = df.copy()
big = df[df["amount"] > 100].copy()
```

## After
```python
work = df.copy(deep=False)
big = df[df["amount"] > 100]
```

## When results change
Never in values, dtypes and index: class *identical*; where the original's columns do not lie in one piece each, sums of
floats may differ in the last bits: *rounding*. Code that writes past pandas' copy-on-write (`.array`, `setflags`,
`copy=False` of scikit-learn, `.values` of categories) holds the rule back, and so do nullable and time zone dtypes, and
a notebook that writes into frames in place and also hands their memory to arrays, models or drawings.
An array keeps its one copy under the new name, and the old name is deleted: to use it later raises a `NameError`.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from memadvise.model import Evidence, Held, HeldBack, NotebookSource, Recommendation, ResultClass, Technique
from memadvise.rewrite.copies import Copy, changed_in_place, copies, writes_past_pandas
from memadvise.rewrite.edits import Span, edit
from memadvise.rewrite.frame_memory import written_and_handed_out
from memadvise.rewrite.insertions import below
from memadvise.rewrite.lifetime import life_of
from memadvise.rewrite.names import times_bound
from memadvise.rewrite.parse import ParsedCell, parse_notebook
from memadvise.rules.registry import rule
from memadvise.rules.saving import Saving, lower_peak, lowers

RULE = "redundant-copy"
_LEAST_BYTES = 2**20  # a card for less is noise
_WORTH = 0.05  # of what the measured cell takes: likewise
_MOST_COLUMNS = 80  # from 100 blocks on pandas warns that a frame is fragmented; a copy would have joined them
_PANDAS = frozenset({"pandas.DataFrame", "pandas.Series"})
_PLAIN = re.compile(r"u?int\d+|float\d+|complex\d+|bool|str|string|object|(datetime|timedelta)64\[\w+\]")
_FLOATS = ("float", "complex")


@dataclass(frozen=True)
class _Fix:
    """What becomes of one copy: its edit, and what that saves from which line on (0: from the cell's start)."""

    copy: Copy
    spans: tuple[Span, ...]
    saving: Saving
    result: ResultClass
    what: str
    gone: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Notebook:
    cells: tuple[ParsedCell, ...]
    measured: ParsedCell
    evidence: Evidence
    whole: bool  # the cells below are known, too

    def worth(self, saving: Saving) -> bool:
        """Tell whether the measured cell's peak falls by more than noise."""
        return saving.nbytes >= _LEAST_BYTES and lowers(self.evidence.measurement, saving, _WORTH)


@rule
def advise(notebook: NotebookSource, evidence: Evidence) -> Iterator[Recommendation | HeldBack]:
    """Offer to leave out the copies that the measured cell makes, or finds in what it uses."""
    cells = parse_notebook(notebook)
    measured = next((cell for cell in cells if cell.cell.cell_id == notebook.measured), None)
    if measured is None:
        return
    known = _Notebook(cells, measured, evidence, notebook.origin != "history")
    mentioned = {node.id for statement in measured.body for node in ast.walk(statement) if isinstance(node, ast.Name)}
    fixes: list[_Fix] = []
    for copy in copies(cells):
        if copy.place.index > measured.cell.index:
            continue
        if copy.place.cell is not measured and not {copy.name, copy.source} & mentioned:
            continue
        found = _of_copy(known, copy)
        if isinstance(found, _Fix):
            fixes.append(found)
        elif found is not None:
            yield HeldBack(RULE, copy.place.cell.cell.cell_id, copy.place.index, found)
    if fixes:
        yield _card(known, fixes)


def _of_copy(known: _Notebook, copy: Copy) -> _Fix | str | None:
    """Return how to do without the copy, why that is not proven, or None where it is no matter."""
    made, source = known.evidence.holding(copy.name), known.evidence.holding(copy.source)
    if made is None or not known.worth(_saving(known, copy, made, source)):
        return None
    where = f"{copy.name} is a copy of {copy.source}, but"
    if copy.kind == "deepcopy":
        return f"{where} deepcopy also copies the objects in it"
    if made.type == "numpy.ndarray":
        return _of_array(known, copy, made, source)
    if made.type not in _PANDAS:
        return None
    if not known.evidence.pandas_version.startswith("3"):
        return f"{where} before pandas 3 a frame that is no copy changes with the original"
    reason = (
        _not_pandas(known, copy, source)
        or _odd_dtypes(known, made)
        or writes_past_pandas(known.cells)
        or written_and_handed_out(known.cells, known.evidence.scalars, series=made.type == "pandas.Series")
    )
    if reason:
        return f"{where} {reason}"
    return _of_frame(known, copy, made, source) if copy.kind == "copy" else _of_selection(known, copy, made, source)


def _saving(known: _Notebook, copy: Copy, made: Held, source: Held | None) -> Saving:
    """Return what the copy costs the measured cell, taking it that nothing is written to."""
    passing = copy.kind == "selection" or copy.name == copy.source  # the second one is gone when the line has run
    if copy.place.cell is known.measured:
        end = copy.place.statement.end_lineno or 0
        return Saving(_copied(known, copy, made, source), copy.place.statement.lineno - 1, end if passing else 0)
    return Saving(0 if passing or source is None else _copied(known, copy, made, source))


def _copied(known: _Notebook, copy: Copy, made: Held, source: Held | None) -> int:
    """Return the bytes that were really copied: text in Arrow's memory is shared by its copies."""
    frame = known.evidence.frame(made.name)
    texts = sum(column.nbytes for column in frame.columns if column.dtype in ("str", "string")) if frame else 0
    copied = max(made.nbytes - texts, 0)
    if source is None or copy.kind == "selection" or copy.name == copy.source:
        return copied
    return min(copied, made.alone_bytes, source.nbytes)


def _not_pandas(known: _Notebook, copy: Copy, source: Held | None) -> str:
    """Return why the copied value may be no plain pandas one at that time; empty when it surely is."""
    if copy.name != copy.source and times_bound(known.cells, copy.name) == 1:
        return ""  # what `copy` returned is still there, and plain
    if source is not None and source.type in _PANDAS and times_bound(known.cells, copy.source) == 1:
        return ""
    if copy.only_pandas:
        return ""
    return f"what {copy.source} is at that place is not known for certain"


def _odd_dtypes(known: _Notebook, made: Held) -> str:
    odd = [dtype for dtype in made.dtypes if not _PLAIN.fullmatch(dtype)]
    if made.dtypes and not odd:
        return ""
    if odd and set(odd) <= {"category"}:
        return "" if not _takes_values(known.cells) else "it has categories, and .values of these can be written to"
    return f"the dtype {odd[0]} can be written to past pandas" if odd else "its dtypes are not known"


def _takes_values(cells: tuple[ParsedCell, ...]) -> bool:
    return any(
        isinstance(node, ast.Attribute) and node.attr in ("values", "ravel")
        for cell in cells
        for statement in cell.body
        for node in ast.walk(statement)
    )


def _of_frame(known: _Notebook, copy: Copy, made: Held, source: Held | None) -> _Fix | str | None:
    """Return `a.copy()` -> `a.copy(deep=False)`."""
    if copy.name == copy.source:
        return f"{copy.name} = {copy.name}.copy() also puts its columns into one piece, which later code may need"
    frame = known.evidence.frame(made.name)
    if made.type == "pandas.DataFrame" and (frame is None or len(frame.columns) > _MOST_COLUMNS):
        return f"{copy.name} has more than {_MOST_COLUMNS} columns, and pandas warns of many that lie apart"
    saving = _saving(known, copy, made, source)
    if changed_in_place(known.cells, {copy.name, copy.source}):
        saving = replace(saving, nbytes=saving.nbytes // 2)  # what is written to is copied after all
    if not known.worth(saving):
        return None
    spans = ((*copy.arguments, "(deep=False)"),)
    return _Fix(copy, spans, saving, _result(known, copy, made, source), f"{copy.source}.copy(deep=False)")


def _of_selection(known: _Notebook, copy: Copy, made: Held, source: Held | None) -> _Fix | str:
    """Return `a[rows].copy()` -> `a[rows]`, and `a[columns].copy()` -> `a[columns]`."""
    if copy.kind == "columns" and (source is None or source.layout != "split" or copy.name == copy.source):
        return f"{copy.name} is a copy of columns of {copy.source}, but without it the other columns may stay in memory"
    saving = _saving(known, copy, made, source)
    return _Fix(copy, ((*copy.whole, ""),), saving, _result(known, copy, made, source), "the selection itself")


def _result(known: _Notebook, copy: Copy, made: Held, source: Held | None) -> ResultClass:
    """Return the class: a copy puts each column into one piece, and sums depend on that in their last bits."""
    floats = any(dtype.startswith(_FLOATS) for dtype in made.dtypes)
    numbers = floats or any(dtype.startswith(("int", "uint", "bool")) for dtype in made.dtypes)
    still = copy.name != copy.source and times_bound(known.cells, copy.source) == 1
    lies_well = source is not None and still and source.layout in ("split", "packed")
    return ResultClass.IDENTICAL if lies_well or not numbers else ResultClass.ROUNDING


def _of_array(known: _Notebook, copy: Copy, made: Held, source: Held | None) -> _Fix | str | None:
    """Return `b = a.copy()` -> `b = a`, `del a`: there is one array, under its new name."""
    where = f"{copy.name} is a copy of {copy.source}, but"
    if copy.kind != "copy" or source is None or source.type != "numpy.ndarray" or copy.name == copy.source:
        return None
    life = life_of(known.cells, copy.source)
    if life is None or life.made.index >= copy.place.index:
        return f"{where} {copy.source} is not made by one line in a cell above"
    if [use.statement for use in life.uses] != [copy.place.statement]:
        return f"{where} {copy.source} is used for more than the copy"
    if not isinstance(getattr(life.made.statement, "value", None), ast.Call | ast.BinOp):
        return f"{where} {copy.source} may be another name of something else"
    if life.problem or not known.whole:
        return f"{where} {life.problem or 'the cells below this one are not known'}"
    if times_bound(known.cells, copy.name) > 1:
        return f"{where} {copy.name} is bound more than once"
    if source.others or source.outputs or source.elsewhere or source.shares:
        return f"{where} something else holds the memory of {copy.source}"
    if source.layout != "packed":
        return f"{where} {copy.source} lies otherwise in memory than its copy (a view, an order, read-only)"
    if not copy.place.cell.stands_alone(copy.place.statement):
        return f"{where} the line holds other code"
    start, end = copy.whole
    spans = ((start, end, ""), below(copy.place.cell, copy.place.statement, [f"del {copy.source}"]))
    saving = _saving(known, copy, made, source)
    return _Fix(copy, spans, saving, ResultClass.IDENTICAL, f"{copy.source} itself", (copy.source,))


def _card(known: _Notebook, fixes: list[_Fix]) -> Recommendation:
    order = list(ResultClass)
    first, total = fixes[0], sum(fix.saving.nbytes for fix in fixes)
    cells = {fix.copy.place.cell.cell.cell_id: fix.copy.place.cell for fix in fixes}
    names = ", ".join(fix.copy.name for fix in fixes[:3]) + (" …" if len(fixes) > 3 else "")
    return Recommendation(
        rule=RULE,
        technique=Technique.COMPRESSION,
        title=f"Make {names} without a second copy of the data",
        why=f"{first.copy.name} can be {first.what}: up to {total / 2**20:,.0f} MiB are copied without need.",
        result=max((fix.result for fix in fixes), key=order.index),
        predicted_peak=lower_peak(known.evidence.measurement, [fix.saving for fix in fixes]),
        edits=tuple(
            edit(cell.cell, [span for fix in fixes if fix.copy.place.cell is cell for span in fix.spans])
            for cell in sorted(cells.values(), key=lambda one: one.cell.index)
        ),
        gone=tuple(name for fix in fixes for name in fix.gone),
    )
