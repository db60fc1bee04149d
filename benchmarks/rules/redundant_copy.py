"""A table of numbers is copied before a column is added to it."""

from pathlib import Path

import numpy as np
import pandas as pd

from casework.data.pieces import scaled, write

ROWS = 2_200_000
NAMES = ("inside", "outside", "humidity", "pressure", "wind", "dew")
CELLS = (
    "import pandas as pd",
    'readings = pd.read_csv("readings.csv")',
    "%%memadvise\n"
    "work = readings.copy()\n"
    'work["difference"] = work["inside"] - work["outside"]\n'
    'largest = work["difference"].max()',
    'mean_before = readings["inside"].mean()',
)


def make(folder: Path, scale: float) -> None:
    """Write readings.csv, 100 MB."""
    rng = np.random.default_rng(9)

    def piece(first: int, count: int) -> pd.DataFrame:
        return pd.DataFrame({name: rng.normal(20, 6, count).round(4) for name in NAMES})

    write(folder / "readings.csv", scaled(ROWS, scale), piece)
