"""One list and one concat; the columns that repeat are categories; the file is written in small pieces."""

import os

import pandas as pd
from pandas.api.types import union_categoricals

REPEAT = ["Item", "Qty", "Unit Price"]
files = [file for file in sorted(os.listdir("Sales_Data")) if not file.startswith(".")]
months = [pd.read_csv(f"Sales_Data/{file}", dtype=dict.fromkeys(REPEAT, "category")) for file in files]
for column in REPEAT:
    levels = union_categoricals([month[column] for month in months]).categories
    for month in months:
        month[column] = month[column].cat.set_categories(levels)
all_months_data = pd.concat(months)
del months, month
all_months_data.to_csv("all_months.csv", index=False, chunksize=5_000)
empty = all_months_data.isna().sum()
