"""What variables hold: every buffer once, no code of the person run, nothing raised."""

from __future__ import annotations

import math
import sys
import types
from array import array
from collections import OrderedDict, defaultdict, deque
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from scipy import sparse

from memadvise.measure.sizing.variables import changes, sizes
from memadvise.model import VariableUse

MB = 10**6
WORDS = [f"word {number}" for number in range(10_000)]


def nbytes(value: object) -> int:
    """Return the size that one variable is given."""
    return sizes({"x": value})["x"].nbytes


def used(before: dict[str, Any], after: dict[str, Any]) -> dict[str, VariableUse]:
    """Return what changed between two namespaces, by name."""
    return {use.name: use for use in changes(sizes(before), sizes(after))}


def shares(*values: object) -> list[int]:
    """Return the sizes of several variables of one namespace."""
    return [size.nbytes for size in sizes({f"x{number}": value for number, value in enumerate(values)}).values()]


@pytest.mark.parametrize(
    ("value", "truth"),
    [
        (np.ones(125_000), MB),
        (b"1" * MB, MB),
        ("1" * MB, MB),
        (bytearray(MB), MB),
        (array("d", [0.0]) * 125_000, MB),
        (memoryview(b"1" * MB), MB),
        (pd.Series(np.ones(125_000)), MB),
        (pd.DataFrame(np.ones((12_500, 10))), MB),
        (pd.DataFrame({"a": np.ones(62_500), "b": np.ones(62_500)}), MB),
        (pd.Categorical.from_codes(np.zeros(MB, dtype="int8"), ["a"]), MB),
        (pd.Series([1, None] * 50_000, dtype="Int64"), 900_000),
        (pd.Series(pd.date_range("2020-01-01", periods=125_000, freq="s")), MB),
        (pd.DataFrame({"a": np.ones(62_500)}, index=np.arange(62_500) * 2), MB),
        (pa.table({"a": np.ones(125_000)}), MB),
        (pa.chunked_array([np.ones(62_500), np.ones(62_500)]), MB),
        (pa.record_batch({"a": np.ones(125_000)}), MB),
        (pl.DataFrame({"a": np.ones(125_000)}), MB),
        (pl.Series(np.ones(125_000)), MB),
        (sparse.csr_matrix(np.ones((100, 1000))), 1_200_000),
        (sparse.coo_array(np.ones((100, 1000))), 1_600_000),
        ({"a": np.ones(62_500), "b": [np.ones(62_500)]}, MB),
        (types.SimpleNamespace(model=types.SimpleNamespace(weights=np.ones(125_000))), MB),
    ],
    ids=lambda value: type(value).__name__,
)
def test_known_sizes(value: object, truth: int) -> None:
    """Each kind of value is given the bytes of its data."""
    assert nbytes(value) == pytest.approx(truth, rel=0.02)


@pytest.mark.parametrize("dtype", ["str", "string", "category", object])
def test_text_columns(dtype: Any) -> None:
    """Text is sized by where it is held: Arrow buffers, Python strings, or categories."""
    series = pd.Series(WORDS, dtype=dtype)

    actual = nbytes(series)

    assert 80_000 < actual < 2_000_000
    assert actual >= 0.8 * len(WORDS) * (60 if dtype is object else 20)


