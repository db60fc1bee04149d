"""A frame grows in a loop, copied whole for each part that is put behind it.

## What it sees
`df = pd.concat([df, part])` in a loop that begins with an empty frame, `None` or a first file, where each part is read
or made anew in its round; and a list of parts that no code uses after its one `pd.concat`.

## Why it costs memory
Each round copies everything collected so far into a larger frame beside the old one: time grows with the square of the
number of parts, and the freed copies, each a little larger than the one before, leave holes that are not given back. A
list of parts is copied once; but kept afterwards, it holds every number a second time.

## Before
```python
df = pd.DataFrame()
for path in paths:
    part = pd.read_csv(path)
    df = pd.concat([df, part], ignore_index=True)
```

## After
```python
parts = [pd.DataFrame()]
for path in paths:
    part = pd.read_csv(path)
    parts.append(part)
df = pd.concat(parts, ignore_index=True)
del parts
if (df.dtypes == object).any():
    raise TypeError("a column holds numbers in one part and something else in another")
```

## When results change
The frame is identical: on parts whose columns agree in kind, one concat finds the same types, columns and row numbers
as many. Where they do not agree (numbers, booleans and text in one column) the two differ: the code raises instead.
After an error half way the frame is not there, instead of holding the parts so far; a loop within `try` is left alone.
Where the frame is only written out with `to_csv`, a second card writes file by file: the written file is the same byte
for byte, and a later file with another header or type raises before the old file is replaced. The frame and the last
part then no longer exist; nor does a list of parts that is let go of behind its one concat (a third card).
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from memadvise.model import (
    Evidence,
    FrameEvidence,
    HeldBack,
    NotebookSource,
    PredictedPeak,
    Recommendation,
    ResultClass,
    Technique,
)
from memadvise.rewrite.concat_loops import ConcatLoop, collected, find_concat_loops, line_end
from memadvise.rewrite.fresh_parts import Part, made_by, part_of
from memadvise.rewrite.kept_parts import KeptParts, find_kept_parts, let_go
from memadvise.rewrite.names import blind_spots, declares_global, occurrences, times_bound
from memadvise.rewrite.pandas_calls import PandasCalls
from memadvise.rewrite.parents import LATE, swallows
from memadvise.rewrite.parse import ParsedCell, parse_notebook
from memadvise.rewrite.scopes import late_uses
from memadvise.rewrite.stream_files import Stream, find_stream, streamed, unproven
from memadvise.rules.common import HoldBackError
from memadvise.rules.registry import rule

RULE = "concat-in-loop"
_WORTH_BYTES = 2**20
# of these many concats and one make the same; not of objects, and not of the nullable types
_AGREEING = re.compile(
    r"(u?int|float)\d+|bool|str|category|(datetime64|timedelta64)\[[^\]]*\]"
)  # not the nullable ones
_SHARED = frozenset({"str", "category"})  # a concat holds the parts' own text, and no copy


@rule
def advise(notebook: NotebookSource, evidence: Evidence) -> Iterator[Recommendation | HeldBack]:
    """Offer one concat behind the loop for each frame that a loop of the measured cell grows."""
    cells = parse_notebook(notebook)
    calls = PandasCalls(cells)
    for found in find_concat_loops(cells, calls, notebook.measured):
        cell = found.cell.cell
        frame = evidence.frame(found.name)
        if frame is not None and frame.nbytes < _WORTH_BYTES:
            continue
        try:
            yield from _recommend(cells, calls, found, frame, evidence)
        except HoldBackError as reason:
            yield HeldBack(RULE, cell.cell_id, cell.index, str(reason))
    for kept in find_kept_parts(cells, calls, frozenset(frame.name for frame in evidence.frames)):
        if (card := _let_go(notebook, cells, kept, evidence)) is not None:
            yield card


def _let_go(
    notebook: NotebookSource, cells: tuple[ParsedCell, ...], kept: KeptParts, evidence: Evidence
) -> Recommendation | None:
    """Return the card for a list that fills memory while a later cell works on the frame that was made of it."""
    frame, measured = evidence.frame(kept.frame), notebook.cell(notebook.measured)
    if frame is None or measured is None or measured.index <= kept.cell.cell.index:
        return None
    if times_bound(cells, kept.frame) != 1:
        return None
    if not any(place.cell.cell.cell_id == notebook.measured for place in occurrences(cells, kept.frame)):
        return None
    took = evidence.measurement
    held = sum(column.nbytes for column in frame.columns if column.dtype not in _SHARED)
    if held < _WORTH_BYTES:
        return None
    likely = max(took.peak_bytes - held, took.increment_bytes)
    return Recommendation(
        rule=RULE,
        technique=Technique.COMPRESSION,
        title=f"Let go of {kept.parts} when {kept.frame} is made of it",
        why=(
            f"No code uses {kept.parts} once {kept.frame} is made: {held / 2**20:,.0f} MiB of numbers are there twice, "
            f"all the time that this cell runs."
        ),
        result=ResultClass.IDENTICAL,
        predicted_peak=PredictedPeak(min(int(likely * 0.95), likely), likely, max(took.peak_bytes - held // 2, likely)),
        edits=(let_go(kept),),
        gone=(kept.parts,),
    )


def _recommend(
    cells: tuple[ParsedCell, ...],
    calls: PandasCalls,
    found: ConcatLoop,
    frame: FrameEvidence | None,
    evidence: Evidence,
) -> Iterator[Recommendation | HeldBack]:
    _check_loop(found)
    _check_uses(cells, found)
    part = part_of(found, calls)
    if part.problem:
        raise HoldBackError(part.problem)
    if isinstance(found.part, ast.Name) and any(
        declares_global(statement, found.part.id) for cell in cells for statement in cell.body
    ):
        raise HoldBackError(f"{found.part.id} is bound inside a function, too")
    _check_numbers(cells, calls, found, part)
    _check_types(found, frame, evidence)
    assert frame is not None
    stream = find_stream(cells, calls, found)
    if stream is not None:
        if reason := unproven(cells, stream, frame):
            yield HeldBack(RULE, found.cell.cell.cell_id, found.cell.cell.index, f"written part by part: {reason}")
        else:
            yield _streamed(cells, stream, frame, evidence)
    # measured on 65 MB of CSV, numbers and text: 0.60 to 0.97 of the increment, 0.4 to 0.9 of what stays
    yield Recommendation(
        rule=RULE,
        technique=Technique.COMPRESSION,
        title=f"Collect the parts of {found.name} in a list and put them together once",
        why=(
            f"Each round of the loop copies {found.name} whole, {frame.nbytes / 2**20:,.0f} MiB in the end, "
            f"and leaves the old copy's place behind; the list is copied once and let go of."
        ),
        result=ResultClass.IDENTICAL,
        predicted_peak=_share(evidence, 0.6, 0.85, 1.0),
        edits=collected(cells, found),
    )


def _streamed(
    cells: tuple[ParsedCell, ...], stream: Stream, frame: FrameEvidence, evidence: Evidence
) -> Recommendation:
    """Return the card that never makes the frame: one file is in memory at a time.

    Measured on twelve files of 65 MB in all: 27 MiB instead of 120.
    """
    return Recommendation(
        rule=RULE,
        technique=Technique.CHUNKING,
        title=f"Write each file behind the one before, without making {stream.found.name}",
        why=(
            f"{stream.found.name} ({frame.nbytes / 2**20:,.0f} MiB) is only written out again: one file at a time "
            f"is enough, with the types that all of them have together, so that numbers are written as before."
        ),
        result=ResultClass.IDENTICAL,
        predicted_peak=_share(evidence, 0.05, 0.25, 0.6),
        edits=streamed(cells, stream, frame),
        gone=tuple(dict.fromkeys(name for name in (stream.found.name, stream.part) if name)),
    )


def _share(evidence: Evidence, low: float, likely: float, high: float) -> PredictedPeak:
    """Return the peak at these shares of what the cell took over its start."""
    start, took = evidence.measurement.start_bytes, evidence.measurement.increment_bytes
    return PredictedPeak(start + int(took * low), start + int(took * likely), start + int(took * high))


def _check_loop(found: ConcatLoop) -> None:
    where = f"cell {found.cell.cell.index}, line {found.step.lineno}"
    if not found.plain:
        raise HoldBackError(f"the concat in {where} says more than ignore_index and sort")
    if reason := swallows(found.outer):
        raise HoldBackError(f"the concat in {where} stands inside {reason}, after which the parts so far would be used")
    if any(isinstance(node, LATE) for node in found.outer):
        raise HoldBackError(f"the concat in {where} stands inside a function")
    if found.loop.orelse:
        raise HoldBackError(f"the loop in cell {found.cell.cell.index}, line {found.loop.lineno} has an else")
    if line_end(found.cell, found.loop) is None:
        raise HoldBackError(f"other code follows on the loop's last line (cell {found.cell.cell.index})")


def _check_uses(cells: tuple[ParsedCell, ...], found: ConcatLoop) -> None:
    name = found.name
    if found.begin is None or found.begin_cell is None or found.seed is None:
        raise HoldBackError(f"{name} does not begin in a line of its own above the loop")
    if times_bound(cells, name) != 2:
        raise HoldBackError(f"{name} is bound elsewhere too: what the loop made was not seen")
    for statement in (statement for cell in cells for statement in cell.body):
        for used, function in late_uses(statement):
            if used == name:
                raise HoldBackError(f"{name} is used inside {function}, which may run in the loop")
    begin = (found.begin_cell.cell.index, found.begin.lineno)
    loop = (found.cell.cell.index, found.loop.lineno)
    step = {id(node) for node in ast.walk(found.step)}
    for place in occurrences(cells, name):
        at = (place.cell.cell.index, place.statement.lineno)
        where = f"cell {place.cell.cell.index}, line {place.node.lineno}"
        if place.statement is found.loop and id(place.node) not in step:
            raise HoldBackError(f"{name} is used otherwise in the loop ({where})")
        if begin < at < loop or at < begin:
            raise HoldBackError(f"{name} is used above the loop ({where})")
    if any(isinstance(node, ast.Name) and node.id == name for node in ast.walk(found.part)):
        raise HoldBackError(f"the part that is put behind {name} is made of {name} itself")
    for _, reason in blind_spots(cells, name):
        raise HoldBackError(reason)


def _check_numbers(cells: tuple[ParsedCell, ...], calls: PandasCalls, found: ConcatLoop, part: Part) -> None:
    """Hold back where row numbers may come out otherwise than in the loop."""
    seed = found.seed
    empty = (
        calls.is_call(seed, "DataFrame") and not (seed.args or seed.keywords) if isinstance(seed, ast.Call) else False
    )
    nothing = isinstance(seed, ast.Constant) and seed.value is None
    if nothing != isinstance(found.step.value, ast.IfExp):
        raise HoldBackError(f"{found.name} does not begin as the loop expects it")
    if not empty and not nothing:
        assert seed is not None
        first = made_by(seed, calls)
        if first.problem or not first.numbered:
            raise HoldBackError(f"{found.name} begins with {ast.unparse(seed)[:40]}, whose rows may have other numbers")
    if not empty and _says(found, "sort"):
        raise HoldBackError("a single part would have its columns sorted, which the loop does not do")
    if not part.numbered and not (empty and _says(found, "ignore_index")):
        raise HoldBackError(f"the rows of a part of {found.name} may have other numbers than 0, 1, 2 and so on")
    if nothing and isinstance(found.part, ast.Name):
        for place in occurrences(cells, found.part.id):
            if place.statement is not found.loop:
                raise HoldBackError(
                    f"{found.part.id} is used in cell {place.cell.cell.index}, and may be the frame itself"
                )


def _says(found: ConcatLoop, option: str) -> bool:
    """Tell whether the concat is given an option as True."""
    return any(
        one.arg == option and isinstance(one.value, ast.Constant) and one.value.value is True
        for one in found.call.keywords
    )


def _check_types(found: ConcatLoop, frame: FrameEvidence | None, evidence: Evidence) -> None:
    if not evidence.pandas_version.startswith("3"):
        raise HoldBackError("needs pandas 3: before it, text is of objects, of which concat guesses the type")
    if frame is None:
        raise HoldBackError(f"{found.name} is not alive any more: the types of its columns were not seen")
    if not frame.plain_names:
        raise HoldBackError(f"the columns of {found.name} are not named by distinct texts")
    for column in frame.columns:
        if not _AGREEING.fullmatch(column.dtype):
            raise HoldBackError(
                f"column {column.name!r} is {column.dtype}: its type may depend on the order of concats"
            )
