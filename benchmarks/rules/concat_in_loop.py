"""Twelve files are concatenated one by one to what is there already."""

from pathlib import Path

from casework.data.sales import months

CELLS = (
    "import glob\n\nimport pandas as pd",
    "%%memadvise\n"
    "sales = pd.DataFrame()\n"
    'for path in sorted(glob.glob("Sales_Data/*.csv")):\n'
    "    month = pd.read_csv(path)\n"
    "    sales = pd.concat([sales, month])",
    "sales.shape",
    "summary = sales.describe()",
)


def make(folder: Path, scale: float) -> None:
    """Write twelve files into Sales_Data, 100 MB."""
    months(folder, 0.31 * scale)
