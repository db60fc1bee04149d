"""A frame is filtered, and what it was filtered from is kept although nobody uses it again."""

from pathlib import Path

from casework.data.sales import orders

CELLS = (
    "import pandas as pd",
    'raw = pd.read_csv("orders.csv")',
    'dear = raw[raw["Unit Price"] > 3].sort_values("Unit Price")',
    '%%memadvise\nby_item = dear.groupby("Item").agg({"Qty": "sum", "Ship To": "nunique"})\n'
    'ranked = dear.sort_values("Qty")',
    "by_item",
)


def make(folder: Path, scale: float) -> None:
    """Write orders.csv, 81 MB."""
    orders(folder, scale)
