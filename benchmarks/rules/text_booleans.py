"""Yes and no are text until they are turned into true and false."""

from pathlib import Path

import numpy as np
import pandas as pd

from casework.data.pieces import scaled, write

ROWS = 5_500_000
NAMES = ("balcony", "lift", "garden", "pets", "furnished")
CELLS = (
    "import pandas as pd",
    '%%memadvise\nhomes = pd.read_csv("homes.csv")\nhomes["balcony"] = homes["balcony"] == "yes"\n'
    'homes["lift"] = homes["lift"].map({"yes": True, "no": False})\n'
    'homes["garden"] = homes["garden"] == "yes"\nhomes["pets"] = homes["pets"] == "yes"\n'
    'homes["furnished"] = homes["furnished"] == "yes"',
    'with_balcony = homes[homes["balcony"]]["rent"].mean()',
    'shares = homes[["balcony", "lift", "garden", "pets", "furnished"]].mean()',
)


def make(folder: Path, scale: float) -> None:
    """Write homes.csv, 125 MB."""
    rng = np.random.default_rng(6)
    words = np.array(["no", "yes"], dtype=object)

    def piece(first: int, count: int) -> pd.DataFrame:
        said = {name: words[rng.integers(0, 2, count)] for name in NAMES}
        return pd.DataFrame({**said, "rent": rng.integers(300, 3_000, count)})

    write(folder / "homes.csv", scaled(ROWS, scale), piece)
