"""Apply, run, verify, undo: what becomes of a recommendation that a person takes."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from memadvise.apply.answers import anchors, refusal
from memadvise.apply.files import write_new
from memadvise.apply.front_end import Answer, FrontEnd
from memadvise.apply.release import release
from memadvise.measure.combine import combined
from memadvise.model import Applied, Cell, CellReport, Edit, Measurement, Recommendation, Technique
from memadvise.records import Record, View
from memadvise.rewrite.dependents import binds, to_run_again
from memadvise.trial.compare import compare
from memadvise.trial.outcome import allowance, raised
from memadvise.trial.snapshot import Snapshot

_RUNNING = "Running the changed cells."


class Host(Protocol):
    """What a change needs of the session."""

    shell: Any
    view: View
    front_end: FrontEnd
    cells: tuple[Cell, ...]
    records: dict[str, Record]
    numbers: dict[str, int]

    def guarded(self, what: str, step: Callable[[], None]) -> None:
        """Run one step of ours; a failure becomes one line."""

    def advise(self, record: Record) -> None:
        """Look for advice on the record's notebook as it now is."""

    def snapshots(self, names: Iterable[str], result: Any = None) -> dict[str, Snapshot]:
        """Return fingerprints of names and of the displayed value."""


@dataclass
class Change:
    """Edits that were made, and the report as it was before. ``shown_in``: the record whose panel offers *Undo*."""

    record: Record
    edits: tuple[Edit, ...]
    shown_in: Record
    report: CellReport

    @classmethod
    def of(cls, record: Record, edits: tuple[Edit, ...]) -> Change:
        """Keep what is needed to go back."""
        return cls(record, edits, record, replace(record.report, applied=None))


@dataclass
class Pending:
    """An *Apply and run* on its way. ``target`` is the measured cell's latest record: there the verdict is shown."""

    original: Record
    card: Recommendation
    order: tuple[str, ...]
    before: dict[str, Snapshot]
    baseline: dict[str, Measurement]
    target: Record
    released: tuple[str, ...] = ()
    left: list[str] = field(default_factory=list)
    after: dict[str, Snapshot] = field(default_factory=dict)
    measured: dict[str, Measurement] = field(default_factory=dict)


