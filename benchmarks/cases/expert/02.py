"""Nothing is computed: each file goes through in pieces, as text, and nothing of it stays."""

import glob

import pandas as pd

files = sorted(glob.glob("Sales_Data/*.csv"))
with open("all_months.csv", "w", encoding="utf-8", newline="") as merged:
    for name in files:
        with pd.read_csv(name, dtype="str", chunksize=50_000) as chunks:
            for chunk in chunks:
                chunk.to_csv(merged, index=False, header=merged.tell() == 0)
