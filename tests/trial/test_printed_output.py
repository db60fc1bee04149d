"""Printed output: identical, the same but for rounding as printed, or different."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from memadvise.model import ResultClass
from memadvise.trial import compare_text

PAIRS = {
    "the same": ("a 0.5", "a 0.5", ResultClass.IDENTICAL),
    "a last digit": ("mean 0.30000000000000004", "mean 0.3", ResultClass.ROUNDING),
    "an aligned table": ("a  0.30000000000000004\nb  1.5", "a  0.3\nb  1.5", ResultClass.ROUNDING),
    "a rule as long as the table": ("a 0.1000000001\n------", "a 0.1\n---", ResultClass.ROUNDING),
    "a whole number printed as a float": ("sum 3", "sum 3.0", ResultClass.ROUNDING),
    "exponents": ("1.0e-05", "1.00000001e-05", ResultClass.ROUNDING),
    "commas around": ("(0.1000000001, 2)", "(0.1, 2)", ResultClass.ROUNDING),
    "too far": ("0.5", "0.50001", ResultClass.DIFFERENT),
    "keys": ("id 10000000", "id 10000001", ResultClass.DIFFERENT),
    "another word": ("a 0.3000000001", "b 0.3", ResultClass.DIFFERENT),
    "another line": ("0.3000000001\n", "0.3", ResultClass.DIFFERENT),
    "only blanks": ("a  b", "a b", ResultClass.DIFFERENT),
    "a version": ("1.2.3", "1.2.30", ResultClass.DIFFERENT),
    "a number in a name": ("x1.5", "x1.50000001", ResultClass.DIFFERENT),
    "a sign": ("-0.5", "0.5", ResultClass.DIFFERENT),
    "one number more": ("0.5", "0.5 0.5", ResultClass.DIFFERENT),
    "nothing": ("", "", ResultClass.IDENTICAL),
    "something": ("", "x", ResultClass.DIFFERENT),
    "nan": ("nan", "0.5", ResultClass.DIFFERENT),
}


@pytest.mark.parametrize("name", PAIRS)
def test_the_class_of_two_texts(name: str) -> None:
    """The pair has its class, in both directions."""
    before, after, expected = PAIRS[name]

    assert compare_text(before, after) is expected
    assert compare_text(after, before) is expected


@given(st.text(), st.text())
def test_words_never_round(before: str, after: str) -> None:
    """Two texts are the same only if they are equal, or printed numbers differ."""
    if not any(map(str.isdigit, before)):
        same = compare_text(before, after) is not ResultClass.DIFFERENT

        assert same == (before == after)


@given(st.floats(0.001, 1e9), st.floats(-1e-3, 1e-3))
def test_printed_numbers_agree_to_a_millionth(number: float, change: float) -> None:
    """One printed number is rounding up to 1e-6 of its size, and different from 2e-6 on."""
    before, after = f"total {number!r} EUR", f"total {number * (1 + change)!r} EUR"

    if abs(change) < 9e-7:
        assert compare_text(before, after) is not ResultClass.DIFFERENT
    if abs(change) > 2e-6:
        assert compare_text(before, after) is ResultClass.DIFFERENT
