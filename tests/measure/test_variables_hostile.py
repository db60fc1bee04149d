"""Objects that lie, raise, never end, or would do something when looked at."""

from __future__ import annotations

import gc
import sys
import weakref
from collections import deque
from collections.abc import Callable, Iterator
from typing import Any

import pandas as pd
import pytest

from memadvise.measure.sizing.variables import look, sizes

MB = 10**6
calls: list[str] = []


def noted(name: str) -> Callable[..., Any]:
    """Return a method that notes that it was run, and would never end."""

    def run(*_: object, **__: object) -> Any:
        calls.append(name)
        raise SystemExit(name)  # no Exception: nobody but the test catches it

    return run


SPECIAL = {
    *("__sizeof__", "__len__", "__iter__", "__getitem__", "__contains__", "__getattr__", "__getattribute__"),
    *("__hash__", "__eq__", "__bool__", "__repr__", "__str__", "__reversed__", "__dir__", "__index__", "__buffer__"),
    *("__array__", "__instancecheck__", "__subclasscheck__", "__call__"),
}
OF_CLASS = {
    *("__getattribute__", "__hash__", "__eq__", "__instancecheck__", "__subclasscheck__", "__dir__", "__len__"),
}
METHODS = {name: noted(name) for name in SPECIAL}
Meta = type("Meta", (type,), {name: noted(name) for name in OF_CLASS})


def hostile(base: type, meta: Any = type) -> type:
    """Return a class all of whose methods are the person's."""
    properties = {"__class__": property(noted("__class__")), "nbytes": property(noted("nbytes"))}
    made: type = type.__new__(meta, "Hostile", (base,), METHODS | properties | {"__dict__": property(noted("dict"))})
    return made


@pytest.mark.parametrize("meta", [type, Meta], ids=["type", "metaclass"])
@pytest.mark.parametrize("base", [object, list, tuple, dict, set, deque, str, int, float, bytes, Exception])
def test_no_code_of_the_person_is_run(base: type, meta: Any) -> None:
    """Nothing that a class defines is run for its instances' size, whatever it derives from."""
    made = object.__new__(hostile(base, meta)) if base is object else base.__new__(hostile(base, meta))
    calls.clear()
    found = sizes({"a": made, "b": [made], "c": {"k": (made,)}})
    total = sum(size.nbytes for size in found.values())

    assert calls == []
    assert 0 < total < 5000


def test_no_code_of_a_frame_is_run() -> None:
    """A subclass of a frame whose properties are the person's is sized by what pandas holds."""
    names = ("columns", "index", "dtypes", "values", "memory_usage", "_mgr_locs")
    kind = type("Mine", (pd.DataFrame,), {name: property(noted(name)) for name in names})
    frame = kind({"a": [1.0] * 1000})
    calls.clear()
    found = sizes({"x": frame})["x"]

    assert calls == []
    assert (found.columns, found.nbytes > 8000) == ((("a", 8000),), True)


def test_generators_are_not_consumed() -> None:
    """A generator, alone or held, is where it was."""
    generator = (number for number in range(3))
    sizes({"a": generator, "b": [generator], "c": map(str, generator)})

    assert list(generator) == [0, 1, 2]


def test_iterators_are_not_consumed() -> None:
    """What iterates over a list is where it was."""
    held: Iterator[int] = iter([1, 2, 3])
    sizes({"a": held, "b": {"k": enumerate(held)}})

    assert list(held) == [1, 2, 3]


@pytest.mark.parametrize("kind", ["list", "dict", "object"])
def test_a_hundred_thousand_deep(kind: str) -> None:
    """A chain that ends in its own beginning is looked at as far as is allowed, and nothing is raised."""
    first: Any = []
    chain = first
    for _ in range(100_000):
        chain = [chain] if kind == "list" else {"k": chain} if kind == "dict" else _Link(chain)
    first.append(chain)
    found, looked_at = look({"x": chain})

    assert (found["x"].nbytes > 0, looked_at < 5000) == (True, True)


class _Link:
    __slots__ = ("held",)

    def __init__(self, held: object) -> None:
        self.held = held


def test_at_the_end_of_the_stack() -> None:
    """With hardly any room for calls left, sizes are found or left out, and nothing is raised."""

    def deep(left: int) -> int:
        return deep(left - 1) if left else sizes({"x": [[[[1.5]]]]})["x"].nbytes

    frame, used = sys._getframe(), 0
    while frame.f_back:
        frame, used = frame.f_back, used + 1

    assert deep(sys.getrecursionlimit() - used - 60) > 0


def test_a_thousand_slots() -> None:
    """All slots of an object are looked at, or a sample of them."""
    kind = type("Wide", (), {"__slots__": [f"s{number}" for number in range(1000)]})
    value = kind()
    for number in range(1000):
        setattr(value, f"s{number}", number / 3)

    assert sizes({"x": value})["x"].nbytes == pytest.approx(1000 * (8 + 32), rel=0.02)


def test_weak_references_hold_nothing() -> None:
    """What is referred to weakly is not held."""

    class Large:
        def __init__(self) -> None:
            self.data = b"1" * MB

    large = Large()

    assert sizes({"x": [weakref.ref(large), weakref.proxy(large)]})["x"].nbytes < 5000


def test_modules_and_functions_in_containers() -> None:
    """What a held module or function refers to is not the variable's."""
    assert sizes({"x": [sys, gc.collect, len, hostile, type("C", (), {})]})["x"].nbytes < 5000


def test_keys_that_change_meanwhile() -> None:
    """A namespace that is replaced while it is read is no error."""
    namespace: dict[Any, Any] = {1: 2, ("a",): 3, "x": 1.5}

    assert list(sizes(namespace)) == ["x"]


def test_nothing_is_kept_and_nothing_is_imported(fresh: Callable[[str], Any]) -> None:
    """After a look the person's objects can go at once, and no library came into the process."""
    script = """
import json, sys, weakref, gc
from memadvise.measure.sizing.variables import sizes
class Row: pass
gc.disable()
rows = [Row() for _ in range(5000)]
for row in rows: row.held = {"a": [1.5]}
last = weakref.ref(rows[-1])
before = sizes({"rows": rows, "row": row, "view": memoryview(b"1" * 1000)})
del rows, row
loaded = {"numpy", "pandas", "pyarrow", "polars", "scipy", "torch", "psutil"} & set(sys.modules)
print(json.dumps([last() is None, sorted(loaded)]))
"""

    assert fresh(script) == [True, []]
