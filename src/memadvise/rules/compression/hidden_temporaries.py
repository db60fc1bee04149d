"""Arithmetic on a large numpy array makes a second array beside it.

## What it sees
`x = x * 2 + 1` or `x = (x - x.mean()) / x.std()` at the top level of the measured cell, where `x` is an array of
floats that the notebook has made and that nothing else holds.

## Why it costs memory
The right side is computed into a new array while the old one is still there: for a moment both are held, and a third
one where `std` works on it. In place the numbers are written over the old ones.

## Before
```python
x = (x - x.mean()) / x.std()
```

## After
```python
x_std = x.std()
x -= x.mean()
x /= x_std
```

## When results change
Never: each step is the same operation on the same numbers in the same order, class *identical*. Only `+ - * /` and
`** 2` with numbers, with reductions of the array itself, or with arrays of the same shape and dtype. Held back where
another name, a view, an output, a function or a frame may hold the old array (wherever in the notebook, unless the
same cell makes it: a cell may be run again), where its dtype or shape is not known
from the code (an integer array can't take fractions in place), and where the notebook turns floating-point warnings
into errors, because the array would then be left half changed.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass

from memadvise.model import (
    Evidence,
    HeldBack,
    NotebookSource,
    PredictedPeak,
    Recommendation,
    ResultClass,
    Technique,
)
from memadvise.rewrite.array_uses import ArrayUse
from memadvise.rewrite.edits import Span, edit
from memadvise.rewrite.in_place import Step, chain, in_place, of_itself
from memadvise.rewrite.made_arrays import Made, MadeArrays
from memadvise.rewrite.names import all_names, fresh_name
from memadvise.rules.arrays import LOOKS, KnownArray, known_arrays, worth
from memadvise.rules.common import HoldBackError
from memadvise.rules.registry import rule

RULE = "hidden-temporaries"
_HARMLESS = LOOKS | {"item stored", "item augmented", "augmented", "bound"}
_RAISES = re.compile(r"\b(seterr|errstate|seterrcall)\b|\b(simplefilter|filterwarnings)\(\s*['\"]error")


@dataclass(frozen=True)
class _Chain:
    """One statement that computes an array anew from itself."""

    statement: ast.Assign
    steps: tuple[Step, ...]


@rule
def advise(notebook: NotebookSource, evidence: Evidence) -> Iterator[Recommendation | HeldBack]:
    """Offer steps in place for arrays that are computed anew from themselves."""
    for known in known_arrays(notebook, evidence):
        if not worth(known.array.nbytes, evidence):
            continue
        cell = known.measured.cell
        made = MadeArrays(known.cells, evidence.scalars)
        found: list[_Chain] = []
        for one in _chains(known):
            try:
                _prove(one, known, made, found)
            except HoldBackError as reason:
                yield HeldBack(RULE, cell.cell_id, cell.index, f"{known.name}: {reason}")
            else:
                found.append(one)
        if found:
            yield _card(known, evidence, found)


def _chains(known: KnownArray) -> Iterator[_Chain]:
    for statement in known.measured.body:
        match statement:
            case ast.Assign(targets=[ast.Name(id=name)], value=value) if name == known.name:
                if steps := chain(name, value):
                    yield _Chain(statement, steps)


def _prove(one: _Chain, known: KnownArray, made: MadeArrays, found: list[_Chain]) -> None:
    """Raise unless the steps in place surely give the same bits, and nobody else sees that they do."""
    if known.uses.problem:
        raise HoldBackError(known.uses.problem)
    if any(_RAISES.search(cell.cell.source) for cell in known.cells):
        raise HoldBackError("the notebook turns floating-point warnings into errors, which would leave it half changed")
    arrays = made.before(known.measured, one.statement)
    array = arrays.get(known.name)
    if array is None:
        raise HoldBackError("its dtype before the line is not known from the code, or it may be another array's memory")
    _prove_sole(one, known, found)
    for step in one.steps:
        _prove_step(step, known.name, array, arrays, made)
    if array.dtype != known.array.dtype:
        raise HoldBackError(f"it is {known.array.dtype} now and was made as {array.dtype}")
    source, start = known.measured.cell.source, known.measured.span(one.statement)[0]
    alone = known.measured.stands_alone(one.statement)
    if not alone or source[known.measured.line_start(one.statement) : start].strip():
        raise HoldBackError("the line that computes it holds something else beside")
    if "#" in known.measured.text(one.statement):
        raise HoldBackError("a comment stands inside the statement")


def _prove_sole(one: _Chain, known: KnownArray, in_place_before: list[_Chain]) -> None:
    """Raise where something may hold the array that the name holds above a statement.

    Where another cell makes the array, nothing below may keep hold of it either: this cell may be run again.
    """
    here = known.measured.cell.index
    changed = {(here, earlier.statement.lineno) for earlier in in_place_before}  # these bind no new array any more
    others = [use for use in known.uses.uses if _stands(use) != (here, one.statement.lineno)]
    above = [use for use in others if _stands(use) < (here, one.statement.lineno)]
    bound = [number for number, use in enumerate(above) if use.word == "bound" and _stands(use) not in changed]
    first = bound[-1] if bound else 0
    again = bool(bound) and above[first].cell.cell.index == here
    for use in above[first:] if again else [*above[first:], *(use for use in others if use not in above)]:
        if use.word not in _HARMLESS:
            below = "" if use in above else ", and running this cell again would change what it holds"
            raise HoldBackError(f"cell {use.cell.cell.index} may keep hold of it: {use.text} ({use.word}){below}")


def _stands(use: ArrayUse) -> tuple[int, int]:
    """Return where the use's top-level statement begins: cells of the same text share their trees, not their place."""
    return use.cell.cell.index, use.statement.lineno


