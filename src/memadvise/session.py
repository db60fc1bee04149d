"""The only file that knows the order of the steps: run, measure, observe, advise, show, apply, verify."""

from __future__ import annotations

import json
import traceback
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Protocol

from memadvise.apply.answers import anchors, refusal
from memadvise.apply.files import write_new
from memadvise.apply.front_end import Answer, FrontEnd
from memadvise.apply.release import release
from memadvise.guard import threshold
from memadvise.measure.combine import combined
from memadvise.measure.meter import CellMeter
from memadvise.model import (
    Applied,
    Cell,
    CellError,
    CellOptions,
    CellReport,
    Edit,
    MachineEvidence,
    Measurement,
    NotebookSource,
    Recommendation,
    Report,
    Technique,
)
from memadvise.observe import machine, observe
from memadvise.observe.code import notebook_source, saved_path
from memadvise.rewrite.dependents import binds, to_run_again
from memadvise.rules import advise
from memadvise.show.report_json import to_json
from memadvise.trial.compare import compare
from memadvise.trial.outcome import allowance, raised
from memadvise.trial.snapshot import Snapshot, snapshot
from memadvise.version import __version__

KEPT_BYTES = 4 * 2**20  # of floats, so that rounding can be shown; more would change the heap that later cells find
SNAPSHOT_BYTES = 256 * 2**20  # larger results are fingerprinted only at Apply: the prompt must come back at once


class View(Protocol):
    """Where reports appear. ``panels``: widgets are shown beside the static summary."""

    panels: bool

    def show(self, record: Record, session: Session) -> None:
        """Show a new report."""

    def update(self, record: Record, message: str | None = None) -> None:
        """Show the record's report again where it stands, with one line above it."""

    def busy(self, record: Record, text: str) -> None:
        """Say what is being done where the record's report stands; the next `update` ends it."""

    def say(self, text: str) -> None:
        """Say one line."""

    def close(self) -> None:
        """Let go of what showing needs."""


@dataclass(frozen=True)
class Expected:
    """What the command line says of the next cell that it runs: which it is, and whether a report is wanted."""

    cell_id: str
    report: bool


@dataclass(frozen=True)
class Running:
    """The cell that is being run. ``report``: look for advice; ``show``: put it on the screen."""

    source: str
    options: CellOptions
    cell_id: str | None
    report: bool
    show: bool


@dataclass
class Record:
    """One measured cell: its report, the notebook that the advice was made for, its results' fingerprints.

    ``changed`` is the number of the card that was applied and not run. ``brief``: one line is wanted, as nobody asked
    for this very cell. ``shown`` belongs to the view.
    """

    report: CellReport
    notebook: NotebookSource
    snapshots: dict[str, Snapshot] = field(default_factory=dict)
    changed: int | None = None
    brief: bool = False
    shown: Any = None


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


