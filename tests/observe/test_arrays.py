"""Evidence of live numpy arrays: over all elements, whatever their layout, and never by a guess."""

from __future__ import annotations

import time
import tracemalloc
from typing import Any

import numpy as np
import pytest

from memadvise.model import ArrayEvidence
from memadvise.observe import arrays
from memadvise.observe.arrays import live_arrays


def _seen(array: Any, seconds: float = 60.0) -> ArrayEvidence:
    return live_arrays({"a": array}, frozenset("a"), time.monotonic() + seconds)[0]


@pytest.mark.parametrize("layout", ["C", "F", "strided", "reversed"])
@pytest.mark.parametrize("dtype", ["bool", "int8", "uint64", "float16", "float32", "float64", ">f8"])
def test_facts_are_those_of_all_elements(monkeypatch: pytest.MonkeyPatch, layout: str, dtype: str) -> None:
    """Zeros, extremes and wholeness agree with numpy's own answers in small blocks of any layout."""
    monkeypatch.setattr(arrays, "_BLOCK", 4)
    made = (np.arange(77).reshape(11, 7) % 5 * (np.arange(7) % 3)).astype(dtype)
    laid = {"C": made, "F": np.asfortranarray(made), "strided": np.repeat(made, 2, 1)[:, ::2], "reversed": made[::-1]}

    seen = _seen(laid[layout])

    assert seen.zeros == np.count_nonzero(made == 0)
    assert (seen.minimum, seen.maximum) == (made.min(), made.max())
    assert (seen.nulls, seen.whole, seen.negative_zero) == (0, True, False)


@pytest.mark.parametrize(
    ("values", "facts"),
    [
        ([1.0, np.nan, 3.0], (1.0, 3.0, 1, False, False)),
        ([np.nan, np.nan], (None, None, 2, False, False)),
        ([1.0, np.inf], (1.0, np.inf, 0, False, False)),
        ([1.0, -np.inf, np.nan], (-np.inf, 1.0, 1, False, False)),
        ([1.0, -0.0], (-0.0, 1.0, 0, True, True)),
        ([1.0, 2.5], (1.0, 2.5, 0, False, False)),
        ([], (None, None, 0, True, False)),
        ([2**60, -(2**60)], (-(2**60), 2**60, 0, True, False)),
        ([-128], (-128, -128, 0, True, False)),
    ],
)
@pytest.mark.parametrize("where", ["first", "last"])
def test_missing_infinite_and_signed_numbers(
    monkeypatch: pytest.MonkeyPatch, values: list[float], facts: tuple[object, ...], where: str
) -> None:
    """NaN is counted and left out, an infinity is no whole number, the sign of a zero is seen."""
    monkeypatch.setattr(arrays, "_BLOCK", 2)
    made = np.array(values if where == "last" else values[::-1])

    seen = _seen(made)

    assert (seen.minimum, seen.maximum, seen.nulls, seen.whole, seen.negative_zero) == facts


def test_one_hot_rows() -> None:
    """Exactly one 1 in each row, else 0."""
    made = np.eye(5)[[0, 3, 3, 1]]
    two, none = made.copy(), made.copy()
    two[0, 1], none[1, 3] = 1, 0
    both = two.copy()
    both[1, 3] = 0

    assert [_seen(array).one_hot for array in (made, made[:, :0], two, none, both, made * 2, made[0])] == [
        True,
        *[False] * 6,
    ]


def test_an_owner_is_referred_to_by_its_name_only() -> None:
    """Another name, a list, a view or a base make it no owner."""
    namespace: dict[str, object] = {name: np.arange(9.0) for name in "abcd"}
    namespace["b2"], namespace["view"] = namespace["b"], namespace["c"][1:]  # type: ignore[index]
    held = [namespace["d"]]

    seen = {found.name: found.owner for found in live_arrays(namespace, frozenset(namespace), time.monotonic() + 9)}

    assert seen == {"a": True, "b": False, "b2": False, "c": False, "view": False, "d": False}
    assert len(held) == 1


@pytest.mark.parametrize("made", [np.array(["a"]), np.array([None]), np.zeros(3, "c16"), np.zeros(3, "M8[s]")])
def test_other_elements_are_only_measured(made: object) -> None:
    """Texts, objects, complex numbers and dates have a size and a dtype."""
    seen = _seen(made)

    assert (seen.zeros, seen.minimum, seen.whole, seen.one_hot) == (None, None, None, None)
    assert seen.nbytes > 0


@pytest.mark.filterwarnings("ignore::PendingDeprecationWarning")
def test_subclasses_and_other_values_are_left_alone() -> None:
    """Masked arrays and matrices mean more than their numbers; names that are not asked for are not looked at."""
    namespace = {"m": np.ma.masked_array([1.0]), "x": np.matrix([1]), "l": [1], "n": np.float64(1), "a": np.zeros(2)}

    assert live_arrays(namespace, frozenset("mxln"), time.monotonic() + 9) == ()


def test_what_was_not_looked_at_in_time_is_not_known() -> None:
    """After the deadline shapes are still told, values are not."""
    seen = _seen(np.zeros((3, 2)), -1.0)

    assert (seen.shape, seen.zeros, seen.minimum, seen.negative_zero) == ((3, 2), None, None, None)


def test_large_arrays_of_fractions_are_not_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    """Their time belongs to arrays of which something may come; zeros and whole numbers are looked at to the end."""
    monkeypatch.setattr(arrays, "_LARGE", 2**17)
    random = np.random.default_rng(1).random(2**18)
    zeros = np.where(random < 0.1, random, 0)

    assert [_seen(array).zeros is None for array in (random, zeros, np.floor(random * 9))] == [True, False, False]


@pytest.mark.parametrize("layout", ["C", "F", "strided"])
def test_it_takes_little_memory(layout: str) -> None:
    """Blocks keep temporaries under half a MiB, whatever the layout."""
    made = np.zeros((1000, 4000))
    array = {"C": made, "F": made.T, "strided": made[:, ::2]}[layout]
    _seen(array)
    tracemalloc.start()
    _seen(array)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert peak < 2**19
