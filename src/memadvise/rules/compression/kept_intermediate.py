"""A large intermediate value is kept although no later code uses it.

## What it sees
A frame, array or list of more than a MiB that was made once, above the measured cell, was used to make something
else, and that no later code of the notebook names. And a displayed result that no name is bound to: `Out[]` keeps it.

## Why it costs memory
A name keeps its value until the kernel ends. `raw` stays beside the `df` that was made of it, while the measured cell
runs. A frame that is a cell's last expression stays in `Out[3]` and `_3`, long after it was looked at.

## Before
```python
raw = pd.read_csv("orders.csv")
df = raw.dropna()
df.sort_values("amount")
```

## After
```python
raw = pd.read_csv("orders.csv")
df = raw.dropna()
del raw
display(df.sort_values("amount"))
```

## When results change
Never, for what the notebook computes and shows: class *identical*. The deleted name is gone afterwards, and a displayed
result has no number any more; both are announced. To run a cell again alone that uses a deleted name raises a
`NameError` until the cell that makes it has run. Names that are used in functions, strings or unknown magics, bound
twice, never used at all or shown last (a result?) are left alone, and so is memory that something else holds anyway.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, replace

from memadvise.model import (
    Edit,
    Evidence,
    Held,
    HeldBack,
    Measurement,
    NotebookSource,
    PredictedPeak,
    Recommendation,
    ResultClass,
    Technique,
)
from memadvise.rewrite.edits import Span, edit
from memadvise.rewrite.insertions import below
from memadvise.rewrite.lifetime import Life, Place, life_of, makes_of, output_uses, takes_what_it_binds
from memadvise.rewrite.mask import without_own_magic
from memadvise.rewrite.parse import ParsedCell, parse_notebook
from memadvise.rewrite.reads import only_imported
from memadvise.rules.registry import rule
from memadvise.rules.saving import Saving, lower_peak, lowers

RULE = "kept-intermediate"
_LEAST_BYTES = 2**20  # a card for less is noise
_WORTH = 0.05  # of what the measured cell takes: likewise


@dataclass(frozen=True)
class _Release:
    """One value that is let go: what is called so, the spans of the edit, what it frees, and from which line on.

    ``line`` is the last line of the measured cell that still needs it; 0 when it is let go above that cell.
    """

    what: str
    cell: ParsedCell
    spans: tuple[Span, ...]
    nbytes: int
    line: int = 0
    name: str = ""


@dataclass(frozen=True)
class _Notebook:
    """What is asked of each value: the cells, the measured one, and what was observed."""

    cells: tuple[ParsedCell, ...]
    measured: ParsedCell
    evidence: Evidence
    whole: bool  # the cells that were not run yet are known, too

    @property
    def at(self) -> int:
        """Index of the measured cell."""
        return self.measured.cell.index

    def worth(self, saving: Saving) -> bool:
        """Tell whether the measured cell's peak falls by more than noise."""
        return saving.nbytes >= _LEAST_BYTES and lowers(self.evidence.measurement, saving, _WORTH)


@rule
def advise(notebook: NotebookSource, evidence: Evidence) -> Iterator[Recommendation | HeldBack]:
    """Offer to let go of the large values that the rest of the notebook does not need."""
    cells = parse_notebook(notebook)
    measured = next((cell for cell in cells if cell.cell.cell_id == notebook.measured), None)
    if measured is None:
        return
    known = _Notebook(cells, measured, evidence, notebook.origin != "history")
    releases: list[_Release] = []
    for held in evidence.held:
        found = _displayed(known, held) if held.name.startswith("Out[") else _named(known, held)
        if isinstance(found, HeldBack):
            yield found
        elif found is not None:
            releases.append(found)
    if releases:
        yield _card(known, releases)


def _named(known: _Notebook, held: Held) -> _Release | HeldBack | None:
    life = life_of(known.cells, held.name)
    if life is None or life.made.index >= min(known.at, known.cells[-1].cell.index):
        return None  # what the measured or the last cell makes may be what the next cell is written for
    if not life.uses:
        return _held_back(known, life.made, held, f"is never used after cell {life.made.index} makes it: a result?")
    last = life.uses[-1]
    if last.index > known.at:
        return None
    line = last.statement.end_lineno or 0 if last.cell is known.measured else 0
    if not known.worth(Saving(held.nbytes, line)):
        return None
    unknown = "" if known.whole else f"whether a cell that was not run yet uses {held.name} is not known"
    if reason := unknown or life.problem or _shown_last(life) or _not_freed(known, held) or _not_again(last):
        return HeldBack(RULE, last.cell.cell.cell_id, last.index, reason)
    if not known.worth(Saving(held.alone_bytes, line)):
        return None
    gone = below(last.cell, last.statement, [f"del {held.name}"])
    return _Release(held.name, last.cell, (gone,), held.alone_bytes, line, held.name)


def _held_back(known: _Notebook, place: Place, held: Held, reason: str) -> HeldBack | None:
    if not known.worth(Saving(held.nbytes)):
        return None
    return HeldBack(RULE, place.cell.cell.cell_id, place.index, f"{held.name} {reason}")


