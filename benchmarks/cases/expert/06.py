"""The rows of the place are kept while the file is read in pieces; text is not described."""

import pandas as pd

with pd.read_csv("flats.csv", chunksize=50_000) as chunks:
    stenhaven = pd.concat(rows[rows["city"] == "Stenhaven"].select_dtypes("number").assign(city=1) for rows in chunks)
stats = stenhaven.drop(columns="city").describe()
