"""A board of small whole numbers, filled in from a list of places, in elements of eight bytes."""

from pathlib import Path

import numpy as np

CELLS = (
    "import numpy as np",
    'places = np.load("places.npy")\nshape = np.load("shape.npy")',
    "%%memadvise\n"
    "board = np.zeros((shape[0], 1_000), dtype=int)\n"
    "board[places[:, 0], places[:, 1]] = 1\n"
    "board[places[:500, 0], places[:500, 1]] = 2",
    "taken = (board == 1).sum()\nper_column = board.sum(axis=0)",
)


def make(folder: Path, scale: float) -> None:
    """Write the places; the board takes 104 MB as whole numbers of eight bytes."""
    rng = np.random.default_rng(10)
    rows = max(int(13_000 * scale), 20)
    np.save(folder / "places.npy", rng.integers(0, (rows, 1_000), (rows * 10, 2)))
    np.save(folder / "shape.npy", np.array([rows]))