class Session:
    """Everything about one kernel: what was measured, what was applied, what waits."""

    def __init__(self, shell: Any, view: View) -> None:
        self.shell = shell
        self.view = view
        self.meter = CellMeter()
        self.front_end = FrontEnd(self._cells_sent)
        self.every_cell = False
        self.limit_bytes: int | None = None
        self.expected: Expected | None = None
        self.cells: tuple[Cell, ...] = ()
        self.numbers: dict[str, int] = {}  # of each cell's last output, by the cell's id
        self.records: dict[str, Record] = {}
        self.history: list[CellReport] = []
        self.last: Record | None = None
        self.details = ""
        self.watchers: list[Callable[[Record, Any], None]] = []
        self._running: Running | None = None
        self._pending: Pending | None = None
        self._undo: list[Change] = []

    def guarded(self, what: str, step: Callable[[], None]) -> None:
        """Run one step of ours; a failure becomes one line, with the traceback kept for `%memadvise details`."""
        try:
            step()
        except KeyboardInterrupt:
            self.view.say(f"memadvise: interrupted while {what}; the cell itself was not affected.")
        except Exception as error:  # noqa: BLE001 - whatever it is, it must not reach the person's cell
            self.details = traceback.format_exc()
            self.view.say(
                f"memadvise: internal error while {what} ({type(error).__name__}); the cell itself was not affected. "
                "%memadvise details shows more."
            )

    # --- around a cell -----------------------------------------------------------------------------------------------

    @property
    def running(self) -> bool:
        """Whether a cell is being measured; cells that it runs itself are part of it."""
        return self._running is not None

    def before_cell(self, source: str, options: CellOptions | None, cell_id: str | None) -> bool:
        """Begin to measure when the cell asks for it, or something waits for it; return whether it is measured."""
        expected, self.expected = self.expected, None
        cell_id = expected.cell_id if expected else cell_id
        awaited = self._pending is not None and cell_id in self._pending.left
        if options is None and expected is None and not awaited and not self.every_cell:
            return False
        report = options is not None or (expected is not None and expected.report) or (self.every_cell and not awaited)
        quiet = options is not None and options.quiet
        show = not quiet and (options is not None or (self.every_cell and not awaited and expected is None))
        running = Running(source, options or CellOptions(quiet=self.every_cell), cell_id, report, show)
        limit = running.options.limit_bytes or self.limit_bytes
        self.meter.begin(self.shell.user_ns, threshold(limit) if running.options.guard and limit else None)
        self._running = running
        return True

    def after_cell(self, result: Any) -> Record | None:
        """End the measurement, advise, show; settle a waiting Apply. Return the cell's record."""
        running, self._running = self._running, None
        if running is None:
            return None
        measurement = self.meter.end(self.shell.user_ns)
        record = self._record(running, measurement, result)
        if running.report:
            self.guarded("looking for advice", lambda: self._advise(record))
            self.records[record.report.cell_id] = record
            self.history.append(record.report)
            self.last = record
        pending = self._pending
        awaited = pending is not None and running.cell_id in pending.left
        if pending is not None and awaited:
            self._advance(pending, record, result)
            if not pending.left:
                self.guarded("comparing the results", lambda: self._settle(pending, record))
        if running.show:
            self.guarded("showing the report", lambda: self.view.show(record, self))
        if pending is not None and awaited:
            self.guarded("showing the verdict", lambda: self._tell(pending, record if running.show else None))
        for watcher in self.watchers:
            watcher(record, result)
        if running.options.json:
            self.guarded("writing the JSON report", lambda: self._write(record.report, str(running.options.json)))
        if not self.watchers:  # they take their own
            self.guarded("taking fingerprints of the results", lambda: self._fingerprint(running, record, result))
        return record

    def _write(self, report: CellReport, path: str) -> None:
        try:
            write_report(report, path)
        except OSError as error:
            self.view.say(f"memadvise: the report was not written to {path}: {error.strerror or error}")

    def _record(self, running: Running, measurement: Measurement, result: Any) -> Record:
        history = inputs(self.shell)
        notebook = notebook_source(self.cells, history, running.cell_id, running.source, saved_path())
        cell = notebook.cell(notebook.measured)
        assert cell is not None  # notebook_source puts the cell itself in
        report = CellReport(
            index=cell.index,
            cell_id=cell.cell_id,
            source=running.source,
            status="stopped" if self.meter.stopped_by_guard else "error" if error_of(result) else "ok",
            measurement=measurement,
            machine=self._machine(running.options),
            name=running.options.name,
            error=error_of(result),
        )
        return Record(report, notebook, brief=running.options.quiet)

    def _machine(self, options: CellOptions) -> MachineEvidence:
        now = machine()
        limit = options.limit_bytes or self.limit_bytes
        if limit is not None and limit < now.limit_bytes:
            return replace(now, limit_bytes=limit, limit_source="--limit")
        return now

    def _advise(self, record: Record) -> None:
        report = record.report
        evidence = observe(record.notebook, self.shell.user_ns, report.measurement, report.machine, report.status)
        cards, held = advise(record.notebook, evidence)
        record.report = replace(report, recommendations=cards, held_back=tuple(dict.fromkeys(held)))

    def _fingerprint(self, running: Running, record: Record, result: Any) -> None:
        size = sum(variable.nbytes for variable in record.report.measurement.variables)
        if running.report and size <= SNAPSHOT_BYTES:
            record.snapshots = self.snapshots(binds(record.report.source), result)

    def snapshots(self, names: Iterable[str], result: Any = None) -> dict[str, Snapshot]:
        """Return fingerprints of the names that are bound, and of the displayed value as ``Out``."""
        namespace = self.shell.user_ns
        found = {name: snapshot(namespace[name], KEPT_BYTES) for name in sorted(names) if name in namespace}
        if result is not None and result.result is not None:
            found["Out"] = snapshot(result.result, KEPT_BYTES)
        return found

    def _cells_sent(self, path: str, cells: tuple[Cell, ...]) -> None:
        """Take the notebook's code from the front end; advise anew where it was not known as the cell ran."""
        self.cells = cells
        record = self.last
        if record is not None and record.notebook.origin != "front end" and record.report.applied is None:
            self.guarded("reading the notebook's cells", lambda: self._advise_again(record))

    def _advise_again(self, record: Record) -> None:
        cell = next((one for one in self.cells if one.source == record.report.source), None)
        if cell is None:
            return
        self.records.pop(record.report.cell_id, None)
        record.notebook = NotebookSource(self.cells, cell.cell_id)
        record.report = replace(record.report, cell_id=cell.cell_id, index=cell.index)
        self.records[cell.cell_id] = record
        self._advise(record)
        self.view.update(record)

    # --- apply, verify, undo -----------------------------------------------------------------------------------------

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
            self.view.update(record, f"There is no recommendation {number}.")
        elif self._pending is not None:
            self.view.update(record, "Another change is still running. Try again when it has ended.")
        elif not self._holds(record, card):
            self.view.update(record, "Nothing was changed: other cells have changed since, and the advice with them.")
        else:
            run = run and card.technique is not Technique.MACHINE
            order = to_run_again(record.notebook, card.edits) if run else ()
            self.view.busy(record, "Changing the code.")
            self.front_end.replace(
                card.edits,
                order,
                lambda answer: self.guarded("applying", lambda: self._answered(record, card, order, answer)),
                anchors(record.notebook, card.edits),
                lambda: self.guarded("ending the run", lambda: self._ended(record)),
            )

    def _holds(self, record: Record, card: Recommendation) -> bool:
        """Tell whether the card is still right for the notebook's code; if not, advise anew.

        The cells that the card edits, and the measured one, are the front end's to compare: it knows the screen.
        """
        now = {cell.cell_id: cell.source for cell in self.cells}
        then = {cell.cell_id: cell.source for cell in record.notebook.cells}
        ours = {record.notebook.measured, *(edit.cell_id for edit in card.edits)} & then.keys()
        if now == then or any(now.get(cell_id) != then[cell_id] for cell_id in ours):
            return True
        record.notebook = replace(record.notebook, cells=self.cells)
        self._advise(record)
        return card.edits in [fresh.edits for fresh in record.report.recommendations]

    def _answered(self, record: Record, card: Recommendation, order: tuple[str, ...], answer: Answer) -> None:
        if not answer.ok:
            self.view.update(record, refusal(record.notebook, answer))
            return
        edits = tuple(replace(edit, cell_id=answer.inserted.get(edit.cell_id, edit.cell_id)) for edit in card.edits)
        self._undo.append(Change.of(record, edits))
        self._edited(edits)
        if order:
            self.view.busy(record, _RUNNING)
            self.expect_run(record, card, order)
            return
        record.changed = card.number
        written = write_new(card.files)
        what = "added" if all(edit.insert for edit in edits) else "changed"
        done = f"{len(edits)} cell{'s' if len(edits) > 1 else ''} {what}."
        self.view.update(record, f"{done} {written or 'Run them to see the new peak'}.")

    def _edited(self, edits: tuple[Edit, ...]) -> None:
        """Know what the cells hold now; the next message of the front end says it again."""
        after = {edit.cell_id: edit.after for edit in edits}
        self.cells = tuple(replace(cell, source=after.get(cell.cell_id, cell.source)) for cell in self.cells)

    def _ended(self, record: Record) -> None:
        """Wait no longer when the front end has ended its run and some of the cells did not run."""
        pending = self._pending
        if pending is None or pending.original is not record:
            return
        self._pending = None
        released = f" These names have no value now: {', '.join(pending.released)}." if pending.released else ""
        self.view.update(pending.target, f"The changed cells were not run to the end.{released}")

    def expect_run(self, record: Record, card: Recommendation, order: tuple[str, ...]) -> tuple[str, ...]:
        """Fingerprint what the cells to run have made, let the old values go, and wait for the cells.

        Returns:
            The names whose values were let go.
        """
        sources = {cell.cell_id: cell.source for cell in record.notebook.cells}
        names = {name for cell_id in order for name in binds(sources[cell_id])}
        kept = names | ({"Out"} if record.report.cell_id in order else set())
        measured = {name: found for name, found in record.snapshots.items() if name in kept}
        before = {**self.snapshots(names - set(measured)), **measured}
        record.snapshots = {**record.snapshots, **before}
        known = {cell_id: self.records[cell_id].report.measurement for cell_id in order if cell_id in self.records}
        baseline = {**known, record.report.cell_id: record.report.measurement}
        pending = Pending(record, card, order, before, baseline, record, left=list(order))
        outputs = [self.numbers[cell_id] for cell_id in order if cell_id in self.numbers]
        pending.released = release(self.shell, sorted(names), outputs)
        self._pending = pending
        return pending.released

    def _advance(self, pending: Pending, record: Record, result: Any) -> None:
        """Take note of one of the cells that an Apply waits for."""
        report = record.report
        pending.left.remove(report.cell_id)
        pending.measured[report.cell_id] = report.measurement
        measured_cell = report.cell_id == pending.original.report.cell_id
        pending.after.update(self.snapshots(binds(report.source), result if measured_cell else None))
        if measured_cell and report.recommendations is not None and report.cell_id in self.records:
            pending.target = self.records[report.cell_id]
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

    def _tell(self, pending: Pending, just_shown: Record | None) -> None:
        """Show how far an Apply is, or what came of it."""
        if pending.left:
            self.view.busy(pending.target, _RUNNING)
            return
        applied = pending.target.report.applied
        bad = applied is not None and not applied.verification.equal
        if bad or pending.target is not just_shown:
            released = f"Undo restores the sources. Released: {', '.join(pending.released)}."
            self.view.update(pending.target, released if bad else None)

    def applied_by_hand(self, record: Record, edits: tuple[Edit, ...]) -> None:
        """Remember edits that the person makes: no front end is there."""
        self._undo.append(Change.of(record, edits))

    def undone_by_hand(self) -> tuple[Edit, ...]:
        """Return the edits that undo the last Apply; none when there is nothing to undo."""
        if not self._undo:
            self.view.say("memadvise: there is nothing to undo.")
            return ()
        return tuple(edit.reversed() for edit in self._undo.pop().edits if not edit.insert)

    def undo(self, record: Record | None = None) -> None:
        """Ask the front end for the sources as they were before the last Apply (of this panel), byte for byte."""
        change = next((one for one in reversed(self._undo) if record is None or one.shown_in is record), None)
        if change is not None:
            back = tuple(edit.reversed() for edit in change.edits)
            self.front_end.replace(back, (), lambda said: self.guarded("undoing", lambda: self._undone(change, said)))
        elif record is not None:
            self.view.update(record, "There is nothing to undo.")
        else:
            self.view.say("memadvise: there is nothing to undo.")

    def _undone(self, change: Change, answer: Answer) -> None:
        """Show the report as it was before the change: its advice is right again."""
        shown = change.shown_in
        if not answer.ok:
            self.view.update(shown, refusal(change.record.notebook, answer))
            return
        self._undo.remove(change)
        self._edited(tuple(edit.reversed() for edit in change.edits))
        shown.report, shown.notebook, shown.changed = change.report, change.record.notebook, None
        shown.snapshots = change.record.snapshots
        self.view.update(shown, "The sources are as they were. Run the cells to have their values back.")

    def close(self) -> None:
        """End the helper process and stop listening to the front end."""
        self.meter.close()
        self.front_end.close()


