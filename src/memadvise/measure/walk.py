"""How much memory a value holds: found by looking, never by running the person's code, and in bounded time.

Whatever two values share (views, copy-on-write, Arrow buffers) is counted once in a walk, with the first that holds it.
"""

from __future__ import annotations

import gc
import sys
import time
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from itertools import compress
from random import Random
from types import (
    BuiltinFunctionType,
    CodeType,
    CoroutineType,
    FrameType,
    FunctionType,
    GeneratorType,
    MethodType,
    ModuleType,
    TracebackType,
)
from typing import Any

NODES = 2000  # looked at below one variable; what lies beyond counts as shallow
MOST_S = 0.025  # for one kind of variables (data, containers, objects); beyond it nothing is looked into any more
SAMPLE = (100, 64, 32, 16)  # elements looked at in a container, by depth
HEAD = 20_000  # dicts and sets can't be indexed: their sample is taken from this many first elements
DEEPEST = 12
ALIGNMENT = 16  # CPython's own allocator hands out multiples of it
NOT_DATA = (
    *(type, ModuleType, FunctionType, BuiltinFunctionType, MethodType, CodeType),
    *(FrameType, TracebackType, GeneratorType, CoroutineType),
)
Sizer = Callable[["Walk", Any, int], int]


class Walk:
    """One pass over values; what it has seen is not counted again."""

    def __init__(self, known: Iterable[object] = ()) -> None:
        self._seen = {id(value) for value in known}
        self._sizers: dict[type, Sizer] = {}
        self.allow()
        self.next_variable()

    def allow(self, most_s: float = MOST_S) -> None:
        """Give the walk that many seconds from now on."""
        self._until = time.perf_counter() + most_s

    def next_variable(self) -> None:
        """Turn to another variable: it has its own number of objects to be looked at.

        That number decides before the time does, so that two walks over the same values find the same sizes;
        ``is_complete`` tells whether it was so.
        """
        self._nodes = NODES
        self.is_complete = True

    def is_first(self, key: int) -> bool:
        """Tell whether an address (of an object or a buffer) is met for the first time."""
        if key in self._seen:
            return False
        self._seen.add(key)
        return True

    def buffer(self, address: int, nbytes: int) -> int:
        """Return what a buffer counts for: its bytes, 0 when it was counted before."""
        return nbytes if self.is_first(address) else 0

    def size(self, value: object, depth: int = 0) -> int:
        """Return the bytes of a value with what it holds; 0 when it was counted before. Never raises."""
        if not self.is_first(id(value)):
            return 0
        self._nodes -= 1
        try:
            if type(value) in ATOMS or not self._may_descend(depth):
                return own_bytes(value)
            return self._sizer(type(value))(self, value, depth)
        except Exception:  # noqa: BLE001 (the person's objects may raise anything, and must not stop a measurement)
            return own_bytes(value)

    def _may_descend(self, depth: int) -> bool:
        if time.perf_counter() > self._until:
            self.is_complete = False
            return False
        return self._nodes > 0 and depth < DEEPEST

    def _sizer(self, kind: type) -> Sizer:
        found = self._sizers.get(kind)
        if found is None:
            found = self._sizers[kind] = _sizer(kind)
        return found

    def many(self, sample: list[object], count: int, depth: int) -> int:
        """Return the estimated bytes of ``count`` elements of which ``sample`` are some, spread evenly.

        What the sample meets again and again is common and counts once; what it meets once stands for many others.
        """
        met = Counter(map(id, sample))
        common = rare = 0
        for key, element in {id(element): element for element in sample}.items():
            size = self.size(element, depth + 1)
            common, rare = (common, rare + size) if met[key] == 1 else (common + size, rare)
        once = sum(1 for times in met.values() if times == 1)
        if len(sample) == count or not once:
            return common + rare
        return common + rare * _rare_objects(met, once, count) // once


