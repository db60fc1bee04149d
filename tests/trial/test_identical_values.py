"""The same value again is identical, however it lies in memory."""

from __future__ import annotations

import copy
import datetime as dt
import decimal
import enum
import pickle
from collections import OrderedDict, namedtuple
from fractions import Fraction
from pathlib import PurePosixPath
from uuid import UUID

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from two_runs import class_of

from memadvise.model import ResultClass
from memadvise.trial import snapshot

Point = namedtuple("Point", "x y")


class Colour(enum.Enum):
    """An enumeration as a notebook may hold."""

    RED = 1


def _frame() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "float": [0.5, np.nan, -0.0],
            "int": [1, 2, 3],
            "text": ["a", None, "ü𝄞"],
            "bool": [True, False, True],
            "when": pd.to_datetime(["2020-01-01", None, "2021-05-05"]),
            "zoned": pd.date_range("2020-03-28", periods=3, tz="Europe/Rome"),
            "lasts": pd.to_timedelta([1, 2, None], unit="h"),
            "category": pd.Categorical(["x", None, "y"], categories=["y", "x", "z"]),
            "Int64": pd.array([1, None, 2**60 + 1], dtype="Int64"),
            "Float64": pd.array([1.5, None, 2], dtype="Float64"),
            "boolean": pd.array([True, None, False], dtype="boolean"),
            "string": pd.array(["a", None, "b"], dtype="string"),
            "arrow": pd.array([1.5, None, 2.5], dtype="double[pyarrow]"),
            "decimal": pd.array(
                [decimal.Decimal("1.10"), None, decimal.Decimal("2")], dtype=pd.ArrowDtype(pa.decimal128(9, 2))
            ),
            "lists": pd.array([[1], None, [2, 3]], dtype=pd.ArrowDtype(pa.list_(pa.int64()))),
            "period": pd.period_range("2020", periods=3, freq="M"),
            "interval": pd.interval_range(0, 3),
            "sparse": pd.arrays.SparseArray([0.0, 0.0, 1.0]),
            "object": pd.Series([1, "a", [1, {"b": None}]], dtype=object),
            3: [1j, 2, 3],
        }
    )