_RUNNING = "Running the changed cells."
ATTRIBUTE = "_memadvise"  # of the shell: where the loaded extension is kept


def _speed_ratio(pending: Pending) -> float:
    """Return old time / new time; 1 where a cell that ran was not timed before, unless it is faster even so."""
    old_s = sum(found.wall_s for cell_id, found in pending.baseline.items() if cell_id in pending.measured)
    new_s = sum(found.wall_s for found in pending.measured.values())
    ratio = old_s / new_s if new_s > 0 else 1.0
    return ratio if pending.measured.keys() <= pending.baseline.keys() else max(ratio, 1.0)


def session_of(shell: Any) -> Session | None:
    """Return the shell's session, None when the extension is not loaded."""
    hooks = shell.__dict__.get(ATTRIBUTE)
    return hooks.session if hooks is not None else None


def inputs(shell: Any) -> list[str]:
    """Return the cells that the kernel has run, as the person wrote them."""
    return [str(text) for text in shell.history_manager.input_hist_raw[1:]]


def write_report(report: CellReport, path: str) -> None:
    """Write one cell's JSON report."""
    text = json.dumps(to_json(Report(__version__, report.machine, (report,))), indent=1)
    Path(path).write_text(text + "\n", encoding="utf-8")


def error_of(result: Any) -> CellError | None:
    """Return the exception of an IPython execution result; its text is the person's data."""
    if result is None:
        return CellError("CancelledError", "the cell was interrupted while it awaited something")
    error = result.error_in_exec or result.error_before_exec
    if error is None:
        return None
    try:
        message = str(error)
    except Exception:  # noqa: BLE001 - an exception class of the person's may fail to print
        message = "(its message could not be printed)"
    return CellError(type(error).__name__, message[:2000])
