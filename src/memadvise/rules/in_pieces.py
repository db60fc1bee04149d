"""What rules that read a file in pieces share: how many rows a piece has, and what dtype each piece must be told."""

from __future__ import annotations

from collections.abc import Iterable

from memadvise.model import ColumnEvidence, Evidence, FrameChange, PredictedPeak
from memadvise.rules.common import PARSER_BYTES, KnownFrame, KnownRead

PINNED = frozenset({"int64", "float64", "str", "bool"})  # what a read infers, and gives again when it is told so
EXACT = 2**53  # beyond it a float column parsed in pieces may round otherwise than whole numbers read first
# bytes of Arrow's pool for each byte of text that is put together from pieces: on six files of 13 to 142 MB, of short
# and of long texts, 1.2 to 1.7 (pandas 3.1, pyarrow 26, mimalloc; with the system's allocator 1.0)
TEXT_IN_PIECES = 1.6
HOLES_SHARE = 0.1  # of what the cell takes
_PIECE_BYTES = 18 * 2**20
_FIELD_BYTES = 24  # what the tokenizer keeps of each field of a piece beside its text, whether it is used or not


def piece_rows(known: KnownFrame, columns: Iterable[ColumnEvidence]) -> int:
    """Rows of a piece that needs about 18 MiB in all: a round number between 5,000 and 500,000."""
    wanted = _PIECE_BYTES / row_bytes(known, columns)
    steps = [number * 10**power for power in (3, 4, 5) for number in (1, 2, 3, 5)][3:]
    return max((step for step in steps if step <= wanted), default=steps[0])


def row_bytes(known: KnownFrame, columns: Iterable[ColumnEvidence]) -> float:
    """Bytes that one row takes while its piece is read: its text, a token a field, its parsed columns twice.

    On a 138 MB file of 14 columns, 3 of them used, pieces of 20,000 rows took 12 MiB over what grouping takes.
    """
    rows = max(known.rows, 1)
    size = known.file.size_bytes if isinstance(known, KnownRead) else 0
    text = max(size, known.total_bytes // 2) / rows  # a compressed file is smaller than its text
    parsed = sum(column.nbytes for column in columns) / rows
    return text + _FIELD_BYTES * len(known.header) + 2 * parsed


def unpinned(columns: Iterable[ColumnEvidence]) -> str:
    """Return why pieces can't be told the dtype that reading the whole file gives; empty when they can."""
    for column in columns:
        if column.dtype not in PINNED:
            return f"column {column.name!r} is {column.dtype}, which cannot be pinned for every piece"
        if column.dtype == "float64" and column.negative_zero is None:
            return f"the values of column {column.name!r} were not looked at"
        if column.dtype == "float64" and largest(column) > EXACT:
            return f"column {column.name!r} holds floats beyond 2**53, which pieces may round otherwise"
    return ""


def largest(column: ColumnEvidence) -> float | int:
    """Return the largest absolute value; 0 when the column has none."""
    return max((abs(bound) for bound in (column.minimum, column.maximum) if bound is not None), default=0)


def put_together_peak(known: KnownFrame, change: FrameChange, evidence: Evidence) -> PredictedPeak:
    """Predict the measured cell's peak when it parses a frame in pieces and puts them together.

    The pieces and the whole stand side by side for numbers. Texts are not copied, but their many small Arrow buffers
    leave holes in Arrow's pool, which is not given back (see ``TEXT_IN_PIECES``). Beside them a piece is parsed.
    """
    columns, texts, numbers = _parts(known, change)
    piece = int(row_bytes(known, columns) * min(change.piece_rows, known.rows))
    took = evidence.measurement
    made = int(TEXT_IN_PIECES * texts) + 2 * numbers
    likely = took.start_bytes + made + piece + PARSER_BYTES
    high = took.start_bytes + int(1.25 * made) + 2 * (piece + PARSER_BYTES)
    return PredictedPeak(took.start_bytes + texts + numbers, likely, max(high, likely))


def leaves_holes(known: KnownFrame, change: FrameChange, evidence: Evidence) -> bool:
    """Tell whether pieces of text would leave so much memory unused that a later cell's peak may rise."""
    _, texts, _ = _parts(known, change)
    return (TEXT_IN_PIECES - 1) * texts > HOLES_SHARE * evidence.measurement.increment_bytes


def _parts(known: KnownFrame, change: FrameChange) -> tuple[list[ColumnEvidence], int, int]:
    """Return the columns, and the bytes of texts and of all else that are left of them by the change."""
    saved, told = dict(change.saved), {name for name, _ in (*change.dtypes, *change.dates)}
    columns = [column for column in map(known.column, known.header) if column is not None]
    texts = numbers = 0
    for column in columns:
        kept = max(column.nbytes - saved.get(column.name, 0), 0)
        if column.dtype == "str" and column.name not in told:
            texts += kept
        else:
            numbers += kept
    return columns, texts, numbers
