"""Readings are brought to mean 0 and deviation 1 by an expression that makes new arrays."""

from pathlib import Path

import numpy as np

CELLS = (
    "import numpy as np",
    'count = int(np.load("count.npy")[0])\nrng = np.random.default_rng(12)',
    "x = rng.normal(20, 6, size=count)",
    "%%memadvise\nx = (x - x.mean()) / x.std()",
    "top = x.max()",
)


def make(folder: Path, scale: float) -> None:
    """Write how many there are: 100 MB of them at scale 1."""
    np.save(folder / "count.npy", np.array([max(int(12_500_000 * scale), 1_000)]))
