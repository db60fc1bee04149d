"""Shrinks the rules' thresholds, so that tables of a few rows are read in several pieces and get cards."""

from __future__ import annotations

import sys
from collections.abc import Callable

from memadvise.observe import frames, held
from memadvise.rewrite import sqlite_index
from memadvise.rules import all_rules
from memadvise.rules.compression import repeated_strings

ROWS = 3
# the names under which rules say what is too little for a card; a new rule that uses one of them needs no line here
THRESHOLDS = ("WORTH", "_WORTH", "WORTH_BYTES", "_WORTH_BYTES", "WORTH_SHARE")


def small_pieces(put: Callable[[object, str, object], None], rows: int = ROWS) -> None:
    """Set pieces of ``rows`` rows, and thresholds that nothing falls short of, through ``put(module, name, value)``."""
    all_rules()
    for module in [module for name, module in sys.modules.items() if name.startswith("memadvise.rules.")]:
        for name in THRESHOLDS:
            if hasattr(module, name):
                put(module, name, -(10**9))
        if hasattr(module, "_LEAST_BYTES"):
            put(module, "_LEAST_BYTES", 1000)  # an object of its own, not a label or two
        if hasattr(module, "_worth"):
            put(module, "_worth", lambda *_: True)
        if hasattr(module, "piece_rows"):
            put(module, "piece_rows", lambda *_: rows)
    put(sqlite_index, "_ROWS_A_PIECE", rows)
    put(repeated_strings, "_REPEATS", 1)
    put(held, "LEAST_BYTES", 256)
    put(frames, "_cardinality", lambda column: int(column.nunique()))
