"""Orders are merged with products to sum by the product's group."""

from pathlib import Path

import numpy as np
import pandas as pd

from casework.data.pieces import scaled, words, write

ROWS = 3_700_000
CELLS = (
    "import pandas as pd",
    'orders = pd.read_csv("orders.csv")\nproducts = pd.read_csv("products.csv")',
    '%%memadvise\nmerged = orders.merge(products, on="product", how="left")\n'
    'by_group = merged.groupby("group")["amount"].sum()',
    "by_group",
)


def make(folder: Path, scale: float) -> None:
    """Write orders.csv, 100 MB, and products.csv."""
    rng = np.random.default_rng(13)
    names, groups = words(rng, 2_000, 4), words(rng, 25, 3)
    products = pd.DataFrame(
        {"product": np.arange(2_000), "name": names, "group": np.array(groups)[np.arange(2_000) % 25]}
    )
    products.to_csv(folder / "products.csv", index=False)

    def piece(first: int, count: int) -> pd.DataFrame:
        return pd.DataFrame(
            {
                "order": first + np.arange(count),
                "product": rng.integers(0, 2_000, count),
                "amount": rng.integers(100, 99_999, count),
                "till": rng.integers(0, 400, count),
            }
        )

    write(folder / "orders.csv", scaled(ROWS, scale), piece)
