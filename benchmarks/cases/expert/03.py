"""Three of six columns, piece by piece, summed at once."""

import pandas as pd

used = ["Qty", "Unit Price", "Ordered At"]
sums = []
with pd.read_csv("all_sales.csv", usecols=used, dtype="str", chunksize=50_000) as chunks:
    for chunk in chunks:
        rows = chunk.dropna(how="all")
        rows = rows[rows["Ordered At"].str[0:2] != "Or"]
        sales = pd.to_numeric(rows["Qty"]) * pd.to_numeric(rows["Unit Price"])
        sums.append(sales.groupby(rows["Ordered At"].str[0:2].astype("int32")).sum())
by_month = pd.concat(sums).groupby(level=0).sum().rename("Sales").rename_axis("Month")
best = by_month.idxmax()
