"""Answers to a survey: twelve columns, one of which says the same in nineteen spellings."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from casework.data.pieces import holed, scaled, sentences, words, write

ROWS = 1_610_000  # 170 MB
SPELLINGS = (
    ("Female", 22.0), ("Male", 40.0), ("male", 12.0), ("female", 9.0), ("M", 7.0), ("m", 3.0), ("F", 3.0), ("f", 1.5),
    ("Woman", 0.6), ("Man", 0.5), ("Make", 0.2), ("Male ", 0.2), ("Female ", 0.2), ("maile", 0.1), ("Cis Male", 0.1),
    ("femail", 0.1), ("non-binary", 0.3), ("other", 0.1), ("prefer not to say", 0.1),
)  # fmt: skip


def survey(folder: Path, scale: float) -> None:
    """Write survey.csv."""
    rng = np.random.default_rng(79)
    vocabulary = words(rng, 500, 2)
    comments = np.array(sentences(rng, 5_000, 6, vocabulary), dtype=object)
    countries, states = words(rng, 48), words(rng, 45)
    write(
        folder / "survey.csv",
        scaled(ROWS, scale),
        lambda first, count: _piece(rng, (countries, states), comments, first, count),
    )


def _piece(
    rng: np.random.Generator, places: tuple[list[str], list[str]], comments: np.ndarray, first: int, count: int
) -> pd.DataFrame:
    def pick(*values: str) -> np.ndarray:
        return np.array(values, dtype=object)[rng.integers(0, len(values), count)]

    chance = np.array([weight for _, weight in SPELLINGS])
    seconds = pd.Timestamp("2014-08-27 11:29:31") + pd.to_timedelta(first + np.arange(count), unit="s")
    return pd.DataFrame(
        {
            "Timestamp": seconds.strftime("%Y-%m-%d %H:%M:%S"),
            "Age": rng.integers(18, 73, count),
            "Gender": np.array([word for word, _ in SPELLINGS], dtype=object)[
                rng.choice(len(SPELLINGS), count, p=chance / chance.sum())
            ],
            "Country": pick(*places[0]),
            "state": holed(rng, pick(*places[1]), 0.4),
            "family_history": pick("Yes", "No"),
            "work_interfere": holed(rng, pick("Often", "Sometimes", "Rarely", "Never"), 0.2),
            "employees": pick("1-5", "6-25", "26-100", "100-500", "500-1000", "More than 1000"),
            "remote_work": pick("Yes", "No"),
            "benefits": pick("Yes", "No", "Don't know"),
            "leave": pick("Very easy", "Somewhat easy", "Somewhat difficult", "Don't know"),
            "comments": holed(rng, comments[rng.integers(0, len(comments), count)], 0.2),
        }
    )
