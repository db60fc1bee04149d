"""Four of 27 columns, those that are compared as categories."""

import pandas as pd

texts = dict.fromkeys(["city", "kind", "balcony"], "category")
flats = pd.read_csv("flats.csv", usecols=["city", "kind", "balcony", "rent"], dtype=texts)
flats = flats[(flats["city"] == "Norwick") & (flats["kind"] == "flat")]
rent_90 = flats["rent"].quantile(0.9)
share = (flats["balcony"] == "yes").sum() / len(flats)
