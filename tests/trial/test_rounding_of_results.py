"""Floats that differ no more than summing in another order explains are `rounding`; all else is `different`."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from two_runs import class_of, found, verify

from memadvise.model import ResultClass
from memadvise.trial import compare, snapshot

LARGE = 1e12 / 3
CLASSES = {
    "a last bit": ([0.1 + 0.2], [0.3], ResultClass.ROUNDING),
    "1e-10 of the value": ([1.5, 2.5], [1.5 * (1 + 1e-10), 2.5], ResultClass.ROUNDING),
    "1e-8 of the value": ([1.5, 2.5], [1.5 * (1 + 1e-8), 2.5], ResultClass.DIFFERENT),
    "a cancelled sum beside large ones": ([0.0, 1.5], [1e-17, 1.5], ResultClass.ROUNDING),
    "nothing but noise": ([0.0], [1e-17], ResultClass.DIFFERENT),
    "NaN elsewhere": ([np.nan, 0.3], [np.nan, 0.1 + 0.2], ResultClass.ROUNDING),
    "NaN here": ([np.nan, 0.3], [0.5, 0.1 + 0.2], ResultClass.DIFFERENT),
    "the same infinity": ([np.inf, 0.3], [np.inf, 0.1 + 0.2], ResultClass.ROUNDING),
    "the other infinity": ([np.inf], [-np.inf], ResultClass.DIFFERENT),
    "infinity and the largest": ([np.inf], [1.7e308], ResultClass.DIFFERENT),
    "keys held as floats": ([1e12, 0.5], [1e12 + 1, 0.5], ResultClass.DIFFERENT),
    "sums of fractions as large": ([LARGE], [LARGE + 0.001], ResultClass.ROUNDING),
    "whole and nearly whole": ([3.0], [3.0000000000001], ResultClass.ROUNDING),
    "the other sign": ([0.5], [-0.5], ResultClass.DIFFERENT),
}


@pytest.mark.parametrize("name", CLASSES)
def test_the_class_of_a_difference_between_floats(name: str) -> None:
    """The class holds in a series, its index, an array, a list, a mapping, complex numbers and Arrow."""
    before, after, expected = CLASSES[name]

    assert class_of(np.array(before), np.array(after)) is expected
    assert class_of(before, after) is expected
    assert class_of(dict(enumerate(before)), dict(enumerate(after))) is expected
    assert class_of(pd.Series(before), pd.Series(after)) is expected
    assert class_of(pd.Series(1, index=before), pd.Series(1, index=after)) is expected
    for dtype in ("Float64", "double[pyarrow]", "object", "category"):
        assert class_of(pd.Series(before, dtype=dtype), pd.Series(after, dtype=dtype)) is expected


def test_complex_numbers_round_too() -> None:
    """A complex array that differs in the last bits is `rounding`."""
    before = np.array([1 / 3 + 2j, 4j])

    assert class_of(before, before * (1 + 1e-13)) is ResultClass.ROUNDING
    assert class_of(before, before * (1 + 1e-5)) is ResultClass.DIFFERENT


def test_ints_never_round() -> None:
    """Two ints that differ are different, however large they are."""
    assert class_of(pd.Series([10**15]), pd.Series([10**15 + 1])) is ResultClass.DIFFERENT
    assert class_of(2**70, 2**70 + 1) is ResultClass.DIFFERENT


def test_an_int_that_became_a_float_names_both() -> None:
    """Int before, float with a rounding error after: `rounding`, with the dtypes."""
    before, after = pd.Series([3, 4]), pd.Series([3.0000000000001, 4.0])

    assert class_of(before, after) is ResultClass.ROUNDING
    assert found(before, after).endswith("(int64 -> float64)")


def test_the_largest_relative_difference_is_told() -> None:
    """What is found names the size of the rounding."""
    before = pd.DataFrame({"a": [1.5, 3.5]})

    assert found(before, before * (1 + 2e-12)) == "column 'a': largest relative difference 2e-12"


def test_mixed_columns_are_compared_element_by_element() -> None:
    """A short column of texts and floats, as ``describe`` gives, can be `rounding`."""
    before = pd.DataFrame({"a": ["x", 0.1 + 0.2, None]})

    assert class_of(before, pd.DataFrame({"a": ["x", 0.3, None]})) is ResultClass.ROUNDING
    assert class_of(before, pd.DataFrame({"a": ["y", 0.3, None]})) is ResultClass.DIFFERENT


def test_tables_within_other_values_round() -> None:
    """A frame in a list in a mapping is compared as any frame, and the place is named."""
    before = {"fits": [pd.DataFrame({"a": [0.1 + 0.2]}), "x"]}
    after = {"fits": [pd.DataFrame({"a": [0.3]}), "x"]}

    assert class_of(before, after) is ResultClass.ROUNDING
    assert found(before, after).startswith("['fits'][0]: column 'a': largest")


def test_floats_that_were_not_kept_are_different() -> None:
    """Without the numbers nothing can be called rounding; that is said."""
    before, after = (snapshot(pd.Series(values), keep_bytes=8) for values in ([0.3, 1.0], [0.1 + 0.2, 1.0]))
    verdict = compare({"s": before}, {"s": after})

    assert verdict.result is ResultClass.DIFFERENT
    assert verdict.differences[0].found == "differs; too large to say by how much"


def test_floats_are_kept_before_ints() -> None:
    """Where not all numbers fit, it is the floats that are kept: only they can round."""
    frame = pd.DataFrame({"i": range(1000), "f": np.arange(1000.0) / 7})
    kept = [column.kept is not None for column in snapshot(frame, keep_bytes=10_000).columns]

    assert kept == [False, True]


def test_what_is_kept_is_a_copy() -> None:
    """Changing the person's array afterwards does not change the snapshot."""
    values = np.array([1.5, 2.5])
    before = snapshot(values)
    values[0] = 9

    assert before.columns[0].kept.tolist() == [1.5, 2.5]
    assert compare({"v": before}, {"v": snapshot(values)}).result is ResultClass.DIFFERENT


