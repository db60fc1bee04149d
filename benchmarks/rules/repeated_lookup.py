"""A file is read whole to look up a few listings."""

from pathlib import Path

from casework.data.flats import flats

CELLS = (
    "import pandas as pd",
    '%%memadvise\nflats = pd.read_csv("flats.csv")',
    'first = flats[flats["listing_id"] == 5_000_007]\nfirst',
    'second = flats[flats["listing_id"] == 5_000_099]\nsecond',
)


def make(folder: Path, scale: float) -> None:
    """Write flats.csv, 100 MB."""
    flats(folder, 0.46 * scale)
