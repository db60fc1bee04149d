"""The files that the cells read."""

from __future__ import annotations

from pathlib import Path


def write_data(folder: Path, rows: int = 600_000) -> None:
    """Write a CSV of about 40 MB with numbers, dates and text, and a file of 100 MB to be mapped."""
    import numpy as np
    import pandas as pd

    random = np.random.default_rng(0)
    frame = pd.DataFrame({"id": np.arange(rows), "amount": random.normal(50, 20, rows).round(2)})
    frame["country"] = random.choice(["IT", "FR", "DE", "ES"], rows)
    frame["day"] = pd.Timestamp("2024-01-01") + pd.to_timedelta(random.integers(0, 365, rows), unit="D")
    frame["note"] = "order number " + frame["id"].astype("str")
    frame.to_csv(folder / "data.csv", index=False)
    (folder / "numbers.bin").write_bytes(b"1" * 100_000_000)
