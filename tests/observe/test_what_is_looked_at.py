"""Which values are looked at: those that the measured cell mentions, and what these were made of."""

from __future__ import annotations

import pandas as pd

from memadvise.model import Cell, MachineEvidence, Measurement, NotebookSource
from memadvise.observe import observe

MEASURED = Measurement(0, 2**20, 0, "by hand", 0, 1.0)
MACHINE = MachineEvidence(2**34, 2**33, "machine", 2**33)


def test_the_frame_behind_a_mentioned_block_is_looked_at() -> None:
    """Of `d.sum()` the frame two assignments back is evidence as well; what has nothing to do with it is not."""
    namespace: dict[str, object] = {"frame": pd.DataFrame({"a": ["x", "y"]}), "other": pd.DataFrame({"b": [1]})}
    exec("s = frame['a']\nimport pandas\nd = pandas.get_dummies(s)\nx = d.sum()", namespace)
    cells = (Cell("a", 0, "s = frame['a']"), Cell("b", 1, "d = pandas.get_dummies(s)"), Cell("c", 2, "x = d.sum()"))

    seen = observe(NotebookSource(cells, "c"), namespace, MEASURED, MACHINE)

    assert {frame.name for frame in seen.frames} == {"d", "frame"}
