"""Try before you click: a card's rewrite runs in a child process at full size, and its result is compared."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Protocol

from memadvise.measure.combine import combined
from memadvise.measure.sizing.variables import sizes
from memadvise.model import (
    Applied,
    Difference,
    HeldBack,
    Measurement,
    PredictedPeak,
    Recommendation,
    ResultClass,
    Technique,
    Verification,
)
from memadvise.observe import machine
from memadvise.records import Record, View
from memadvise.rewrite.dependents import binds, changes_of, to_run_again
from memadvise.rewrite.needed import needed, unrepeatable, unrunnable
from memadvise.rewrite.parse import parse
from memadvise.show.words import before_after, verdict
from memadvise.trial.compare import compare
from memadvise.trial.handover import closure_of
from memadvise.trial.job import Answer, Job, Step
from memadvise.trial.outcome import allowance
from memadvise.trial.runner import CannotTryError, Trial
from memadvise.trial.snapshot import Snapshot

MOST_S = 600.0
_OURS = ("%memadvise", "%load_ext", "%reload_ext")
_OF_THE_CHILD = frozenset({"PermissionError", "NameError", "ModuleNotFoundError", "ImportError", "BlockingIOError"})
_SHARE = 0.8  # of the memory that is free now: a trial must not push anything else out


class Host(Protocol):
    """What a trial needs of the session."""

    shell: Any
    view: View
    records: dict[str, Record]
    trials: Trials

    def guarded(self, what: str, step: Callable[[], None]) -> None:
        """Run one step of ours; a failure becomes one line."""

    def snapshots(self, names: Iterable[str], result: Any = None) -> dict[str, Snapshot]:
        """Return fingerprints of names and of the displayed value."""


@dataclass
class Candidate:
    """A card on trial: the cells in order, the fingerprints to compare with, and where the kernel would start from."""

    record: Record
    card: Recommendation
    order: tuple[str, ...]
    job: Job
    values: dict[str, object]
    before: dict[str, Snapshot]
    base_bytes: int


class Trials:
    """One trial at a time; a cell that the person runs ends it."""

    def __init__(self, host: Host) -> None:
        self._host = host
        self._running: Trial | None = None

    def start(self, record: Record, number: int) -> None:
        """Try a card while the kernel goes on; the record's panel shows what came of it."""
        host = self._host
        if self._running is not None:
            host.view.update(record, "Another trial is running.")
            return
        try:
            candidate = self._candidate(record, number)
            trial = self._begin(candidate)
        except CannotTryError as reason:
            host.view.update(record, f"Card {number} can't be tried: {reason}.")
            return
        host.view.busy(record, f"Trying card {number} in a process of its own. Running a cell ends the trial.")
        loop = host.shell.kernel.io_loop  # there is one wherever there is a panel

        def wait() -> None:
            try:
                found: Answer | CannotTryError = trial.wait(MOST_S, _most_bytes())
            except CannotTryError as reason:
                found = reason
            except OSError as error:  # a cell that ran ended the trial, and its folder is gone
                found = CannotTryError(str(error))
            loop.add_callback(partial(host.guarded, "showing a trial", lambda: self._ended(candidate, trial, found)))

        threading.Thread(target=wait, name="memadvise-trial", daemon=True).start()

    def run(self, record: Record, number: int) -> str:
        """Try a card and wait; return what came of it in a line.

        Raises:
            CannotTryError: it can't be tried, and why.
        """
        candidate = self._candidate(record, number)
        trial = self._begin(candidate)
        try:
            answer = trial.wait(MOST_S, _most_bytes())
        finally:
            self.stop()
        return self._settle(candidate, answer)

    def stop(self) -> None:
        """End the trial that is running, if one is."""
        trial, self._running = self._running, None
        if trial is not None:
            trial.close()

    def _begin(self, candidate: Candidate) -> Trial:
        self._running = Trial(candidate.job, candidate.values)
        return self._running

    def _ended(self, candidate: Candidate, trial: Trial, found: Answer | CannotTryError) -> None:
        """Show what came of a trial, in the kernel's main thread."""
        stopped = self._running is not trial
        if not stopped:
            self.stop()
        if stopped:
            message = "The trial was ended: another cell ran."
        elif isinstance(found, CannotTryError):
            message = f"Card {candidate.card.number} can't be tried: {found}."
        else:
            try:
                message = self._settle(candidate, found)
            except CannotTryError as reason:
                message = f"Card {candidate.card.number} can't be tried: {reason}."
        self._host.view.update(candidate.record, message)

    # --- what is to be run -------------------------------------------------------------------------------------------

    def _candidate(self, record: Record, number: int) -> Candidate:
        card = next((one for one in record.report.recommendations if one.number == number), None)
        if card is None:
            raise CannotTryError(f"there is no recommendation {number}")
        if card.technique is Technique.MACHINE:
            raise CannotTryError("a bigger machine has nothing to run here")
        if card.files or card.builds:
            raise CannotTryError("it writes a file that stays: Apply and run does")
        order = to_run_again(record.notebook, card.edits)
        old = {cell.cell_id: cell.source for cell in record.notebook.cells}
        new = {cell.cell_id: cell.source for cell in record.notebook.with_edits(card.edits).cells}
        sources = [new[cell_id] for cell_id in order]
        namespace = self._host.shell.user_ns
        wanted = closure_of(needed(sources) - set(self._host.shell.user_ns_hidden), namespace)
        names = {name for cell_id in order for name in binds(old[cell_id])}
        helpers = [cell.source for cell in record.notebook.cells if _defines(cell.source) & wanted]
        told = [*sources, *(old[cell_id] for cell_id in order), *helpers]
        if reason := unrunnable(told) or unrepeatable(told):
            raise CannotTryError(reason)
        self._check_unchanged(record, wanted | names)
        before = record.fingerprints(names, self._host.snapshots)
        shown = record.report.cell_id
        steps = tuple(Step(one, new[one], tuple(sorted(binds(new[one]))), one == shown) for one in order)
        job = Job(steps, os.getcwd(), tuple(sys.path))
        values = {name: namespace[name] for name in wanted}
        return Candidate(record, card, order, job, values, before, self._base_bytes(record, order, names))

    def _check_unchanged(self, record: Record, names: frozenset[str] | set[str]) -> None:
        """Hold back when a cell that ran since may have changed what the cells find or have made."""
        for source in self._host.shell.history_manager.input_hist_raw[1:][record.runs :]:
            text = str(source).strip()
            if not text or text.startswith(_OURS):
                continue
            tree = parse(text).tree
            if tree is None:
                raise CannotTryError("another cell ran since, and may have changed what it needs")
            touched = binds(text).union(*(changes_of(statement) for statement in tree.body)) & names
            if touched:
                raise CannotTryError(f"another cell has changed `{min(touched)}` since. Run the measured cell again")

    def _base_bytes(self, record: Record, order: tuple[str, ...], names: set[str]) -> int:
        """Return the kernel's size from which the cells would start: what they bind is let go of before."""
        first = self._host.records.get(order[0])
        if first is not None:
            return first.report.measurement.start_bytes
        earlier = {name: self._host.shell.user_ns[name] for name in names if name in self._host.shell.user_ns}
        made = {variable.name: variable.change_bytes for variable in record.report.measurement.variables}
        held = sum(size.nbytes for name, size in sizes(earlier).items() if name not in made)
        return max(record.report.measurement.start_bytes - held, 0)

    # --- what came of it ---------------------------------------------------------------------------------------------

    def _settle(self, candidate: Candidate, answer: Answer) -> str:
        """Put the trial into the record: a measured peak on the card, or the card among what is held back."""
        record, card = candidate.record, candidate.card
        if not answer.tied.complete:
            raise CannotTryError(f"{answer.tied.said()}, and its cells may have side effects")
        error = answer.error
        if error is not None and (error.type in _OF_THE_CHILD or not answer.measurements):
            raise CannotTryError(f"in a process of its own it raised {error.type}: {error.message}")
        shift = candidate.base_bytes - answer.ready_bytes
        after = _moved(combined(answer.measurements), shift)
        known = [self._host.records[one].report.measurement for one in candidate.order if one in self._host.records]
        before = combined(known or [record.report.measurement])
        if error is not None:
            found = Difference("its cells", f"raised {error.type}: {error.message}"[:300])
            verification = Verification(False, ResultClass.DIFFERENT, (), (found,))
        else:
            allowed = allowance([card], {record.report.cell_id: "Out"})
            verification = compare(candidate.before, answer.snapshots, allowed)
        ratio = before.wall_s / after.wall_s if after.wall_s > 0 and len(known) == len(candidate.order) else 1.0
        tried = Applied(card.number, card.rule, card.edits, before, after, ratio, verification)
        report = replace(record.report, tried=(*record.report.tried, tried))
        order = list(ResultClass)
        kept_word = order.index(verification.result) <= order.index(card.result)
        if verification.equal and (kept_word or card.result is ResultClass.APPROXIMATE):
            peak = PredictedPeak(after.peak_bytes, after.peak_bytes, after.peak_bytes, "measured")
            cards = [replace(one, predicted_peak=peak) if one == card else one for one in report.recommendations]
            record.report = replace(report, recommendations=tuple(cards))
            return f"Tried card {card.number}: {before_after(tried)}, {verdict(tried)}."
        why = "; ".join(f"{one.name}: {one.found}" for one in verification.differences[:3]) or verification.result
        held = HeldBack(card.rule, card.edits[0].cell_id, card.edits[0].index, f"its trial differed: {why}"[:500])
        left = tuple(one for one in report.recommendations if one != card)
        record.report = replace(report, recommendations=left, held_back=(*report.held_back, held))
        return f"Card {card.number} is taken back: its trial differed ({why})."


def _defines(source: str) -> frozenset[str]:
    """Return the names that a cell binds, where it defines any function or class."""
    return binds(source) if "def " in source or "lambda" in source or "class " in source else frozenset()


def _moved(found: Measurement, by_bytes: int) -> Measurement:
    """Return a child's measurement as the kernel would see it: its own start is another one."""
    return replace(
        found,
        start_bytes=found.start_bytes + by_bytes,
        peak_bytes=found.peak_bytes + by_bytes,
        end_bytes=found.end_bytes + by_bytes,
        anonymous_peak_bytes=None,
        samples=(),
    )


def _most_bytes() -> int:
    return int(machine().available_bytes * _SHARE)
