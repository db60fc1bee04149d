"""A file of text and numbers is read whole, and kept whole."""

from pathlib import Path

import numpy as np
import pandas as pd

from casework.data.pieces import scaled, write

ROWS = 1_100_000
CELLS = (
    "import pandas as pd",
    '%%memadvise\nnotes = pd.read_csv("notes.csv")',
    "summary = notes.describe(include='all')",
)


def make(folder: Path, scale: float) -> None:
    """Write notes.csv, 100 MB: three columns of different texts, an id and an amount."""
    rng = np.random.default_rng(17)

    def piece(first: int, count: int) -> pd.DataFrame:
        ids = np.arange(first, first + count)
        return pd.DataFrame(
            {
                "id": ids + 5_000_000_000,
                "author": [f"author {number}" for number in rng.integers(0, 10**7, count)],
                "title": [f"note {number} of many others" for number in ids],
                "place": [f"shelf {number}, on the left" for number in rng.integers(0, 10**8, count)],
                "amount": rng.normal(size=count).round(6),
            }
        )

    write(folder / "notes.csv", scaled(ROWS, scale), piece)
