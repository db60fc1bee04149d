"""A block of consecutive rows in the one form that all dtypes share.

The form of a number is its float64 and, where that does not hold it exactly, the residual: so int8, int64, Int64 and
float64 columns of the same numbers have the same bytes, and 2**53 + 1 still differs from 2**53. Text is its length in
bytes and its UTF-8; an instant is seconds and nanoseconds; a missing value has no payload, whatever its kind.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from memadvise.trial.digest import digest_stream

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

BLOCK_ROWS = 2**16  # half a megabyte of float64: stays in a core's cache while it is read four times
WHOLE = 2**53  # every whole number up to here has a float64 of its own


@dataclass(frozen=True)
class Block:
    """Rows of one kind. ``nulls`` is one byte per row, or None where nothing is missing.

    ``extras`` hold what equal values may still differ in (sign of zero, None beside NaN). ``numbers`` gives a copy of
    the numbers to keep, missing as NaN.
    """

    kind: str
    rows: int
    nulls: Any
    payload: Iterable[Any]
    extras: tuple[Any, ...] = ()
    numbers: Callable[[], Any] | None = None
    floating: bool = False
    opaque: bool = False

    def digest(self) -> bytes:
        """Return the digest of the values; consumes the payload."""
        nulls = b"" if self.nulls is None else bytes(self.nulls)
        if nulls and 0 not in nulls:
            return null_digest(self.rows)
        head = f"{self.kind}|{self.rows}|{len(nulls)}|".encode()
        return digest_stream(head, _with_first(nulls, self.payload))


def _with_first(first: bytes, others: Iterable[Any]) -> Iterator[Any]:
    yield first
    yield from others


def null_digest(rows: int) -> bytes:
    """Return the digest of a block in which every value is missing: the same for every dtype."""
    return digest_stream(f"null|{rows}|".encode(), ())


def null_block(rows: int) -> Block:
    """Return a block in which every value is missing."""
    return Block("null", rows, b"\1" * rows, ())


def number_block(values: NDArray[Any], nulls: NDArray[np.bool_] | None = None) -> Block:
    """Return the block of real numbers (ints or floats of any width); NaN counts as missing."""
    import numpy as np

    if nulls is None and _is_shared_form(values):
        return Block("number", len(values), None, (values,), (), values.copy, True)
    floating = values.dtype.kind == "f"
    with np.errstate(all="ignore"):
        floats = values.astype(np.float64)
        missing = _missing(floats, nulls) if floating else nulls
        if missing is not None and not missing.any():
            missing = None
        if missing is not None:
            np.copyto(floats, 0.0, where=missing)
        extras = (*_negative_zeros(floats), *_beside(missing, nulls)) if floating else ()
        if floating:
            floats += 0.0  # -0.0 + 0.0 is 0.0
        residual = _residual(values, floats, missing)
    payload = (floats,) if residual is None else (floats, b"residual", residual)

    def numbers() -> NDArray[Any]:
        if missing is None:
            return values.copy()
        return np.where(missing, np.nan, values if floating else floats)

    return Block("number", len(values), missing, payload, extras, numbers, floating)


def _is_shared_form(values: NDArray[Any]) -> bool:
    """Return whether numbers can be hashed where they lie: float64 in a row, none of them NaN or -0.0."""
    import numpy as np

    if values.dtype != np.float64 or not len(values) or not values.flags.c_contiguous:
        return False
    with np.errstate(all="ignore"):
        whole = not np.isnan(values.min())  # the least of numbers with a NaN is NaN
    return whole and not _has_negative_zero(values)


def _has_negative_zero(floats: NDArray[Any]) -> bool:
    import numpy as np

    # the bits of -0.0 are those of the least int64
    return bool(len(floats)) and int(floats.view(np.int64).min()) == np.iinfo(np.int64).min


def _missing(floats: NDArray[np.float64], nulls: NDArray[np.bool_] | None) -> NDArray[np.bool_]:
    import numpy as np

    return np.isnan(floats) if nulls is None else np.isnan(floats) | nulls


def _beside(missing: NDArray[np.bool_] | None, nulls: NDArray[np.bool_] | None) -> tuple[Any, ...]:
    """Return which values are NaN where others are missing in another way (NA)."""
    if missing is None or nulls is None or not nulls.any():
        return ()
    return (b"nan", missing & ~nulls)


def _negative_zeros(floats: NDArray[Any]) -> tuple[Any, ...]:
    import numpy as np

    return (np.signbit(floats) & (floats == 0),) if _has_negative_zero(floats) else ()


def _residual(
    values: NDArray[Any], floats: NDArray[np.float64], missing: NDArray[np.bool_] | None
) -> NDArray[Any] | None:
    """Return what float64 does not hold of the values, or None where it holds all."""
    import numpy as np

    if values.dtype.itemsize < 8 or values.dtype == np.float64 or not len(values):
        return None
    if values.dtype.kind == "f":  # long double
        residual = np.where(np.isinf(floats), 0, values - floats).astype(np.float64)
    elif max(-floats.min(), floats.max()) < WHOLE:
        return None
    else:
        # The float can be 2**63 or 2**64, which no int64 holds: take it in two halves, wrapping as the ints do.
        high = np.floor(floats / 2.0**32)
        low = floats - high * 2.0**32
        whole = (high.astype(np.int64) << np.int64(32)) + low.astype(np.int64)
        residual = (values.astype(np.uint64).view(np.int64) - whole).astype(np.float64)
    if missing is not None:
        residual[missing] = 0.0
    return residual if residual.any() else None


def complex_block(values: NDArray[Any]) -> Block:
    """Return the block of complex numbers; one with a NaN part counts as missing."""
    import numpy as np

    with np.errstate(all="ignore"):
        numbers = values.astype(np.complex128)
        missing = np.isnan(numbers)
        numbers[missing] = 0.0
        signs = _negative_zeros(numbers.view(np.float64))
        numbers += 0.0
        parts = numbers.view(np.float64)
        parts += 0.0
    nulls = missing if missing.any() else None
    return Block("complex", len(values), nulls, (numbers,), signs, lambda: values.astype(np.complex128), True)


def bool_block(values: NDArray[np.bool_], nulls: NDArray[np.bool_] | None = None) -> Block:
    """Return the block of truth values: their own kind, never equal to 0 and 1."""
    if nulls is not None:
        values = values & ~nulls
    return Block("bool", len(values), nulls if nulls is not None and nulls.any() else None, (values,))


# How many of each unit make a second; finer units than these don't occur in frames.
PER_SECOND = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}


def time_block(kind: str, ticks: NDArray[np.int64], unit: str, nulls: NDArray[np.bool_]) -> Block:
    """Return the block of instants or durations: ``ticks`` of ``unit`` (s, ms, us, ns) as seconds and nanoseconds."""
    import numpy as np

    per_second = PER_SECOND[unit]
    if nulls.any():
        ticks = np.where(nulls, 0, ticks)
    seconds = ticks // per_second
    rest = seconds * per_second
    np.subtract(ticks, rest, out=rest)
    rest *= 10**9 // per_second
    return Block(kind, len(ticks), nulls if nulls.any() else None, (seconds, rest.astype(np.int32)))


def raw_block(kind: str, values: NDArray[Any], nulls: NDArray[np.bool_] | None = None) -> Block:
    """Return the block of values whose bytes are their meaning within ``kind`` (periods, days, decimals of a scale)."""
    import numpy as np

    if nulls is not None and nulls.any():
        values = values.copy()
        values[nulls] = np.zeros((), values.dtype)
        return Block(kind, len(values), nulls, (np.ascontiguousarray(values).view(np.uint8),))
    return Block(kind, len(values), None, (np.ascontiguousarray(values).view(np.uint8),))
