"""The tour's steps, run one by one: each section in kernels of its own, as it is and as rewritten."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from memadvise.batch import NotebookResult, Request, run_notebook
from memadvise.batch.kernel import RunOptions, run_once
from memadvise.demo.tour import section, section_cells
from memadvise.measure.combine import combined
from memadvise.model import Applied, Measurement, Recommendation, Report, Technique
from memadvise.show.words import is_good

Say = Callable[[str], None]

# what the tour shows: the section, and the rules whose cards are applied in it, one upon the other
REWRITES = (
    (Technique.COMPRESSION, ("unused-columns", "repeated-strings")),
    (Technique.CHUNKING, ("whole-file-reduction",)),
    (Technique.INDEXING, ("repeated-lookup",)),
)
MACHINE_RULE = "bigger-machine"
TIGHT = 1.1  # of the section's peak: enough to run in, less than the quarter of headroom that the rule wants


class TourStoppedError(RuntimeError):
    """A cell of the tour raised, or its kernel died."""


@dataclass(frozen=True)
class Step:
    """One rule in one section.

    ``before`` and ``after`` cover all cells of the section: as in the tour, and with this rule's rewrite upon those of
    the steps before it. ``applied`` is None when the rule offered nothing. ``notebook`` is the section as rewritten.
    """

    technique: Technique
    rule: str
    before: Measurement
    after: Measurement
    applied: Applied | None
    report: Report
    notebook: Any

    @property
    def verified(self) -> bool:
        """Whether the rewrite was made and its result found to be the same."""
        return self.applied is not None and is_good(self.applied)


@dataclass(frozen=True)
class MachineStep:
    """The last section, run under a limit that it just fits into; ``card`` is None when the rule offered nothing."""

    before: Measurement
    limit_bytes: int
    card: Recommendation | None
    report: Report


def rewrite_steps(tour: Any, technique: Technique, rules: tuple[str, ...], folder: Path, say: Say) -> list[Step]:
    """Run one section as it is, then apply each rule to what the ones before it made, and measure each time.

    Raises:
        TourStoppedError: a cell raised.
    """
    part = section(tour, technique.value)
    say(f"{technique.value}: measuring the section as it is")
    before = measure(part, folder)
    steps: list[Step] = []
    for rule in rules:
        result = _ran(run_notebook(part, Request(RunOptions(folder), rule), _prefixed(say, technique)))
        applied = next((found.applied for found in result.report.cells if found.applied), None)
        after = measure(result.notebook, folder) if applied else before
        part = result.notebook
        steps.append(Step(technique, rule, before, after, applied, result.report, part))
    return steps


def machine_step(tour: Any, folder: Path, say: Say) -> MachineStep:
    """Measure the last section, then run it in a kernel that may hardly use more: the rule must speak up.

    Raises:
        TourStoppedError: a cell raised.
    """
    part = section(tour, Technique.MACHINE.value)
    say("machine: measuring the section as it is")
    before = measure(part, folder)
    limit = int(before.peak_bytes * TIGHT)
    options = RunOptions(folder, limit_bytes=limit)
    result = _ran(run_notebook(part, Request(options, "none"), _prefixed(say, Technique.MACHINE)))
    cards = (card for report in result.report.cells for card in report.recommendations)
    return MachineStep(before, limit, next((card for card in cards if card.rule == MACHINE_RULE), None), result.report)


def measure(part: Any, folder: Path) -> Measurement:
    """Run a section in a fresh kernel; return what all its cells took together: start of the first, highest peak.

    Raises:
        TourStoppedError: a cell raised.
    """
    run = run_once(part, frozenset(), RunOptions(folder), compare=False)
    if run.failed:
        raise TourStoppedError(f"{run.failed}: {run.problem}")
    return combined([run.outcomes[cell_id].report.measurement for cell_id in section_cells(part)])


def one_report(reports: list[Report]) -> Report:
    """Return the reports of the sections as one; ``index`` counts code cells within each section's notebook."""
    return replace(reports[0], cells=tuple(cell for report in reports for cell in report.cells))


def _ran(result: NotebookResult) -> NotebookResult:
    if result.raised:
        raise TourStoppedError(result.problem)
    return result


def _prefixed(say: Say, technique: Technique) -> Say:
    return lambda text: say(f"{technique.value}: {text}")
