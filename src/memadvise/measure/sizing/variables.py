"""The variables of a namespace: their sizes before the cell and after it, and what changed."""

from __future__ import annotations

import heapq
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from memadvise.measure.sizing import (
    libraries,  # noqa: F401 (how libraries hold memory is registered by their loading)
    of_arrow,
    of_pandas,
    of_polars,
)
from memadvise.measure.sizing.estimates import Estimate
from memadvise.measure.sizing.kinds import ATOM_IDS, DATA, NOT_DATA, library_of, loaded, name_of, own_bytes
from memadvise.measure.sizing.walk import NODES, Walk
from memadvise.model import VariableUse

MOST_COLUMNS = 50
MOST_VARIABLES = 200
ALL_NODES = 6_000  # objects looked at below all variables together
LEAST_NODES = 32
IPYTHON_NAMES = frozenset({"In", "Out", "exit", "quit", "get_ipython"})
RANKS = (0, 1, 2)  # data before what holds data: a model does not take the frame's bytes from the frame
LEAST_CHANGE = 1024  # of the same object, in bytes: below, it is the order in which shared things were counted
OTHER_SAMPLE = 3  # standard errors that a change must exceed when another number of objects was looked at
CONTAINERS = (list, tuple, dict, set, frozenset)


@dataclass(frozen=True)
class Size:
    """One variable. ``identity`` is the object's id: no reference, so that the cell can free it.

    ``error_bytes`` is the standard error of ``nbytes``, ``nodes`` how many objects might be looked at;
    ``is_complete``: the time allowed was enough to do so.
    """

    identity: int
    type: str
    nbytes: int
    is_complete: bool = True
    columns: tuple[tuple[str, int], ...] = ()
    error_bytes: int = 0
    device_bytes: int = 0
    nodes: int = NODES


Sizes = dict[str, Size]


def sizes(namespace: Mapping[str, object]) -> Sizes:
    """Return the deep size of each of the person's variables; shared memory counts with the first that holds it."""
    return look(namespace)[0]


def look(namespace: Mapping[str, object]) -> tuple[Sizes, int]:
    """Return the deep sizes, and how many objects and addresses were looked at for them."""
    walk = Walk(known=[namespace])  # an object may refer to the namespace: that is not what it holds
    ranked = by_rank(namespace)
    nodes = _nodes_each(sum(len(found) for found in ranked[1:]))
    found: Sizes = {}
    for held in ranked:
        walk.allow()
        found |= {name: _size(walk, value, nodes) for name, value in held.items()}
    return found, walk.looked_at


def _nodes_each(large: int) -> int:
    """Return how many objects may be looked at below one variable: halved now and then, so that it seldom changes."""
    nodes = NODES
    while nodes > LEAST_NODES and nodes * large > ALL_NODES:
        nodes //= 2
    return nodes


def by_rank(namespace: Mapping[str, object]) -> list[dict[str, object]]:
    """Return the person's variables in the order in which they are counted: data before what holds data."""
    variables = _variables(namespace)
    return [{name: value for name, value in variables.items() if _rank(value) == rank} for rank in RANKS]


def changes(before: Sizes, after: Sizes) -> tuple[VariableUse, ...]:
    """Return the variables that were made, bound anew, grew, shrank or were deleted; the largest change first."""
    found = [use for name, size in after.items() if (use := _use(name, before.get(name), size))]
    found += [VariableUse(name, size.type, 0, -size.nbytes, state="deleted") for name, size in _gone(before, after)]
    return tuple(sorted(found, key=lambda use: (-abs(use.change_bytes), -use.nbytes, use.name))[:MOST_VARIABLES])


def _gone(before: Sizes, after: Sizes) -> list[tuple[str, Size]]:
    return [(name, size) for name, size in before.items() if name not in after]


def _use(name: str, before: Size | None, after: Size) -> VariableUse | None:
    state = _state(before, after)
    change = after.nbytes - (before.nbytes if before else 0)
    told = (after.columns, state, after.error_bytes, after.device_bytes)
    return VariableUse(name, after.type, after.nbytes, change, *told) if state else None


def _state(before: Size | None, after: Size) -> str:
    """Return what became of a name, "" for nothing."""
    if before is None:
        return "new"
    if before.identity != after.identity:
        return "rebound"
    device = after.device_bytes - before.device_bytes
    change = after.nbytes - before.nbytes
    if not (before.is_complete and after.is_complete) or max(abs(change), abs(device)) < _least(before, after):
        return ""
    return "grown" if (change or device) > 0 else "shrunk"


def _least(before: Size, after: Size) -> int:
    """Return the change that is no noise: the same sample of what grew a little shows nearly the same error."""
    error = max(before.error_bytes, after.error_bytes)
    return max(LEAST_CHANGE, error if before.nodes == after.nodes else OTHER_SAMPLE * error)


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
    return 0 if library_of(kind) in DATA else 2


def _size(walk: Walk, value: object, nodes: int) -> Size:
    kind = type(value)
    if id(kind) in ATOM_IDS:
        return Size(id(value), name_of(kind), own_bytes(value) if walk.is_new(id(value)) else 0, nodes=nodes)
    walk.next_variable(nodes)
    columns: list[tuple[object, int]] = []
    is_first = walk.is_first(id(value))
    found = walk.estimate(lambda: _frame(walk, value, columns)) if is_first else Estimate(0)
    return Size(
        identity=id(value),
        type=name_of(kind),
        nbytes=found.nbytes,
        is_complete=walk.is_complete,
        columns=tuple((_text(label), size) for label, size in heapq.nlargest(MOST_COLUMNS, columns, key=_bytes)),
        error_bytes=found.error_bytes,
        device_bytes=found.device_bytes,
        nodes=nodes,
    )


def _frame(walk: Walk, value: Any, columns: list[tuple[object, int]]) -> float:
    """Size a variable; of a frame or table list the columns, too."""
    look = next((look for module, name, look in FRAMES if _is_a(type(value), module, name)), None)
    if look is not None:
        try:
            rest, found = look(walk, value)
            walk.mark(id(value))
            columns += found
            return rest + sum(map(_bytes, found))
        except Exception:  # noqa: BLE001 (another version, a frame in a broken state: then without its columns)
            pass
    return walk.size(value)


FRAMES = (
    ("pandas", "DataFrame", of_pandas.frame_columns),
    ("polars", "DataFrame", of_polars.frame_columns),
    ("pyarrow", "Table", of_arrow.table_columns),
    ("pyarrow", "RecordBatch", of_arrow.table_columns),
)


def _is_a(kind: type, module: str, name: str) -> bool:
    known = loaded(module, name)
    return known is not None and issubclass(kind, known)


def _bytes(column: tuple[object, int]) -> int:
    return column[1]


def _text(label: object) -> str:
    try:
        return str(label)
    except Exception:  # noqa: BLE001 (a label may be any object)
        return f"<{type(label).__name__}>"
