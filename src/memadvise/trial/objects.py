"""Python objects in a row (lists, object arrays) as blocks, in the form that typed columns have too."""

from __future__ import annotations

import itertools
import math
import operator
from array import array
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from memadvise.trial.blocks import WHOLE, Block, null_block
from memadvise.trial.encode import EPOCH_DAY, Context, duration_parts, encode, instant_parts
from memadvise.trial.kinds import is_float, loaded, scalar_kind, type_name, zone_text

_BATCH = 1024
_BATCH_BYTES = 2**20
_JOINED_CHARACTERS = 2**22


def object_block(values: list[Any], context: Context) -> Block:
    """Return the block of ``values``: of one kind where they have one, else of encoded elements."""
    distinct = set(map(type, values))
    types = list(map(type, values)) if len(distinct) > 1 else [*distinct] * len(values)
    kinds = {kind: scalar_kind(kind) for kind in distinct}
    nulls = _nulls(values, types, kinds)
    if nulls is not None and 0 not in nulls:
        return _with_types(null_block(len(values)), types)
    present = _present_kinds(types, kinds, nulls)
    make = _MAKERS.get(present.pop()) if len(present) == 1 else None
    block = make(values, nulls) if make is not None else None
    return _with_types(block or _encoded(values, nulls, context), types)


def is_mixed(values: Sequence[Any]) -> bool:
    """Return whether the values have no single scalar kind, so that elements must be compared one by one."""
    kinds = {scalar_kind(kind) for kind in set(map(type, values))} - {"null"}
    return len(kinds) > 1 or bool(kinds & {"other"})


_Maker = Callable[[list[Any], "bytes | None"], "Block | None"]


def _present_kinds(types: list[type], kinds: dict[type, str], nulls: bytes | None) -> set[str]:
    """Return the kinds of what is not missing: text alone for ``["a", nan]``."""
    if nulls is None:
        return set(kinds.values())
    return {kinds[kind] for kind in set(itertools.compress(types, nulls.translate(_FLIPPED)))}


_FLIPPED = bytes([1]) + bytes(255)


def _nulls(values: list[Any], types: list[type], kinds: dict[type, str]) -> bytes | None:
    """Return one byte per value, 1 where it is None, NaN, NaT or NA; None where nothing is."""
    always = {kind for kind, name in kinds.items() if name == "null"}
    perhaps = {kind for kind, name in kinds.items() if name in ("number", "complex") and kind is not int}
    if not always and not perhaps:
        return None
    flags = bytes(map({kind: kind in always for kind in kinds}.__getitem__, types)) if always else bytes(len(values))
    if perhaps and kinds.keys() <= _COMPARE_THEMSELVES:
        flags = bytes(map(operator.or_, flags, map(operator.ne, values, values)))
    elif perhaps:
        flags = bytes(
            flag or (kind in perhaps and bool(value != value))
            for flag, value, kind in zip(flags, values, types, strict=True)
        )
    return flags if 1 in flags else None


_COMPARE_THEMSELVES = {type(None), bool, int, float, complex, str, bytes}


def _with_types(block: Block, types: list[type]) -> Block:
    """Return the block with the elements' types among what may differ: 1 beside 1.0, None beside NaN."""
    alone = not types or types.count(types[0]) == len(types)
    number = {kind: index for index, kind in enumerate(types[:1] if alone else dict.fromkeys(types))}
    names = "|".join(type_name(kind) for kind in number).encode("utf-8", "replace")
    each: Any = b""
    if len(number) > 1:
        each = (bytes if len(number) <= 2**8 else _wide)(map(number.__getitem__, types))
    return Block(
        block.kind,
        block.rows,
        block.nulls,
        block.payload,
        (*block.extras, names, each),
        block.numbers,
        block.floating,
        block.opaque,
    )


def _wide(numbers: Iterator[int]) -> array[int]:
    return array("I", list(numbers))


def _filled(values: list[Any], nulls: bytes | None, filler: Any) -> list[Any]:
    if nulls is None:
        return values
    return [filler if null else value for value, null in zip(values, nulls, strict=True)]


def _numbers(values: list[Any], nulls: bytes | None) -> Block | None:
    """Return the block of ints and floats, None for ints beyond float64's range."""
    filled = _filled(values, nulls, 0.0)
    try:
        floats = array("d", filled)
    except OverflowError:
        return None
    signs, largest = _signs_and_largest(floats)
    if 1 in signs:
        floats = array("d", [number + 0.0 for number in floats])
    payload: tuple[Any, ...] = (floats,)
    if largest >= WHOLE:
        residual = array("d", (_beyond(value, number) for value, number in zip(filled, floats, strict=True)))
        payload = (floats, b"residual", residual) if any(residual) else payload
    floating = any(map(is_float, set(map(type, values))))
    extras = (signs,) if 1 in signs else ()
    return Block("number", len(values), nulls, payload, extras, lambda: _kept(values, nulls), floating)


