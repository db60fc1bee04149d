"""One thing changed in a frame is always found, and has the right class."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from two_runs import class_of, found

from memadvise.model import ResultClass
from memadvise.trial.blocks import BLOCK_ROWS

ROWS = 2 * BLOCK_ROWS + 5


def _frame(rows: int = ROWS) -> pd.DataFrame:
    number = np.arange(rows)
    return pd.DataFrame(
        {
            "f": number / 7,
            "i": number,
            "t": pd.Series(number).map("text {}".format).astype("str"),
            "c": pd.Categorical.from_codes(number % 3, ["x", "y", "z"]),
            "d": pd.to_datetime(number, unit="s"),
            "z": pd.to_datetime(number, unit="s").tz_localize("UTC"),
            "b": number % 2 == 0,
            "o": pd.Series(number % 50, dtype=object),
            "n": pd.array(number, dtype="Int64"),
        }
    )


FRAME = _frame()

CHANGED = {
    "f": -1.5,
    "i": -1,
    "t": "text",
    "c": "x",
    "d": pd.Timestamp("1999"),
    "z": pd.Timestamp("1999", tz="UTC"),
    "b": None,  # flipped
    "o": "1",
    "n": -1,
}


def _with(column: str, row: int, value: object) -> pd.DataFrame:
    after = FRAME.copy()
    position = after.columns.get_loc(column)
    if column == "b":
        value = not after.iat[row, position]
    if column == "c":
        value = "x" if after.iat[row, position] != "x" else "y"
    after.iloc[row, position] = value
    return after


@pytest.mark.parametrize("row", [0, BLOCK_ROWS - 1, BLOCK_ROWS, ROWS - 1])
@pytest.mark.parametrize("column", CHANGED)
def test_one_value_in_many_rows(column: str, row: int) -> None:
    """One changed value is `different`, at the edges of blocks as anywhere, and its column is named."""
    after = _with(column, row, CHANGED[column])

    assert class_of(FRAME, after) is ResultClass.DIFFERENT
    assert f"column '{column}'" in found(FRAME, after)


@pytest.mark.parametrize("column", ["f", "t", "c", "d", "z", "n"])
def test_one_value_gone_missing(column: str) -> None:
    """A value that became missing is `different`."""
    after = FRAME.copy()
    after.iloc[ROWS // 2, after.columns.get_loc(column)] = None

    assert class_of(FRAME, after) is ResultClass.DIFFERENT


def _swapped(frame: pd.DataFrame) -> pd.DataFrame:
    order = np.arange(ROWS)
    order[[5, 6]] = [6, 5]
    return frame.iloc[order]


def _zone(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.assign(z=frame["z"].dt.tz_convert("Europe/Rome"))


WHOLES: dict[str, tuple[Callable[[pd.DataFrame], pd.DataFrame], ResultClass]] = {
    "rows swapped": (_swapped, ResultClass.DIFFERENT),
    "rows swapped, index anew": (lambda frame: _swapped(frame).reset_index(drop=True), ResultClass.DIFFERENT),
    "a row less": (lambda frame: frame.iloc[:-1], ResultClass.DIFFERENT),
    "a row twice": (lambda frame: pd.concat([frame, frame.iloc[-1:]]), ResultClass.DIFFERENT),
    "one index label": (lambda frame: frame.rename(index={9: -9}), ResultClass.DIFFERENT),
    "index name": (lambda frame: frame.rename_axis("row"), ResultClass.DIFFERENT),
    "index of floats": (lambda frame: frame.set_axis(frame.index.astype("float64")), ResultClass.SAME_VALUES),
    "a level more": (lambda frame: frame.set_index("i", append=True, drop=False), ResultClass.DIFFERENT),
    "column order": (lambda frame: frame[["i", "f", *frame.columns[2:]]], ResultClass.DIFFERENT),
    "column label": (lambda frame: frame.rename(columns={"f": "F"}), ResultClass.DIFFERENT),
    "name of the columns": (lambda frame: frame.rename_axis(columns="what"), ResultClass.DIFFERENT),
    "column missing": (lambda frame: frame.drop(columns="o"), ResultClass.DIFFERENT),
    "column more": (lambda frame: frame.assign(more=1), ResultClass.DIFFERENT),
    "column twice": (lambda frame: frame[["f", *frame.columns]], ResultClass.DIFFERENT),
    "dtype": (lambda frame: frame.astype({"i": "int32"}), ResultClass.SAME_VALUES),
    "text to category": (lambda frame: frame.astype({"t": "category"}), ResultClass.SAME_VALUES),
    "zone": (_zone, ResultClass.DIFFERENT),
    "zone lost": (lambda frame: frame.assign(z=frame["z"].dt.tz_localize(None)), ResultClass.DIFFERENT),
    "unit": (lambda frame: frame.astype({"d": "M8[s]"}), ResultClass.SAME_VALUES),
    "category order": (
        lambda frame: frame.assign(c=frame["c"].cat.reorder_categories(["z", "y", "x"])),
        ResultClass.SAME_VALUES,
    ),
    "category renamed": (
        lambda frame: frame.assign(c=frame["c"].cat.rename_categories({"x": "w"})),
        ResultClass.DIFFERENT,
    ),
    "the last ulp": (lambda frame: frame.assign(f=np.nextafter(frame["f"], 0)), ResultClass.ROUNDING),
    "float32": (lambda frame: frame.astype({"f": "float32"}), ResultClass.DIFFERENT),
    "sign": (lambda frame: frame.assign(f=-frame["f"]), ResultClass.DIFFERENT),
}


@pytest.mark.parametrize("name", WHOLES)
def test_one_change_to_the_whole(name: str) -> None:
    """The change has its class."""
    change, expected = WHOLES[name]

    assert class_of(FRAME, change(FRAME)) is expected


def test_zero_for_nan_and_minus_zero() -> None:
    """0 for NaN is `different`; -0.0 for 0.0 is only `same-values`, and not `identical`."""
    before = pd.DataFrame({"f": [1.0, np.nan, 0.0]})

    assert class_of(before, pd.DataFrame({"f": [1.0, 0.0, 0.0]})) is ResultClass.DIFFERENT
    assert class_of(before, pd.DataFrame({"f": [1.0, np.nan, -0.0]})) is ResultClass.SAME_VALUES


def test_nan_beside_na_is_not_identical() -> None:
    """Under an Arrow dtype NaN and NA are two things: both missing, but not the same."""
    import pyarrow as pa

    before = pd.Series(pd.arrays.ArrowExtensionArray(pa.chunked_array([[1.0, None, float("nan")]])))
    after = pd.Series(pd.arrays.ArrowExtensionArray(pa.chunked_array([[1.0, float("nan"), float("nan")]])))

    assert class_of(before, after) is ResultClass.SAME_VALUES


def test_what_moves_between_neighbours_is_found() -> None:
    """Texts whose bytes run together alike, and values that change places, are different."""
    assert class_of(pd.Series(["ab", "c"]), pd.Series(["a", "bc"])) is ResultClass.DIFFERENT
    assert class_of(["ab", ["c"]], ["a", ["bc"]]) is ResultClass.DIFFERENT
    assert class_of([[1], [2, 3]], [[1, 2], [3]]) is ResultClass.DIFFERENT
    assert class_of([[1, 2], 3], [[1], 2, 3]) is ResultClass.DIFFERENT
    assert class_of({"a": 1, "b": 2}, {"a": 2, "b": 1}) is ResultClass.DIFFERENT
    assert class_of(pd.Series([None, "a"]), pd.Series(["a", None])) is ResultClass.DIFFERENT
    assert class_of(pd.DataFrame({"a": [1], "b": [2]}), pd.DataFrame({"a": [2], "b": [1]})) is ResultClass.DIFFERENT


def test_the_first_difference_is_told() -> None:
    """A number's row and both values are said, or the text's; far down a long text column, the block of rows."""
    assert found(FRAME, _with("f", 9, -1.5)) == "column 'f': row 9: 1.2857142857142858 -> -1.5"
    assert found(FRAME, _with("t", 3, "x")) == "column 't': row 3: 'text 3' -> 'x'"
    far = found(FRAME, _with("t", BLOCK_ROWS + 7, "x"))
    assert far == f"column 't': the values differ, first in rows {BLOCK_ROWS} to {2 * BLOCK_ROWS - 1}"
    more = found(pd.Series([1.0, 2.5, 3.5]), pd.Series([1.0, 2.25, 3.25]))
    assert more == "row 1: 2.5 -> 2.25 (and 1 more)"


# Numbers of about one size: beside 1e27 a difference of 1 would be rounding.
cells = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-100, 100),
    st.floats(-100, 100),
    st.text(max_size=5),
    st.binary(max_size=5),
)
nested = st.recursive(
    cells,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=3), inner, max_size=4),
    max_leaves=12,
)


@settings(max_examples=200, deadline=None)
@given(nested, nested)
def test_nested_values_agree_with_equality(before: object, after: object) -> None:
    """Two JSON-like values are called equal only where Python itself finds their printed forms or values equal."""
    expected = repr(before) == repr(after)

    assert (class_of(before, before)) is ResultClass.IDENTICAL
    if class_of(before, after) is ResultClass.IDENTICAL:
        assert expected
    if expected:
        assert class_of(before, after) is ResultClass.IDENTICAL


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_one_changed_cell_of_any_column_is_found(data: st.DataObject) -> None:
    """Whatever one cell of an object column is replaced by, the verdict follows the two values."""
    column = data.draw(st.lists(cells, min_size=1, max_size=20))
    row = data.draw(st.integers(0, len(column) - 1))
    new = data.draw(cells)
    changed = [*column[:row], new, *column[row + 1 :]]
    before, after = (pd.Series(values, dtype=object) for values in (column, changed))
    alike = class_of(column[row], new)

    assert class_of(before, after) is alike
