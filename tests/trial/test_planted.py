"""One thing changed far down 200,000 rows is found, has the right class, and the place and both values are told."""

from __future__ import annotations

import datetime as dt
import unicodedata
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from two_runs import class_of, found, verify

from memadvise.model import ResultClass
from memadvise.trial.blocks import BLOCK_ROWS

IDENTICAL, SAME, ROUNDING, DIFFERENT = (
    ResultClass.IDENTICAL,
    ResultClass.SAME_VALUES,
    ResultClass.ROUNDING,
    ResultClass.DIFFERENT,
)
ROWS, FAR = 200_000, 150_001
START = FAR // BLOCK_ROWS * BLOCK_ROWS
BLOCK = f"first in rows {START} to {START + BLOCK_ROWS - 1}"  # all that is known of a far row that is no float
NUMBER = np.arange(ROWS)
TEXTS = [f"Text {number}" for number in range(ROWS)]


def _one(values: Any, value: object, row: int = FAR) -> list[Any]:
    changed = list(values)
    changed[row] = value
    return changed


def _floats(value: float) -> pd.Series:
    changed = NUMBER / 7
    changed[FAR] = value
    return pd.Series(changed)


def _series(values: Any, value: object, dtype: Any = None) -> tuple[pd.Series, pd.Series]:
    return pd.Series(values, dtype=dtype), pd.Series(_one(values, value), dtype=dtype)


def _ints(dtype: object) -> tuple[pd.Series, pd.Series]:
    return _series(np.full(ROWS, 2**53), 2**53 + 1, dtype)


def _pair(first: object, second: object) -> tuple[pd.Series, pd.Series]:
    """Return two object columns of text but for one far value."""
    return pd.Series(_one(TEXTS, first), dtype=object), pd.Series(_one(TEXTS, second), dtype=object)


FRAME = pd.DataFrame({"a": NUMBER, "b": NUMBER / 7})
SWAP = NUMBER.copy()
SWAP[[FAR, FAR + 1]] = [FAR + 1, FAR]
SUMS = NUMBER.copy()
SUMS[FAR] -= 1
SUMS[FAR + 1] += 1
LEVELS = pd.MultiIndex.from_product([range(400), list("abcde") * 100], names=["n", "t"])
LEVELLED = pd.DataFrame({"v": NUMBER}, index=LEVELS)
OTHER_LABEL = pd.MultiIndex.from_arrays(
    [_one(LEVELS.get_level_values(0), -1), LEVELS.get_level_values(1)], names=["n", "t"]
)
KINDS = pd.Series(pd.Categorical.from_codes(NUMBER % 3, list("xyz")))
ORDERED = KINDS.cat.as_ordered()
WHEN = pd.Series(pd.date_range("2020", periods=ROWS, freq="s", unit="us"))
ZONED = WHEN.dt.tz_localize("UTC")
SECONDS = pd.date_range("2020", periods=ROWS, freq="s")
LASTS = pd.Series(NUMBER.astype("m8[s]"))
ZEROS = np.zeros(ROWS)
PERIODS = pd.period_range("2000", periods=ROWS, freq="h")
INTERVALS = pd.interval_range(0, ROWS)
NESTED = [[number, [number]] for number in range(30_000)]
CENTS = [Decimal("1.10")] * ROWS
TURNS = NUMBER * 1j

