"""What a class is, asked of the class itself: whatever its own class makes of such questions is not run."""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import (
    BuiltinFunctionType,
    CodeType,
    CoroutineType,
    FrameType,
    FunctionType,
    GeneratorType,
    GetSetDescriptorType,
    MethodType,
    ModuleType,
    TracebackType,
)
from typing import Any, Generic, TypeVar

ALIGNMENT = 16  # CPython's own allocator hands out multiples of it
NOT_DATA = (
    *(type, ModuleType, FunctionType, BuiltinFunctionType, MethodType, CodeType),
    *(FrameType, TracebackType, GeneratorType, CoroutineType),
)
ATOMS: frozenset[type] = frozenset({int, float, complex, bool, str, bytes, bytearray, type(None), range, slice})
ATOM_IDS = frozenset(map(id, ATOMS))  # to ask whether a class is in a set of classes would run its class's __hash__
PLAIN_IDS = ATOM_IDS | frozenset(map(id, (list, tuple, dict, set, frozenset)))
EMPTY_LIST_BYTES = sys.getsizeof([])
LIST_BYTES = -(-EMPTY_LIST_BYTES // ALIGNMENT) * ALIGNMENT
HAS_INLINE_VALUES = 1 << 4  # CPython's Py_TPFLAGS_MANAGED_DICT: the attributes need no dict

DATA = frozenset(
    {"builtins", "numpy", "pandas", "pyarrow", "polars", "scipy", "torch", "cupy"}
)  # whose values are data
Answer = TypeVar("Answer")

_class = type.__dict__


def bases_of(kind: type) -> tuple[type, ...]:
    """Return a class and what it inherits from."""
    found: tuple[type, ...] = _class["__mro__"].__get__(kind)
    return found


def names_of(kind: type) -> Any:
    """Return what a class itself defines, by name."""
    return _class["__dict__"].__get__(kind)


def name_of(kind: type) -> str:
    """Return the name of a class."""
    return str(_class["__name__"].__get__(kind))


def library_of(kind: type) -> str:
    """Return the top-level package that a class is from, "" where it does not say."""
    try:
        module = _class["__module__"].__get__(kind)
    except AttributeError:
        return ""
    return module.partition(".")[0] if type(module) is str else ""


def loaded(module: str, name: str) -> type | None:
    """Return a class of a library, if the person has imported it."""
    found = getattr(sys.modules.get(module), name, None)
    return found if isinstance(found, type) else None


def has_inline_values(kind: type) -> bool:
    """Tell whether attributes of an instance may be held beside it, without a dict."""
    return bool(_class["__flags__"].__get__(kind) & HAS_INLINE_VALUES)


def attributes(value: object) -> dict[str, Any]:
    """Return an instance's own attributes; no property that stands in for them is asked."""
    for base in bases_of(type(value)):
        found = names_of(base).get("__dict__")
        if type(found) is GetSetDescriptorType:
            held: dict[str, Any] = found.__get__(value)
            return held
    return {}


class OfClasses(Generic[Answer]):
    """Remembers an answer about each class of the known libraries; classes of the person's are asked anew, not kept."""

    def __init__(self, ask: Callable[[type], Answer]) -> None:
        self._ask = ask
        self._known: dict[int, tuple[type, Answer]] = {}  # by id: the class is kept, so that the id stays its own

    def __call__(self, kind: type) -> Answer:
        """Return the answer about a class."""
        known = self._known.get(id(kind))
        if known is not None:
            return known[1]
        answer = self._ask(kind)
        if library_of(kind) in DATA:
            self._known[id(kind)] = kind, answer
        return answer


def _says_its_size(kind: type) -> bool:
    return all(type(names_of(base).get("__sizeof__")) is not FunctionType for base in bases_of(kind))


says_its_size = OfClasses(_says_its_size)
"""Tells whether C code says how large an instance is: Python code may run long, as pandas' own does."""


def own_bytes(value: object) -> int:
    """Return what the object itself takes, without what it refers to; 0 where it does not say."""
    kind = type(value)
    try:
        size = sys.getsizeof(value) if id(kind) in PLAIN_IDS or says_its_size(kind) else object.__sizeof__(value)
    except Exception:  # noqa: BLE001 (a __sizeof__ that is neither Python's nor a function may raise anything)
        return 0
    if issubclass(kind, list):  # its elements are in a block of their own, which is filled up, too
        return LIST_BYTES + -(-max(0, size - EMPTY_LIST_BYTES) // ALIGNMENT) * ALIGNMENT
    return -(-size // ALIGNMENT) * ALIGNMENT