class TestSharedMemory:
    """What several variables share counts with the first of them."""

    def test_views(self) -> None:
        """A view of an array costs next to nothing beside the array."""
        base = np.ones(125_000)

        assert shares(base, base[:10], base.reshape(100, -1), base)[1:] == pytest.approx([0, 0, 0], abs=500)

    def test_a_view_alone_holds_the_whole(self) -> None:
        """A slice of ten numbers whose base has no name keeps the base alive."""
        assert nbytes(np.ones(125_000)[:10]) == pytest.approx(MB, rel=0.01)

    def test_frames(self) -> None:
        """Copy-on-write frames and columns share their blocks."""
        frame = pd.DataFrame({"a": np.ones(125_000), "s": ["x"] * 125_000})

        actual = shares(frame, frame[["a"]], frame["s"], frame.head(), frame.copy(deep=False))

        assert actual[0] > MB
        assert actual[1:] == pytest.approx([0] * 4, abs=3000)

    def test_frame_and_the_array_below_it(self) -> None:
        """A frame made of an array without a copy does not count it again."""
        data = np.ones((12_500, 10))

        assert shares(data, pd.DataFrame(data, copy=False))[1] < 10_000

    def test_arrow(self) -> None:
        """A slice, a selection of columns and a frame on the same buffers add nothing."""
        table = pa.table({"a": np.ones(125_000), "s": WORDS * 12 + WORDS[:5000]})

        actual = shares(table, table.slice(5, 10), table.select(["a"]), table["s"])

        assert actual[1:] == pytest.approx([0] * 3, abs=500)

    def test_within_one_variable(self) -> None:
        """The same array a hundred times in a list counts once."""
        assert nbytes([np.ones(125_000)] * 50) == pytest.approx(MB, rel=0.01)

    def test_a_model_does_not_take_the_frames_bytes(self) -> None:
        """Data counts under its own name, though an object that refers to it was bound before."""
        frame = pd.DataFrame(np.ones((12_500, 10)))
        namespace = {"model": types.SimpleNamespace(fitted_on=frame), "frame": frame}

        actual = sizes(namespace)

        assert actual["frame"].nbytes == pytest.approx(MB, rel=0.02)
        assert actual["model"].nbytes < 10_000

    def test_an_object_that_refers_to_the_namespace(self) -> None:
        """The namespace that a shell object refers to is not what that variable holds."""
        namespace: dict[str, Any] = {"big": [list(range(1000))]}
        namespace["shell"] = types.SimpleNamespace(user_ns=namespace)

        assert sizes(namespace)["shell"].nbytes < 5000


class TestSampledContainers:
    """Containers are estimated from some of their elements."""

    @pytest.mark.parametrize(
        ("value", "truth"),
        [
            (list(range(1000, 1_001_000)), 8 * MB + 32 * MB),
            (tuple(range(1000, 101_000)), 4 * MB),
            ([1.5] * 1_000_000, 8 * MB),
            ([{"a": number + 1000, "b": str(number)} for number in range(10_000)], 10_000 * (8 + 192 + 32 + 64)),
            ({number + 1000: bytes(100) for number in range(100_000)}, 100_000 * (32 + 144) + 5_242_960),
            (deque(range(1000, 101_000)), 4 * MB),
            (set(range(1000, 101_000)), 100_000 * 32 + 4_194_520),
            (defaultdict(list, {"k": [0.0] * 125_000}), MB),
            (OrderedDict(k=[0.0] * 125_000), MB + 500),
        ],
        ids=lambda value: type(value).__name__,
    )
    def test_estimates(self, value: object, truth: int) -> None:
        """The estimate of an even container is within a quarter of the truth."""
        assert nbytes(value) == pytest.approx(truth, rel=0.25)

    def test_repeated_objects(self) -> None:
        """A column of few distinct Python strings is charged for the pointers, not for each string."""
        series = pd.Series(["a long string that repeats " * 4] * 100_000, dtype=object)

        assert nbytes(series) == pytest.approx(800_000, rel=0.02)

    def test_same_value_same_estimate(self) -> None:
        """Two looks at an unchanged container find the same size, else it would seem to have grown."""
        namespace = {"x": [{"a": str(number), "b": [number]} for number in range(20_000)]}

        assert sizes(namespace) == sizes(namespace)

    def test_circles(self) -> None:
        """A list that contains itself is counted once."""
        circle: list[Any] = [b"1" * MB]
        circle.append(circle)

        assert nbytes(circle) == pytest.approx(MB, rel=0.01)

    def test_deep_nesting(self) -> None:
        """A list in a list in a list, ten thousand deep, ends."""
        nested: list[Any] = []
        for _ in range(10_000):
            nested = [nested]

        assert nbytes(nested) > 0


