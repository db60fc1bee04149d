"""One of twelve columns; `explode` makes the rows, without a Series for each."""

import pandas as pd

genres = pd.read_csv("titles.csv", usecols=["genres"], dtype="category")["genres"]
genre = genres.str.split(", ").explode()
genre_counts = genre.rename("genre").value_counts()
