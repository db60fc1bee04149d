"""What is remembered of measured cells stays small, and ranks them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from memadvise.history import MOST_CELLS, SLIM, WHOLE, History, remember
from memadvise.model import CellReport, MachineEvidence, Measurement, NotebookSource
from memadvise.records import Record

MACHINE = MachineEvidence(2**34, 2**32, "machine", 2**31)


def report(cell_id: str, peak: int, wall_s: float = 1.0, source: str = "x = 1") -> CellReport:
    """Return a report of a cell that started at 100 bytes."""
    measured = Measurement(100, peak, 150, "made up", 0, wall_s, samples=((0.0, 100), (wall_s, 150)))
    return CellReport(0, cell_id, source, "ok", measured, MACHINE)


def test_the_worst_run_stays() -> None:
    """A cell is one row: the numbers of its worst run, the time and the source of its last, and its runs."""
    history = History()
    for number, (peak, wall_s) in enumerate([(500, 3.0), (900, 2.0), (300, 1.0)], start=4):
        history.append(report("a", peak, wall_s, f"x = {number}"), number)
    history.append(report("b", 901), None)
    worst, row = history

    assert worst.cell_id == "b"
    assert (row.peak_bytes, row.increment_bytes, row.retained_bytes) == (900, 800, 50)
    assert (row.runs, row.number, row.label, row.wall_s) == (3, 6, "x = 6", 1.0)


def test_cells_known_from_the_input_history_only() -> None:
    """After `%reset`, another cell may have an old number: it has a row of its own."""
    history = History()
    for source in ("x = 1", "y = 2", "x = 1"):
        history.append(report("in-0", 500, source=source))

    assert sorted((row.label, row.runs) for row in history) == [("x = 1", 2), ("y = 2", 1)]


def test_rows_are_bounded() -> None:
    """Beyond the most, the cell with the lowest peak goes."""
    history = History()
    for number in range(MOST_CELLS + 10):
        history.append(report(f"cell-{number}", 10_000 - number))

    assert len(history) == MOST_CELLS
    assert min(row.peak_bytes for row in history) == 10_000 - MOST_CELLS + 1


@pytest.mark.parametrize("brief", [True, False])
def test_records_of_cells_that_nobody_asked_to_measure_are_bounded(brief: bool) -> None:
    """Of those, the last few are whole, some more are kept without timeline; those that were asked for stay whole."""
    records: dict[str, Record] = {}
    for number in range(SLIM + 50):
        found = report(f"cell-{number}", 500)
        remember(records, Record(found, NotebookSource((), found.cell_id), brief=brief))
    whole = [name for name, record in records.items() if record.report.measurement.samples]

    assert len(records) == (SLIM if brief else SLIM + 50)
    assert len(whole) == (WHOLE if brief else SLIM + 50)
    assert whole[-1] == f"cell-{SLIM + 49}"


def test_a_cell_run_again_is_the_latest() -> None:
    """A record that replaces an older one of its cell counts as new."""
    records: dict[str, Record] = {}
    for cell_id in ("a", "b", "a"):
        remember(records, Record(replace(report(cell_id, 500)), NotebookSource((), cell_id), brief=True))

    assert list(records) == ["b", "a"]
