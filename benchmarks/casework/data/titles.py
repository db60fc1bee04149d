"""A streaming service's titles: long texts, and genres listed in one column."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from casework.data.pieces import holed, joined, scaled, sentences, words, write

ROWS = 210_000  # 165 MB
GENRES = (
    "International", "Dramas", "Comedies", "Documentaries", "Action", "Thrillers", "Kids", "Crime", "Romance", "Anime",
    "Horror", "Music", "Stand-Up", "Docuseries", "Reality", "Science", "Sports", "Classics", "Cult", "Faith",
)  # fmt: skip


def titles(folder: Path, scale: float) -> None:
    """Write titles.csv."""
    rng = np.random.default_rng(80)
    known = words(rng, 3_000)
    texts = np.array(sentences(rng, 10_000, 92, words(rng, 900)), dtype=object)
    write(folder / "titles.csv", scaled(ROWS, scale), lambda first, count: _piece(rng, known, texts, first, count))


def _piece(rng: np.random.Generator, known: list[str], texts: np.ndarray, first: int, count: int) -> pd.DataFrame:
    names = np.array(known, dtype=object)
    chance = 1 / np.arange(2, len(GENRES) + 2)
    listed = rng.choice(GENRES, (count, 3), p=chance / chance.sum())
    many = rng.integers(1, 4, count)
    pairs = names[rng.integers(0, len(names), (count, 8))]
    cast = [", ".join(f"{row[place]} {row[place + 1]}" for place in range(0, 8, 2)) for row in pairs]
    return pd.DataFrame(
        {
            "show_id": joined("s", first + np.arange(count)),
            "type": np.where(rng.random(count) < 0.7, "Movie", "TV Show"),
            "title": joined(
                names[rng.integers(0, len(names), count)], " of ", names[rng.integers(0, len(names), count)]
            ),
            "director": holed(rng, names[rng.integers(0, len(names), count)], 0.3),
            "cast": cast,
            "country": holed(rng, names[rng.integers(0, 60, count)], 0.1),
            "added": rng.integers(2010, 2022, count),
            "release_year": rng.integers(1950, 2022, count),
            "rating": np.array(["TV-MA", "TV-14", "PG-13", "R", "PG"], dtype=object)[rng.integers(0, 5, count)],
            "duration": rng.integers(20, 200, count),
            "genres": [", ".join(dict.fromkeys(row[:some])) for row, some in zip(listed, many, strict=True)],
            "description": texts[rng.integers(0, len(texts), count)],
        }
    )
