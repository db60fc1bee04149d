"""Yes and no are text until they are turned into true and false."""

from pathlib import Path

import numpy as np
import pandas as pd

from casework.data.pieces import scaled, write

ROWS = 5_500_000
CELLS = (
    "import pandas as pd",
    '%%memadvise\nhomes = pd.read_csv("homes.csv")\nhomes["balcony"] = homes["balcony"] == "with balcony"',
    'rent = homes[homes["balcony"]]["rent"].mean()',
)


def make(folder: Path, scale: float) -> None:
    """Write homes.csv, 125 MB."""
    rng = np.random.default_rng(6)
    words = np.array(["without balcony", "with balcony"], dtype=object)

    def piece(first: int, count: int) -> pd.DataFrame:
        said = words[rng.integers(0, 2, count)]
        return pd.DataFrame({"balcony": said, "rent": rng.integers(300, 3_000, count)})

    write(folder / "homes.csv", scaled(ROWS, scale), piece)
