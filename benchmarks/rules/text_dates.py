"""Dates stay text, and are parsed in a later cell."""

from pathlib import Path

import numpy as np
import pandas as pd

from casework.data.pieces import scaled, write

ROWS = 2_000_000
CELLS = (
    "import pandas as pd",
    'events = pd.read_csv("events.csv")',
    "%%memadvise\n"
    'events["at"] = pd.to_datetime(events["at"])\n'
    'by_month = events.groupby(events["at"].dt.month)["amount"].sum()',
    "by_month",
)


def make(folder: Path, scale: float) -> None:
    """Write events.csv, 51 MB."""
    rng = np.random.default_rng(4)

    def piece(first: int, count: int) -> pd.DataFrame:
        seconds = pd.to_timedelta(rng.integers(0, 400 * 86_400, count), unit="s")
        at = (pd.Timestamp("2023-01-01") + seconds).strftime("%Y-%m-%d %H:%M:%S")
        return pd.DataFrame({"at": at, "amount": rng.integers(1, 90_000, count)})

    write(folder / "events.csv", scaled(ROWS, scale), piece)