PLANTED: dict[str, tuple[object, object, ResultClass, str]] = {
    "a text's case": (*_series(TEXTS, TEXTS[FAR].lower()), DIFFERENT, BLOCK),
    "a text's case, near": (pd.Series(TEXTS), pd.Series(_one(TEXTS, "text 3", 3)), DIFFERENT, "'Text 3' -> 'text 3'"),
    "a text's case in objects": (*_series(TEXTS, TEXTS[FAR].lower(), object), DIFFERENT, BLOCK),
    "a trailing space": (*_series(TEXTS, TEXTS[FAR] + " "), DIFFERENT, BLOCK),
    "NFC and NFD": (*_pair("é", unicodedata.normalize("NFD", "é")), DIFFERENT, BLOCK),
    "NFC and NFD, near": (
        pd.Series(["é"]),
        pd.Series([unicodedata.normalize("NFD", "é")]),
        DIFFERENT,
        r"'\xe9' -> 'e\u0301'",
    ),
    "a text that says nan": (*_pair("nan", None), DIFFERENT, BLOCK),
    "an empty text": (*_pair("", None), DIFFERENT, BLOCK),
    **{
        f"2**53 + 1 in {dtype}": (*_ints(dtype), DIFFERENT, BLOCK)
        for dtype in ("int64", "object", "Int64", "int64[pyarrow]", "category")
    },
    "2**53 + 1 as a float": (_ints("int64")[1], _ints("float64")[0], DIFFERENT, "int64 -> float64, and the values"),
    "an Int64": (*_series(NUMBER, -1, "Int64"), DIFFERENT, f"row {FAR}: {FAR} -> -1"),
    "int32": (FRAME, FRAME.astype({"a": "int32"}), SAME, "column 'a': int64 -> int32"),
    "a row lost": (FRAME, FRAME.drop(index=FAR), DIFFERENT, "200000 rows -> 199999 rows"),
    "a row twice": (FRAME, FRAME.iloc[np.insert(NUMBER, FAR, FAR)], DIFFERENT, "200000 rows -> 200001 rows"),
    "rows swapped": (
        FRAME,
        FRAME.iloc[SWAP].reset_index(drop=True),
        DIFFERENT,
        f"column 'a': row {FAR}: {FAR} -> {FAR + 1} (and 1 more)",
    ),
    "rows swapped with their labels": (FRAME, FRAME.iloc[SWAP], DIFFERENT, "row labels: the values differ"),
    "equal sums": (pd.Series(NUMBER), pd.Series(SUMS), DIFFERENT, f"row {FAR}: {FAR} -> {FAR - 1} (and 1 more)"),
    "index name": (FRAME, FRAME.rename_axis("x"), DIFFERENT, "row labels: name: None -> 'x'"),
    "one index label": (FRAME, FRAME.set_axis(pd.Index(_one(NUMBER, -1))), DIFFERENT, "row labels: "),
    "one label of text": (FRAME.set_axis(TEXTS), FRAME.set_axis(_one(TEXTS, "x")), DIFFERENT, f"row labels: {'the'}"),
    "a column's label": (FRAME.set_axis([1, 2], axis=1), FRAME.set_axis(["1", 2], axis=1), DIFFERENT, "column '1' is"),
    "order of levels": (LEVELLED, LEVELLED.swaplevel(), DIFFERENT, "level 0: name: 'n' -> 't'"),
    "a level's name": (LEVELLED, LEVELLED.rename_axis(["n", "u"]), DIFFERENT, "level 1: name: 't' -> 'u'"),
    "a level's label": (LEVELLED, LEVELLED.set_axis(OTHER_LABEL), DIFFERENT, f"level 0: the values differ, {BLOCK}"),
    "a category that no row has": (KINDS, KINDS.cat.add_categories(["w"]), SAME, "categories, their order"),
    "ordered": (KINDS, ORDERED, SAME, "whether they are ordered"),
    "order of categories": (KINDS, KINDS.cat.reorder_categories(list("zyx")), SAME, "categories, their order"),
    "order of ordered categories": (
        ORDERED,
        ORDERED.cat.reorder_categories(list("zyx")),
        DIFFERENT,
        "the order of the categories differs",
    ),
    "a category's value": (*_series(KINDS, "x" if KINDS[FAR] != "x" else "y", KINDS.dtype), DIFFERENT, BLOCK),
    "frequency lost": (SECONDS, SECONDS._with_freq(None), SAME, "frequency"),
    "unit": (WHEN, WHEN.astype("M8[ns]"), SAME, "datetime64[us] -> datetime64[ns]"),
    "one instant": (*_series(WHEN, WHEN[FAR] + pd.Timedelta(1, "us"), WHEN.dtype), DIFFERENT, BLOCK),
    "one instant gone": (*_series(WHEN, pd.NaT, WHEN.dtype), DIFFERENT, BLOCK),
    "zone of equal instants": (ZONED, ZONED.dt.tz_convert("Europe/London"), DIFFERENT, "tz='Europe/London'"),
    "zone lost": (ZONED, WHEN, DIFFERENT, "tz='UTC'"),
    "NaT and NaN": (*_pair(pd.NaT, np.nan), SAME, "kind of missing value"),
    "None and NaN": (*_pair(None, np.nan), SAME, "kind of missing value"),
    "NA and NaN": (*_pair(pd.NA, np.nan), SAME, "kind of missing value"),
    "True and 1": (*_pair(True, 1), DIFFERENT, BLOCK),
    "True among ones": (*_series([1] * ROWS, True, object), DIFFERENT, BLOCK),
    "1.0 among ones": (*_series([1] * ROWS, 1.0, object), SAME, "types of elements"),
    "-0.0": (*_series(ZEROS, -0.0), SAME, "sign of zero"),
    "-0.0 in objects": (*_series(ZEROS, -0.0, object), SAME, "sign of zero"),
    "-0.0 in Arrow": (*_series(ZEROS, -0.0, "double[pyarrow]"), SAME, "sign of zero"),
    "0 for NaN": (_floats(np.nan), _floats(0.0), DIFFERENT, f"row {FAR}: nan -> 0.0"),
    "the last ulp": (_floats(FAR / 7), _floats(np.nextafter(FAR / 7, 0)), ROUNDING, "relative difference 1.7e-16"),
    "1e-10": (_floats(FAR / 7), _floats(FAR / 7 * (1 + 1e-10)), ROUNDING, "relative difference 1e-10"),
    "1e-8": (
        _floats(FAR / 7),
        _floats(FAR / 7 * (1 + 1e-8)),
        DIFFERENT,
        f"row {FAR}: 21428.714285714286 -> 21428.7145",
    ),
    "infinity": (_floats(np.inf), _floats(-np.inf), DIFFERENT, f"row {FAR}: inf -> -inf"),
    "a decimal's digits": (*_series(CENTS, Decimal("1.1"), object), DIFFERENT, BLOCK),
    "an Arrow decimal's scale": (
        pa.array([Decimal("1.10")]),
        pa.array([Decimal("1.1")]),
        DIFFERENT,
        "Decimal('1.10') -> Decimal('1.1')",
    ),
    "a duration": (*_series(LASTS, pd.Timedelta(1, "s"), LASTS.dtype), DIFFERENT, BLOCK),
    "a duration's unit": (LASTS, LASTS.astype("m8[ns]"), SAME, "timedelta64[s] -> timedelta64[ns]"),
    "a complex number": (
        TURNS,
        np.where(NUMBER == FAR, 1, TURNS),
        DIFFERENT,
        f"element {FAR}: {FAR}j -> (1+0j)",
    ),
    "bytes": (*_pair(b"x", b"X"), DIFFERENT, BLOCK),
    "bytes and text": (*_pair(b"x", "x"), DIFFERENT, BLOCK),
    "order of a dict": ({"a": 1, "b": 2}, {"b": 2, "a": 1}, DIFFERENT, "keys: element 0: 'a' -> 'b'"),
    "a set": ({1, 2}, {1, 3}, DIFFERENT, "2 -> 3"),
    "a large set": (set(range(ROWS)), set(range(1, ROWS + 1)), DIFFERENT, "differ"),
    "list and tuple": ({"a": [[1]]}, {"a": [(1,)]}, DIFFERENT, "['a'][0]: list -> tuple"),
    "array and scalar": (np.array(5.0), np.float64(5.0), DIFFERENT, "numpy.ndarray -> numpy.float64"),
    "sparse": (pd.Series(ZEROS), pd.Series(ZEROS).astype("Sparse[float]"), SAME, "float64 -> Sparse[float64"),
    "in sparse": (*_series(ZEROS, 1.0, "Sparse[float]"), DIFFERENT, f"row {FAR}: 0.0 -> 1.0"),
    "period": (*_series(PERIODS, PERIODS[0], PERIODS.dtype), DIFFERENT, BLOCK),
    "a period's frequency": (
        pd.Period("2020", "M"),
        pd.Period("2020-01", "D"),
        DIFFERENT,
        "Period('2020-01', 'M') -> Period('2020-01-01', 'D')",
    ),
    "interval": (*_series(INTERVALS, INTERVALS[0], INTERVALS.dtype), DIFFERENT, BLOCK),
    "nested lists": (NESTED, _one(NESTED, [25_000, [1]], 25_000), DIFFERENT, "the values differ"),
    "nested types": (NESTED, _one(NESTED, [25_000.0, [25_000]], 25_000), SAME, "types of elements"),
    "frames in dicts": (
        {"a": FRAME},
        {"a": FRAME.assign(a=_one(NUMBER, -1))},
        DIFFERENT,
        f"['a']: column 'a': row {FAR}: {FAR} -> -1",
    ),
    "dtypes of frames in dicts": ({"a": FRAME}, {"a": FRAME.astype({"a": "int32"})}, SAME, "['a']: column 'a': int64"),
    "a bool": (*_series([True] * ROWS, False), DIFFERENT, BLOCK),
    "a boolean gone": (*_series([True] * ROWS, None, "boolean"), DIFFERENT, BLOCK),
    "a name": (pd.Series([1], name="a"), pd.Series([1], name="b"), DIFFERENT, "name: 'a' -> 'b'"),
    "equal instants of two zones": (
        dt.datetime(2020, 1, 1, tzinfo=dt.UTC),
        dt.datetime(2020, 1, 1, 1, tzinfo=dt.timezone(dt.timedelta(hours=1))),
        DIFFERENT,
        "->",
    ),
    "an invisible character": ("a\u200b", "a", DIFFERENT, r"'a\u200b' -> 'a'"),
}


