"""The only file that knows the order of the steps around a cell: run, measure, observe, advise, show, verify."""

from __future__ import annotations

import json
import traceback
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

from memadvise.apply.front_end import FrontEnd
from memadvise.changes import Changes
from memadvise.compiled import NO_LINES, CellCode
from memadvise.guard import threshold
from memadvise.history import History, remember
from memadvise.live import LiveLine
from memadvise.measure.meter import CellMeter
from memadvise.model import (
    Cell,
    CellOptions,
    CellReport,
    Evidence,
    MachineEvidence,
    Measurement,
    NotebookSource,
    ReadEvidence,
    Report,
)
from memadvise.observe import ASKED, AT_PROMPT, Patience, machine, observe
from memadvise.observe.code import notebook_source, saved_path
from memadvise.records import Expected, Record, Running, View, error_of
from memadvise.rewrite.dependents import binds
from memadvise.rules import advise
from memadvise.show.report_json import to_json
from memadvise.trial.snapshot import KEPT_BYTES, Snapshot, snapshot
from memadvise.trials import Trials
from memadvise.version import __version__

SNAPSHOT_BYTES = 256 * 2**20  # larger results are fingerprinted only at Apply: the prompt must come back at once


class Session:
    """Everything about one kernel: what was measured, what was applied, what waits."""

    def __init__(self, shell: Any, view: View) -> None:
        self.shell = shell
        self.view = view
        self.meter = CellMeter()
        self.front_end = FrontEnd(self._cells_sent)
        self.live = LiveLine(self.front_end)
        self.every_cell = False
        self.limit_bytes: int | None = None
        self.patience = AT_PROMPT
        self.expected: Expected | None = None
        self.cells: tuple[Cell, ...] = ()
        self.numbers: dict[str, int] = {}  # of each cell's last output, by the cell's id
        self.records: dict[str, Record] = {}
        self.history = History()
        self.last: Record | None = None
        self.details = ""
        self.watchers: list[Callable[[Record, Any], None]] = []
        self._running: Running | None = None
        self._code = CellCode(shell, MAGIC, MAGICS_ABOVE)
        self.changes = Changes(self)
        self.trials = Trials(self)

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
        self.trials.stop()
        expected, self.expected = self.expected, None
        cell_id = expected.cell_id if expected else cell_id
        awaited = self.changes.awaits(cell_id)
        if options is None and expected is None and not awaited and not self.every_cell:
            return False
        report = options is not None or (expected is not None and expected.report) or (self.every_cell and not awaited)
        quiet = options is not None and options.quiet
        show = not quiet and (options is not None or (self.every_cell and not awaited and expected is None))
        running = Running(source, options or self._usual_options(expected), cell_id, report, show)
        limit = running.options.limit_bytes or self.limit_bytes
        stop_at = threshold(limit) if running.options.guard and limit else None
        self.live.start(cell_id if show else None, lambda: self._machine(running.options).limit_bytes)
        try:
            lines = self._code.follow(source) if running.options.lines else None
            notes = (NO_LINES,) if running.options.lines and lines is None else ()
            self.meter.begin(self.shell.user_ns, stop_at, lines, notes)
        except BaseException:
            self.live.stop()
            self._code.leave()
            raise
        self._running = running
        return True

    def _usual_options(self, expected: Expected | None) -> CellOptions:
        """Return the options of a cell that names none: where all are measured, one line each, single lines are not."""
        return CellOptions(quiet=self.every_cell, lines=expected is not None)

    def after_cell(self, result: Any) -> Record | None:
        """End the measurement, advise, show; settle a waiting Apply. Return the cell's record."""
        running, self._running = self._running, None
        if running is None:
            return None
        try:
            measurement = self.meter.end(self.shell.user_ns)
        finally:
            self._code.leave()
            self.live.stop()
        record = self._record(running, measurement, result)
        if running.report:
            self.guarded("looking for advice", lambda: self.advise(record))
            remember(self.records, record)
            self.history.append(record.report, getattr(result, "execution_count", None))
            self.last = record
        change = self.changes.took(record, result)
        if running.show:
            self.guarded("showing the report", lambda: self.view.show(record, self))
        if change is not None:
            self.guarded("showing the verdict", lambda: self.changes.tell(change, record if running.show else None))
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
        if notebook.origin != "history":  # there the order is that of the runs
            notebook = replace(notebook, ran=tuple(history))
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
        return Record(report, notebook, brief=running.options.quiet, runs=len(history))

    def _machine(self, options: CellOptions) -> MachineEvidence:
        now = machine()
        limit = options.limit_bytes or self.limit_bytes
        if limit is not None and limit < now.limit_bytes:
            return replace(now, limit_bytes=limit, limit_source="--limit")
        return now

    def advise(self, record: Record) -> None:
        """Observe, ask the rules, and put the answers into the record's report."""
        self._advise(record, self.patience)

    def advise_from_all_rows(self, record: Record) -> tuple[ReadEvidence, ...]:
        """Advise anew, however large the files are; return what is known of them."""
        return self._advise(record, ASKED).reads

    def _advise(self, record: Record, patience: Patience) -> Evidence:
        report = record.report
        evidence = observe(
            record.notebook,
            self.shell.user_ns,
            report.measurement,
            report.machine,
            report.status,
            patience,
        )
        cards, held = advise(record.notebook, evidence)
        record.report = replace(report, recommendations=cards, held_back=tuple(dict.fromkeys(held)))
        return evidence

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
        record.notebook = NotebookSource(self.cells, cell.cell_id, ran=record.notebook.ran)
        record.report = replace(record.report, cell_id=cell.cell_id, index=cell.index)
        self.records[cell.cell_id] = record
        self.advise(record)
        self.view.update(record)

    def act(self, record: Record, action: str, number: int) -> None:
        """Carry out a click in the record's panel."""
        if action == "try":
            self.trials.start(record, number)
            return
        self.changes.act(record, action, number)

    def close(self) -> None:
        """End the helper process and stop listening to the front end."""
        self.trials.stop()
        self._code.leave()
        self.live.stop()
        self.meter.close()
        self.front_end.close()


MAGIC = "%%memadvise"
MAGICS_ABOVE = frozenset({"%%time", "%%capture"})  # they run the text below them as the cell that it is
ATTRIBUTE = "_memadvise"  # of the shell: where the loaded extension is kept


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
