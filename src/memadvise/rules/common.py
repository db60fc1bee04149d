"""What several rules ask: which reads concern the measured cell, and what a smaller frame will need."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from memadvise.model import Evidence, FrameEvidence, Measurement, NotebookSource, PredictedPeak, ReadEvidence
from memadvise.rewrite.flow import usage
from memadvise.rewrite.names import bound_names, declares_global
from memadvise.rewrite.parse import ParsedCell, parse_notebook
from memadvise.rewrite.reads import Read, find_reads, moved_on, settled
from memadvise.rewrite.scopes import free_names
from memadvise.rewrite.values import Usage

PARSER_BYTES = 8 * 2**20  # what read_csv itself takes beside the columns that it makes (measured, pandas 3.1, C engine)


class HoldBackError(Exception):
    """The reason why a rewrite cannot be proven; a rule that raises it holds back with these words."""


@dataclass(frozen=True)
class KnownRead:
    """A read that concerns the measured cell, with everything known of it; ``problem`` says what is not."""

    cells: tuple[ParsedCell, ...]
    read: Read
    file: ReadEvidence
    frame: FrameEvidence | None
    problem: str

    @property
    def name(self) -> str:
        """Name of the frame."""
        return self.read.name

    def usage(self) -> Usage:
        """Return what the notebook does with the frame."""
        return usage(self.cells, self.read, self.file.header)


def known_reads(notebook: NotebookSource, evidence: Evidence, harmless: frozenset[str]) -> Iterator[KnownRead]:
    """Yield the reads made in the measured cell, or of frames that it mentions."""
    cells = parse_notebook(notebook)
    measured = next((cell for cell in cells if cell.cell.cell_id == notebook.measured), None)
    if measured is None:
        return
    mentioned = {node.id for statement in measured.body for node in ast.walk(statement) if isinstance(node, ast.Name)}
    reads = find_reads(cells)
    for read in reads:
        if read.cell is not measured and read.name not in mentioned:
            continue
        file = evidence.read(read.cell.cell.cell_id, read.name) or ReadEvidence(
            read.cell.cell.cell_id, read.name, "", problem="the file was not looked at"
        )
        frame = evidence.frame(read.name)
        if frame is not None and not _still_that(cells, read, frame, file):
            frame = None
        yield KnownRead(cells, read, file, frame, _problem(cells, read, file, reads, harmless))


def _still_that(cells: tuple[ParsedCell, ...], read: Read, frame: FrameEvidence, file: ReadEvidence) -> bool:
    """Tell whether the live frame of the read's name is surely what the read made, or was made of it."""
    if not frame.plain_names or not set(file.header) <= {column.name for column in frame.columns}:
        return False
    for statement in (statement for cell in cells for statement in cell.body):
        if statement is read.statement or isinstance(statement, ast.Delete):
            continue
        if declares_global(statement, read.name):
            return False
        if read.name in bound_names(statement) and not (
            isinstance(statement, ast.Assign | ast.AugAssign) and read.name in free_names(statement.value)
        ):
            return False
    return True


def _problem(
    cells: tuple[ParsedCell, ...], read: Read, file: ReadEvidence, reads: tuple[Read, ...], harmless: frozenset[str]
) -> str:
    if not read.plain:
        return "the read's arguments are not written out"
    odd = sorted(set(read.keywords) - harmless)
    if odd:
        return f"the read says {', '.join(odd)}, which this rule does not combine with"
    if read.literal_keywords() is None:
        return "an argument of the read is no literal"
    if sum(other.name == read.name and other.cell is read.cell for other in reads) > 1:
        return f"{read.name} is read more than once in the cell"
    if not settled(cells, read.path):
        return "the file's path may have another value by now"
    return file.problem or moved_on(cells, read)


def smaller_frame(known: KnownRead, evidence: Evidence, kept_bytes: int, total_bytes: int) -> PredictedPeak:
    """Predict the measured cell's peak when the frame shrinks from ``total_bytes`` to ``kept_bytes``.

    Where the read stands in the measured cell, the increment scales with the columns that are made (on a 481 MB file:
    14 of 16 columns dropped took the anonymous increment from 869 to 183 MiB, in proportion to the bytes); elsewhere
    the cell starts lower by what the frame no longer holds.
    """
    took = evidence.measurement
    saved = max(total_bytes - kept_bytes, 0)
    if known.read.cell.cell.cell_id != evidence_cell(known, evidence):
        likely = max(took.peak_bytes - saved, took.increment_bytes)
        return PredictedPeak(int(likely * 0.9), likely, min(int(likely * 1.15) + PARSER_BYTES, took.peak_bytes))
    share = kept_bytes / max(total_bytes, 1)
    likely = took.start_bytes + min(int(took.increment_bytes * share) + PARSER_BYTES, took.increment_bytes)
    low = min(took.start_bytes + kept_bytes, likely)
    high = took.start_bytes + min(int(took.increment_bytes * share * 1.5) + 4 * PARSER_BYTES, took.increment_bytes)
    return PredictedPeak(low, likely, max(high, likely))


def evidence_cell(known: KnownRead, evidence: Evidence) -> str:
    """Return the id of the cell that the evidence's measurement is of."""
    return evidence.measured_cell or known.read.cell.cell.cell_id


@dataclass(frozen=True)
class Saving:
    """Bytes that the measured cell no longer holds: at its start already (``line`` 0), or below one of its lines.

    ``until`` is the last line on which that counts (0: to the end of the cell).
    """

    nbytes: int
    line: int = 0
    until: int = 0

    def on(self, line: int) -> int:
        """Return the bytes that a line of the cell no longer holds; line 0 is the cell as a whole."""
        begun = not self.line or line > self.line
        return self.nbytes if begun and (not self.until or line <= self.until) else 0


def lower_peak(took: Measurement, savings: Sequence[Saving]) -> PredictedPeak:
    """Predict the measured cell's peak when it holds less; of a cell without a line account only its start falls.

    What is let go is not always given back to the system (a heap has holes), but the cell's own needs then fit into
    it: 0.9 of it is likely, nothing of it is the worst.
    """
    lines = [(line.line, line.peak_bytes) for line in took.lines]
    if max((peak for _, peak in lines), default=0) < _SEEN * took.peak_bytes:
        lines = [(0, took.peak_bytes)]  # no line is known to hold the peak
    highest = max(peak - sum(saving.on(line) for saving in savings) for line, peak in lines)
    low = max(min(highest, took.peak_bytes), 0)
    return PredictedPeak(low, took.peak_bytes - int((took.peak_bytes - low) * _GIVEN_BACK), took.peak_bytes)


_SEEN = 0.95  # of the cell's peak must be seen on some line, or the lines do not tell where it is
_GIVEN_BACK = 0.9