def _shown_last(life: Life) -> str:
    """Return why the last use does not look like that of an intermediate."""
    last = life.uses[-1]
    if not makes_of(last, life.name):
        return f"the last use of {life.name}, in cell {last.index}, makes nothing else of it: a result?"
    if not last.cell.stands_alone(last.statement):
        return f"the last use of {life.name}, in cell {last.index}, shares its line with other code"
    return ""


def _not_freed(known: _Notebook, held: Held) -> str:
    """Return what would keep the memory although the name is gone."""
    if held.others:
        return f"deleting {held.name} frees nothing: {held.others[0]} is the same object"
    if held.outputs:
        return f"deleting {held.name} frees nothing: Out[{held.outputs[0]}] holds it"
    if held.elsewhere:
        return f"deleting {held.name} frees nothing: something else refers to it"
    if not known.worth(Saving(held.alone_bytes)):
        with_whom = f"{held.shares[0]} uses its memory" if held.shares else "its memory is used by other values"
        return f"deleting {held.name} frees nothing: {with_whom}"
    return ""


def _not_again(last: Place) -> str:
    """Return why the cell could not be run again by Apply."""
    changed = sorted(takes_what_it_binds(last.cell))
    if changed:
        return f"cell {last.index} changes {changed[0]}, which it takes from above: to run it again would do so twice"
    return ""


def _displayed(known: _Notebook, held: Held) -> _Release | HeldBack | None:
    """Return how to show a value without keeping it; None when that is no matter."""
    saving = Saving(held.alone_bytes)
    cell = _cell_of(known.cells, held.code)
    if cell is None or cell.cell.index >= known.at or held.elsewhere or not known.worth(saving):
        return None
    last = cell.body[-1] if cell.body else None
    if not isinstance(last, ast.Expr):
        return None
    place, where = Place(cell, last), f"{held.name} of cell {cell.cell.index} holds a {held.type}, but"
    start, end = cell.span(last)
    reason = output_uses(known.cells) if known.whole else "whether a cell that was not run yet uses it is not known"
    if not reason and not _is_display(known.cells):
        reason = "display is another thing in this notebook"
    if not reason and not cell.stands_alone(last):
        reason = "the last expression shares its line with other code"
    if not reason and cell.cell.source[end:].strip() and not cell.cell.source[end:].lstrip().startswith("#"):
        reason = "other code follows the last expression"
    if reason := reason or _not_again(place):
        return HeldBack(RULE, cell.cell.cell_id, cell.cell.index, f"{where} {reason}")
    spans = ((start, start, "display("), (end, end, ")"))
    return _Release(f"the output of cell {cell.cell.index}", cell, spans, held.alone_bytes)


def _cell_of(cells: tuple[ParsedCell, ...], code: str) -> ParsedCell | None:
    """Return the one cell whose code the kernel ran as ``code``; None when it is not known for certain."""
    wanted = code.strip()
    found = [cell for cell in cells if wanted and without_own_magic(cell.cell.source).strip() == wanted]
    return found[0] if len(found) == 1 else None


def _is_display(cells: tuple[ParsedCell, ...]) -> bool:
    """Tell whether `display` is IPython's own in the whole notebook."""
    return only_imported(cells, "display", "IPython.display", "display")


def _card(known: _Notebook, releases: list[_Release]) -> Recommendation:
    shown = tuple(one.cell.cell.cell_id for one in releases if not one.name)
    names = tuple(one.name for one in releases if one.name)
    total = sum(one.nbytes for one in releases)
    what = ", ".join(one.what for one in releases[:3]) + (" …" if len(releases) > 3 else "")
    first = releases[0]
    return Recommendation(
        rule=RULE,
        technique=Technique.COMPRESSION,
        title=f"Let go of {what} when {'they are' if len(releases) > 1 else 'it is'} not needed any more",
        why=f"No code below cell {first.cell.cell.index} uses {first.what}, but it stays in memory while this cell "
        f"runs: {total / 2**20:,.0f} MiB in all.",
        result=ResultClass.IDENTICAL,
        predicted_peak=_predicted(known.evidence.measurement, releases),
        edits=tuple(_edits(releases)),
        gone=names,
        unkept=shown,
    )


def _predicted(took: Measurement, releases: list[_Release]) -> PredictedPeak:
    """Predict the peak of all changed cells: the first of them still holds what it lets go of at its end."""
    peak = lower_peak(took, [Saving(one.nbytes, one.line) for one in releases])
    above = [one for one in releases if not one.line]
    if not above:
        return peak
    first = min(one.cell.cell.index for one in above)
    then = took.start_bytes - sum(one.nbytes for one in above if one.cell.cell.index > first)
    return replace(peak, likely_bytes=min(max(peak.likely_bytes, then), took.peak_bytes))


def _edits(releases: list[_Release]) -> Iterator[Edit]:
    cells = {one.cell.cell.cell_id: one.cell for one in releases}
    for cell in sorted(cells.values(), key=lambda one: one.cell.index):
        yield edit(cell.cell, [span for one in releases if one.cell is cell for span in one.spans])
