"""Text is read as Python objects, one for each row."""

from pathlib import Path

import numpy as np
import pandas as pd

from casework.data.pieces import joined, scaled, write

ROWS = 2_000_000
CELLS = (
    "import pandas as pd",
    '%%memadvise\nrides = pd.read_csv("rides.csv", dtype={"ride_id": object})',
    'members = rides[rides["ride_id"].str.startswith("m", na=False)]["minutes"].mean()',
    'longest = rides["minutes"].max()',
)


def make(folder: Path, scale: float) -> None:
    """Write rides.csv, 50 MB."""
    rng = np.random.default_rng(15)

    def piece(first: int, count: int) -> pd.DataFrame:
        kind = np.array(["member", "guest"], dtype=object)[rng.integers(0, 2, count)]
        ride = joined(kind, "-2023-", 10_000_000 + first + np.arange(count))
        return pd.DataFrame({"ride_id": ride, "minutes": rng.integers(1, 300, count)})

    write(folder / "rides.csv", scaled(ROWS, scale), piece)
