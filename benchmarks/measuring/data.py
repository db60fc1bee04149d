"""The files that the cells read."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

ROWS = 600_000


def write_data(folder: Path, sources: Iterable[str]) -> None:
    """Write those files that the texts of some cells name."""
    texts = list(sources)
    for name, write in FILES.items():
        if any(name in text for text in texts):
            write(folder / name)


def _table(path: Path) -> None:
    """Write a CSV of about 40 MB with numbers, dates and text."""
    import numpy as np
    import pandas as pd

    random = np.random.default_rng(0)
    frame = pd.DataFrame({"id": np.arange(ROWS), "amount": random.normal(50, 20, ROWS).round(2)})
    frame["country"] = random.choice(["IT", "FR", "DE", "ES"], ROWS)
    frame["day"] = pd.Timestamp("2024-01-01") + pd.to_timedelta(random.integers(0, 365, ROWS), unit="D")
    frame["note"] = "order number " + frame["id"].astype("str")
    frame.to_csv(path, index=False)


def _numbers(path: Path) -> None:
    """Write 100 MB to be mapped."""
    path.write_bytes(b"1" * 100_000_000)


FILES = {"data.csv": _table, "numbers.bin": _numbers}
