"""Equal values under other dtypes are `same-values`, in both directions and never `identical`."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from two_runs import class_of, found

from memadvise.model import ResultClass

TEXT = pd.Series(["a", "b", None, "é", ""] * 3)
WHOLE = pd.Series([1, 2, 3, -4])
DAYS = pd.Series(pd.date_range("2020-01-01", periods=4, freq="D"))
ZONED = DAYS.dt.tz_localize("Europe/Rome")
LASTS = pd.Series(pd.to_timedelta([1, 2, 3], unit="s"))
FLAGS = pd.Series([True, False, True])
GAPS = pd.Series([1.0, None, 3.0])

PAIRS = {
    **{
        f"str and {dtype}": (TEXT, TEXT.astype(dtype))
        for dtype in (
            "object",
            "category",
            "string",
            "string[python]",
            "string[pyarrow]",
            pd.ArrowDtype(pa.string()),
            pd.ArrowDtype(pa.large_string()),
            pd.ArrowDtype(pa.string_view()),
            pd.ArrowDtype(pa.dictionary(pa.int8(), pa.string())),
        )
    },
    **{
        f"int64 and {dtype}": (WHOLE, WHOLE.astype(dtype))
        for dtype in (
            "int8",
            "int32",
            "float64",
            "float32",
            "float16",
            "Int64",
            "Int8",
            "Float64",
            "int16[pyarrow]",
            "double[pyarrow]",
            "object",
            "category",
            "Sparse[int]",
        )
    },
    **{
        f"datetime and {dtype}": (DAYS.astype("M8[ns]"), DAYS.astype(dtype))
        for dtype in ("M8[s]", "M8[ms]", "M8[us]", "timestamp[us][pyarrow]", "object", "category")
    },
    "a zone in another unit": (ZONED, ZONED.astype("M8[s, Europe/Rome]")),
    "a zone as objects": (ZONED, ZONED.astype(object)),
    "durations in another unit": (LASTS, LASTS.astype("m8[ns]")),
    "durations as objects": (LASTS, LASTS.astype(object)),
    "dates in Arrow": (
        pd.Series([dt.date(2020, 1, 1), None]),
        pd.Series([dt.date(2020, 1, 1), None], dtype="date32[pyarrow]"),
    ),
    "bool and boolean": (FLAGS, FLAGS.astype("boolean")),
    "bool as objects": (FLAGS, FLAGS.astype(object)),
    "NaN and NA": (GAPS, GAPS.astype("Int64")),
    "NaN and None": (GAPS, pd.Series([1, None, 3], dtype=object)),
    "NaN and null": (GAPS, GAPS.astype("double[pyarrow]")),
    "None beside NaN in objects": (pd.Series(["a", None], dtype=object), pd.Series(["a", np.nan], dtype=object)),
    "nothing but gaps": (pd.Series([None, None]), pd.Series([np.nan, np.nan])),
    "0.0 and -0.0": (pd.Series([0.0, 1.0]), pd.Series([-0.0, 1.0])),
    "-0.0 in objects": (pd.Series([-0.0, "a"], dtype=object), pd.Series([0.0, "a"], dtype=object)),
    "categories in another order": (TEXT.astype("category"), TEXT.astype(pd.CategoricalDtype(["é", "b", "", "a"]))),
    "a category that no row has": (TEXT.astype("category"), TEXT.astype(pd.CategoricalDtype(["", "a", "b", "é", "z"]))),
    "ordered and not": (TEXT.astype("category"), TEXT.astype("category").cat.as_ordered()),
    "an index of categories": (pd.Index(["a", "b"]), pd.CategoricalIndex(["a", "b"])),
    "a frequency lost": (pd.date_range("2020", periods=3), pd.DatetimeIndex(list(pd.date_range("2020", periods=3)))),
    "labels of another type": (pd.DataFrame({1: [1]}), pd.DataFrame({1.0: [1]})),
    "columns as categories": (pd.DataFrame({"a": [1]}), pd.DataFrame({"a": [1]}, columns=pd.CategoricalIndex(["a"]))),
    "huge ints": (pd.Series([2**60 + 1, 1]), pd.Series([2**60 + 1, 1], dtype="Int64")),
    "huge ints as objects": (
        pd.Series([2**63 + 1, 2**64 - 1], dtype="u8"),
        pd.Series([2**63 + 1, 2**64 - 1], dtype=object),
    ),
    "int and float": (3, 3.0),
    "NumPy's float": (3.5, np.float64(3.5)),
    "datetime and Timestamp": (dt.datetime(2020, 1, 1), pd.Timestamp("2020-01-01")),
    "None and NaN": (None, float("nan")),
    "a list of other numbers": ([1, 2, None], [1.0, 2.0, float("nan")]),
    "nested numbers": ({"a": [1, [2]]}, {"a": [1.0, [2]]}),
    "arrays of another width": (np.arange(3), np.arange(3.0)),
    "no rows": (pd.Series([], dtype="float64"), pd.Series([], dtype="str")),
}


@pytest.mark.parametrize("name", PAIRS)
def test_equal_values_under_other_dtypes(name: str) -> None:
    """The pair is `same-values`, whichever was first."""
    before, after = PAIRS[name]

    assert class_of(before, after) is ResultClass.SAME_VALUES, found(before, after)
    assert class_of(after, before) is ResultClass.SAME_VALUES


def test_the_dtypes_are_named() -> None:
    """What is found says which column has which dtype now."""
    before = pd.DataFrame({"n": [1, 2]})

    assert found(before, before.astype("int8")) == "column 'n': int64 -> int8"


UNEQUAL = {
    "True and 1": (True, 1),
    "bool and int columns": (FLAGS, FLAGS.astype(int)),
    "1 and '1'": (pd.Series([1]), pd.Series(["1"])),
    "text and bytes": ("a", b"a"),
    "an empty text and a missing one": (pd.Series(["", "a"]), pd.Series([None, "a"])),
    "2**53 + 1 and its float": (2**53 + 1, float(2**53)),
    "2**63 - 1 and its float": (np.array([2**63 - 1]), np.array([2.0**63])),
    "-1 and its unsigned bits": (np.array([-1]), np.array([2**64 - 1], dtype="u8")),
    "naive and UTC": (DAYS, DAYS.dt.tz_localize("UTC")),
    "UTC and another zone": (ZONED, ZONED.dt.tz_convert("UTC")),
    "float32 of 0.1": (pd.Series([0.1]), pd.Series([0.1]).astype("f4")),
    "datetime and its number": (DAYS, DAYS.astype("int64")),
    "list and tuple": ([1, 2], (1, 2)),
    "list and array": ([1, 2], np.array([1, 2])),
    "a mapping in another order": ({"a": 1, "b": 2}, {"b": 2, "a": 1}),
    "series and frame": (WHOLE, WHOLE.to_frame()),
    "shapes": (np.zeros((2, 3)), np.zeros((3, 2))),
    "orders of categories": (
        pd.Series(pd.Categorical(["a"], ["a", "b"], ordered=True)),
        pd.Series(pd.Categorical(["a"], ["b", "a"], ordered=True)),
    ),
    "monthly and daily periods": (
        pd.period_range("2020", periods=1, freq="M"),
        pd.period_range("2020", periods=1, freq="D"),
    ),
    "sides of an interval": (pd.interval_range(0, 2), pd.interval_range(0, 2, closed="left")),
    "types of the person's own": (pd.Series([1]), object()),
}


@pytest.mark.parametrize("name", UNEQUAL)
def test_what_only_looks_alike_is_different(name: str) -> None:
    """The pair is `different`, and something is said about it."""
    before, after = UNEQUAL[name]

    assert class_of(before, after) is ResultClass.DIFFERENT
    assert found(before, after)


@settings(max_examples=150, deadline=None)
@given(st.lists(st.one_of(st.integers(-(2**63), 2**63 - 1), st.integers(-3, 3)), min_size=1))
def test_every_way_to_hold_whole_numbers_has_the_same_values(numbers: list[int]) -> None:
    """int64, Int64, Arrow and Python ints of the same numbers agree, also where float64 does not hold them."""
    before = pd.Series(numbers, dtype="int64")

    for dtype in ("Int64", "int64[pyarrow]", object):
        assert class_of(before, before.astype(dtype)) is ResultClass.SAME_VALUES


@settings(max_examples=150, deadline=None)
@given(st.lists(st.floats(width=32), min_size=1))
def test_every_way_to_hold_floats_has_the_same_values(numbers: list[float]) -> None:
    """float32, float64, Arrow and Python floats of the same numbers agree; NaN is missing in all."""
    before = pd.Series(numbers, dtype="float64")

    for dtype in ("float32", "Float64", "double[pyarrow]", object):
        assert class_of(before, before.astype(dtype)) is ResultClass.SAME_VALUES


@settings(max_examples=100, deadline=None)
@given(st.lists(st.none() | st.text(st.characters(codec="utf-8")), min_size=1))
def test_every_way_to_hold_text_has_the_same_values(texts: list[str | None]) -> None:
    """str, object, category, string and polars-like views of any text agree."""
    before = pd.Series(texts, dtype="str")

    for dtype in ("object", "category", "string[python]", "string[pyarrow]", pd.ArrowDtype(pa.string_view())):
        assert class_of(before, before.astype(dtype)) is ResultClass.SAME_VALUES


@settings(max_examples=100, deadline=None)
@given(st.lists(st.none() | st.datetimes(dt.datetime(1700, 1, 1), dt.datetime(2200, 1, 1)), min_size=1))
def test_every_way_to_hold_instants_has_the_same_values(instants: list[dt.datetime | None]) -> None:
    """Microseconds, nanoseconds, Arrow and Python datetimes of the same instants agree."""
    before = pd.Series(instants, dtype="M8[us]")

    for dtype in ("M8[ns]", "timestamp[ns][pyarrow]", object):
        assert class_of(before, before.astype(dtype)) is ResultClass.SAME_VALUES