def _prove_step(step: Step, name: str, array: Made, arrays: dict[str, Made], made: MadeArrays) -> None:
    operand = step.operand
    text = ast.unparse(operand)
    if step.operator == "**":
        if not (isinstance(operand, ast.Constant) and type(operand.value) is int and operand.value == 2):
            raise HoldBackError(f"a power of {text} is not surely computed in the same way in place")
        return
    if made.number(operand, array.dtype):
        return
    if of_itself(name, operand, lambda node: made.number(node, array.dtype)):
        return
    other = arrays.get(operand.id) if isinstance(operand, ast.Name) and operand.id != name else None
    if other is None:
        raise HoldBackError(f"{text} is no number, reduction or array of which dtype and shape are known from the code")
    if other.dtype != array.dtype or not array.shape or other.shape != array.shape:
        raise HoldBackError(f"{text} does not surely have the same shape and dtype")


def _card(known: KnownArray, evidence: Evidence, found: list[_Chain]) -> Recommendation:
    cell, name, saved = known.measured, known.name, known.array.nbytes
    taken = set(all_names(known.cells))
    spans: list[Span] = []
    for one in found:
        lines = in_place(name, one.steps, cell.text, lambda wanted: _fresh(wanted, taken))
        start, end = cell.span(one.statement)
        spans.append((start, end, ("\r\n" if "\r\n" in cell.cell.source else "\n").join(lines)))
    peak = evidence.measurement.peak_bytes
    lower = max(peak - saved, evidence.measurement.start_bytes)
    return Recommendation(
        rule=RULE,
        technique=Technique.COMPRESSION,
        title=f"Compute {name} in place",
        why=(
            f"{ast.unparse(found[0].statement)} makes a second array of {saved / 2**20:,.0f} MiB beside {name}, which "
            "nothing else holds: in place it needs none."
        ),
        result=ResultClass.IDENTICAL,
        predicted_peak=PredictedPeak(lower, lower, peak),
        edits=(edit(cell.cell, spans),),
    )


def _fresh(wanted: str, taken: set[str]) -> str:
    name = fresh_name(wanted, frozenset(taken))
    taken.add(name)
    return name
