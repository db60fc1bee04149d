"""Values of many kinds, made the same way by whoever imports this: what a hand-over must bring across unchanged."""

from __future__ import annotations

import collections
import datetime as dt
import decimal
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import scipy.sparse as sp


def frames() -> dict[str, Any]:
    """Return pandas values."""
    draw = np.random.default_rng(0)
    times = pd.date_range("2024-01-01", periods=500, freq="h")
    wide = pd.DataFrame({kind: np.arange(500).astype(kind) for kind in ("i1", "u2", "i8", "f4", "f8", "c16")})
    mixed = pd.DataFrame(
        {
            "text": pd.Series(["a", None, "ü\U0001f600", "", "long " * 9] * 100, dtype="str"),
            "object": pd.Series([1, "x", None, 2.5, (1, 2)] * 100, dtype=object),
            "nullable": pd.array([1, None, 3, 4, 5] * 100, dtype="Int64"),
            "flag": pd.array([True, None, False, True, True] * 100, dtype="boolean"),
            "cat": pd.Categorical(["x", "y", None, "z", "x"] * 100, categories=["z", "y", "x", "w"], ordered=True),
            "time": times,
            "zone": times.tz_localize("Europe/Berlin", ambiguous="NaT", nonexistent="NaT"),
            "span": times - times[7],
            "period": times.to_period("D"),
            "interval": pd.interval_range(0, 500),
            "arrow": pd.array([[1], [], None, [2, 3], [4]] * 100, dtype=pd.ArrowDtype(pa.list_(pa.int64()))),
            "decimal": pd.array([decimal.Decimal("1.10")] * 500, dtype=pd.ArrowDtype(pa.decimal128(9, 2))),
            "sparse": pd.arrays.SparseArray([0, 0, 0, 0, 1] * 100),
        }
    )
    flagged = pd.DataFrame({"a": [1, 2]}, index=["x", "y"]).set_flags(allows_duplicate_labels=False)
    flagged.attrs["unit"] = "kg"
    indexed = mixed[["text", "nullable"]].set_index(pd.MultiIndex.from_product([range(5), list("ab"), range(50)]))
    return {
        "wide": wide,
        "mixed": mixed,
        "flagged": flagged,
        "indexed": indexed,
        "cut": mixed.iloc[10:490:7],
        "ranged": pd.DataFrame({"a": range(6)}, index=pd.RangeIndex(3, 21, 3, name="n")),
        "empty": mixed.iloc[:0],
        "no_columns": pd.DataFrame(index=range(3)),
        "columns": pd.DataFrame(draw.random((3, 4)), columns=pd.MultiIndex.from_product([["a", "b"], [1, 2]])),
        "series": pd.Series(draw.random(100), name="s"),
        "texts": pd.concat([mixed["text"], mixed["text"]])[3:700],
        "index": pd.Index(["b", "a"], name="i"),
        "stamp": pd.Timestamp("2024-01-01", tz="UTC"),
    }


def arrays() -> dict[str, Any]:
    """Return NumPy values."""
    grid = np.arange(6000.0).reshape(60, 100)
    frozen = np.arange(5000)
    frozen.flags.writeable = False
    path = Path(tempfile.gettempdir()) / "memadvise-test-mapped.npy"
    np.save(path, np.arange(2000))
    return {
        "fortran": np.asfortranarray(np.arange(6000.0).reshape(60, 100)),
        "strided": grid[::2, ::3],
        "backward": np.arange(100)[::-1],
        "strided_fortran": np.asfortranarray(np.arange(60.0).reshape(6, 10))[::2],
        "broadcast": np.broadcast_to(np.arange(4), (3, 4)),
        "scalar": np.array(3.5),
        "no_rows": np.empty((0, 3)),
        "structured": np.array([(1, 2.5, "x")] * 3, dtype=[("a", "i4"), ("b", "f8"), ("c", "U3")]),
        "dates": np.arange("2020-01-01", "2024-01-01", dtype="M8[D]"),
        "spans": np.arange(9).astype("m8[us]").reshape(3, 3).T,
        "big_endian": np.arange(9, dtype=">i4"),
        "big_dates": np.arange(9).astype(">M8[s]"),
        "masked": np.ma.masked_array(np.arange(100.0), mask=[0, 1] * 50),
        "objects": np.array([1, "x", None], dtype=object),
        "unicode": np.array(["a", "bcd"]),
        "halves": np.arange(9, dtype="f2"),
        "frozen": frozen,
        "mapped": np.load(path, mmap_mode="r"),
        "number": np.float32(2.5),
    }


def others() -> dict[str, Any]:
    """Return tables of other libraries, and plain values."""
    table = pa.table({"a": range(100_000), "b": ["x", None] * 50_000, "c": pa.array(["u", "v"] * 50_000)})
    frame = pl.DataFrame(
        {"a": [1, 2, None], "b": ["x", None, "z"], "c": [[1], [], None], "d": [dt.date(2024, 1, 1)] * 3}
    )
    nested: dict[str, Any] = {"a": [1, 2.5, None, "x", b"y"], "b": {"c": {1, 2}, "d": (True, 1 + 2j)}}
    return {
        "table": table,
        "table_slice": table.slice(70_000, 10),
        "encoded": table.set_column(2, "c", table["c"].dictionary_encode()).slice(5, 9),
        "batch": table.slice(3, 50).to_batches()[0],
        "arrow_array": pa.array(range(100_000)).slice(9, 5),
        "polars": frame,
        "polars_kinds": frame.with_columns(pl.col("b").cast(pl.Categorical), pl.col("a").cast(pl.Float32).alias("f")),
        "polars_series": frame["b"],
        "polars_empty": frame.head(0),
        "sparse_csr": sp.random(50, 40, 0.1, "csr", rng=np.random.default_rng(0)),
        "sparse_coo": sp.coo_array(np.eye(5)),
        "nested": nested,
        "counter": collections.Counter("hello"),
        "ordered": collections.OrderedDict(a=1),
        "long": b"x" * 100_000,
        "when": dt.datetime(2024, 1, 1, tzinfo=dt.UTC),
        "path": Path("a/b"),
    }


def every() -> dict[str, Any]:
    """Return all of them."""
    return {**frames(), **arrays(), **others()}