class TestChanges:
    """What a cell made, bound anew, grew or shrank."""

    def test_made(self) -> None:
        """A new name is told with all its bytes."""
        actual = used({}, {"x": np.ones(125_000)})["x"]

        assert (actual.type, actual.change_bytes) == ("ndarray", actual.nbytes)

    def test_grown(self) -> None:
        """A list that was appended to is told with what was added."""
        grown = [1.5] * 1000
        before = sizes({"x": grown})
        grown.extend([1.5] * 125_000)

        (actual,) = changes(before, sizes({"x": grown}))

        assert actual.change_bytes == pytest.approx(MB, rel=0.2)

    def test_shrunk(self) -> None:
        """A smaller value under the same name is told as a negative change."""
        assert used({"x": np.ones(125_000)}, {"x": np.ones(1)})["x"].change_bytes == pytest.approx(-MB, rel=0.01)

    def test_bound_anew(self) -> None:
        """A cell that is run again makes the same variable again: told, with no change."""
        old, new = np.ones(125_000), np.ones(125_000)
        actual = used({"x": old}, {"x": new})["x"]

        assert (actual.change_bytes, actual.nbytes) == (0, pytest.approx(MB, rel=0.01))

    def test_unchanged(self) -> None:
        """What the cell left alone is not told."""
        kept = {"x": np.ones(1000), "y": [1, 2, 3], "z": pd.DataFrame({"a": WORDS})}

        assert used(kept, kept) == {}

    def test_largest_change_first(self) -> None:
        """The order is by what changed most."""
        after = {"small": b"1", "large": b"1" * MB, "middle": b"1" * 1000}

        assert list(used({}, after)) == ["large", "middle", "small"]

    def test_what_is_no_variable(self) -> None:
        """Private names, IPython's own, modules, functions and classes are not told."""
        names = {"_": 1, "_i1": "", "In": [], "Out": {}, "exit": 1, "quit": 1, "get_ipython": len, "np": np}
        names |= {"f": lambda: 0, "C": type("C", (), {}), "builtin": len, "method": "".join}

        assert used({}, names) == {}

    def test_columns_of_a_frame(self) -> None:
        """A frame's columns are told, the largest first, with labels as text."""
        frame = pd.DataFrame({1: np.zeros(1000, "int8"), "wide": np.zeros(1000), None: np.zeros(1000, "int16")})

        actual = used({}, {"x": frame})["x"].columns

        assert [(label, size) for label, size in actual if size] == [("wide", 8000), (actual[1][0], 2000), ("1", 1000)]

    def test_duplicate_columns(self) -> None:
        """Columns of one name are told one by one."""
        frame = pd.DataFrame(np.ones((1000, 3)), columns=["a", "a", "a"])

        assert used({}, {"x": frame})["x"].columns == (("a", 8000),) * 3

    def test_wide_frame_is_bounded(self) -> None:
        """Of 2,000 columns the 50 largest are told, and the size is that of all."""
        frame = pd.DataFrame({f"c{number}": np.ones(100) for number in range(2000)})
        actual = used({}, {"x": frame})["x"]

        assert len(actual.columns) == 50
        assert actual.nbytes == pytest.approx(2000 * 800, rel=0.15)

    @pytest.mark.parametrize("frame", [pd.DataFrame(), pd.DataFrame({"a": []}), pd.DataFrame(index=range(10))])
    def test_empty_frames(self, frame: pd.DataFrame) -> None:
        """Frames without rows or columns are told like any other."""
        assert used({}, {"x": frame})["x"].type == "DataFrame"


class Raises:
    """Raises whatever is asked of it."""

    def __getattribute__(self, name: str) -> Any:
        raise RuntimeError(name)

    def __sizeof__(self) -> int:
        raise RuntimeError

    def __len__(self) -> int:
        raise RuntimeError

    def __eq__(self, other: object) -> bool:
        raise RuntimeError

    def __hash__(self) -> int:
        raise RuntimeError

    def __bool__(self) -> bool:
        raise RuntimeError

    def __repr__(self) -> str:
        raise RuntimeError