VALUES = {
    "frame": _frame(),
    "no rows": _frame().iloc[:0],
    "no columns": pd.DataFrame(index=[1, 2]),
    "twice the same label": pd.DataFrame([[1, 2.0]], columns=["a", "a"]),
    "hostile label": pd.DataFrame({"<img src=x onerror=alert(1)>": [1]}),
    "columns of two levels": pd.DataFrame([[1, 2]], columns=pd.MultiIndex.from_tuples([("a", 1), ("a", None)])),
    "series": pd.Series([1.5, 2.5], index=["a", "b"], name="s"),
    "index": pd.Index(["a", "b"], name="i"),
    "range": pd.RangeIndex(3, 30, 3),
    "levels": pd.MultiIndex.from_product([["a", "b"], [1.5, 2.5]], names=["x", None]),
    "levels with a gap": pd.MultiIndex.from_arrays([["a", None], [1, 2]]),
    "categories": pd.CategoricalIndex(["a", "b", "a"]),
    "dates": pd.date_range("2020", periods=4, freq="h", tz="UTC"),
    "durations": pd.timedelta_range("1h", periods=3),
    "extension array": pd.array([1, None]),
    **{
        dtype: np.arange(6).astype(dtype).reshape(2, 3)
        for dtype in ("i1", ">i4", "u8", "f2", "f4", ">f8", "g", "c8", "c16", "?")
    },
    "no dimension": np.array(5.0),
    "empty": np.empty((0, 3)),
    "text array": np.array(["a", "bcd"]),
    "bytes array": np.array([b"a", b"bcd"]),
    "object array": np.array([1, "a", None], dtype=object),
    "structured": np.array([(1, 2.0, "a")], dtype=[("i", int), ("in", [("f", float)]), ("t", "U3")]).view(np.ndarray),
    **{
        f"M8[{unit}]": np.array(["2020-01-01", "NaT"], dtype=f"M8[{unit}]")
        for unit in ("Y", "M", "D", "h", "s", "ns", "ps")
    },
    "m8": np.array([1, 2], dtype="m8[ms]"),
    "masked": np.ma.MaskedArray([1, 2, 3], [False, True, False]),
    "NumPy scalars": [np.float64(1.5), np.int8(3), np.bool_(True), np.str_("a"), np.datetime64("2020")],
    "NumPy datetime": np.datetime64("2020-01-01"),
    "long double": np.longdouble(1) / 3,
    "scalars": [None, True, 1, 2**2000, 1.5, float("inf"), "a\ud800", b"b", 1j, ..., range(3)],
    "times": [
        dt.datetime(2020, 1, 1),
        dt.date(2020, 1, 1),
        dt.time(1),
        dt.timedelta(1),
        dt.datetime(2020, 1, 1, tzinfo=dt.UTC),
    ],
    "pandas scalars": [
        pd.Timestamp("2020-01-01 00:00:00.000000001"),
        pd.Timedelta(1),
        pd.NaT,
        pd.NA,
        pd.Period("2020"),
        pd.Interval(0, 1),
    ],
    "exact numbers": [decimal.Decimal("1.10"), Fraction(1, 3), UUID(int=5), PurePosixPath("a/b"), Colour.RED],
    "nested": {"a": [1, (2, {3}), {"b": {}}], 1: frozenset("abc"), None: Point(1, 2)},
    "ordered": OrderedDict(b=1, a=2),
    "frames in a dict": {"a": pd.DataFrame({"x": [0.1]}), "b": [np.arange(3)]},
    "large set": set(range(5000)),
    "dtypes": pd.DataFrame({"a": ["x"], "b": [1]}).dtypes,
    "table": pa.table(
        {
            "a": [1, None],
            "b": ["x", "y"],
            "c": pa.array([dt.time(1), None]),
            "d": pa.array(["x", "x"]).dictionary_encode(),
        }
    ),
    "arrow": pa.chunked_array([[1.5], [None, 2.5]]),
    "polars": pl.DataFrame(
        {
            "a": [1, None],
            "b": ["x", None],
            "c": [[1], [2, 3]],
            "d": [dt.date(2020, 1, 1), None],
            "e": pl.Series(["x", "y"], dtype=pl.Categorical),
        }
    ),
    "polars series": pl.Series("s", [1.5, None]),
}


@pytest.mark.parametrize("name", VALUES)
def test_a_copy_is_identical_and_nothing_is_opaque(name: str) -> None:
    """A deep copy of any value has the same snapshot, and all of it was looked into."""
    value = VALUES[name]

    assert class_of(value, copy.deepcopy(value)) is ResultClass.IDENTICAL
    assert snapshot(value) == snapshot(copy.deepcopy(value))


@pytest.mark.parametrize("name", VALUES)
def test_a_snapshot_survives_the_way_to_another_process(name: str) -> None:
    """A pickled snapshot is equal to the original, numbers that it keeps included."""
    before = snapshot(VALUES[name])
    after = pickle.loads(pickle.dumps(before))

    assert after == before
    for left, right in zip(before.columns, after.columns, strict=True):
        np.testing.assert_array_equal(np.asarray(left.kept), np.asarray(right.kept))


def test_two_different_values_have_two_snapshots() -> None:
    """No two of the values above are taken for each other."""
    assert len({snapshot(value).exact for value in VALUES.values()}) == len(VALUES)


def test_chunks_offsets_and_offset_widths_do_not_count() -> None:
    """Text in one chunk, in many, as a slice of something longer or with rubbish behind nulls is the same text."""
    texts = ["ü", None, "", "abc", None, "z"] * 50
    whole = pa.array(texts)
    chunked = pa.chunked_array([texts[:7], [], texts[7:9], texts[9:]], pa.string())
    sliced = pa.array(["rubbish", *texts, "more"]).slice(1, len(texts))

    for other in (chunked, sliced, pa.concat_arrays([whole.slice(0, 5), whole.slice(5)])):
        assert class_of(pa.table({"t": whole}), pa.table({"t": other})) is ResultClass.IDENTICAL
        series = [
            pd.Series(pd.arrays.ArrowExtensionArray(pa.chunked_array([a]) if isinstance(a, pa.Array) else a))
            for a in (whole, other)
        ]
        assert class_of(*series) is ResultClass.IDENTICAL


