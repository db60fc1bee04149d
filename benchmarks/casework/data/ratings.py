"""Ratings of films in half points by people, and the films' titles."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from casework.data.pieces import scaled, words, write

ROWS = 3_200_000  # 86 MB
GENRES = ("Action", "Animation", "Comedy", "Crime", "Documentary", "Drama", "Fantasy", "Horror", "Romance", "War")


def ratings(folder: Path, scale: float) -> None:
    """Write ratings.csv and films.csv."""
    rng = np.random.default_rng(75)
    rows = scaled(ROWS, scale)
    films = max(min(int(27_000 * min(scale * 4, 1.0)), 27_000), 50)
    ids = np.sort(rng.choice(200_000, films, replace=False)) + 1

    def piece(first: int, count: int) -> pd.DataFrame:
        picked = (films * rng.random(count) ** 2.5).astype(int)
        return pd.DataFrame(
            {
                "userId": 1 + (first + np.arange(count)) // 90,
                "movieId": ids[picked],
                "rating": rng.integers(1, 11, count) / 2,
                "timestamp": 850_000_000 + rng.integers(0, 600_000_000, count),
            }
        )

    write(folder / "ratings.csv", rows, piece)
    _films(rng, ids).to_csv(folder / "films.csv", index=False)


def _films(rng: np.random.Generator, ids: np.ndarray) -> pd.DataFrame:
    vocabulary = words(rng, 900)
    picked = rng.choice(np.array(vocabulary, dtype=object), (len(ids), 3))
    years = rng.integers(1930, 2016, len(ids))
    genres = ["|".join(sorted(set(rng.choice(GENRES, 1 + number % 3)))) for number in range(len(ids))]
    named = enumerate(zip(picked, years, strict=True))
    titles = [f"{' '.join(three)} {number}, The ({year})" for number, (three, year) in named]
    return pd.DataFrame({"movieId": ids, "title": titles, "genres": genres})
