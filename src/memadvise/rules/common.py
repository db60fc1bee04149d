"""What several rules ask: which frames concern the measured cell, and what a smaller one will need."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from memadvise.model import (
    ColumnEvidence,
    Edit,
    Evidence,
    FrameChange,
    FrameEvidence,
    NotebookSource,
    PredictedPeak,
    ReadEvidence,
)
from memadvise.rewrite.flow import usage, usage_from
from memadvise.rewrite.follow.values import Usage
from memadvise.rewrite.names import bound_names, declares_global, times_bound
from memadvise.rewrite.parse import ParsedCell, parse_notebook
from memadvise.rewrite.ran import disagreement
from memadvise.rewrite.reads import Read, find_reads, moved_on, pandas_names, settled
from memadvise.rewrite.scopes import free_names
from memadvise.rewrite.typed import NotWritableError, typed_made, typed_read

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

    @property
    def cell(self) -> ParsedCell:
        """The cell that makes the frame."""
        return self.read.cell

    @property
    def header(self) -> tuple[str, ...]:
        """Columns of the frame as it is made."""
        return self.file.header

    @property
    def at_read(self) -> bool:
        """Whether the change is made while the frame is made (a read), so that its peak falls too."""
        return True

    @property
    def rows(self) -> int:
        """Rows of the frame as it is made; 0 when they are not known."""
        if self.file.rows is not None:
            return self.file.rows
        return self.frame.rows if self.frame is not None and self._as_made() else 0

    @property
    def total_bytes(self) -> int:
        """Bytes of all columns as they are made; 0 when they are not known."""
        found = [self.column(name) for name in self.header]
        return sum(column.nbytes for column in found if column is not None)

    def column(self, name: str) -> ColumnEvidence | None:
        """Return what is known of a column over ALL rows that the read gives; None when it was not looked at."""
        found = self.file.column(name)
        if found is None and self.frame is not None and self._as_made():
            found = self.frame.column(name)
        return found

    def _as_made(self) -> bool:
        """Tell whether the live frame still has just the rows and columns that the read gave it."""
        return self.read.whole and not _changed_in_place(self.cells, self.name)

    def usage(self) -> Usage:
        """Return what the notebook does with the frame."""
        return usage(self.cells, self.read, self.file.header)

    def edit(self, change: FrameChange) -> Edit:
        """Return the edit that makes the change.

        Raises:
            NotWritableError: it can't be written there.
        """
        return typed_read(self.cells, self.read, change)


@dataclass(frozen=True)
class KnownMade:
    """A live frame that no read of a CSV made: built, queried, unpickled. Changes are appended behind its maker."""

    cells: tuple[ParsedCell, ...]
    cell: ParsedCell
    statement: ast.Assign
    frame: FrameEvidence
    pandas: str
    problem: str = ""

    @property
    def name(self) -> str:
        """Name of the frame."""
        return self.frame.name

    @property
    def header(self) -> tuple[str, ...]:
        """Columns of the frame."""
        return tuple(column.name for column in self.frame.columns)

    @property
    def at_read(self) -> bool:
        """The frame exists at full size before it is made smaller."""
        return False

    @property
    def rows(self) -> int:
        """Rows of the frame."""
        return self.frame.rows

    @property
    def total_bytes(self) -> int:
        """Bytes of all columns."""
        return sum(column.nbytes for column in self.frame.columns)

    def column(self, name: str) -> ColumnEvidence | None:
        """Return what is known of a column over all rows."""
        return self.frame.column(name)

    def usage(self) -> Usage:
        """Return what the notebook does with the frame behind its maker."""
        return usage_from(self.cells, self.statement, self.name, None, self.header)

    def edit(self, change: FrameChange) -> Edit:
        """Return the edit that makes the change.

        Raises:
            NotWritableError: it can't be written there.
        """
        return typed_made(self.cell, self.statement, change, self.pandas)


KnownFrame = KnownRead | KnownMade


def known_frames(notebook: NotebookSource, evidence: Evidence, harmless: frozenset[str]) -> Iterator[KnownFrame]:
    """Yield the frames that concern the measured cell: those of reads, and live ones that other statements make."""
    yield from known_reads(notebook, evidence, harmless, chained=True)
    yield from _made_frames(notebook, evidence)


def known_reads(
    notebook: NotebookSource, evidence: Evidence, harmless: frozenset[str], *, chained: bool = False
) -> Iterator[KnownRead]:
    """Yield the reads made in the measured cell, or of frames that it mentions.

    ``harmless`` are the arguments of the read that the rule combines with; ``chained``: also reads on which more is
    called before the name is bound.
    """
    cells = parse_notebook(notebook)
    measured = next((cell for cell in cells if cell.cell.cell_id == notebook.measured), None)
    if measured is None:
        return
    mentioned = _names(measured)
    reads = find_reads(cells)
    for read in reads:
        if (read.cell is not measured and read.name not in mentioned) or not (read.whole or chained):
            continue
        file = evidence.read(read.cell.cell.cell_id, read.name) or ReadEvidence(
            read.cell.cell.cell_id, read.name, "", problem="the file was not looked at"
        )
        frame = evidence.frame(read.name) if read.whole else None
        if frame is not None and not _still_that(cells, read, frame, file):
            frame = None
        problem = _problem(cells, read, file, reads, harmless) or disagreement(notebook, cells, read.cell, read.name)
        yield KnownRead(cells, read, file, frame, problem)


def _made_frames(notebook: NotebookSource, evidence: Evidence) -> Iterator[KnownMade]:
    cells = parse_notebook(notebook)
    measured = next((cell for cell in cells if cell.cell.cell_id == notebook.measured), None)
    pandas = min(pandas_names(cells).modules, default="")
    if measured is None or not pandas:
        return
    reads = {id(read.statement) for read in find_reads(cells)}
    for cell in cells:
        for statement in cell.body:
            if not (isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Name)):
                continue
            name = statement.targets[0].id
            frame = evidence.frame(name)
            if frame is None or id(statement) in reads or len(statement.targets) > 1 or cell is measured:
                continue  # in the measured cell the peak is reached before the frame can be made smaller
            if name not in _names(measured) or not frame.plain_names or times_bound(cells, name) != 1:
                continue
            if _makes(statement.value) and not _changed_in_place(cells, name):
                yield KnownMade(cells, cell, statement, frame, pandas, disagreement(notebook, cells, cell, name))


def _makes(node: ast.expr) -> bool:
    """Tell whether an expression surely makes a new frame: a call of a module's function (`pd.read_sql(...)`)."""
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and isinstance(node.func.value, ast.Name)


