"""A file is read whole for one sum by product."""

from pathlib import Path

from casework.data.sales import orders

CELLS = (
    "import pandas as pd",
    '%%memadvise\norders = pd.read_csv("orders.csv")',
    'by_item = orders.groupby("Item")["Qty"].sum()\nby_item',
)


def make(folder: Path, scale: float) -> None:
    """Write orders.csv, 100 MB."""
    orders(folder, 1.22 * scale)
