"""Memory that several hold counts once: in one variable, and among variables."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from memadvise.measure.sizing.variables import sizes

MB = 10**6
WORDS = [f"a word of some length {number}" for number in range(40_000)]


def shares(*values: object) -> list[int]:
    """Return the sizes of several variables of one namespace."""
    return [size.nbytes for size in sizes({f"x{number}": value for number, value in enumerate(values)}).values()]


@pytest.mark.parametrize(
    "make",
    [
        lambda: (base := np.ones(125_000), base[10:][5:], base.reshape(100, -1)[::2].T, base.view("int64")),
        lambda: (base := b"1" * MB, memoryview(base), memoryview(base)[10:], np.frombuffer(base)),
        lambda: (base := bytearray(MB), memoryview(base)[5:], np.frombuffer(base, "int8")),
        lambda: (
            base := pd.DataFrame({"a": np.ones(125_000)}),
            base["a"],
            base[["a"]],
            base.iloc[10:20],
            base.copy(deep=False),
        ),
        lambda: (base := pa.array(np.ones(125_000)), base[5:10], pa.table({"a": base}), base.to_numpy()),
        lambda: (base := pa.array(WORDS).dictionary_encode(), base[5:], pa.chunked_array([base])),
        lambda: (base := pa.table({"a": np.ones(125_000)}), base.to_pandas(split_blocks=True), base.slice(1)),
        lambda: (base := pa.py_buffer(b"1" * MB), base.slice(10), pa.Array.from_buffers(pa.uint8(), 10, [None, base])),
        lambda: (base := pl.Series(np.ones(125_000)), base.clone(), base.slice(10, 10), base.to_frame(), base[5:]),
        lambda: (base := pl.DataFrame({"a": WORDS}), base.clone(), base.select("a"), base["a"], base.head(7)),
        lambda: (base := pl.Series(np.arange(125_000.0)), base.to_numpy(), base.to_arrow()),
    ],
    ids=[
        "numpy",
        "bytes",
        "bytearray",
        "pandas",
        "arrow",
        "dictionary",
        "to_pandas",
        "buffer",
        "series",
        "polars",
        "numpy of polars",
    ],
)
def test_among_variables(make: Any) -> None:
    """Views, slices, selections and conversions without a copy add next to nothing to what they were made of."""
    first, *others = shares(*make())

    assert first > 0.9 * MB
    assert max(others) < 20_000


@pytest.mark.parametrize(
    "make",
    [
        lambda: np.array_split(np.ones(125_000), 5000),
        lambda: [base[n:] for base in [memoryview(b"1" * MB)] for n in range(5000)],
        lambda: [frame.iloc[n : n + 5] for frame in [pd.DataFrame({"a": np.ones(125_000)})] for n in range(3000)],
        lambda: [array[n : n + 5] for array in [pa.array(np.ones(125_000))] for n in range(5000)],
        lambda: [series.slice(120_000 - n, 5) for series in [pl.Series(np.ones(125_000))] for n in range(5000)],
        lambda: {n: view for view in [np.ones(125_000)[5:]] for n in range(20_000)},
    ],
    ids=["array_split", "memoryview", "frames", "arrow", "polars", "dict"],
)
def test_within_a_sampled_variable(make: Any) -> None:
    """What each of thousands of slices keeps alive is not multiplied by those that were not looked at."""
    value = make()
    rest = 700 * len(value)  # the slices' own objects

    assert 0.95 * MB < sizes({"x": value})["x"].nbytes < 1.5 * MB + 4 * rest


def test_arrays_of_their_own_are_multiplied() -> None:
    """Five thousand arrays that share nothing take what they all take."""
    value = [np.ones(1000) for _ in range(5000)]

    assert sizes({"x": value})["x"].nbytes == pytest.approx(5000 * (8000 + 128 + 8), rel=0.02)


def test_few_bases_with_many_views() -> None:
    """Each base counts once, though a sample meets most of them once only."""
    bases = [np.ones(1000) for _ in range(200)]
    value = [bases[number % 200][number % 7 :] for number in range(20_000)]
    del bases

    assert sizes({"x": value})["x"].nbytes == pytest.approx(200 * 8000 + 20_000 * (128 + 8), rel=0.1)


def test_views_of_mapped_files_hold_nothing(tmp_path: Path) -> None:
    """Pages of a file can be taken back by the system."""
    mapped = np.memmap(tmp_path / "data", dtype="f8", mode="w+", shape=(125_000,))

    assert max(shares(mapped[10:], np.asarray(mapped), pd.Series(mapped, copy=False))) < 10_000


def test_text_of_polars_is_larger_than_polars_says() -> None:
    """Beside the letters, each row takes the 16 bytes that point to them."""
    series = pl.Series(WORDS)

    assert sizes({"x": series})["x"].nbytes >= series.estimated_size() + 16 * len(WORDS)