@settings(max_examples=150, deadline=None)
@given(st.lists(st.floats(-1e6, 1e6).map(lambda number: number + 0.1), min_size=2, max_size=50), st.randoms())
def test_sums_in_another_order_are_never_different(numbers: list[float], random: object) -> None:
    """The sum of shuffled floats is identical or `rounding` beside the floats that it was made of."""
    shuffled = numbers.copy()
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    before, after = pd.Series([sum(numbers), *numbers]), pd.Series([sum(shuffled), *numbers])

    assert class_of(before, after) in (ResultClass.IDENTICAL, ResultClass.ROUNDING)


@settings(max_examples=150, deadline=None)
@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1, max_size=30), st.data())
def test_rounding_means_close(numbers: list[float], data: st.DataObject) -> None:
    """What is called `rounding` is within 1e-9 of the value or 1e-12 of the largest."""
    row = data.draw(st.integers(0, len(numbers) - 1))
    new = data.draw(st.floats(allow_nan=False, allow_infinity=False) | st.just(math.nextafter(numbers[row], 0)))
    changed = [*numbers[:row], new, *numbers[row + 1 :]]
    largest = max(map(abs, [*numbers, new]))
    close = math.isclose(numbers[row], new, rel_tol=1e-9, abs_tol=1e-12 * largest)
    result = verify(np.array(numbers), np.array(changed)).result

    if result is ResultClass.ROUNDING:
        assert close
    if not close:
        assert result is ResultClass.DIFFERENT


def test_a_small_value_beside_a_large_one_may_not_change() -> None:
    """What is far more than a rounding of the small value is a difference, however large its neighbours are."""
    before, after = np.array([0.5, 3.3e11]), np.array([0.7, 3.3e11])

    verdict = compare({"x": snapshot(before)}, {"x": snapshot(after)})

    assert verdict.result is ResultClass.DIFFERENT
