"""Counts with gaps are floats of eight bytes."""

from pathlib import Path

import numpy as np
import pandas as pd

from casework.data.pieces import holed, scaled, write

ROWS = 5_000_000
CELLS = (
    "import pandas as pd",
    '%%memadvise\nhomes = pd.read_csv("homes.csv")',
    'known = homes["parking"].count()\nfloors = homes["floor"].nunique()\nchildren = homes["children"].count()',
    'by_rooms = homes.groupby("rooms")["pets"].sum()\nbig = homes[homes["baths"] > 3]',
)


def make(folder: Path, scale: float) -> None:
    """Write homes.csv, 100 MB: six columns of small whole numbers with gaps."""
    rng = np.random.default_rng(3)
    most = {"rooms": 12, "baths": 5, "floor": 40, "parking": 4, "pets": 6, "children": 9}

    def piece(first: int, count: int) -> pd.DataFrame:
        return pd.DataFrame({name: holed(rng, rng.integers(0, end, count), 0.08) for name, end in most.items()})

    write(folder / "homes.csv", scaled(ROWS, scale), piece)
