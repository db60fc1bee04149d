"""`memadvise run`: the original once, then each change in a fresh kernel, verified against the original."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import nbformat

from memadvise.batch.kernel import NotebookRun, RunOptions, code_cells, run_once, with_sources
from memadvise.batch.outcome import joined, verdict
from memadvise.measure.combine import combined
from memadvise.model import (
    Applied,
    Cell,
    CellReport,
    Edit,
    Measurement,
    NotebookSource,
    Recommendation,
    Report,
    ResultClass,
    Technique,
    Verification,
)
from memadvise.observe import machine
from memadvise.version import __version__

BEST_CLASSES = frozenset({ResultClass.IDENTICAL, ResultClass.SAME_VALUES, ResultClass.ROUNDING, ResultClass.DISPLAY})
WORTH_ANOTHER_STEP = 0.2  # a second rewrite must save this share of what the first one left above the start
MOST_STEPS = 6


@dataclass(frozen=True)
class Request:
    """What to run: the cells by id (empty: those that begin with the magic), what to apply, how to run."""

    options: RunOptions
    apply: str = "none"
    cells: tuple[str, ...] = ()
    every: bool = False


@dataclass(frozen=True)
class NotebookResult:
    """The report, the notebook as it now is (with the outputs of its last run), and what there is to say."""

    report: Report
    notebook: Any
    raised: bool = False
    verification_failed: bool = False
    problem: str = ""
    notes: tuple[str, ...] = ()


@dataclass
class _Step:
    """One change that was run: the cards so far for a measured cell, and the run of the changed notebook."""

    card: Recommendation
    source: NotebookSource
    run: NotebookRun
    applied: Applied


@dataclass
class _State:
    """Where the notebook stands: its sources now, the run of them, the cards applied so far."""

    source: tuple[Cell, ...]
    run: NotebookRun
    cards: list[Recommendation] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    tried: dict[str, list[Applied]] = field(default_factory=dict)
    failed: bool = False


Say = Callable[[str], None]


def read_notebook(path: Path) -> Any:
    """Return the notebook, its cells with ids.

    Raises:
        ValueError: the file is not there or is no notebook; the message says what was found and what to do.
    """
    try:
        notebook = nbformat.read(path, as_version=4)
    except FileNotFoundError as error:
        raise ValueError(f"there is no notebook {path}. Hint: give the path of an .ipynb file") from error
    except Exception as error:
        raise ValueError(f"{path} is no notebook that can be read ({type(error).__name__}: {error})") from error
    notebook.nbformat_minor = max(notebook.nbformat_minor, 5)
    seen: set[str] = set()
    for place, cell in enumerate(notebook.cells):
        if not cell.get("id") or cell.id in seen:
            cell.id = f"cell-{place}"
        seen.add(cell.id)
    return notebook


def run_notebook(notebook: Any, request: Request, say: Say = lambda text: None) -> NotebookResult:
    """Run, measure, advise; apply what was asked; run again and verify.

    Raises:
        RuntimeError: the kernel can't be started or has no memadvise.
    """
    cells = code_cells(notebook)
    reported = _reported(cells, request)
    say(f"running the notebook ({len(cells)} code cells, {len(reported)} with a report)")
    first = run_once(notebook, frozenset(reported), request.options, compare=request.apply != "none")
    state = _State(cells, first)
    applied: dict[str, Applied] = {}
    if request.apply != "none" and not first.failed:
        for cell_id in reported:
            found = _apply_for(notebook, cell_id, first, state, request, say)
            if found is not None:
                applied[cell_id] = found
    reports = tuple(
        replace(report, applied=applied.get(report.cell_id), tried=tuple(state.tried.get(report.cell_id, ())))
        for report in _reports(reported, cells, first)
    )
    here = reports[0].machine if reports else machine()
    return NotebookResult(
        report=Report(__version__, here, reports),
        notebook=state.run.notebook,
        raised=bool(first.failed),
        verification_failed=state.failed,
        problem=first.problem,
        notes=tuple(state.notes),
    )


def _reported(cells: tuple[Cell, ...], request: Request) -> tuple[str, ...]:
    if request.cells:
        return tuple(cell.cell_id for cell in cells if cell.cell_id in request.cells)
    return tuple(
        cell.cell_id
        for cell in cells
        if cell.source.strip() and (request.every or cell.source.lstrip().startswith("%%memadvise"))
    )


def _reports(reported: tuple[str, ...], cells: tuple[Cell, ...], run: NotebookRun) -> list[CellReport]:
    """Return the reports in notebook order; a cell that its kernel did not survive is reported as seen from outside."""
    found = []
    for cell in cells:
        outcome = run.outcomes.get(cell.cell_id)
        if cell.cell_id not in reported:
            continue
        if outcome is not None:
            found.append(outcome.report)
        elif cell.cell_id == run.failed and run.end.seen is not None:
            report = CellReport(cell.index, cell.cell_id, cell.source, "error", run.end.seen, machine())
            found.append(replace(report, error=run.end.error))
    return found


def _apply_for(
    notebook: Any, cell_id: str, first: NotebookRun, state: _State, request: Request, say: Say
) -> Applied | None:
    """Apply to one measured cell what was asked; return what came of it, None when nothing was applied."""
    steps: list[_Step] = []
    refused: set[str] = set()
    most = MOST_STEPS if request.apply == "best" else 1
    while len(steps) + len(refused) < most:
        card = _choose(cell_id, state, request.apply, bool(steps), refused)
        if card is None:
            if request.apply != "best":
                state.notes.append(
                    f"cell {first.outcomes[cell_id].report.index}: has no recommendation {request.apply}"
                )
            break
        say(f"cell {first.outcomes[cell_id].report.index}: trying {card.rule}")
        step = _try(notebook, cell_id, card, first, state, request)
        verification = step.applied.verification
        lower = step.applied.measurement.peak_bytes < _current_peak(cell_id, card, state)
        if verification.equal and (lower or request.apply != "best"):
            state.source, state.run = step.source.cells, step.run
            state.cards.append(card)
            steps.append(step)
            continue
        why = "the result differs" if not verification.equal else "the peak is not lower"
        state.notes.append(f"cell {first.outcomes[cell_id].report.index}: {card.rule} was taken back: {why}")
        state.tried.setdefault(cell_id, []).append(step.applied)
        refused.add(card.rule)
        if request.apply != "best":
            state.failed = True
            return step.applied
    return _together(steps, first) if steps else None


def _choose(cell_id: str, state: _State, asked: str, again: bool, refused: set[str]) -> Recommendation | None:
    outcome = state.run.outcomes.get(cell_id)
    if outcome is None:
        return None
    cards = [card for card in outcome.report.recommendations if card.rule not in refused]
    if asked != "best":
        wanted = (card for card in cards if asked in {card.rule, str(card.number)})
        return None if again else next(wanted, None)
    fit = [card for card in cards if card.result in BEST_CLASSES and card.technique is not Technique.MACHINE]
    if again:
        took = outcome.report.measurement  # saved is what the cell takes less: Python and pandas are there anyhow
        most = took.peak_bytes - int(WORTH_ANOTHER_STEP * took.increment_bytes)
        fit = [card for card in fit if card.predicted_peak.likely_bytes <= most]
    return min(fit, key=lambda card: card.predicted_peak.likely_bytes, default=None)  # ranked: ties keep their order


def _try(
    notebook: Any, cell_id: str, card: Recommendation, first: NotebookRun, state: _State, request: Request
) -> _Step:
    """Run the changed notebook; where something is built on the first run, the second one is measured."""
    changed = NotebookSource(state.source, cell_id).with_edits(card.edits)
    copy = with_sources(notebook, changed)
    reported = frozenset(_reported(changed.cells, request)) | {cell_id}
    run = run_once(copy, reported, request.options)
    verification = _verified(first, state, run, card, cell_id)
    if card.builds and verification.equal:
        run = run_once(copy, reported, request.options)
        verification = _verified(first, state, run, card, cell_id)
    touched = _touched(cell_id, card.edits, state.source)
    before, after = _taken(touched, first), _taken(touched, run)
    applied = Applied(
        number=card.number,
        rule=card.rule,
        edits=card.edits,
        before=before,
        measurement=after,
        speed_ratio=before.wall_s / after.wall_s if after.wall_s > 0 else 1.0,
        verification=verification,
    )
    return _Step(card, changed, run, applied)


def _verified(first: NotebookRun, state: _State, run: NotebookRun, card: Recommendation, cell_id: str) -> Verification:
    """Compare with the original, and with the run before this step: its own class is what this step changed."""
    whole = verdict(first, run, [*state.cards, card], cell_id)
    return verdict(state.run, run, [card], cell_id) if whole.equal and state.cards else whole


def _touched(cell_id: str, edits: tuple[Edit, ...], cells: tuple[Cell, ...]) -> tuple[str, ...]:
    """Return the ids of the measured and the edited cells, in notebook order."""
    wanted = {cell_id, *(edit.cell_id for edit in edits if not edit.insert)}
    return tuple(cell.cell_id for cell in cells if cell.cell_id in wanted)


def _taken(touched: tuple[str, ...], run: NotebookRun) -> Measurement:
    parts = [run.outcomes[cell_id].report.measurement for cell_id in touched if cell_id in run.outcomes]
    return combined(parts) if parts else Measurement(0, 0, 0, "none: the cells did not run", 0, 0.0)


def _current_peak(cell_id: str, card: Recommendation, state: _State) -> int:
    return _taken(_touched(cell_id, card.edits, state.source), state.run).peak_bytes


def _together(steps: list[_Step], first: NotebookRun) -> Applied:
    """Return several steps as one change of the original: its edits, and both measurements over the same cells."""
    if len(steps) == 1:
        return steps[0].applied
    last = steps[-1]
    originals = {edit.cell_id: edit for step in reversed(steps) for edit in step.card.edits}
    now = {cell.cell_id: cell.source for cell in last.source.cells}
    edits = tuple(replace(edit, after=now[cell_id]) for cell_id, edit in originals.items())
    touched = tuple(cell.cell_id for cell in last.source.cells if cell.cell_id in {*originals, last.source.measured})
    before, after = _taken(touched, first), _taken(touched, last.run)
    return replace(
        last.applied,
        verification=joined([step.applied.verification for step in steps]),
        number=steps[0].card.number,
        rule=" + ".join(step.card.rule for step in steps),
        edits=tuple(sorted(edits, key=lambda edit: edit.index)),
        before=before,
        measurement=after,
        speed_ratio=before.wall_s / after.wall_s if after.wall_s > 0 else 1.0,
    )
