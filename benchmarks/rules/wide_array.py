"""Pixels from 0 to 255 in an array of eight bytes each."""

from pathlib import Path

import numpy as np

CELLS = (
    "import numpy as np",
    '%%memadvise\nimages = np.load("images.npy").astype("int64")',
    "mean = images.mean()\nlargest = images.max()",
    "bright = (images > 200).sum()",
)


def make(folder: Path, scale: float) -> None:
    """Write images.npy, 12.5 MB of bytes, which take 100 MB as whole numbers of eight bytes."""
    rng = np.random.default_rng(10)
    np.save(folder / "images.npy", rng.integers(0, 256, (max(int(16_000 * scale), 20), 28, 28), dtype="uint8"))
