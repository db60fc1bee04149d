"""Each library's kinds of values: the bytes of their data, here and on other devices."""

from __future__ import annotations

import sys
import types
from collections.abc import Iterator
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from scipy import sparse

from memadvise.measure.sizing.variables import Size, sizes

MB = 10**6
ONES = np.ones((100, 1000))


def found(value: object) -> Size:
    """Return what is found of one variable."""
    return sizes({"x": value})["x"]


@pytest.mark.filterwarnings("ignore::scipy.sparse.SparseEfficiencyWarning")
@pytest.mark.parametrize("form", ["bsr", "coo", "csc", "csr", "dia", "dok", "lil"])
@pytest.mark.parametrize("kind", ["array", "matrix"])
def test_sparse(form: str, kind: str) -> None:
    """Whatever the format, all of its arrays or dicts count, and no dense copy is made."""
    value = getattr(sparse, f"{form}_{kind}")(ONES)
    least = 8 * ONES.size * (1 if form in ("bsr", "dia") else 1.5 if form in ("csr", "csc", "lil") else 2)

    assert 0.95 * least < found(value).nbytes < 40 * ONES.size * 8


RECORDS = np.zeros(10_000, dtype=[("a", "f8"), ("held", "O")])
RECORDS["held"] = [[0.5 * number] for number in range(10_000)]


@pytest.mark.parametrize(
    ("value", "truth"),
    [
        (np.ma.masked_array(np.ones(100_000), np.ones(100_000, bool)), 900_000),
        (np.zeros(10_000, dtype=[("a", "f8"), ("b", "i4", 3)]), 200_000),
        (RECORDS, 10_000 * (16 + 80 + 32)),
        (np.array([str(number) * 10 for number in range(10_000)], dtype=object), 10_000 * (8 + 96)),
        (np.matrix(np.ones((100, 100))), 80_000),
        (pd.Categorical(np.arange(10_000) % 7), 10_000),
        (pd.Series(pd.arrays.SparseArray(np.ones(10_000))), 120_000),
        (pd.Series(np.ones(10_000), dtype="Float64"), 90_000),
        (pd.Series(np.ones(10_000), dtype="boolean"), 20_000),
        (pd.Series(pd.date_range("2020-01-01", periods=10_000, tz="Europe/Rome")), 80_000),
        (pd.Series(pd.interval_range(0, 10_000)), 160_000),
        (pd.Series(np.ones(10_000), dtype="float64[pyarrow]"), 80_000),
        (pa.array(["word", None] * 10_000), 20_000 * 4 + 40_000 + 2500),
        (pa.array([[1.0, 2.0]] * 10_000), 200_000),
        (pl.Series([[1.0, 2.0]] * 10_000), 240_000),
        (pl.Series([{"a": 1, "b": 2.0}] * 10_000), 160_000),
        (pl.Series([True, None] * 40_000), 20_000),
        (pl.Series(np.ones(10_000)).cast(pl.Decimal(10, 2)), 160_000),
        (pl.Series(["short"] * 10_000), 160_000),
        (pl.Series(["a", "b"] * 5000, dtype=pl.Categorical), 40_000),
    ],
    ids=lambda value: type(value).__name__,
)
def test_known_sizes(value: object, truth: int) -> None:
    """Data, masks, fields of records, codes and offsets count."""
    assert found(value).nbytes == pytest.approx(truth, rel=0.1)


def test_multi_index() -> None:
    """Codes and levels count; the tuples that it stands for are not made."""
    index = pd.MultiIndex.from_product([range(100), range(100)])
    actual = found(pd.DataFrame({"a": np.ones(10_000)}, index=index))

    assert 100_000 < actual.nbytes < 400_000
    assert "_values" not in index._cache


def test_what_is_lazy_is_not_run() -> None:
    """A plan of polars and a relation of DuckDB are small until they are asked."""
    lazy = pl.DataFrame({"a": np.ones(125_000)}).lazy()
    relation = duckdb.connect().sql("select * from range(1000000)")

    assert max(found(lazy).nbytes, found(relation).nbytes) < 5000


class Storage:
    """The memory of stand-in tensors."""

    def __init__(self, address: int, nbytes: int) -> None:
        self.address, self.size = address, nbytes

    def data_ptr(self) -> int:
        """Return the address."""
        return self.address

    def nbytes(self) -> int:
        """Return the size in bytes."""
        return self.size


class Tensor:
    """A stand-in for a tensor of torch."""

    def __init__(self, address: int, nbytes: int, device: str = "cpu", grad: Any = None) -> None:
        self.storage, self.device = Storage(address, nbytes), types.SimpleNamespace(type=device)
        self.grad, self.is_leaf, self.layout = grad, True, "torch.strided"

    def untyped_storage(self) -> Storage:
        """Return the storage."""
        return self.storage

    def element_size(self) -> int:
        """Return the bytes of one number."""
        return 4


@pytest.fixture
def torch(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let there be a torch."""
    Tensor.__module__ = "torch"
    monkeypatch.setitem(sys.modules, "torch", types.SimpleNamespace(Tensor=Tensor))  # type: ignore[arg-type]
    return


@pytest.mark.usefixtures("torch")
class TestTensors:
    """Tensors here, and on other devices."""

    def test_here(self) -> None:
        """A tensor counts with its storage and its gradient."""
        actual = found(Tensor(1 << 50, MB, grad=Tensor(2 << 50, MB)))

        assert (actual.nbytes, actual.device_bytes) == (pytest.approx(2 * MB, rel=0.01), 0)

    def test_views(self) -> None:
        """Two tensors on one storage count it once."""
        actual = sizes({"a": Tensor(1 << 50, MB), "b": Tensor(1 << 50, MB)})

        assert actual["b"].nbytes < 5000 < actual["a"].nbytes

    def test_on_a_device(self) -> None:
        """Memory of another device is told apart, once."""
        first, second = Tensor(1 << 50, MB, "cuda"), Tensor(1 << 50, MB, "cuda")
        actual = sizes({"a": [first, second], "b": second})

        assert [actual["a"].device_bytes + actual["b"].device_bytes, max(s.nbytes < 5000 for s in actual.values())] == [
            MB,
            True,
        ]

    def test_without_memory(self) -> None:
        """A tensor that has a shape only holds nothing."""
        assert found(Tensor(0, MB, "meta")).nbytes < 5000

    def test_module(self) -> None:
        """A module holds its parameters as any object holds its attributes."""
        layers = [types.SimpleNamespace(_parameters={"weight": Tensor((n + 1) << 50, MB)}) for n in range(5)]

        assert found(types.SimpleNamespace(_modules=layers)).nbytes == pytest.approx(5 * MB, rel=0.02)

    def test_many_on_a_device(self) -> None:
        """The device's bytes of a sampled list are an estimate, too."""
        batches = [Tensor((n + 1) << 30, 1000, "cuda") for n in range(5000)]

        assert found(batches).device_bytes == pytest.approx(5 * MB, rel=0.01)