def _signs_and_largest(floats: array[float]) -> tuple[bytes, float]:
    """Return a byte per number, 1 for -0.0 (or nothing where no number is 0), and the largest absolute value."""
    numpy = loaded("numpy")
    if numpy is not None and hasattr(numpy, "frombuffer") and floats:
        numbers = numpy.frombuffer(floats)
        zeros = numbers == 0
        signs = (zeros & numpy.signbit(numbers)).tobytes() if zeros.any() else b""
        return signs, float(max(numbers.max(), -numbers.min()))
    signs = bytes(number == 0 and math.copysign(1, number) < 0 for number in floats) if 0.0 in floats else b""
    return signs, max(max(floats), -min(floats)) if floats else 0.0


def _beyond(value: Any, number: float) -> float:
    """Return what the float64 of an int does not hold."""
    whole = isinstance(value, float) or abs(number) < WHOLE or number in (float("inf"), float("-inf"))
    return 0.0 if whole else float(int(value) - int(number))


def _kept(values: list[Any], nulls: bytes | None) -> array[float]:
    return array("d", _filled(values, nulls, float("nan")))


def _texts(values: list[Any], nulls: bytes | None) -> Block:
    filled = _filled(values, nulls, "")
    characters = list(map(len, filled))
    if sum(characters) <= _JOINED_CHARACTERS:
        joined = "".join(filled)
        if joined.isascii():  # a byte each
            return Block("text", len(values), nulls, (array("q", characters), joined.encode()))
    lengths = array(
        "q", [len(text) if text.isascii() else len(text.encode("utf-8", "surrogatepass")) for text in filled]
    )
    content = _batches(filled, lengths, lambda batch: "".join(batch).encode("utf-8", "surrogatepass"))
    return Block("text", len(values), nulls, itertools.chain((lengths,), content))


def _bytes(values: list[Any], nulls: bytes | None) -> Block:
    filled = _filled(values, nulls, b"")
    lengths = array("q", map(len, filled))
    return Block("bytes", len(values), nulls, itertools.chain((lengths,), _batches(filled, lengths, b"".join)))


def _batches(values: list[Any], lengths: array[int], join: Callable[[list[Any]], bytes]) -> Iterator[bytes]:
    """Yield the values' bytes, about a megabyte at a time however long the values are."""
    for start in range(0, len(values), _BATCH):
        batch = values[start : start + _BATCH]
        if sum(lengths[start : start + _BATCH]) <= _BATCH_BYTES:
            yield join(batch)
        else:
            yield from (join([value]) for value in batch)


def _bools(values: list[Any], nulls: bytes | None) -> Block:
    return Block("bool", len(values), nulls, (bytes(map(bool, _filled(values, nulls, False))),))


def _complexes(values: list[Any], nulls: bytes | None) -> Block:
    filled = [complex(value) for value in _filled(values, nulls, 0j)]
    parts = array("d", (part + 0.0 for value in filled for part in (value.real, value.imag)))
    return Block("complex", len(values), nulls, (parts,))


def _instants(values: list[Any], nulls: bytes | None) -> Block | None:
    """Return the block of datetimes, None where they are not all of one trusted time zone."""
    present = [value for value, null in zip(values, nulls or bytes(len(values)), strict=True) if not null]
    zones = {zone_text(value) for value in present}
    if len(zones) != 1 or None in zones:
        return None
    units = ",".join(sorted({getattr(value, "unit", "") for value in present})).encode()
    return _times(f"instant {zones.pop()}", values, nulls, instant_parts, (units,))


def _durations(values: list[Any], nulls: bytes | None) -> Block:
    return _times("duration", values, nulls, duration_parts, ())


def _times(
    kind: str,
    values: list[Any],
    nulls: bytes | None,
    split: Callable[[Any], tuple[int, int]],
    extras: tuple[bytes, ...],
) -> Block:
    flags = nulls or bytes(len(values))
    parts = [(0, 0) if null else split(value) for value, null in zip(values, flags, strict=True)]
    seconds, nanoseconds = array("q", (part[0] for part in parts)), array("i", (part[1] for part in parts))
    return Block(kind, len(values), nulls, (seconds, nanoseconds), extras)


def _dates(values: list[Any], nulls: bytes | None) -> Block:
    flags = nulls or bytes(len(values))
    days = array("q", (0 if null else value.toordinal() - EPOCH_DAY for value, null in zip(values, flags, strict=True)))
    return Block("date", len(values), nulls, (days,))


_MAKERS: dict[str, _Maker] = {
    "number": _numbers,
    "text": _texts,
    "bytes": _bytes,
    "bool": _bools,
    "complex": _complexes,
    "instant": _instants,
    "duration": _durations,
    "date": _dates,
}


def _encoded(values: list[Any], nulls: bytes | None, context: Context) -> Block:
    """Return the block of values that have no kind in common: each as its encoded bytes."""
    outer, context.opaque = context.opaque, False
    parts = [encode(value, context) for value in values]
    opaque, context.opaque = context.opaque, outer or context.opaque
    plain, exact = (b"".join(part[side] for part in parts) for side in (0, 1))
    return Block("other", len(values), nulls, (plain,), (exact,), opaque=opaque)
