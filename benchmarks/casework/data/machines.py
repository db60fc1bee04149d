"""Two lines' test benches: 378 columns each, of which 368 are 0 or 1 and eight are short codes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from casework.data.pieces import scaled, write

ROWS = 106_000  # 81 MB each
CODES = (47, 27, 44, 7, 4, 29, 12, 25)  # distinct codes of X0 to X7
FLAGS = tuple(f"X{number}" for number in range(10, 378))


def machines(folder: Path, scale: float) -> None:
    """Write line_a.csv and line_b.csv."""
    for seed, name in ((76, "line_a.csv"), (77, "line_b.csv")):
        rng = np.random.default_rng(seed)
        share = np.random.default_rng(78).beta(0.4, 2.0, len(FLAGS))
        write(folder / name, scaled(ROWS, scale), lambda first, count: _piece(rng, share, first, count))  # noqa: B023


def _piece(rng: np.random.Generator, share: np.ndarray, first: int, count: int) -> pd.DataFrame:
    alphabet = [chr(97 + number % 26) * (1 + number // 26) for number in range(52)]
    codes = {
        f"X{place}": np.array(alphabet[:size], dtype=object)[rng.integers(0, size, count)]
        for place, size in enumerate(CODES)
    }
    flags = (rng.random((count, len(FLAGS)), dtype=np.float32) < share).astype(np.int8)
    head = pd.DataFrame({"ID": first + np.arange(count), "y": rng.normal(100, 12, count).round(2), **codes})
    return pd.concat([head, pd.DataFrame(flags, columns=FLAGS)], axis=1)
