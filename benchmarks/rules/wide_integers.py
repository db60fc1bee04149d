"""Whole numbers of a small range take eight bytes each."""

from pathlib import Path

import numpy as np
import pandas as pd

from casework.data.pieces import scaled, write

ROWS = 5_000_000
CELLS = (
    "import pandas as pd",
    '%%memadvise\ntrips = pd.read_csv("trips.csv")',
    'by_zone = trips.groupby("zone")["passengers"].sum()',
    'long = trips[trips["minutes"] > 60]["minutes"].count()',
    'most = trips["passengers"].max(), trips["hour"].min(), trips["weekday"].max(), trips["stops"].sum()',
    'paid = trips["payment"].value_counts()\npaid',
)


def make(folder: Path, scale: float) -> None:
    """Write trips.csv, 95 MB: seven columns of small whole numbers."""
    rng = np.random.default_rng(2)

    def piece(first: int, count: int) -> pd.DataFrame:
        most = {"zone": 265, "hour": 24, "weekday": 7, "minutes": 180, "passengers": 7, "stops": 30, "payment": 5}
        return pd.DataFrame({name: rng.integers(0, end, count) for name, end in most.items()})

    write(folder / "trips.csv", scaled(ROWS, scale), piece)
