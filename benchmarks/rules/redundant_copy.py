"""A frame is copied, and only the copy is used."""

from pathlib import Path

from casework.data.sales import orders

CELLS = (
    "import pandas as pd",
    '%%memadvise\norders = pd.read_csv("orders.csv")\nclean = orders.copy()',
    'clean["Sales"] = clean["Qty"] * clean["Unit Price"]',
    'total = clean["Sales"].sum()',
)


def make(folder: Path, scale: float) -> None:
    """Write orders.csv, 81 MB."""
    orders(folder, scale)