def _names(cell: ParsedCell) -> set[str]:
    return {node.id for statement in cell.body for node in ast.walk(statement) if isinstance(node, ast.Name)}


def _changed_in_place(cells: tuple[ParsedCell, ...], name: str) -> bool:
    """Tell whether the frame of that name may have got other rows or columns since it was made."""
    if times_bound(cells, name) != 1:
        return True
    nodes = (node for cell in cells for statement in cell.body for node in ast.walk(statement))
    for node in nodes:
        if isinstance(node, ast.keyword) and node.arg == "inplace":
            return True
        if isinstance(node, ast.Attribute | ast.Subscript) and isinstance(node.ctx, ast.Store | ast.Del):
            return True  # of whatever name: it may be another one of the same frame
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in _CHANGES:
            return True
    return False


_CHANGES = frozenset({"insert", "pop", "update", "isetitem", "setitem"})


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


def smaller_frame(evidence: Evidence, cell_id: str, kept_bytes: int, total_bytes: int) -> PredictedPeak:
    """Predict the measured cell's peak when the frame of that cell shrinks from ``total_bytes`` to ``kept_bytes``.

    Where the read stands in the measured cell, the increment scales with the columns that are made (on a 481 MB file:
    14 of 16 columns dropped took the anonymous increment from 869 to 183 MiB, in proportion to the bytes); elsewhere
    the cell starts lower by what the frame no longer holds.
    """
    took = evidence.measurement
    saved = max(total_bytes - kept_bytes, 0)
    if evidence.measured_cell and cell_id != evidence.measured_cell:
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


__all__ = [
    "HoldBackError",
    "KnownFrame",
    "KnownMade",
    "KnownRead",
    "NotWritableError",
    "evidence_cell",
    "known_frames",
    "known_reads",
    "smaller_frame",
]
