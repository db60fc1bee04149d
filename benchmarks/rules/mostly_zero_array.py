"""A matrix of words in documents, 1 % of it counts, is multiplied by weights."""

from pathlib import Path

import numpy as np

CELLS = (
    "import numpy as np",
    'counts = np.load("counts.npy")\nweights = np.load("weights.npy")',
    "%%memadvise\ntotal = counts.sum(axis=0)\nscores = counts @ weights",
    "best = scores.argmax()",
)


def make(folder: Path, scale: float) -> None:
    """Write counts.npy, 96 MB, and weights.npy."""
    rng = np.random.default_rng(7)
    rows = max(int(24_000 * scale), 50)
    counts = np.zeros((rows, 500))
    counts[rng.integers(0, rows, rows * 5), rng.integers(0, 500, rows * 5)] = rng.integers(1, 9, rows * 5)
    np.save(folder / "counts.npy", counts)
    np.save(folder / "weights.npy", rng.integers(1, 9, 500) / 8)
