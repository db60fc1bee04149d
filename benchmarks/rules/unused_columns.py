"""Fifteen columns of flats are read for a mean by city."""

from pathlib import Path

from casework.data.flats import flats

CELLS = (
    "import pandas as pd",
    '%%memadvise\nflats = pd.read_csv("flats.csv")\nflats.head()',
    'mean_rent = flats.groupby("city")["rent"].mean()\nmean_rent',
    'dear = (flats["rent"] > 2_000).sum()',
)


def make(folder: Path, scale: float) -> None:
    """Write flats.csv, 100 MB."""
    flats(folder, 0.46 * scale)
