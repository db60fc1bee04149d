"""Peeks that are no frames may show fewer columns, and nothing else may change in them."""

from __future__ import annotations

import pandas as pd
import pytest

from memadvise.model import ResultClass
from memadvise.trial import Allowance, compare, snapshot

FRAME = pd.DataFrame({"a": [1, 2], "b": ["x", "y"], "c": [0.5, 1.5]})
PEEK = Allowance(peeks=frozenset({"Out"}))


def _result(before: object, after: object, allowance: Allowance = PEEK) -> ResultClass:
    return compare({"Out": snapshot(before)}, {"Out": snapshot(after)}, allowance).result


@pytest.mark.parametrize(
    ("before", "after"),
    [((2, 3), (2, 1)), (FRAME.columns, FRAME[["a", "c"]].columns), (FRAME.columns, FRAME[["b"]].columns)],
)
def test_fewer_columns_are_a_change_of_display(before: object, after: object) -> None:
    """A shape with the same rows, or some of the labels in their order, is the same peek at fewer columns."""
    assert _result(before, after) is ResultClass.DISPLAY


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ((2, 3), (1, 3)),
        ((2, 3), (1, 2)),
        ((2, 3), (2, 4)),
        ((2, 3, 1), (2, 2, 1)),
        (FRAME.columns, FRAME[["c", "a"]].columns),
        (FRAME.columns, pd.Index(["a", "z"])),
        (FRAME.columns, FRAME[["a"]].columns.rename("n")),
        (FRAME["a"], FRAME["a"].head(1)),
    ],
)
def test_anything_else_is_a_difference(before: object, after: object) -> None:
    """Other rows, more columns, other labels, another order or a shorter series are no peek at fewer columns."""
    assert _result(before, after) is ResultClass.DIFFERENT


def test_an_unannounced_peek_is_a_difference() -> None:
    """What the card did not announce as a peek has to stay as it is."""
    assert _result((2, 3), (2, 1), Allowance()) is ResultClass.DIFFERENT
