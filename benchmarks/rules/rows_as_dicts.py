"""A table is built as a list with a dict for each row."""

from pathlib import Path

import numpy as np
import pandas as pd

from casework.data.pieces import scaled, write

ROWS = 400_000
CELLS = (
    "import csv\n\nimport pandas as pd",
    "%%memadvise\n"
    "rows = []\n"
    'with open("sales.csv", newline="") as file:\n'
    "    for line in csv.DictReader(file):\n"
    '        rows.append({"till": int(line["till"]), "amount": float(line["amount"]), "items": int(line["items"])})\n'
    "sales = pd.DataFrame(rows)",
    'by_till = sales.groupby("till")["amount"].sum()',
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
