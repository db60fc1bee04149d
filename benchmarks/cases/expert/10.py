"""Ten of 378 columns, the codes as categories."""

import numpy as np
import pandas as pd

CODES = [f"X{number}" for number in range(8)]
codes = dict.fromkeys(CODES, "category")
train = pd.read_csv("line_a.csv", usecols=["ID", "y", *CODES], dtype=codes)
test = pd.read_csv("line_b.csv", usecols=CODES, dtype=codes)
counts = {name: (train[name].nunique(), test[name].nunique()) for name in CODES}
by_x0 = train.groupby("X0", observed=True)["y"].mean().sort_values()
by_x5 = train.groupby("X5", observed=True)["y"].agg(["mean", "count"])
only_test = sorted(set(test["X0"].cat.categories) - set(train["X0"].cat.categories))
id_corr = np.corrcoef(train["ID"], train["y"])[0, 1]
