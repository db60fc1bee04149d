"""One byte for a flag and a category for a code at the read, and one get_dummies over all."""

import pandas as pd

CODES = [f"X{number}" for number in range(8)]
header = pd.read_csv("line_a.csv", nrows=0).columns
types = {name: "category" if name in CODES else "int8" for name in header} | {"ID": "int32", "y": "float64"}
train, test = pd.read_csv("line_a.csv", dtype=types), pd.read_csv("line_b.csv", dtype=types)
for name in CODES:
    levels = train[name].cat.categories.union(test[name].cat.categories)
    train[name], test[name] = train[name].cat.set_categories(levels), test[name].cat.set_categories(levels)
both = pd.concat([train, test], ignore_index=True)
del train, test
y_mean = both.pop("y").mean()
dummies = pd.get_dummies(both[CODES])
share = pd.concat([both.drop(columns=["ID", *CODES]).mean(), dummies.mean()])
useful = share[(share > 0.01) & (share < 0.99)].index.tolist()
