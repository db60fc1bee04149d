"""The table that a small one was made of is kept while the next file is read, although nobody uses it again."""

from pathlib import Path

from casework.data.flats import flats
from casework.data.sales import orders

CELLS = (
    "import pandas as pd",
    'raw = pd.read_csv("orders.csv")',
    'by_item = raw.groupby("Item")["Qty"].sum()',
    '%%memadvise\nflats = pd.read_csv("flats.csv")\nby_city = flats.groupby("city")["rent"].mean()',
    "flats.describe()",
    "by_item",
)


def make(folder: Path, scale: float) -> None:
    """Write orders.csv, 81 MB, and flats.csv, 43 MB."""
    orders(folder, scale)
    flats(folder, 0.2 * scale)
