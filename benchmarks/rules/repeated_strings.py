"""Text of few distinct values is compared and grouped by."""

from pathlib import Path

import numpy as np
import pandas as pd

from casework.data.pieces import scaled, words, write

ROWS = 2_300_000
CELLS = (
    "import pandas as pd",
    '%%memadvise\nvisits = pd.read_csv("visits.csv")',
    'by_city = visits.groupby("city")["seconds"].sum()',
    'phones = visits[visits["device"] == "mobile phone"]["seconds"].mean()',
    'late = visits["daypart"].isin(["evening", "night"]).sum()',
)


def make(folder: Path, scale: float) -> None:
    """Write visits.csv, 100 MB."""
    rng = np.random.default_rng(1)
    cities = np.array(words(rng, 80, 4), dtype=object)
    devices = np.array(["desktop computer", "mobile phone", "tablet", "television"], dtype=object)
    dayparts = np.array(["morning", "afternoon", "evening", "night"], dtype=object)

    def piece(first: int, count: int) -> pd.DataFrame:
        return pd.DataFrame(
            {
                "visit": first + np.arange(count),
                "city": cities[rng.integers(0, len(cities), count)],
                "device": devices[rng.integers(0, 4, count)],
                "daypart": dayparts[rng.integers(0, 4, count)],
                "seconds": rng.integers(1, 4_000, count),
            }
        )

    write(folder / "visits.csv", scaled(ROWS, scale), piece)
