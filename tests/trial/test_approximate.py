"""What a card that announces an approximation may change: the later digits of floats, nothing else."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from memadvise.model import ResultClass
from memadvise.trial.compare import Allowance, compare
from memadvise.trial.snapshot import snapshot

FRAME = pd.DataFrame({"a": [1.23456789, -7.1, 1e5], "n": [1, 2, 3]})
NARROW = FRAME.astype({"a": "float32"})
BIG = pd.Series(np.linspace(0, 1, 3_000_000))


@pytest.mark.parametrize(
    ("before", "after", "announced", "result"),
    [
        (FRAME, NARROW, True, ResultClass.APPROXIMATE),
        (FRAME, NARROW, False, ResultClass.DIFFERENT),
        (0.1234567, float(np.float32(0.1234567)), True, ResultClass.APPROXIMATE),
        (0.1234567, 0.1244567, True, ResultClass.DIFFERENT),
        (FRAME, NARROW.assign(n=[1, 2, 4]), True, ResultClass.DIFFERENT),
        (FRAME, NARROW.iloc[:2], True, ResultClass.DIFFERENT),
        (FRAME, NARROW.set_axis([1, 2, 3]), True, ResultClass.DIFFERENT),
        (FRAME, NARROW.assign(a=[1.23, np.nan, 1e5]), True, ResultClass.DIFFERENT),
        ("IT", "DE", True, ResultClass.DIFFERENT),
        (BIG, BIG.astype("float32"), True, ResultClass.APPROXIMATE),
        (BIG, BIG[::-1].reset_index(drop=True), True, ResultClass.DIFFERENT),
    ],
)
def test_only_the_later_digits_of_floats_may_differ(
    before: object, after: object, announced: bool, result: ResultClass
) -> None:
    """Rows, labels, missing values, whole numbers and text stay what they are; unannounced, nothing may differ."""
    kept = 4 * 2**20
    found = compare({"x": snapshot(before, kept)}, {"x": snapshot(after, kept)}, Allowance(approximate=announced))

    assert found.result is result
