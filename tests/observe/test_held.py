"""What holds large values: names, outputs, shared memory, and what would be free without each."""

from __future__ import annotations

import time
from typing import Any

import numpy as np
import pandas as pd
import pytest

from memadvise.model import Held
from memadvise.observe import held
from memadvise.observe.held import held_values

MIB = 2**20


def _held(namespace: dict[str, Any]) -> dict[str, Held]:
    return {one.name: one for one in held_values(namespace, time.monotonic() + 60)}


def _frame(columns: int = 4) -> pd.DataFrame:
    return pd.DataFrame({f"c{number}": np.arange(MIB / 2) for number in range(columns)})


def test_a_value_of_its_own_would_be_free_without_its_name() -> None:
    """Bytes of a frame, an array and a list that nothing else holds."""
    found = _held({"df": _frame(), "a": np.ones(MIB), "rows": [float(n) for n in range(100_000)], "n": 3})

    assert list(found) == ["df", "a", "rows"]
    assert found["df"].type == "pandas.DataFrame"
    assert (found["a"].type, found["a"].alone_bytes // MIB) == ("numpy.ndarray", 8)
    assert found["df"].alone_bytes == pytest.approx(16 * MIB, rel=0.01)
    assert found["rows"].type == "list"
    assert found["rows"].alone_bytes == pytest.approx(100_000 * (8 + 32), rel=0.2)
    assert not any(one.elsewhere or one.shares or one.others or one.outputs for one in found.values())


def test_another_name_for_the_same_object_leaves_nothing_alone() -> None:
    """Both names are told, each with the other."""
    frame = _frame()
    namespace = {"df": frame, "other": frame}
    del frame

    found = _held(namespace)

    assert (found["df"].others, found["other"].others) == (("other",), ("df",))
    assert (found["df"].alone_bytes, found["other"].alone_bytes) == (0, 0)


def test_memory_that_is_shared_is_not_alone() -> None:
    """A view, a lazy copy, and a frame of some of the columns."""
    namespace: dict[str, Any] = {"a": np.ones(MIB), "df": _frame()}
    namespace |= {"v": namespace["a"][::2], "lazy": namespace["df"].copy(deep=False)}

    found = _held(namespace)

    assert found["a"].shares == ("v",)
    assert found["a"].elsewhere  # the view refers to the array
    assert found["a"].alone_bytes < 1000
    assert found["df"].shares == ("lazy",)
    assert found["df"].alone_bytes < 1000


def test_a_part_that_is_shared_leaves_the_rest_alone() -> None:
    """Columns that lie apart are shared one by one."""
    made = {f"c{number}": pd.Series(np.arange(MIB / 2)) for number in range(4)}
    df = pd.concat(made, axis=1)
    df["c9"] = np.ones(MIB // 2)
    namespace = {"df": df, "part": df[["c9"]]}
    del df

    assert _held(namespace)["df"].alone_bytes == pytest.approx(16 * MIB, rel=0.01)


@pytest.mark.parametrize("box", [lambda value: [value], lambda value: lambda: value, lambda value: value.groupby("c0")])
def test_a_container_or_closure_refers_to_it(box: Any) -> None:
    """A name is not the only reference."""
    namespace = {"df": _frame()}
    namespace["box"] = box(namespace["df"])

    assert _held(namespace)["df"].elsewhere


def test_outputs_are_told_by_number_and_code() -> None:
    """A displayed frame without a name is told as `Out[2]`, with its code; one with a name is that name."""
    frame = _frame()
    namespace = {"df": frame, "In": ["", "df", "df * 2"], "Out": {1: frame, 2: frame * 2}}
    del frame

    found = _held(namespace)

    assert found["df"].outputs == (1,)
    assert (found["Out[2]"].outputs, found["Out[2]"].code) == ((2,), "df * 2")
    assert found["Out[2]"].alone_bytes == pytest.approx(16 * MIB, rel=0.01)


@pytest.mark.parametrize("hidden", ["_", "__", "_2", "_i", "_oh", "In", "__name__"])
def test_names_of_ipython_are_not_the_persons(hidden: str) -> None:
    """`_2` is the output, not another name of it; `_mine` is the person's."""
    found = _held({hidden: np.ones(MIB), "_mine": np.ones(MIB)})

    assert list(found) == ["_mine"]


def test_the_layout_of_columns_is_told() -> None:
    """Each for itself, together, with gaps; an array in C order, in another, as a view, read-only."""
    base = np.ones((600, 600))
    frame = pd.DataFrame(np.ones((MIB // 4, 3)), columns=["a", "b", "c"])
    locked = np.ones(MIB)
    locked.flags.writeable = False
    namespace = {"one": _frame(1), "packed": frame, "gaps": frame.iloc[::2], "text": pd.Series(["x" * 50] * 50_000),
                 "c": np.ones((600, 600)), "f": np.asfortranarray(base), "view": base[:], "locked": locked}  # fmt: skip

    found = {name: (one.layout, one.dtypes) for name, one in _held(namespace).items()}

    assert found["one"] == ("split", ("float64",))
    assert found["packed"] == ("packed", ("float64",))
    assert found["gaps"] == ("", ("float64",))
    assert found["text"] == ("split", ("str",))
    assert [found[name][0] for name in ("c", "f", "view", "locked")] == ["packed", "", "", ""]


class Loud:
    """A class of the person's that must not be asked anything."""

    def __getattribute__(self, name: str) -> object:
        """Fail."""
        raise AssertionError(name)

    __eq__ = __hash__ = __len__ = __bool__ = __iter__ = __sizeof__ = __getattribute__  # type: ignore[assignment]


def test_values_of_the_persons_classes_are_not_asked_and_not_told() -> None:
    """Whether something runs when they go away is not known."""
    found = _held({"loud": Loud(), "many": [Loud() for _ in range(20_000)], "a": np.ones(MIB)})

    assert list(found) == ["a"]


def test_nothing_is_told_when_there_is_no_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Half a look would call shared memory alone; so would too many values to look at."""
    namespace = {"df": _frame(), "a": np.ones(MIB)}

    assert held_values(namespace, time.monotonic() - 1) == ()
    monkeypatch.setattr(held, "MOST_VALUES", 1)
    assert _held(namespace) == {}


def test_a_large_namespace_is_looked_at_in_time() -> None:
    """Thirty frames of fifty columns, a gigabyte in all but not in memory: well under half a second."""
    one = pd.DataFrame(np.broadcast_to(np.zeros(1), (200_000, 50)))
    namespace: dict[str, Any] = {f"f{number}": one.iloc[:, number:].copy(deep=False) for number in range(30)}
    began = time.thread_time()

    held_values(namespace, time.monotonic() + 60)

    assert time.thread_time() - began < 0.5
