"""Large values and who else holds them -> evidence, in bounded time and with little memory of our own."""

from __future__ import annotations

import sys
import time
import weakref
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any

from memadvise.measure.holding.holders import OF_IPYTHON
from memadvise.measure.sizing import variables as _sizers  # noqa: F401 (how libraries hold memory is registered there)
from memadvise.measure.sizing.kinds import DATA, NOT_DATA, attributes, library_of, name_of
from memadvise.measure.sizing.variables import IPYTHON_NAMES
from memadvise.measure.sizing.walk import Walk
from memadvise.model import Held

LEAST_BYTES = 2**20  # smaller values are no waste worth a word
MOST_VALUES = 60  # large values whose memory is looked at
MOST_TOLD = 12  # of which it is found out what is theirs alone
_ELEMENTS = 100  # of a container, to see what kind of values it holds
_CONTAINERS = (list, tuple, set, frozenset)
_HOLDER = {"x": object()}
_OURS = sys.getrefcount(_HOLDER["x"]) - 1  # references that the question itself makes


@dataclass(frozen=True)
class _Value:
    """A large value: the names bound to it, the outputs that hold it, the buffers that its memory is in."""

    value: Any
    nbytes: int
    names: tuple[str, ...]
    outputs: tuple[int, ...]
    buffers: frozenset[int]
    references: int


class _Buffers(Walk):
    """A walk that remembers the addresses of the buffers that it met."""

    def __init__(self, known: Iterable[object]) -> None:
        super().__init__(known)
        self.met: set[int] = set()

    def buffer(self, address: int, nbytes: int, references: int = 0, on_device: bool = False) -> float:
        """Count the memory at an address, once."""
        if nbytes:
            self.met.add(address)
        return super().buffer(address, nbytes, references, on_device)


def held_values(namespace: Mapping[str, object], deadline: float) -> tuple[Held, ...]:
    """Return evidence of the large values of the whole namespace and of `Out`, the largest first.

    All of them are looked at, whichever names the cell mentions: a name that is never used again is what is sought.
    Nothing is told when there is no time until ``deadline`` (monotonic seconds) to look at every one.
    """
    found = _large(namespace, deadline)
    if found is None:
        return ()
    told: list[Held] = []
    for value in sorted(found, key=lambda one: -one.nbytes)[:MOST_TOLD]:
        if time.monotonic() > deadline:
            break
        if _is_data(value.value):
            told += _told(value, found, namespace)
    return tuple(told)


def _large(namespace: Mapping[str, object], deadline: float) -> list[_Value] | None:
    """Return the large values; None when time ran out before all were looked at, or there are too many."""
    names, outputs = _names(namespace), _outputs(namespace)
    by_identity: dict[int, list[str]] = {}
    for name in names:
        by_identity.setdefault(id(namespace[name]), []).append(name)
    shown: dict[int, list[int]] = {}
    for number, value in outputs.items():
        shown.setdefault(id(value), []).append(number)
    found: list[_Value] = []
    for identity in dict.fromkeys([*by_identity, *shown]):
        if time.monotonic() > deadline:
            return None
        bound, numbers = by_identity.get(identity, []), shown.get(identity, [])
        references = sys.getrefcount(namespace[bound[0]]) - _OURS if bound else 0
        value = namespace[bound[0]] if bound else outputs[numbers[0]]
        walk = _Buffers([namespace])
        nbytes = _bytes(walk, value)
        if nbytes >= LEAST_BYTES:
            found.append(_Value(value, nbytes, tuple(bound), tuple(numbers), frozenset(walk.met), references))
    return found if len(found) <= MOST_VALUES else None


def _bytes(walk: Walk, value: object) -> int:
    walk.next_variable()
    return walk.estimate(lambda: walk.size(value)).nbytes


def _names(namespace: Mapping[str, object]) -> list[str]:
    """Return the person's own names, also those that begin with an underscore; no modules, functions or classes."""
    for _ in range(3):
        try:
            items = list(namespace.items())
        except RuntimeError:  # a thread of the person's bound a name meanwhile
            continue
        return [
            name
            for name, value in items
            if type(name) is str
            and name not in IPYTHON_NAMES
            and not OF_IPYTHON.fullmatch(name)
            and not issubclass(type(value), NOT_DATA)
        ]
    return []


