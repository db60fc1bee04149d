"""Evidence of live frames: over all rows where it promises, from a sample where it only suggests."""

from __future__ import annotations

import time

import numpy as np
import pandas as pd
import pytest

from memadvise.observe import facts
from memadvise.observe.frames import frame_evidence, live_frames


def _evidence(frame: pd.DataFrame, seconds: float = 60.0) -> object:
    return frame_evidence("df", frame, time.monotonic() + seconds)


def test_extremes_are_those_of_all_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    """One value in the last block decides, missing values do not."""
    monkeypatch.setattr(facts, "ROWS", 4)
    made = pd.DataFrame({"i": [*range(10), 2**60], "f": [np.nan] * 9 + [-np.inf, 0.5]})

    column_i, column_f = _evidence(made).columns  # type: ignore[attr-defined]

    assert (column_i.minimum, column_i.maximum) == (0, 2**60)
    assert (column_f.minimum, column_f.maximum, column_f.negative_zero) == (-np.inf, 0.5, False)


@pytest.mark.parametrize(
    ("values", "found"), [([0.0, 1.0], False), ([1.0] * 9 + [-0.0], True), ([np.nan], False), ([-1.0], False)]
)
def test_a_negative_zero_is_found_in_any_row(monkeypatch: pytest.MonkeyPatch, values: list[float], found: bool) -> None:
    """One -0.0 anywhere is enough."""
    monkeypatch.setattr(facts, "ROWS", 4)

    assert _evidence(pd.DataFrame({"f": values})).columns[0].negative_zero is found  # type: ignore[attr-defined]


def test_what_was_not_looked_at_in_time_stays_unknown() -> None:
    """A deadline that has passed leaves None, never a guess."""
    column = _evidence(pd.DataFrame({"f": [1.0], "t": ["a"]}), -1.0).columns  # type: ignore[attr-defined]

    assert (column[0].minimum, column[0].negative_zero, column[1].cardinality) == (None, None, None)


@pytest.mark.parametrize(
    ("labels", "plain"),
    [(["a", "b"], True), (["a", "a"], False), ([0, 1], False), (["a", None], False), ([("a", 1), ("b", 2)], False)],
)
def test_labels_that_are_no_plain_names(labels: list[object], plain: bool) -> None:
    """Doubled and non-string labels are said."""
    made = pd.DataFrame([[1, 2]])
    made.columns = pd.Index(labels, dtype=object)

    assert _evidence(made).plain_names is plain  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("index", "own"),
    [
        (pd.RangeIndex(3), True),
        (pd.RangeIndex(1, 4), False),
        (pd.RangeIndex(0, 6, 2), False),
        (pd.Index([0, 1, 2]), False),
    ],
)
def test_the_row_labels_of_pandas_itself(index: pd.Index, own: bool) -> None:
    """Only 0..n-1 as pandas makes it counts."""
    assert _evidence(pd.DataFrame({"a": [1, 2, 3]}, index=index)).range_index is own  # type: ignore[attr-defined]


def test_cardinality_is_exact_where_it_was_counted() -> None:
    """Distinct texts are counted over all rows; too many of them are estimated, unless nearly all differ."""
    few = _evidence(pd.DataFrame({"t": ["a", "b", "c"] * 10_000})).columns[0]  # type: ignore[attr-defined]
    rare = pd.Series(["a"] * 200_000 + [f"x{row}" for row in range(20_000)])
    many = _evidence(pd.DataFrame({"t": [str(row) for row in range(30_000)]})).columns[0]  # type: ignore[attr-defined]
    sampled = _evidence(pd.DataFrame({"t": rare})).columns[0]  # type: ignore[attr-defined]

    assert (few.cardinality, few.exact) == (3, True)
    assert (many.cardinality, many.exact) == (None, False)
    assert sampled.cardinality > 100
    assert not sampled.exact


def test_only_frames_of_pandas_itself_are_looked_at() -> None:
    """Subclasses, series and other objects are left alone; so are names that are not asked for."""

    class Own(pd.DataFrame):
        """A subclass may do anything."""

    namespace = {"a": pd.DataFrame({"x": [1]}), "b": Own({"x": [1]}), "c": pd.Series([1]), "d": pd.DataFrame()}

    assert [found.name for found in live_frames(namespace, frozenset("abc"))] == ["a"]


def test_odd_columns_never_raise() -> None:
    """Unhashable values, mixed types, zero rows, categories, dates, nested frames of labels."""
    made = pd.DataFrame(
        {
            "o": [[1], {}],
            "m": pd.Series([1, "a"], dtype=object),
            "c": pd.Categorical(["a", "b"]),
            "d": pd.to_datetime(["2024", None]),
        }
    )

    assert len(_evidence(made).columns) == 4  # type: ignore[attr-defined]
    assert _evidence(made.iloc[:0]).rows == 0  # type: ignore[attr-defined]
