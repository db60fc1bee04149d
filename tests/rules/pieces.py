"""Shrinks the rules' thresholds, so that tables of a few rows are read in several pieces and get cards."""

from __future__ import annotations

from collections.abc import Callable

from memadvise.observe import frames, held
from memadvise.rewrite import sqlite_index
from memadvise.rules import all_rules
from memadvise.rules.chunking import whole_file_reduction
from memadvise.rules.compression import kept_intermediate, redundant_copy, repeated_strings, unused_columns

ROWS = 3


def small_pieces(put: Callable[[object, str, object], None], rows: int = ROWS) -> None:
    """Set pieces of ``rows`` rows through ``put(module, name, value)``."""
    all_rules()
    put(whole_file_reduction, "_piece_rows", lambda *_: rows)
    put(sqlite_index, "_ROWS_A_PIECE", rows)
    put(repeated_strings, "_REPEATS", 1)
    put(repeated_strings, "_WORTH", -1.0)
    put(unused_columns, "_WORTH", -1.0)
    put(held, "LEAST_BYTES", 256)
    put(kept_intermediate, "_LEAST_BYTES", 2000)
    put(kept_intermediate, "_WORTH", -1.0)
    put(redundant_copy, "_LEAST_BYTES", 1000)
    put(redundant_copy, "_WORTH", -1.0)
    put(frames, "_cardinality", lambda column: int(column.nunique()))
