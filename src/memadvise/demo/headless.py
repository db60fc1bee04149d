"""`memadvise demo --headless`: the tour without a browser, and what came of each step as a table."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from memadvise.demo.data import make_data
from memadvise.demo.tour import tour_path

if TYPE_CHECKING:  # batch brings a Jupyter client along, which the tour's own kernel must not pay for
    from memadvise.demo.steps import MachineStep, Step
    from memadvise.model import Measurement

VERIFIED, NOT_VERIFIED, RAISED = 0, 1, 3
HEADER = ("step", "peak MiB", "above start MiB", "lower by", "seconds", "result", "class")
_NOTE = """\
Peaks are of the kernel, measured over all cells of a section. "Above start" leaves out what the kernel held before the
section began (Python and pandas alone hold {start:,.0f} MiB); "lower by" compares these. Each section ran in fresh
kernels, as it is and with the rewrites so far. An index is measured once it is built."""
_MIB = 2**20


def run_headless(folder: Path, size_bytes: int) -> int:
    """Run the tour and print a table of peaks and verdicts.

    Returns 0 when every step was made and its result is the same, 1 when not, 3 when a cell raised.
    """
    from memadvise.batch import read_notebook
    from memadvise.demo.steps import REWRITES, TourStoppedError, machine_step, rewrite_steps

    tour = read_notebook(tour_path())
    _say(f"data of {size_bytes / 1e6:,.0f} MB in {folder}")
    make_data(folder, size_bytes)
    try:
        steps = [step for technique, rules in REWRITES for step in rewrite_steps(tour, technique, rules, folder, _say)]
        machine = machine_step(tour, folder, _say)
    except TourStoppedError as error:
        print(f"memadvise: the tour stopped: {error}", file=sys.stderr)
        return RAISED
    print(report(steps, machine))
    return VERIFIED if all(step.verified for step in steps) and machine.card is not None else NOT_VERIFIED


def report(steps: Sequence[Step], machine: MachineStep) -> str:
    """Return the table with what has to be known to read it."""
    table = aligned([HEADER, *(row(step) for step in steps)])
    start = min(step.before.start_bytes for step in steps) / _MIB
    return "\n".join([table, "", machine_line(machine), "", _NOTE.format(start=start)])


def row(step: Step) -> tuple[str, ...]:
    """Return a step as the table's cells."""
    from memadvise.show.units import times
    from memadvise.show.words import verdict

    before, after = step.before, step.after
    name = f"{step.technique.value}: {step.rule}"
    if step.applied is None:
        return (name, _mib(before.peak_bytes), _mib(before.increment_bytes), "-", f"{before.wall_s:.2f}", *_why(step))
    return (
        name,
        f"{_mib(before.peak_bytes)} -> {_mib(after.peak_bytes)}",
        f"{_mib(before.increment_bytes)} -> {_mib(after.increment_bytes)}",
        times(factor(before, after)),
        f"{before.wall_s:.2f} -> {after.wall_s:.2f}",
        verdict(step.applied),
        step.applied.verification.result.value,
    )


def factor(before: Measurement, after: Measurement) -> float:
    """Return how many times lower the peak above the start became; what can't be measured counts as the error bound."""
    return before.increment_bytes / max(after.increment_bytes, after.error_bound_bytes, 1)


def machine_line(step: MachineStep) -> str:
    """Return what the last section came to."""
    from memadvise.show.units import size

    peak, limit = size(step.before.peak_bytes), size(step.limit_bytes)
    if step.card is None:
        return f"machine: bigger-machine was NOT OFFERED at a peak of {peak} and a limit of {limit}"
    return (
        f"machine: bigger-machine, peak {peak} in a kernel limited to {limit} for the demo. {step.card.title}.\n"
        f"  {step.card.why}\n  Only offered: nothing is rented, and the code stays as it is."
    )


def aligned(rows: Sequence[Sequence[str]]) -> str:
    """Return rows as columns of text.

    >>> print(aligned([("a", "b"), ("cc", "d")]))
    a   b
    cc  d
    """
    widths = [max(len(cell) for cell in column) for column in zip(*rows, strict=True)]
    lines = ("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) for line in rows)
    return "\n".join(line.rstrip() for line in lines)


def _why(step: Step) -> tuple[str, str]:
    """Return why nothing was applied, and no class."""
    held = (item.reason for cell in step.report.cells for item in cell.held_back if item.rule == step.rule)
    return f"NOT OFFERED: {next(held, 'the rule saw nothing to do')}", "-"


def _mib(number: int) -> str:
    return f"{number / _MIB:,.0f}"


def _say(text: str) -> None:
    print(f"memadvise: {text}", file=sys.stderr, flush=True)
