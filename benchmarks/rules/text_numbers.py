"""Numbers are read as text, to be parsed in a later cell."""

from pathlib import Path

import numpy as np
import pandas as pd

from casework.data.pieces import scaled, write

ROWS = 2_500_000
CELLS = (
    "import pandas as pd",
    '%%memadvise\nmeter = pd.read_csv("meter.csv", dtype={"kwh": "str", "volts": "str"})',
    'meter["kwh"] = pd.to_numeric(meter["kwh"])\nmeter["volts"] = pd.to_numeric(meter["volts"])',
    'mean_kwh = meter["kwh"].mean()\nmost_volts = meter["volts"].max()',
)


def make(folder: Path, scale: float) -> None:
    """Write meter.csv, 70 MB."""
    rng = np.random.default_rng(5)

    def piece(first: int, count: int) -> pd.DataFrame:
        return pd.DataFrame(
            {
                "kwh": (10_000 + first + np.arange(count)) / 8,
                "volts": rng.integers(210, 250, count),
                "amps": rng.integers(0, 16_000, count) / 1000,
                "meter": rng.integers(100_000, 999_999, count),
            }
        )

    write(folder / "meter.csv", scaled(ROWS, scale), piece)