def _rare_objects(met: Counter[int], once: int, count: int) -> int:
    """Return how many objects there are of which a sample met ``once`` exactly once (Chao's estimator)."""
    references = count * once // met.total()
    twice = sum(1 for times in met.values() if times == 2)
    return min(references, once * once // (2 * twice)) if twice else references


def own_bytes(value: object) -> int:
    """Return what the object itself takes, without what it refers to; 0 where it does not say."""
    kind = type(value)
    try:
        # a class of the person's may have a __sizeof__ that runs long, as pandas' own does
        written = any(isinstance(vars(base).get("__sizeof__"), FunctionType) for base in kind.__mro__)
        size = object.__sizeof__(value) if written else sys.getsizeof(value)
    except Exception:  # noqa: BLE001 (see Walk.size)
        return 0
    return -(-size // ALIGNMENT) * ALIGNMENT


ATOMS: frozenset[type] = frozenset({int, float, complex, bool, str, bytes, bytearray, type(None), range, slice})


def spread(count: int, depth: int) -> list[int]:
    """Return the indexes of a sample of ``count`` elements, the same at each call.

    By chance: equal steps would meet only one of the columns of a flattened table. Any first part is a sample, too.
    """
    most = SAMPLE[min(depth, len(SAMPLE) - 1)]
    return list(range(count)) if count <= most else list(_chosen(count, most))


@lru_cache(maxsize=256)
def _chosen(count: int, most: int) -> tuple[int, ...]:
    return tuple(Random(count).sample(range(count), most))  # a generator of our own: the person's seed stays


def _sequence(kind: type[list[Any]] | type[tuple[Any, ...]]) -> Sizer:
    def size(walk: Walk, value: Any, depth: int) -> int:
        count = kind.__len__(value)
        sample = [kind.__getitem__(value, index) for index in spread(count, depth)]
        return own_bytes(value) + walk.many(sample, count, depth) + _attributes(walk, value, kind, depth)

    return size


def _first(elements: Iterator[Any], count: int, depth: int) -> list[Any]:
    reached = min(count, HEAD)
    chosen = bytearray(reached)
    for index in spread(reached, depth):
        chosen[index] = 1
    return list(compress(elements, chosen))


def _unordered(kind: type[Any]) -> Sizer:
    def size(walk: Walk, value: Any, depth: int) -> int:
        count = kind.__len__(value)
        return own_bytes(value) + walk.many(_first(kind.__iter__(value), count, depth), count, depth)

    return size


def _mapping(walk: Walk, value: dict[Any, Any], depth: int) -> int:
    count = dict.__len__(value)
    pairs = _first(iter(dict.items(value)), count, depth)
    keys = walk.many([key for key, _ in pairs], count, depth)
    return own_bytes(value) + keys + walk.many([held for _, held in pairs], count, depth)


def _attributes(walk: Walk, value: object, kind: type, depth: int) -> int:
    """Size the attributes that a subclass of a container adds."""
    if type(value) is kind:
        return 0
    return walk.size(getattr(value, "__dict__", None), depth + 1) if "__dict__" in dir(type(value)) else 0


def _object(walk: Walk, value: object, depth: int) -> int:
    """Size any other object by what the garbage collector knows that it refers to: no code of its class runs."""
    own = own_bytes(value)
    if own > 1 << 20:  # an unknown container: the list of what it holds would be as large
        return own
    held = [other for other in gc.get_referents(value) if not issubclass(type(other), NOT_DATA)]
    return own + sum(walk.size(other, depth + 1) for other in held)


def _nothing(walk: Walk, value: object, depth: int) -> int:
    return 0


def register(module: str, names: str, sizer: Sizer) -> None:
    """Let ``sizer`` size the classes ``names`` (separated by spaces) of a library, once the person has imported it."""
    _of_libraries.extend((module, name, sizer) for name in names.split())


_of_libraries: list[tuple[str, str, Sizer]] = []
_of_builtins: tuple[tuple[type, Sizer], ...] = (
    (dict, _mapping),
    (list, _sequence(list)),
    (tuple, _sequence(tuple)),
    (set, _unordered(set)),
    (frozenset, _unordered(frozenset)),
    (deque, _unordered(deque)),
    *((kind, _nothing) for kind in NOT_DATA),
)


def library_of(kind: type) -> str:
    """Return the top-level package that a class is from, "" where it does not say."""
    try:
        return str(kind.__module__).partition(".")[0]
    except Exception:  # noqa: BLE001 (the class of the class may raise anything)
        return ""


def name_of(kind: type) -> str:
    """Return the name of a class, whatever its own class makes of that question."""
    return str(type.__dict__["__name__"].__get__(kind))


def _sizer(kind: type) -> Sizer:
    """Return the way to size values of a class; by the real type, never by what ``__class__`` claims."""
    roots = {library_of(base) for base in type.__dict__["__mro__"].__get__(kind)}
    for module, name, sizer in _of_libraries:
        if module.partition(".")[0] in roots:
            known = getattr(sys.modules.get(module), name, None)
            if isinstance(known, type) and issubclass(kind, known):
                return sizer
    return next((sizer for base, sizer in _of_builtins if issubclass(kind, base)), _object)
