"""The variables of a namespace: their sizes before the cell and after it, and what changed."""

from __future__ import annotations

import heapq
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from memadvise.measure.libraries import frame_bytes
from memadvise.measure.walk import NOT_DATA, Walk, library_of, name_of
from memadvise.model import VariableUse

MOST_COLUMNS = 50
MOST_VARIABLES = 200
IPYTHON_NAMES = frozenset({"In", "Out", "exit", "quit", "get_ipython"})
RANKS = (0, 1, 2)  # data before what holds data: a model does not take the frame's bytes from the frame
LEAST_CHANGE = 1024  # of the same object, in bytes: below, it is the order in which shared things were counted
CONTAINERS = (list, tuple, dict, set, frozenset)


@dataclass(frozen=True)
class Size:
    """One variable. ``identity`` is the object's id: no reference, so that the cell can free it.

    ``is_complete``: the time allowed was enough to look at it.
    """

    identity: int
    type: str
    nbytes: int
    is_complete: bool = True
    columns: tuple[tuple[str, int], ...] = ()


Sizes = dict[str, Size]


def sizes(namespace: Mapping[str, object]) -> Sizes:
    """Return the deep size of each of the person's variables; shared memory counts with the first that holds it."""
    walk = Walk(known=[namespace])  # an object may refer to the namespace: that is not what it holds
    found: Sizes = {}
    for variables in by_rank(namespace):
        walk.allow()
        found |= {name: _size(walk, value) for name, value in variables.items()}
    return found


def by_rank(namespace: Mapping[str, object]) -> list[dict[str, object]]:
    """Return the person's variables in the order in which they are counted: data before what holds data."""
    variables = _variables(namespace)
    return [{name: value for name, value in variables.items() if _rank(value) == rank} for rank in RANKS]


def changes(before: Sizes, after: Sizes) -> tuple[VariableUse, ...]:
    """Return the variables that were made, bound anew, or changed in size; the largest change first."""
    found = [_use(name, before.get(name), size) for name, size in after.items() if _differs(before.get(name), size)]
    return tuple(sorted(found, key=lambda use: (-abs(use.change_bytes), -use.nbytes, use.name))[:MOST_VARIABLES])


def _differs(before: Size | None, after: Size) -> bool:
    if before is None or before.identity != after.identity:
        return True
    change = abs(before.nbytes - after.nbytes)
    return change >= LEAST_CHANGE and before.is_complete and after.is_complete


def _use(name: str, before: Size | None, after: Size) -> VariableUse:
    change = after.nbytes - (before.nbytes if before else 0)
    return VariableUse(name, after.type, after.nbytes, change, after.columns)


def _variables(namespace: Mapping[str, object]) -> dict[str, object]:
    """Return what the person calls variables: no private names, no modules, functions or classes."""
    for _ in range(3):
        try:
            items = list(namespace.items())
            break
        except RuntimeError:  # a thread of the person's bound a name meanwhile
            continue
    else:
        return {}
    return {name: value for name, value in items if _is_variable(name, value)}


def _is_variable(name: object, value: object) -> bool:
    if not isinstance(name, str) or name.startswith("_") or name in IPYTHON_NAMES:
        return False
    return not issubclass(type(value), NOT_DATA)


def _rank(value: object) -> int:
    kind = type(value)
    if issubclass(kind, CONTAINERS):
        return 1
    is_data = library_of(kind) in ("builtins", "numpy", "pandas", "pyarrow", "polars", "scipy")
    return 0 if is_data else 2


def _size(walk: Walk, value: object) -> Size:
    kind = type(value)
    walk.next_variable()
    frame = getattr(sys.modules.get("pandas"), "DataFrame", None)
    if isinstance(frame, type) and issubclass(kind, frame) and walk.is_first(id(value)):
        try:
            total, columns = frame_bytes(walk, value)
            return Size(id(value), name_of(kind), total, walk.is_complete, _named(columns, value))
        except Exception:  # noqa: BLE001 (another pandas, a frame in a broken state: then without its columns)
            pass
    nbytes = walk.size(value)
    return Size(id(value), name_of(kind), nbytes, walk.is_complete)


def _named(columns: list[tuple[int, int]], frame: Any) -> tuple[tuple[str, int], ...]:
    """Return the largest columns with their labels as text."""
    largest = heapq.nlargest(MOST_COLUMNS, columns, key=lambda column: column[1])
    return tuple((_text(frame.columns[place]), size) for place, size in largest)


def _text(label: object) -> str:
    try:
        return str(label)
    except Exception:  # noqa: BLE001 (a label may be any object)
        return f"<{type(label).__name__}>"