class Lies(list[int]):
    """Says that it is something else."""

    @property
    def __class__(self) -> Any:  # type: ignore[override]
        return pd.DataFrame

    def __len__(self) -> int:
        return 10**9

    def __iter__(self) -> Any:
        raise RuntimeError

    def __getitem__(self, index: Any) -> Any:
        raise RuntimeError

    def __sizeof__(self) -> int:
        return -5


class Proxy:
    """Does a lot of work as soon as it is looked at."""

    looked = False

    def __getattr__(self, name: str) -> Any:
        Proxy.looked = True
        raise RuntimeError(name)

    @property
    def __dict__(self) -> Any:  # type: ignore[override]
        Proxy.looked = True
        raise RuntimeError

    @property
    def nbytes(self) -> int:
        """Raise, and remember that somebody asked."""
        Proxy.looked = True
        raise RuntimeError


class Meta(type):
    """A class of classes that raises, too."""

    def __getattribute__(cls, name: str) -> Any:
        raise RuntimeError(name)


class OfMeta(metaclass=Meta):
    """An instance of a hostile class of classes."""


class BrokenFrame(pd.DataFrame):
    """A frame that lost its inside."""

    @property
    def columns(self) -> Any:  # type: ignore[override]
        """Raise."""
        raise RuntimeError


HOSTILE: dict[str, Callable[[], object]] = {
    "raises": lambda: Raises(),
    "lies": lambda: Lies([1, 2, 3]),
    "proxy": lambda: Proxy(),
    "of a hostile metaclass": lambda: OfMeta(),
    "broken frame": lambda: BrokenFrame({"a": [1]}),
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_hostile_objects(kind: str) -> None:
    """Objects that raise or lie are given a size, alone, in containers and as attributes, and nothing is raised."""
    make = HOSTILE[kind]
    for value in (make(), [make()], {"k": make()}, types.SimpleNamespace(held=make())):
        actual = nbytes(value)

        assert 0 <= actual < MB


def test_proxies_are_not_touched() -> None:
    """A lazy object does not load what it stands for because it was measured."""
    nbytes(Proxy())

    assert Proxy.looked is False


def test_memory_mapped_files_are_not_held(tmp_path: Path) -> None:
    """An array on a file takes no memory that the system could not take back."""
    mapped = np.memmap(tmp_path / "data", dtype="f8", mode="w+", shape=(125_000,))

    assert nbytes(mapped) < 10_000


def test_an_index_that_was_looked_up_holds_its_hash_table() -> None:
    """The first lookup by label builds a table that can be larger than the index itself."""
    index = pd.Index(np.arange(100_000) * 7 % 100_003)
    before = nbytes(index)
    index.get_loc(14)

    assert nbytes(index) > before + 800_000


def test_names_that_change_meanwhile() -> None:
    """A namespace that never stands still is measured as far as it lets itself be."""

    class Restless(dict[str, object]):
        def items(self) -> Any:
            raise RuntimeError("dictionary changed size during iteration")

    assert sizes(Restless(x=1)) == {}


def test_object_column_of_mixed_values() -> None:
    """A column that repeats a pattern is sampled across the pattern: lists, numbers and missing values."""
    series = pd.Series([value for _ in range(1000) for value in ([0.0] * 100, 1, math.nan, None)], dtype=object)

    assert nbytes(series) == pytest.approx(32_000 + 1000 * sys.getsizeof([0.0] * 100), rel=0.2)


def test_a_range_is_not_made_into_numbers() -> None:
    """Measuring a frame does not make its range index store what it stands for."""
    frame = pd.DataFrame({"a": np.ones(1000)})
    nbytes(frame)

    assert "_data" not in frame.index._cache
