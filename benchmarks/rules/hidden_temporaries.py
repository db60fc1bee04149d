"""Each operator of an expression makes a whole array."""

from pathlib import Path

import numpy as np

CELLS = (
    "import numpy as np",
    'signal = np.load("signal.npy")',
    "%%memadvise\nscaled = (signal - 20.0) / 6.0 * 100.0 + 50.0",
    "top = scaled.max()",
)


def make(folder: Path, scale: float) -> None:
    """Write signal.npy, 100 MB."""
    np.save(folder / "signal.npy", np.random.default_rng(12).normal(20, 6, max(int(12_500_000 * scale), 1_000)))