@pytest.mark.parametrize("name", PLANTED)
def test_what_was_planted_is_found(name: str) -> None:
    """The class is right, and what is found says where and what."""
    before, after, expected, told = PLANTED[name]

    assert class_of(before, after) is expected, found(before, after)
    assert told in found(before, after)
    assert class_of(after, before) is expected


def test_more_nested_elements_than_can_be_read_are_said_not_to_be_compared() -> None:
    """Lists of 200,000 lists are not called compared."""
    nested = [[number, [number]] for number in range(ROWS)]

    assert verify(nested, _one(nested, [1])).not_compared


def _rechunked(texts: list[Any]) -> pd.Series:
    pieces = [texts[:7], [], texts[7:70_000], texts[70_000:]]
    return pd.Series(pd.array(pa.chunked_array([pa.array(piece, pa.large_string()) for piece in pieces]), dtype="str"))


SOME = _one(TEXTS, None)
PARTS = pd.Series(_one(NUMBER, None), dtype="Int64")
COPIES: dict[str, tuple[object, object]] = {
    "chunks of text": (pd.Series(SOME, dtype="str"), _rechunked(SOME)),
    "objects of their own": (
        pd.Series(SOME, dtype=object),
        pd.Series([t and t[:3] + t[3:] for t in SOME], dtype=object),
    ),
    "a view with gaps": (pd.Series(NUMBER / 7), pd.Series(np.repeat(NUMBER / 7, 2)[::2])),
    "a view with gaps of ints": (NUMBER, np.repeat(NUMBER, 2)[::2]),
    "a view backwards": (NUMBER / 7, (NUMBER / 7)[::-1].copy()[::-1]),
    "order of memory": (NUMBER.reshape(400, 500) / 7, np.asfortranarray(NUMBER.reshape(400, 500) / 7)),
    "a read-only array": (NUMBER / 7, np.frombuffer((NUMBER / 7).tobytes())),
    "payload of NaN": (_floats(np.nan), _floats(np.array([0xFFF8000000000001], np.uint64).view(np.float64)[0])),
    "blocks": (FRAME.assign(c=1.5), pd.concat([FRAME[["a"]], FRAME[["b"]], pd.DataFrame({"c": ZEROS + 1.5})], axis=1)),
    "one block": (
        pd.DataFrame({"a": NUMBER / 3, "b": NUMBER / 7}),
        pd.DataFrame(np.column_stack([NUMBER / 3, NUMBER / 7]), columns=["a", "b"]),
    ),
    "codes": (KINDS, pd.Series(pd.Categorical(KINDS.astype(object), categories=list("xyz")))),
    "a written-out range": (FRAME, FRAME.set_axis(pd.Index(NUMBER))),
    "levels": (LEVELLED, LEVELLED.set_axis(pd.MultiIndex.from_tuples(list(LEVELS), names=["n", "t"]))),
    "nullable from parts": (PARTS, pd.concat([PARTS[:9], PARTS[9:]])),
    "instants": (WHEN, pd.Series(list(WHEN)).astype("M8[us]")),
    "set filled backwards": (set(range(ROWS)), set(range(ROWS - 1, -1, -1))),
}


@pytest.mark.parametrize("name", COPIES)
def test_an_equal_copy_made_another_way_is_identical(name: str) -> None:
    """Chunks, strides, memory order, blocks and the width of codes are no part of a value."""
    before, after = COPIES[name]

    assert class_of(before, after) is IDENTICAL, found(before, after)


@pytest.mark.parametrize("value", [np.nan, -0.0, 0.0, 1.5, np.inf])
def test_numbers_hashed_where_they_lie_agree_with_all_other_ways(value: float) -> None:
    """A float64 column, one with a gap, Arrow's and Python's floats agree, whatever stands among them."""
    plain = _floats(value)

    for dtype in ("Float64", "double[pyarrow]", "object"):
        assert class_of(plain, plain.astype(dtype)) is SAME
    assert class_of(plain, pd.Series(plain.to_numpy().astype(">f8"))) is SAME
