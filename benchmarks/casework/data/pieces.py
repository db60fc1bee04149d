"""What all makers share: pieces of rows, words, and files written piece by piece."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

ROWS = 50_000  # of a piece: making data must not need the memory that the cases are about
LEAST = 400  # rows, however small the scale

SYLLABLES = tuple(first + second for first in "bdfklmnprstv" for second in "aeo")


def pieces(rows: int) -> Iterator[tuple[int, int]]:
    """Give (first row, number of rows) of each piece."""
    for first in range(0, rows, ROWS):
        yield first, min(ROWS, rows - first)


def scaled(rows: int, scale: float) -> int:
    """Return how many rows there are at a scale."""
    return max(int(rows * scale), LEAST)


def words(rng: np.random.Generator, count: int, syllables: int = 3) -> list[str]:
    """Return different made-up words, capitalised."""
    found: dict[str, None] = {}
    while len(found) < count:
        found["".join(rng.choice(SYLLABLES, syllables)).capitalize()] = None
    return list(found)


def sentences(rng: np.random.Generator, count: int, length: int, vocabulary: Sequence[str]) -> list[str]:
    """Return made-up sentences of ``length`` words."""
    picked = rng.choice(np.array(vocabulary, dtype=object), (count, length))
    return [" ".join(row) + "." for row in picked]


def joined(*parts: Any) -> Any:
    """Return columns of text and numbers put together row by row, as an array of text."""
    texts = [part if isinstance(part, str) else np.asarray(part).astype(str).astype(object) for part in parts]
    whole = texts[0]
    for part in texts[1:]:
        whole = whole + part
    return whole


def holed(rng: np.random.Generator, values: Any, share: float) -> Any:
    """Return the values with a share of them missing."""
    found = pd.Series(values)
    return found.mask(rng.random(len(found)) < share)


def write(path: Path, rows: int, piece: Callable[[int, int], pd.DataFrame]) -> None:
    """Write a CSV of ``piece(first row, number of rows)``, one upon the other."""
    with path.open("w", encoding="utf-8", newline="") as file:
        for first, count in pieces(rows):
            piece(first, count).to_csv(file, index=False, header=first == 0)
