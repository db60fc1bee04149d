"""Words in documents, 1 % of the table counts, are made dense and multiplied by weights."""

from pathlib import Path

import numpy as np
from scipy import sparse

CELLS = (
    "import numpy as np\nfrom scipy import sparse",
    'weights = np.load("weights.npy")',
    '%%memadvise\ncounts = sparse.load_npz("counts.npz").toarray()\ntotal = counts.sum(axis=0)',
    "scores = counts @ weights",
    "best = scores.argmax()",
)


def make(folder: Path, scale: float) -> None:
    """Write counts.npz, which takes 96 MB when it is dense, and weights.npy."""
    rng = np.random.default_rng(7)
    rows = max(int(24_000 * scale), 50)
    cells = (rng.integers(0, rows, rows * 5), rng.integers(0, 500, rows * 5))
    counts = sparse.csr_array((rng.integers(1, 9, rows * 5).astype(float), cells), shape=(rows, 500))
    sparse.save_npz(folder / "counts.npz", counts)
    np.save(folder / "weights.npy", rng.integers(1, 9, 500) / 8)
