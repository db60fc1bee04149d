"""Lists of rows as evidence: what holds of all of them, and nothing that was not looked at."""

from __future__ import annotations

import sys
import time
from typing import Any

from memadvise.model import RowsEvidence
from memadvise.observe import rows as observed


def _of(rows: Any, seconds: float = 60.0) -> RowsEvidence | None:
    found = observed.live_rows({"rows": rows}, frozenset({"rows", "missing"}), time.monotonic() + seconds)
    return found[0] if found else None


def test_keys_and_types_hold_of_every_row() -> None:
    """A key whose values differ in type has none; a bool is no int."""
    found = _of([{"a": number, "b": str(number), "c": number % 2 == 0 or number} for number in range(50_000)])

    assert found is not None
    assert (found.kind, found.rows, found.keys, found.types) == ("dict", 50_000, ("a", "b", "c"), ("int", "str", ""))


def test_one_row_that_differs_is_enough() -> None:
    """Another order of keys, another key, one key more, another kind of row: no keys."""
    for odd in ({"b": 1, "a": 2}, {"a": 1, "z": 2}, {"a": 1, "b": 2, "c": 3}, {"a": 1}, (1, 2), {"a": 1, 2: 2}, None):
        found = _of([*({"a": 1, "b": 2} for _ in range(20_000)), odd])

        assert found is not None
        assert (found.keys, found.types) == ((), ())


def test_places_stand_for_the_keys_of_tuples_and_lists() -> None:
    """Rows of one length have their places as keys."""
    found = [_of([kind((1, "x"))] * 3) for kind in (tuple, list)]

    assert [(one.kind, one.keys, one.types) for one in found if one] == [
        ("tuple", ("0", "1"), ("int", "str")),
        ("list", ("0", "1"), ("int", "str")),
    ]


def test_no_code_of_the_person_runs() -> None:
    """Keys and values of their own classes are not compared, hashed again or asked for their size."""

    class Hostile(str):
        __slots__ = ()

        def __eq__(self, other: object) -> bool:
            raise AssertionError

        def __hash__(self) -> int:
            return hash(str(self))

        def __sizeof__(self) -> int:
            raise AssertionError

    class Row(dict[str, int]):
        def __iter__(self) -> Any:
            raise AssertionError

    hostile = _of([{Hostile("a"): 1}, {Hostile("b"): Hostile("x")}])

    assert hostile is not None
    assert hostile.keys == ()
    assert _of([Row(a=1)]) is None
    mixed = _of([{"a": 1}, Row(a=1)])
    assert mixed is not None
    assert mixed.keys == ()


def test_without_time_nothing_is_promised() -> None:
    """Keys and types are of all rows or empty; sizes come from a sample."""
    found = _of([{"a": 1}] * 100_000, seconds=-1.0)

    assert found is not None
    assert (found.rows, found.keys, found.types) == (100_000, (), ())
    assert found.nbytes > 0


def test_sizes_are_those_of_rows_and_of_lists() -> None:
    """The rows' own bytes are what columns save, but for a pointer a value."""
    rows = [{"a": float(number), "b": 2.5 * number} for number in range(3_000)]
    found = _of(rows)

    assert found is not None
    floats = 2 * 3_000 * sys.getsizeof(1.0)
    assert abs(found.nbytes - (3_000 * (sys.getsizeof(rows[0]) + 8) + floats)) < 1000
    assert abs(found.columns_bytes - (2 * 3_000 * 8 + floats)) < 1000


def test_other_values_are_no_rows() -> None:
    """An empty list, a list of numbers, a generator, a subclass of list."""

    class Rows(list[Any]):
        pass

    assert [_of(value) for value in ([], [1, {"a": 1}], ({"a": 1} for _ in range(3)), Rows([{"a": 1}]), None)] == [
        None
    ] * 5


def test_it_is_fast_and_small() -> None:
    """A hundred thousand rows take a fraction of a second."""
    rows = [{"a": number, "b": float(number), "c": "x"} for number in range(100_000)]
    start = time.process_time()
    found = _of(rows)

    assert found is not None
    assert found.types == ("int", "float", "str")
    assert time.process_time() - start < 0.5
