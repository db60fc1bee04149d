"""A file of numbers is read whole, and kept whole."""

from pathlib import Path

import numpy as np
import pandas as pd

from casework.data.pieces import scaled, write

ROWS = 1_300_000
CELLS = (
    "import pandas as pd",
    '%%memadvise\nreadings = pd.read_csv("readings.csv")',
    "summary = readings.describe(), readings.corr()",
)


def make(folder: Path, scale: float) -> None:
    """Write readings.csv, 100 MB: six measured values of eight digits, times, and sensors."""
    rng = np.random.default_rng(17)

    def piece(first: int, count: int) -> pd.DataFrame:
        values = {f"value_{place}": rng.normal(size=count).round(7) for place in range(6)}
        times = 1_700_000_000_000 + np.arange(first, first + count)
        return pd.DataFrame({"time": times, "sensor": rng.integers(10**10, 10**11, count), **values})

    write(folder / "readings.csv", scaled(ROWS, scale), piece)
