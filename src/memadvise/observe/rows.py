"""Live lists of dicts or tuples -> evidence, in bounded time and with little memory of our own."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Mapping
from itertools import chain, islice
from operator import itemgetter
from typing import Any

from memadvise.model import RowsEvidence

MOST_LISTS = 20
_BLOCK = 1 << 14  # rows looked at between two looks at the clock
_SAMPLE = 300  # rows whose bytes are looked at
_POINTER = 8
_OWN_SIZE = frozenset({int, float, complex, bool, str, bytes, type(None)})
_OTHER = 64  # bytes guessed of any other value: to ask it would run its class's code


def live_rows(namespace: Mapping[str, object], names: frozenset[str], deadline: float) -> tuple[RowsEvidence, ...]:
    """Return evidence of the values bound to ``names``; looks at nothing after ``deadline`` (monotonic seconds)."""
    found: list[RowsEvidence] = []
    for name in sorted(names):
        value = namespace.get(name)
        if type(value) is list and value and type(value[0]) in (dict, tuple, list) and len(found) < MOST_LISTS:
            found.append(rows_evidence(name, value, deadline))
    return tuple(found)


def rows_evidence(name: str, rows: list[Any], deadline: float) -> RowsEvidence:
    """Describe one list of rows: keys and types hold of every row, else they are empty; sizes are from a sample."""
    kind = type(rows[0])
    keys = _keys(rows, kind, deadline)
    nbytes, columns_bytes = _sizes(rows, kind)
    return RowsEvidence(
        name=name,
        kind=kind.__name__,
        rows=len(rows),
        nbytes=nbytes,
        keys=keys,
        types=_types(rows, kind, keys, deadline) if keys else (),
        columns_bytes=columns_bytes,
    )


def _blocks(rows: list[Any], deadline: float) -> Iterator[list[Any] | None]:
    """Yield all rows, block by block; None when time has run out."""
    for start in range(0, len(rows), _BLOCK):
        if time.monotonic() > deadline:
            yield None
            return
        yield rows[start : start + _BLOCK]


def _keys(rows: list[Any], kind: type, deadline: float) -> tuple[str, ...]:
    """Return the keys of every row in order; empty when rows differ, keys are no text, or time runs out.

    Keys are compared only once it is known that all are exactly `str`: another class's `==` is the person's code.
    """
    first = tuple(rows[0]) if kind is dict else tuple(map(str, range(len(rows[0]))))
    for block in _blocks(rows, deadline):
        if block is None or set(map(type, block)) != {kind} or set(map(len, block)) != {len(first)}:
            return ()
        if kind is dict and (set(map(type, chain.from_iterable(block))) != {str} or set(map(tuple, block)) != {first}):
            return ()
    return first


def _types(rows: list[Any], kind: type, keys: tuple[str, ...], deadline: float) -> tuple[str, ...]:
    """Return the name of the one type of each key's values ("" where they differ); empty when time runs out."""
    seen: list[set[type]] = [set() for _ in keys]
    places: tuple[Any, ...] = keys if kind is dict else tuple(range(len(keys)))
    for block in _blocks(rows, deadline):
        if block is None:
            return ()
        for types, place in zip(seen, places, strict=True):
            types.update(map(type, map(itemgetter(place), block)))
    return tuple(_one(types) for types in seen)


def _one(types: set[type]) -> str:
    if len(types) != 1:
        return ""
    kind = next(iter(types))
    return str(type.__dict__["__name__"].__get__(kind))  # not what a metaclass says


def _sizes(rows: list[Any], kind: type) -> tuple[int, int]:
    """Return the bytes of the rows and of the same values as lists of columns, from a systematic sample.

    A value that several rows of the sample hold counts once.
    """
    step = max(len(rows) // _SAMPLE, 1)
    sample = list(islice(rows, 0, None, step))
    of_rows = of_values = fields = 0
    seen: set[int] = set()
    for row in (row for row in sample if type(row) is kind):
        values = _values(row)
        of_rows += sys.getsizeof(row)
        fields += len(values)
        for value in values:
            if id(value) not in seen:
                seen.add(id(value))
                of_values += sys.getsizeof(value) if type(value) in _OWN_SIZE else _OTHER
    weight = len(rows) / len(sample)
    held = int(of_values * weight)
    return int(of_rows * weight) + held + _POINTER * len(rows), held + int(fields * weight) * _POINTER


def _values(row: Any) -> list[Any]:
    return list(row.values()) if type(row) is dict else list(row)
