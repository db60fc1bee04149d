"""Which live values become evidence: those of the measured cell, and what its arrays meet in other cells."""

from __future__ import annotations

import numpy as np

from memadvise.model import Cell, MachineEvidence, Measurement, NotebookSource
from memadvise.observe import observe


def test_arrays_that_meet_the_measured_cells_arrays_are_looked_at() -> None:
    """The other operand of a product in a later cell, and the number in an array's shape; nothing else."""
    sources = ["n = 3\nm = 4", "a = np.zeros(n)", "r = a @ x", "y = x * z"]
    cells = tuple(Cell(f"cell-{index}", index, source) for index, source in enumerate(sources))
    namespace = {"n": 3, "m": 4, "a": np.zeros(3), "x": np.ones(3), "z": np.ones(3), "np": np, "r": 0.0}

    seen = observe(
        NotebookSource(cells, "cell-1"),
        namespace,
        Measurement(0, 1, 1, "", 0, 1.0),
        MachineEvidence(1, 1, "machine", 1),
    )

    assert {array.name for array in seen.arrays} == {"a", "x"}
    assert seen.scalars["n"] == "int"
    assert "m" not in seen.scalars
    assert seen.numpy_version == np.__version__