def _outputs(namespace: Mapping[str, object]) -> dict[int, object]:
    kept = namespace.get("Out")
    return {number: value for number, value in kept.items() if type(number) is int} if type(kept) is dict else {}


def _is_data(value: object) -> bool:
    """Tell whether nothing of the person's own code runs when the value goes away, as far as it was looked at."""
    kind = type(value)
    if isinstance(value, dict) and kind is dict:
        return _all_data(value.values())
    if isinstance(value, list | tuple | set | frozenset) and kind in _CONTAINERS:
        return _all_data(value)
    return library_of(kind) in DATA or library_of(kind) == "scipy"


def _all_data(elements: Iterable[object]) -> bool:
    return all(library_of(type(element)) in DATA for element in islice(elements, _ELEMENTS))


def _told(one: _Value, found: list[_Value], namespace: Mapping[str, object]) -> list[Held]:
    """Return the evidence of a value, once for each name."""
    held_once = len(one.names) + len(one.outputs) == 1
    alone = _alone(one, found, namespace) if held_once else 0
    shares = tuple(name for other in found if other is not one and other.buffers & one.buffers for name in other.names)
    kind = type(one.value)
    library = library_of(kind)
    watched = library != "pandas" and weakref.getweakrefcount(one.value) > 0  # pandas watches its own frames
    elsewhere = not one.outputs and (one.references > len(one.names) or watched)
    label = name_of(kind) if library in ("builtins", "") else f"{library}.{name_of(kind)}"
    layout, dtypes = _layout(one.value, label)
    code = "" if one.names else _code(namespace, one.outputs)
    return [
        Held(
            name=name,
            type=label,
            nbytes=one.nbytes,
            others=tuple(other for other in one.names if other != name),
            outputs=one.outputs,
            shares=shares,
            alone_bytes=alone,
            elsewhere=elsewhere,
            layout=layout,
            dtypes=dtypes,
            code=code,
        )
        for name in one.names or (f"Out[{one.outputs[0]}]",)
    ]


def _alone(one: _Value, found: list[_Value], namespace: Mapping[str, object]) -> int:
    """Return the bytes that are met for the first time when all the other values have been looked at."""
    walk = Walk([namespace])
    for other in found:
        if other is not one:
            _bytes(walk, other.value)
    return _bytes(walk, one.value) if walk.is_first(id(one.value)) else 0


def _code(namespace: Mapping[str, object], outputs: tuple[int, ...]) -> str:
    """Return the code of the one cell that displayed it; empty when several did, or the kernel does not say."""
    ran = namespace.get("In")
    if len(outputs) != 1 or not isinstance(ran, list) or not 0 <= outputs[0] < len(ran):
        return ""
    return str(ran[outputs[0]])


def _layout(value: Any, label: str) -> tuple[str, tuple[str, ...]]:
    """Return (how its memory lies, its dtypes); pandas' own blocks are not for the public: where they differ, ""."""
    if label == "numpy.ndarray":
        flags = value.flags
        own = flags.owndata and flags.c_contiguous and flags.writeable and flags.aligned and not value.dtype.hasobject
        return ("packed" if own else ""), (str(value.dtype),)
    if label not in ("pandas.DataFrame", "pandas.Series"):
        return "", ()
    try:
        blocks = [block.values for block in attributes(value)["_mgr"].blocks]
        dtypes = tuple(sorted({_dtype(values.dtype) for values in blocks}))
        arrays = [values for values in blocks if hasattr(type(values), "__array_interface__")]
        if not all(values.flags.c_contiguous for values in arrays):
            return "", dtypes
        return ("split" if all(values.ndim == 1 or len(values) == 1 for values in arrays) else "packed"), dtypes
    except (KeyError, AttributeError, TypeError):
        return "", ()


def _dtype(dtype: Any) -> str:
    """Return a dtype as text; text that is kept as Python objects, and so can be written to, is told apart."""
    return f"{dtype}[python]" if getattr(dtype, "storage", "") == "python" else str(dtype)
