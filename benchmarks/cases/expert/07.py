"""Three of 27 columns, the dates filtered in each piece; sums and counts make the means."""

import pandas as pd

SPELLINGS = {"Korea, South": "South Korea", "Taiwan*": "Taiwan", "US": "United States", "Burma": "Myanmar"}
parts = []
with pd.read_csv("daily.csv", usecols=["date", "country", "new_cases"], chunksize=50_000) as chunks:
    for chunk in chunks:
        rows = chunk[(chunk["date"] >= "2021-01-01") & (chunk["date"] <= "2021-06-30")]  # ISO dates sort as text
        parts.append(rows.groupby(["date", "country"])["new_cases"].agg(["sum", "count"]))
sums = pd.concat(parts).rename(index=SPELLINGS, level="country").groupby(level=[0, 1]).sum()
table = (sums["sum"] / sums["count"]).unstack("country")
table.index = pd.to_datetime(table.index)
smooth = table.rolling(7).mean()
last = smooth.iloc[-1].sort_values(ascending=False).head(10)
