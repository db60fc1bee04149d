"""Live numpy arrays -> evidence, in bounded time and with little memory of our own."""

from __future__ import annotations

import math
import sys
import time
from collections.abc import Iterator, Mapping
from typing import Any

from memadvise.model import ArrayEvidence

MOST_ARRAYS = 40
_BLOCK = 1 << 15  # elements looked at at once: temporaries stay under half a MiB
_LARGE = 1 << 23  # elements from which a look at some blocks decides whether all are looked at
_SAMPLED_BLOCKS = 16
_KINDS = "biuf"  # of which values are looked at: booleans and real numbers


def live_arrays(namespace: Mapping[str, object], names: frozenset[str], deadline: float) -> tuple[ArrayEvidence, ...]:
    """Return evidence of the numpy arrays bound to ``names``; looks at nothing after ``deadline`` (monotonic seconds).

    Subclasses (masked arrays, matrices, memory maps) mean more than their numbers and are left alone. At most the 40
    largest are looked at, small ones first; numpy is never imported for it.
    """
    numpy = sys.modules.get("numpy")
    if numpy is None or not hasattr(numpy, "ndarray"):
        return ()
    found = [name for name in sorted(names) if type(namespace.get(name)) is numpy.ndarray]
    largest = sorted(found, key=lambda name: int(namespace[name].nbytes))[-MOST_ARRAYS:]  # type: ignore[attr-defined]
    return tuple(_evidence(name, namespace, deadline) for name in largest)


def _evidence(name: str, namespace: Mapping[str, object], deadline: float) -> ArrayEvidence:
    referred = sys.getrefcount(namespace[name]) - _PLAIN_REFERENCES  # before a local name adds one
    array: Any = namespace[name]
    facts: dict[str, Any] = {}
    if array.dtype.kind in _KINDS and array.dtype.itemsize <= 8:
        with sys.modules["numpy"].errstate(all="ignore"):  # the person's own setting may be to raise
            facts = {} if _surely_full_of_fractions(array) else _facts(array, deadline)
    if facts:
        binary = array.ndim == 2 and facts["whole"] and facts["minimum"] in (0, 1) and facts["maximum"] == 1
        as_many = binary and array.size - facts["zeros"] == len(array)  # else no row can hold exactly one 1
        facts["one_hot"] = _one_a_row(array, deadline) if as_many else False
    return ArrayEvidence(
        name=name,
        shape=tuple(int(length) for length in array.shape),
        dtype=str(array.dtype),
        nbytes=int(array.nbytes),
        owner=bool(array.base is None and array.flags.owndata and referred <= 0),
        **facts,
    )


def _count_of_one_reference() -> int:
    made: Mapping[str, object] = {"name": object()}
    return sys.getrefcount(made["name"])


_PLAIN_REFERENCES = _count_of_one_reference()


def _surely_full_of_fractions(array: Any) -> bool:
    """Tell whether some blocks of a very large array show that it is neither mostly zeros nor whole numbers.

    Nothing else is advised on from all elements, and to look at them would take the time that others need.
    """
    if array.dtype.kind != "f" or array.size < _LARGE or not array.flags.forc:
        return False
    numpy = sys.modules["numpy"]
    flat = array.ravel(order="K")  # a view
    zeros = whole = 0
    for start in range(0, array.size, array.size // _SAMPLED_BLOCKS):
        block = flat[start : start + _BLOCK // 8]
        zeros += len(block) - int(numpy.count_nonzero(block))
        whole += bool((numpy.trunc(block) == block).all())
    return not whole and zeros < _SAMPLED_BLOCKS * _BLOCK // 32


def _facts(array: Any, deadline: float) -> dict[str, Any]:
    """Return the facts over all elements, none of them when time runs out half way."""
    numpy = sys.modules["numpy"]
    zeros = nulls = 0
    low: Any = None
    high: Any = None
    whole, negative_zero = True, False
    floating = array.dtype.kind == "f"
    for block in _blocks(array):
        if time.monotonic() > deadline:
            return {}
        zeros += len(block) - int(numpy.count_nonzero(block))
        least, most = block.min(), block.max()
        if floating and least != least:  # NaN: count them, and take the extremes without them
            nulls += int(numpy.isnan(block).sum())
            least, most = numpy.fmin.reduce(block), numpy.fmax.reduce(block)
        low = least if low is None else numpy.fmin(low, least)
        high = most if high is None else numpy.fmax(high, most)
        if floating:
            whole = whole and not nulls and bool((numpy.trunc(block) == block).all())
            negative_zero = negative_zero or _negative_zero(block)
    return {
        "zeros": zeros,
        "nulls": nulls,
        "minimum": _number(low),
        "maximum": _number(high),
        "whole": whole and all(math.isfinite(extreme.item()) for extreme in (low, high) if extreme is not None),
        "negative_zero": negative_zero,
    }


def _negative_zero(block: Any) -> bool:
    """Tell whether a block of floats holds a -0.0: of all floats its bits make the least integer."""
    bits = f"{block.dtype.byteorder}i{block.dtype.itemsize}"
    return bool(block.view(bits).min() == -(2 ** (8 * block.dtype.itemsize - 1)))


def _number(value: Any) -> float | int | None:
    """Return a plain number; True and False as 1 and 0, NaN as None."""
    plain = None if value is None else value.item()
    if plain is None or plain != plain:
        return None
    return int(plain) if isinstance(plain, bool) else plain


def _blocks(array: Any) -> Iterator[Any]:
    """Yield all elements as one-dimensional blocks, in the order in which they lie in memory."""
    if not array.size:
        return
    if array.ndim == 1:
        for start in range(0, len(array), _BLOCK):
            yield array[start : start + _BLOCK]
        return
    numpy = sys.modules["numpy"]
    flags = ["external_loop", "buffered", "zerosize_ok"]
    yield from numpy.nditer(array, flags=flags, op_flags=["readonly"], buffersize=_BLOCK, order="K")


def _one_a_row(array: Any, deadline: float) -> bool | None:
    """Tell whether each row holds exactly one element that is not zero; None when time runs out."""
    numpy = sys.modules["numpy"]
    columns = array.shape[1]
    step = max(_BLOCK // columns, 1)
    if columns > 8 * _BLOCK:
        return None
    for start in range(0, len(array), step):
        if time.monotonic() > deadline:
            return None
        if not (numpy.count_nonzero(array[start : start + step], axis=1) == 1).all():
            return False
    return True
