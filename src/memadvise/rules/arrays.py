"""What the rules on numpy arrays ask: which arrays concern the measured cell, and which never change."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from memadvise.model import ArrayEvidence, Evidence, NotebookSource, PredictedPeak
from memadvise.rewrite.array_uses import ArrayUse, ArrayUses, array_uses
from memadvise.rewrite.parse import ParsedCell, parse_notebook
from memadvise.rules.common import HoldBackError

WORTH_BYTES = 2**20  # a saving below this is noise, and so is one
WORTH_SHARE = 0.05  # below this share of what the measured cell takes

# uses that only look: no other holder of the array comes of them, and they change nothing in it
LOOKS = frozenset({
    ".shape", ".ndim", ".dtype", ".size", ".nbytes", ".sum()", ".mean()", ".std()", ".var()", ".min()", ".max()",
    ".any()", ".all()", ".argmax()", ".argmin()", "compare", "len()", "print()", "format", "deleted",
    "+", "-", "*", "/", "@", "**", "//", "%", ".dot()", ".copy()", ".tolist()", "np.sum()", "np.mean()", "np.std()",
    "np.var()", "np.min()", "np.max()", "np.median()", "np.percentile()", "np.exp()", "np.log()", "np.sqrt()",
    "np.abs()", "np.count_nonzero()", "np.bincount()", "np.unique()", "np.dot()", "np.isnan()", "np.any()", "np.all()",
    "np.linalg.norm()", "np.save()",
})  # fmt: skip


@dataclass(frozen=True)
class KnownArray:
    """A live array that the measured cell mentions, with all its uses in the notebook."""

    cells: tuple[ParsedCell, ...]
    measured: ParsedCell
    array: ArrayEvidence
    uses: ArrayUses

    @property
    def name(self) -> str:
        """Name of the array."""
        return self.array.name

    def is_measured(self, cell: ParsedCell) -> bool:
        """Tell whether a cell is the measured one."""
        return cell.cell.cell_id == self.measured.cell.cell_id


def known_arrays(notebook: NotebookSource, evidence: Evidence) -> Iterator[KnownArray]:
    """Yield the live arrays of which the measured cell mentions the name."""
    cells = parse_notebook(notebook)
    measured = next((cell for cell in cells if cell.cell.cell_id == notebook.measured), None)
    if measured is None:
        return
    mentioned = {node.id for statement in measured.body for node in ast.walk(statement) if isinstance(node, ast.Name)}
    for array in evidence.arrays:
        if array.name in mentioned:
            yield KnownArray(cells, measured, array, array_uses(cells, array.name))


def worth(saved: int, evidence: Evidence) -> bool:
    """Tell whether a saving (bytes) is worth a card."""
    return saved >= WORTH_BYTES and saved >= WORTH_SHARE * evidence.measurement.increment_bytes


def unchanging(cells: tuple[ParsedCell, ...], evidence: Evidence, name: str) -> ArrayEvidence | None:
    """Return what is known of a live array that has held the same numbers ever since it was made; None otherwise."""
    array = evidence.array(name)
    uses = array_uses(cells, name)
    if array is None or uses.problem or uses.maker() is None or uses.maker() != _first(uses):
        return None
    return array if all(use.word in LOOKS or _in_dot(use, evidence) for use in uses.others()) else None


def _in_dot(use: ArrayUse, evidence: Evidence) -> bool:
    """Tell whether the array is the argument of another live array's `dot`."""
    match use.node:
        case ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr="dot")):
            return use.word == "argument" and evidence.array(name) is not None
    return False


def _first(uses: ArrayUses) -> object:
    first = uses.uses[0]
    return (first.cell, first.statement) if not first.nested else None


def above_its_maker(uses: ArrayUses) -> ArrayUse | None:
    """Return a use that stands above the statement which makes the array: it is of another run's array."""
    maker = uses.maker()
    assert maker is not None
    at = (maker[0].cell.index, maker[1].lineno)
    early = (use for use in uses.others() if use.statement is not maker[1] and use.place[:2] < at)
    return next(early, None)


def maker_of(known: KnownArray) -> tuple[ParsedCell, ast.Assign]:
    """Return the one statement that makes the array, once it is certain that all uses are seen.

    Raises:
        HoldBackError: it is not.
    """
    maker = known.uses.maker()
    if maker is None:
        raise HoldBackError("it is bound more than once, or in a branch or loop")
    if known.uses.problem:
        raise HoldBackError(known.uses.problem)
    if early := above_its_maker(known.uses):
        raise HoldBackError(f"cell {early.cell.cell.index} uses it above the cell that makes it")
    return maker


def starts_lower(evidence: Evidence, saved: int) -> PredictedPeak:
    """Predict the peak of a cell that begins with ``saved`` bytes less resident, and does the same work."""
    took = evidence.measurement
    likely = max(took.peak_bytes - saved, took.increment_bytes)
    return PredictedPeak(int(likely * 0.9), likely, min(int(likely * 1.15) + WORTH_BYTES, took.peak_bytes))


def keeps_less(evidence: Evidence, saved: int, beside: int = 0) -> PredictedPeak:
    """Predict the peak of cells of which one makes the array as before and then shrinks it: only less is kept.

    ``beside`` are the bytes of the new form while the old one is still there, where the measured cell makes it.
    """
    took = evidence.measurement
    likely = took.peak_bytes + beside
    return PredictedPeak(max(took.peak_bytes - saved, took.start_bytes), likely, likely)


def makes_less(evidence: Evidence, saved: int) -> PredictedPeak:
    """Predict the peak of a cell that never makes ``saved`` bytes of what it made."""
    took = evidence.measurement
    likely = max(took.peak_bytes - saved, took.start_bytes)
    return PredictedPeak(likely, likely, max(likely, took.peak_bytes - saved // 2))
