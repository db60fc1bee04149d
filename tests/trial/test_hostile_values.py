"""No value makes a snapshot raise, runs its own code in it, or is changed by it."""

from __future__ import annotations

import datetime as dt
import pickle
import subprocess
import sys
import warnings
from collections import defaultdict

import matplotlib.figure
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from two_runs import class_of, verify

from memadvise.model import ResultClass
from memadvise.trial import Snapshot, compare, snapshot


def _raise(*_: object, **__: object) -> object:
    raise RuntimeError("the person's code was run")


NAMES = [
    "__eq__",
    "__ne__",
    "__hash__",
    "__len__",
    "__repr__",
    "__str__",
    "__getattr__",
    "__getattribute__",
    "__iter__",
    "__bool__",
    "__float__",
    "__int__",
    "__index__",
    "__array__",
    "__reduce__",
    "__reduce_ex__",
    "__sizeof__",
    "__dir__",
    "__format__",
    "__lt__",
    "__getitem__",
    "__contains__",
    "keys",
    "items",
]
HOSTILE = dict.fromkeys(NAMES, _raise)
Hostile = type("Hostile", (), HOSTILE)
HostileStr = type("HostileStr", (str,), HOSTILE)
HostileFloat = type("HostileFloat", (float,), HOSTILE)
HostileList = type("HostileList", (list,), HOSTILE)
HostileDict = type("HostileDict", (dict,), HOSTILE)
HostileFrame = type("HostileFrame", (pd.DataFrame,), HOSTILE)
HostileArray = type("HostileArray", (np.ndarray,), {"__array_finalize__": lambda *_: None, **HOSTILE})
HostileZone = type(
    "HostileZone", (dt.tzinfo,), dict.fromkeys(("utcoffset", "tzname", "dst", "__str__", "__repr__"), _raise)
)
HostileMeta = type(
    "HostileMeta", (type,), dict.fromkeys(("__getattribute__", "__instancecheck__", "__eq__", "__repr__"), _raise)
)
NoModule = type("NoModule", (), {"__module__": Hostile()})


def _hostile_array() -> np.ndarray[tuple[int], np.dtype[np.object_]]:
    """Return an array of hostile objects; numpy looks at those that it is given at once."""
    values = np.empty(3, dtype=object)
    for place in range(3):
        values[place] = Hostile()
    return values


def _hostile_frame() -> pd.DataFrame:
    """Return a frame that holds hostile objects; they go in behind its back, since pandas itself looks at new ones."""
    values = np.empty(2, dtype=object)
    frame = pd.DataFrame({"o": values}, copy=False)
    values[0], values[1] = Hostile(), Hostile()
    assert type(frame["o"].array[0]) is Hostile
    return frame


def _endless() -> list[object]:
    values: list[object] = []
    values.append(values)
    return values


def _deep() -> list[object]:
    values: list[object] = []
    for _ in range(100_000):
        values = [values]
    return values


def _exponential() -> list[object]:
    values: list[object] = []
    for _ in range(19):
        values = [values] * 2
    return values


OPAQUE = {
    "object": object(),
    "hostile": Hostile(),
    "str": HostileStr("x"),
    "float": HostileFloat(1),
    "frame": HostileFrame({"a": [1]}),
    "array": np.arange(3).view(HostileArray),
    "class": Hostile,
    "module": sys,
    "function": _raise,
    "generator": (number for number in range(3)),
    "group by": pd.DataFrame({"a": [1]}).groupby("a"),
    "lazy frame": pl.LazyFrame({"a": [1]}),
    "figure": matplotlib.figure.Figure(),
    "axes": matplotlib.figure.Figure().subplots(),
    "of no module": NoModule(),
    "metaclass": HostileMeta("OfMeta", (), {})(),
    "memoryview": memoryview(b"x"),
    "file": sys.stdout,
}


