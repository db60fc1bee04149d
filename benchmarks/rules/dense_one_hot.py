"""One column for each product, of which only the counts are wanted."""

from pathlib import Path

import numpy as np
import pandas as pd

from casework.data.pieces import scaled, words, write

ROWS = 400_000
CELLS = (
    "import pandas as pd",
    'baskets = pd.read_csv("baskets.csv")',
    '%%memadvise\nhot = pd.get_dummies(baskets["product"])\ncounts = hot.sum()',
    "counts.head(10)",
)


def make(folder: Path, scale: float) -> None:
    """Write baskets.csv of 500 products; the table of 0 and 1 takes 200 MB."""
    rng = np.random.default_rng(8)
    products = np.array(words(rng, 500, 4), dtype=object)

    def piece(first: int, count: int) -> pd.DataFrame:
        return pd.DataFrame({"basket": first + np.arange(count), "product": products[rng.integers(0, 500, count)]})

    write(folder / "baskets.csv", scaled(ROWS, scale), piece)