class Changes:
    """The changes that were made in one notebook, newest last, and the one whose cells are still to run."""

    def __init__(self, host: Host) -> None:
        self._host = host
        self._pending: Pending | None = None
        self._undo: list[Change] = []

    def awaits(self, cell_id: str | None) -> bool:
        """Tell whether a change waits for this cell to run."""
        return self._pending is not None and cell_id in self._pending.left

    def card(self, record: Record, number: int) -> Recommendation | None:
        """Return the record's recommendation of that number."""
        return next((one for one in record.report.recommendations if one.number == number), None)

    def act(self, record: Record, action: str, number: int) -> None:
        """Carry out a click in the panel: ``apply``, ``apply-run`` or ``undo``; others change nothing."""
        if action == "undo":
            self.undo(record)
        elif action in ("apply", "apply-run"):
            self._apply(record, number, run=action == "apply-run")

    def _apply(self, record: Record, number: int, *, run: bool) -> None:
        card = self.card(record, number)
        if card is None:
            self._host.view.update(record, f"There is no recommendation {number}.")
        elif self._pending is not None:
            self._host.view.update(record, "Another change is still running. Try again when it has ended.")
        elif not self._holds(record, card):
            self._host.view.update(
                record, "Nothing was changed: other cells have changed since, and the advice with them."
            )
        else:
            run = run and card.technique is not Technique.MACHINE
            order = to_run_again(record.notebook, card.edits) if run else ()
            self._host.view.busy(record, "Changing the code.")
            self._host.front_end.replace(
                card.edits,
                order,
                lambda answer: self._host.guarded("applying", lambda: self._answered(record, card, order, answer)),
                anchors(record.notebook, card.edits),
                lambda: self._host.guarded("ending the run", lambda: self._ended(record)),
            )

    def _holds(self, record: Record, card: Recommendation) -> bool:
        """Tell whether the card is still right for the notebook's code; if not, advise anew.

        The cells that the card edits, and the measured one, are the front end's to compare: it knows the screen.
        """
        now = {cell.cell_id: cell.source for cell in self._host.cells}
        then = {cell.cell_id: cell.source for cell in record.notebook.cells}
        ours = {record.notebook.measured, *(edit.cell_id for edit in card.edits)} & then.keys()
        if now == then or any(now.get(cell_id) != then[cell_id] for cell_id in ours):
            return True
        record.notebook = replace(record.notebook, cells=self._host.cells)
        self._host.advise(record)
        return card.edits in [fresh.edits for fresh in record.report.recommendations]

    def _answered(self, record: Record, card: Recommendation, order: tuple[str, ...], answer: Answer) -> None:
        if not answer.ok:
            self._host.view.update(record, refusal(record.notebook, answer))
            return
        edits = tuple(replace(edit, cell_id=answer.inserted.get(edit.cell_id, edit.cell_id)) for edit in card.edits)
        self._undo.append(Change.of(record, edits))
        self._edited(edits)
        if order:
            self._host.view.busy(record, _RUNNING)
            self.expect_run(record, card, order)
            return
        record.changed = card.number
        written = write_new(card.files)
        what = "added" if all(edit.insert for edit in edits) else "changed"
        done = f"{len(edits)} cell{'s' if len(edits) > 1 else ''} {what}."
        self._host.view.update(record, f"{done} {written or 'Run them to see the new peak'}.")

    def _edited(self, edits: tuple[Edit, ...]) -> None:
        """Know what the cells hold now; the next message of the front end says it again."""
        after = {edit.cell_id: edit.after for edit in edits}
        self._host.cells = tuple(
            replace(cell, source=after.get(cell.cell_id, cell.source)) for cell in self._host.cells
        )

    def _ended(self, record: Record) -> None:
        """Wait no longer when the front end has ended its run and some of the cells did not run."""
        pending = self._pending
        if pending is None or pending.original is not record:
            return
        self._pending = None
        released = f" These names have no value now: {', '.join(pending.released)}." if pending.released else ""
        self._host.view.update(pending.target, f"The changed cells were not run to the end.{released}")

    def expect_run(self, record: Record, card: Recommendation, order: tuple[str, ...]) -> tuple[str, ...]:
        """Fingerprint what the cells to run have made, let the old values go, and wait for the cells.

        Returns:
            The names whose values were let go.
        """
        sources = {cell.cell_id: cell.source for cell in record.notebook.cells}
        names = {name for cell_id in order for name in binds(sources[cell_id])}
        before = record.fingerprints(names, self._host.snapshots)  # the measured cell is always among those to run
        known = {
            cell_id: self._host.records[cell_id].report.measurement
            for cell_id in order
            if cell_id in self._host.records
        }
        baseline = {**known, record.report.cell_id: record.report.measurement}
        pending = Pending(record, card, order, before, baseline, record, left=list(order))
        outputs = [self._host.numbers[cell_id] for cell_id in order if cell_id in self._host.numbers]
        pending.released = release(self._host.shell, sorted(names), outputs)
        self._pending = pending
        return pending.released

    def took(self, record: Record, result: Any) -> Pending | None:
        """Take note of a cell that has run; return the change that waited for it, with its verdict if it was the last.

        ``result`` is IPython's own of that cell.
        """
        pending = self._pending
        if pending is None or record.report.cell_id not in pending.left:
            return None
        self._advance(pending, record, result)
        if not pending.left:
            self._host.guarded("comparing the results", lambda: self._settle(pending, record))
        return pending

    def _advance(self, pending: Pending, record: Record, result: Any) -> None:
        """Take note of one of the cells that an Apply waits for."""
        report = record.report
        pending.left.remove(report.cell_id)
        pending.measured[report.cell_id] = report.measurement
        measured_cell = report.cell_id == pending.original.report.cell_id
        pending.after.update(self._host.snapshots(binds(report.source), result if measured_cell else None))
        if measured_cell and report.recommendations is not None and report.cell_id in self._host.records:
            pending.target = self._host.records[report.cell_id]
        if report.status != "ok":
            pending.left.clear()  # a cell that raises ends the run

    def _settle(self, pending: Pending, last: Record) -> None:
        """Compare the results, and show the verdict where the measured cell's report stands."""
        self._pending = None
        failed = last.report.status != "ok"
        allowed = allowance([pending.card], {pending.original.report.cell_id: "Out"})
        verification = raised(last.report) if failed else compare(pending.before, pending.after, allowed)
        after = combined([pending.measured[cell_id] for cell_id in pending.order if cell_id in pending.measured])
        before = combined([pending.baseline[cell_id] for cell_id in pending.baseline])
        target = pending.target
        for change in self._undo:
            if change.record is pending.original:
                change.shown_in = target
        target.report = replace(
            target.report,
            applied=Applied(
                number=pending.card.number,
                rule=pending.card.rule,
                edits=pending.card.edits,
                before=before,
                measurement=after,
                speed_ratio=_speed_ratio(pending),
                verification=verification,
            ),
        )

    def tell(self, pending: Pending, just_shown: Record | None) -> None:
        """Show how far an Apply is, or what came of it."""
        if pending.left:
            self._host.view.busy(pending.target, _RUNNING)
            return
        applied = pending.target.report.applied
        bad = applied is not None and not applied.verification.equal
        if bad or pending.target is not just_shown:
            released = f"Undo restores the sources. Released: {', '.join(pending.released)}."
            self._host.view.update(pending.target, released if bad else None)

    def applied_by_hand(self, record: Record, edits: tuple[Edit, ...]) -> None:
        """Remember edits that the person makes: no front end is there."""
        self._undo.append(Change.of(record, edits))

    def undone_by_hand(self) -> tuple[Edit, ...]:
        """Return the edits that undo the last Apply; none when there is nothing to undo."""
        if not self._undo:
            self._host.view.say("memadvise: there is nothing to undo.")
            return ()
        return tuple(edit.reversed() for edit in self._undo.pop().edits if not edit.insert)

    def undo(self, record: Record | None = None) -> None:
        """Ask the front end for the sources as they were before the last Apply (of this panel), byte for byte."""
        change = next((one for one in reversed(self._undo) if record is None or one.shown_in is record), None)
        if change is not None:
            back = tuple(edit.reversed() for edit in change.edits)
            self._host.front_end.replace(
                back, (), lambda said: self._host.guarded("undoing", lambda: self._undone(change, said))
            )
        elif record is not None:
            self._host.view.update(record, "There is nothing to undo.")
        else:
            self._host.view.say("memadvise: there is nothing to undo.")

    def _undone(self, change: Change, answer: Answer) -> None:
        """Show the report as it was before the change: its advice is right again."""
        shown = change.shown_in
        if not answer.ok:
            self._host.view.update(shown, refusal(change.record.notebook, answer))
            return
        self._undo.remove(change)
        self._edited(tuple(edit.reversed() for edit in change.edits))
        shown.report, shown.notebook, shown.changed = change.report, change.record.notebook, None
        shown.snapshots = change.record.snapshots
        self._host.view.update(shown, "The sources are as they were. Run the cells to have their values back.")


def _speed_ratio(pending: Pending) -> float:
    """Return old time / new time; 1 where a cell that ran was not timed before, unless it is faster even so."""
    old_s = sum(found.wall_s for cell_id, found in pending.baseline.items() if cell_id in pending.measured)
    new_s = sum(found.wall_s for found in pending.measured.values())
    ratio = old_s / new_s if new_s > 0 else 1.0
    return ratio if pending.measured.keys() <= pending.baseline.keys() else max(ratio, 1.0)
