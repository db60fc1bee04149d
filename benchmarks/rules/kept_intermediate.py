"""A table is kept while the next file is read, although nobody uses it again once its means are taken."""

from pathlib import Path

import numpy as np
import pandas as pd

from casework.data.pieces import scaled, write

ROWS = 1_500_000
CELLS = (
    "import pandas as pd",
    'raw = pd.read_csv("readings.csv")',
    "means = raw.mean()",
    '%%memadvise\ntrips = pd.read_csv("trips.csv")\nby_zone = trips.groupby("zone")["minutes"].mean()',
    "trips.describe()",
    "means",
)


def make(folder: Path, scale: float) -> None:
    """Write readings.csv, 70 MB, and trips.csv, 28 MB."""
    rng = np.random.default_rng(14)

    def readings(first: int, count: int) -> pd.DataFrame:
        return pd.DataFrame({name: rng.normal(20, 6, count).round(4) for name in ("inside", "outside", "dew", "wind")})

    def trips(first: int, count: int) -> pd.DataFrame:
        most = {"zone": 265, "hour": 24, "minutes": 180, "passengers": 7, "stops": 30}
        return pd.DataFrame({name: rng.integers(0, end, count) for name, end in most.items()})

    write(folder / "readings.csv", scaled(ROWS, 1.5 * scale), readings)
    write(folder / "trips.csv", scaled(ROWS, 1.5 * scale), trips)
