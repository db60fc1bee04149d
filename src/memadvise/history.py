"""What is remembered of the measured cells, in bounded memory: the kernel's heap must not grow because of us."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from memadvise.model import CellReport
from memadvise.model.history import HistoryRow
from memadvise.records import Record

MOST_CELLS = 2000
WHOLE = 5  # records of cells that nobody asked to measure (`%memadvise on`) that keep timeline and fingerprints
OF_THE_WORST = ("peak_bytes", "increment_bytes", "retained_bytes")
SLIM = 100  # such records that are there at all


class History:
    """A row for each cell, fed with one report after the other."""

    def __init__(self) -> None:
        self._rows: dict[str, HistoryRow] = {}

    def append(self, report: CellReport, number: int | None = None) -> None:
        """Count a run of a cell in, which was `In [number]`; the numbers of its worst run stay."""
        # without a notebook to be seen, cells are numbered by the input history, which `%reset` empties
        key = report.source if report.cell_id.startswith("in-") else report.cell_id
        old, new = self._rows.get(key), _row(report, number)
        self._rows[key] = _merged(old, new) if old else new
        if len(self._rows) > MOST_CELLS:  # the one that rose least, not the oldest: that may be the worst
            del self._rows[min(self._rows, key=lambda one: self._rows[one].peak_bytes)]

    def __iter__(self) -> Iterator[HistoryRow]:
        """Yield the rows, the highest peak first."""
        return iter(sorted(self._rows.values(), key=lambda row: (-row.peak_bytes, row.index)))

    def __len__(self) -> int:
        return len(self._rows)


def _row(report: CellReport, number: int | None) -> HistoryRow:
    measured = report.measurement
    return HistoryRow(
        report.cell_id,
        report.index,
        number,
        report.name or first_line(report.source),
        1,
        measured.peak_bytes,
        measured.increment_bytes,
        measured.retained_bytes,
        measured.wall_s,
    )


def _merged(old: HistoryRow, new: HistoryRow) -> HistoryRow:
    worst = new if new.peak_bytes >= old.peak_bytes else old
    return replace(new, **{name: getattr(worst, name) for name in OF_THE_WORST}, runs=old.runs + 1)


def first_line(source: str) -> str:
    r"""Return the first line that does something: no cell magic, no comment.

    >>> first_line("%%memadvise\n# read\nx = 1\ny = 2")
    'x = 1'
    """
    lines = [line.strip()[:200] for line in source.splitlines() if line.strip()]
    return next((line for line in lines if not line.startswith(("#", "%%"))), lines[0] if lines else "")


def remember(records: dict[str, Record], record: Record) -> None:
    """Put a record in; older ones of cells that nobody asked to measure lose their timelines, then go.

    Without a record, or its fingerprints, Apply does what it does for a cell that was not measured.
    """
    records.pop(record.report.cell_id, None)
    records[record.report.cell_id] = record
    unasked = [cell_id for cell_id, one in records.items() if one.brief]
    for cell_id in unasked[:-SLIM]:
        del records[cell_id]
    for cell_id in unasked[-SLIM:-WHOLE]:
        _slim(records[cell_id])


def _slim(record: Record) -> None:
    measured = record.report.measurement
    if measured.samples or record.snapshots:
        less = replace(measured, samples=(), children=(), marks=())
        record.report, record.snapshots = replace(record.report, measurement=less), {}