@pytest.mark.parametrize("name", OPAQUE)
def test_what_cannot_be_looked_into_is_opaque(name: str) -> None:
    """Only the type is known; two of one type are listed as not compared, and never as equal."""
    before = snapshot(OPAQUE[name])

    assert before.kind == "opaque"
    assert pickle.loads(pickle.dumps(before)) == before
    verdict = compare({"x": before}, {"x": snapshot(OPAQUE[name])})
    assert verdict.not_compared == ("x",)
    assert verdict.compared == ()


def test_opaque_values_of_two_types_are_different() -> None:
    """A function that became a figure is `different`."""
    assert verify(_raise, matplotlib.figure.Figure()).result is ResultClass.DIFFERENT
    assert verify(Hostile(), 3).result is ResultClass.DIFFERENT


PARTLY = {
    "in a list": [1, Hostile()],
    "in a list subclass": HostileList([1, Hostile()]),
    "in a dict": {"a": 1, "b": Hostile()},
    "in a dict subclass": HostileDict(a=Hostile()),
    "as a key": {object(): 1},
    "in a frame": _hostile_frame(),
    "as a column label": pd.DataFrame([[1]], columns=[object()]),
    "in many rows": [Hostile()] * 2000,
    "in a set": {object() for _ in range(3)},
    "zone": [dt.datetime(2020, 1, 1, tzinfo=HostileZone())],
    "itself": _endless(),
    "deep": _deep(),
    "wide": _exponential(),
    "array of objects": _hostile_array(),
    "factory": defaultdict(Hostile, a=[Hostile()]),
}


@pytest.mark.parametrize("name", PARTLY)
def test_what_can_be_looked_into_in_part(name: str) -> None:
    """A value with opaque elements is never called equal without saying what was not compared."""
    verdict = verify(PARTLY[name], PARTLY[name])

    assert verdict.equal
    assert verdict.not_compared


def test_the_rest_of_a_partly_opaque_value_is_compared() -> None:
    """A changed number beside a model is found; the model is named as not compared."""
    before, after = ({"model": Hostile(), "score": score} for score in (0.5, 0.75))
    verdict = verify(before, after)

    assert verdict.result is ResultClass.DIFFERENT
    assert verdict.not_compared == ("x['model']",)
    assert [difference.found for difference in verdict.differences] == ["['score']: 0.5 -> 0.75"]


def test_an_opaque_element_is_not_forgotten_over_its_neighbours() -> None:
    """What could not be looked into is said, however many frames, with labels of their own, stand beside it."""
    values = [Hostile(), *[pd.DataFrame({"a": [1]})] * 1500, {1: set(range(2000))}]

    assert verify(values, values).not_compared
    assert verify(values[::-1], values[::-1]).not_compared


def test_no_warning_reaches_the_person() -> None:
    """Odd numbers, mixed labels and huge values make no warning."""
    values = [
        np.array([np.nan, np.inf, -np.inf, 1e308]).astype("f4", casting="unsafe")
        if False
        else np.array([np.inf, np.nan]),
        np.array([np.iinfo("i8").min, np.iinfo("i8").max]),
        pd.DataFrame({1: [1], "a": [2]}),
        np.longdouble("1e4000"),
        [10**400, 1.5],
    ]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for value in values:
            snapshot(value)
        verify(np.array([np.inf, 1e308]), np.array([-np.inf, -1e308]))


def test_a_half_read_index_stays_as_it_was() -> None:
    """No engine, no written-out range and no tuples are left in the person's indexes."""
    indexes = [
        pd.RangeIndex(1000),
        pd.Index(["a", "b"]),
        pd.MultiIndex.from_product([["a", "b"], range(3)]),
        pd.CategoricalIndex(["a", "b"]),
        pd.date_range("2020", periods=3),
        pd.period_range("2020", periods=3),
        pd.interval_range(0, 3),
    ]
    for index in indexes:
        frame = pd.DataFrame({"a": np.arange(len(index))}, index=index)
        index._cache.clear()
        snapshot(index)
        snapshot(frame)
        snapshot(frame.T)

        assert set(index._cache) <= {"array", "levels", "dtype", "_references"}  # the last is copy-on-write's


