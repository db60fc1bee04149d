"""Text is read as Python objects, one for each row."""

from pathlib import Path

from casework.data.flats import flats

CELLS = (
    "import pandas as pd",
    '%%memadvise\nflats = pd.read_csv("flats.csv", dtype={"street": object, "agent": object, "postcode": object})',
    'roads = flats["street"].str.len().max()',
    'agents = flats["agent"].nunique()\ncodes = flats["postcode"].nunique()',
    "summary = flats.describe()",
)


def make(folder: Path, scale: float) -> None:
    """Write flats.csv, 100 MB."""
    flats(folder, 0.46 * scale)
