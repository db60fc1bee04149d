"""A dict for each row, of which a column is summed."""

from pathlib import Path

import numpy as np
import pandas as pd

from casework.data.pieces import scaled, write

ROWS = 400_000
CELLS = (
    "import csv",
    "%%memadvise\n"
    "rows = []\n"
    'with open("sales.csv", newline="") as file:\n'
    "    for line in csv.DictReader(file):\n"
    '        rows.append({"till": int(line["till"]), "amount": float(line["amount"]), "items": int(line["items"])})',
    'total = sum(row["amount"] for row in rows)',
    'most = max(row["items"] for row in rows)',
)


def make(folder: Path, scale: float) -> None:
    """Write sales.csv; as dicts its rows take 130 MB."""
    rng = np.random.default_rng(11)

    def piece(first: int, count: int) -> pd.DataFrame:
        return pd.DataFrame(
            {
                "till": 1_000 + rng.integers(0, 5_000, count),
                "amount": rng.integers(1, 90_000, count) / 8,
                "items": 300 + rng.integers(0, 50_000, count),
            }
        )

    write(folder / "sales.csv", scaled(ROWS, scale), piece)