def test_the_value_is_not_written_to() -> None:
    """Read-only arrays can be read, and arrays keep their bytes."""
    values = np.array([-0.0, np.nan, 1.5])
    values.flags.writeable = False
    content = values.tobytes()
    snapshot(values)

    assert values.tobytes() == content


def test_a_frame_that_changes_later_is_not_held() -> None:
    """A snapshot holds no reference to the value."""
    import weakref

    array = np.arange(10.0)
    gone = weakref.ref(array)
    kept = snapshot(pd.DataFrame({"a": array}, copy=False))
    del array

    assert isinstance(kept, Snapshot)
    assert gone() is None


def test_plain_values_import_no_library() -> None:
    """Without NumPy and pandas in the kernel, a snapshot of plain values imports neither, nor does comparing."""
    code = (
        "import sys\n"
        "from memadvise.trial import compare, snapshot\n"
        "value = {'a': [1, 2.5, 'x', None, {1}], 'b': (True, b'y', 1j)}\n"
        "compare({'v': snapshot(value)}, {'v': snapshot(value)})\n"
        "print(sorted({'numpy', 'pandas', 'pyarrow', 'polars', 'scipy'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "[]"


def test_a_library_that_is_there_is_not_joined_by_others() -> None:
    """A NumPy array imports neither pandas nor pyarrow."""
    code = (
        "import sys, numpy\n"
        "from memadvise.trial import snapshot\n"
        "assert snapshot(numpy.arange(3)).kind == 'numpy.ndarray'\n"
        "print(sorted({'pandas', 'pyarrow', 'polars', 'scipy'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "[]"


def test_another_process_gives_the_same_snapshot() -> None:
    """Digests don't depend on the process: hash seeds and addresses have no part in them."""
    code = (
        "import pickle, sys, pandas as pd\n"
        "from memadvise.trial import snapshot\n"
        "value = {'s': {'a', 'b', 1}, 'f': pd.DataFrame({'t': ['x', None], 'n': [1.5, None]})}\n"
        "sys.stdout.buffer.write(pickle.dumps(snapshot(value)))"
    )
    runs = [subprocess.run([sys.executable, "-c", code], capture_output=True, check=True).stdout for _ in range(2)]
    before, after = (pickle.loads(run) for run in runs)

    assert compare({"x": before}, {"x": after}).result is ResultClass.IDENTICAL
    assert not before.opaque


def test_a_column_that_cannot_be_read_does_not_hide_the_others() -> None:
    """A third party's array that raises is not compared; the frame's other columns are."""

    class Broken(pd.arrays.IntegerArray):
        def __getitem__(self, item: object) -> object:
            raise RuntimeError

    broken = Broken(np.array([1, 2]), np.array([False, False]))
    before = pd.DataFrame({"a": [1, 2]})
    before["b"] = broken
    after = before.assign(a=[1, 3])
    verdict = verify(before, after)

    assert verdict.result is ResultClass.DIFFERENT
    assert verdict.not_compared == ("x: column 'b'",)
    assert verify(before, before).not_compared == ("x: column 'b'",)


def test_arrow_of_unusual_types() -> None:
    """Maps, structs, unions of times and extension types are compared by their values."""
    struct = pa.array([{"a": 1}, None, {"a": None}])
    assert class_of(struct, struct.slice(0)) is ResultClass.IDENTICAL
    assert class_of(struct, pa.array([{"a": 1}, None, {"a": 2}])) is ResultClass.DIFFERENT
    maps = pa.array([[("k", 1)], None], pa.map_(pa.string(), pa.int8()))
    assert class_of(maps, pa.array(maps.to_pylist(), maps.type)) is ResultClass.IDENTICAL