def test_bytes_behind_a_missing_text_do_not_count() -> None:
    """Arrow may leave any bytes behind a null; they are no part of the value."""
    clean = pa.array(["a", None, "b"])
    content = pa.py_buffer(b"arubbishb")
    offsets = pa.py_buffer(np.array([0, 1, 8, 9], np.int32).tobytes())
    dirty = pa.StringArray.from_buffers(3, offsets, content, pa.py_buffer(b"\x05"), 1)

    assert dirty.to_pylist() == clean.to_pylist()
    assert class_of(clean, dirty) is ResultClass.IDENTICAL


@pytest.mark.parametrize("dtype", ["f8", "i4", "c16", "O", "U2"])
def test_memory_layout_does_not_count(dtype: str) -> None:
    """C order, Fortran order and a strided view of the same numbers are identical."""
    plain = np.arange(300).reshape(20, 15).astype(dtype)
    strided = np.repeat(plain, 2, axis=1)[:, ::2]

    assert class_of(plain, np.asfortranarray(plain)) is ResultClass.IDENTICAL
    assert class_of(plain, strided) is ResultClass.IDENTICAL


def test_blocks_do_not_count() -> None:
    """A frame whose columns lie together in memory is identical to one whose columns lie apart."""
    together = pd.DataFrame(np.arange(30.0).reshape(10, 3), columns=list("abc"))
    apart = pd.DataFrame({name: together[name].to_numpy().copy() for name in "abc"})

    assert class_of(together, apart) is ResultClass.IDENTICAL


def test_a_nan_is_a_nan_whatever_its_payload() -> None:
    """The bits behind a NaN don't count."""
    odd = np.array([0x7FF8000000000001, 0xFFF8000000000000], dtype=np.uint64).view(np.float64)

    assert class_of(np.array([np.nan, np.nan]), odd) is ResultClass.IDENTICAL


def test_attrs_and_flags_do_not_count() -> None:
    """What a frame carries in ``attrs`` is no result."""
    before, after = pd.DataFrame({"a": [1]}), pd.DataFrame({"a": [1]})
    after.attrs["note"] = "x"

    assert class_of(before, after) is ResultClass.IDENTICAL


def test_a_written_out_range_of_rows_is_the_same_index() -> None:
    """RangeIndex 0..n-1 and Index[int64] with the same values are the same."""
    before = pd.DataFrame({"a": [1, 2, 3]})

    assert class_of(before, before.set_axis(pd.Index([0, 1, 2]))) is ResultClass.IDENTICAL


def test_levels_that_no_row_uses_do_not_count() -> None:
    """A MultiIndex after a filter is the index of the rows that are left."""
    full = pd.MultiIndex.from_product([["a", "b"], [1, 2]])

    assert class_of(full[:2], full[:2].remove_unused_levels()) is ResultClass.IDENTICAL


def test_sets_have_no_order() -> None:
    """Two sets that were filled in another order are identical, large and small."""
    for size in (10, 3000):
        texts = [f"text {number}" for number in range(size)]

        other_way = texts[::-1]

        assert class_of(set(texts), set(other_way)) is ResultClass.IDENTICAL


def test_sparse_matrices_are_compared() -> None:
    """SciPy's sparse matrices: identical to a copy, equal in another format, different with one entry changed."""
    sparse = pytest.importorskip("scipy.sparse")
    matrix = sparse.random(9000, 40, 0.05, format="csr", random_state=1)
    changed = matrix.copy()
    changed.data[-1] += 1
    moved = matrix.copy()
    moved.indices = (moved.indices + 1) % 40

    assert class_of(matrix, matrix.copy()) is ResultClass.IDENTICAL
    assert class_of(matrix, matrix.tocsc()) is ResultClass.SAME_VALUES
    assert class_of(matrix, sparse.csr_array(matrix)) is ResultClass.SAME_VALUES
    assert class_of(matrix, matrix * (1 + 1e-14)) is ResultClass.ROUNDING
    assert class_of(matrix, changed) is ResultClass.DIFFERENT
    assert class_of(matrix, moved) is ResultClass.DIFFERENT
