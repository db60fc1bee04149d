"""Readings of four digits take eight bytes each."""

from pathlib import Path

import numpy as np
import pandas as pd

from casework.data.pieces import scaled, write

ROWS = 2_200_000
CELLS = (
    "import pandas as pd",
    '%%memadvise\nreadings = pd.read_csv("readings.csv")',
    'inside = readings["inside"].mean()\noutside = readings["outside"].mean()\nhumidity = readings["humidity"].std()',
    'most = readings["pressure"].max()\nwind = readings["wind"].median()\ndew = readings["dew"].mean()',
)


def make(folder: Path, scale: float) -> None:
    """Write readings.csv, 100 MB: six columns of measured values."""
    rng = np.random.default_rng(9)
    names = ("inside", "outside", "humidity", "pressure", "wind", "dew")

    def piece(first: int, count: int) -> pd.DataFrame:
        return pd.DataFrame({name: rng.normal(20, 6, count).round(4) for name in names})

    write(folder / "readings.csv", scaled(ROWS, scale), piece)
