"""What `%memadvise scan` says: which files were looked at, and how long it took."""

from __future__ import annotations

import os
from collections.abc import Sequence

from memadvise.model import ReadEvidence


def scan_text(reads: Sequence[ReadEvidence], seconds: float) -> str:
    """Return one line about all files of the cell."""
    if not reads:
        return "memadvise: no pd.read_csv of the notebook concerns the last measured cell."
    parts = [_part(read) for read in reads]
    return f"memadvise: looked at {', '.join(parts)} in {seconds:.1f} s."


def _part(read: ReadEvidence) -> str:
    name = os.path.basename(read.path) or read.name
    if read.rows is None:
        return f"none of the rows of {name} ({read.problem or 'they could not be read in pieces'})"
    return f"{read.rows:,} rows of {name}"
