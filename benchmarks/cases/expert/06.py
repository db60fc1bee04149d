"""Text is not described: only numbers are read, in pieces, of which the rows of the place are kept."""

import pandas as pd

numbers = pd.read_csv("flats.csv", nrows=1_000).select_dtypes("number").columns.tolist()
with pd.read_csv("flats.csv", usecols=["city", *numbers], chunksize=20_000) as chunks:
    stenhaven = pd.concat(rows.loc[rows["city"] == "Stenhaven", numbers] for rows in chunks)
stats = stenhaven.describe()
