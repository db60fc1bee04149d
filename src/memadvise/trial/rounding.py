"""Whether two sequences of numbers are the same but for rounding, and where they part."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from numpy.typing import NDArray

RELATIVE = 1e-9
# A sum of n values of size M is exact to about n * 1e-16 * M however small its result: what cancels to 0 in one order
# gives 1e-17 * M in another. The largest value of the column stands for M; a column of nothing but noise has no such
# scale, and is different. Only a few roundings of M pass: a small value beside a large one must not change unseen.
OF_LARGEST = 1e-15
WHOLE = 2.0**53


@dataclass(frozen=True)
class Gap:
    """How two sequences differ: the first row beyond rounding (None where there is none), how many rows are beyond.

    ``largest`` is the largest difference within rounding, relative to the value or, where sums cancelled, to the
    column's largest value. ``before`` and ``after`` are the values of that first row.
    """

    row: int | None
    rows: int
    largest: float
    before: object = None
    after: object = None


def gap(before: Any, after: Any, rounding: bool) -> Gap:
    """Return how ``after`` differs from ``before`` (equally long, missing as NaN).

    With ``rounding`` False any difference is beyond it. Two different whole numbers below 2**53 always are: float
    arithmetic on whole numbers is exact there, and numbers of that kind are often keys.
    """
    import numpy as np

    left, right = _numbers(before), _numbers(after)
    with np.errstate(all="ignore"):
        apart = (left != right) & ~(np.isnan(left) & np.isnan(right))
        rows = np.flatnonzero(apart)
        relative = _relative(left, right, rows)
        if not rounding:
            relative[:] = np.inf
    beyond = rows[np.isinf(relative)]
    fits = relative[np.isfinite(relative)]
    largest = float(fits.max()) if len(fits) else 0.0
    if not len(beyond):
        return Gap(None, 0, largest)
    row = int(beyond[0])
    return Gap(row, len(beyond), largest, _plain(before[row]), _plain(after[row]))


def _numbers(values: Any) -> NDArray[Any]:
    """Return the numbers as float64 or complex128."""
    import numpy as np

    numbers = np.asarray(values)
    return numbers.astype(np.complex128 if numbers.dtype.kind == "c" else np.float64, copy=False)


def _relative(left: NDArray[Any], right: NDArray[Any], rows: NDArray[Any]) -> NDArray[Any]:
    """Return the relative differences at ``rows``, infinite where they are beyond rounding."""
    import numpy as np

    a, b = left[rows], right[rows]
    difference, size = np.abs(a - b), np.maximum(np.abs(a), np.abs(b))
    relative = difference / size
    scale = _scale(left, right)
    cancelled = (relative > RELATIVE) & (difference <= OF_LARGEST * scale)
    relative[cancelled] = difference[cancelled] / scale
    whole = (a == np.round(a)) & (b == np.round(b)) & (size < WHOLE)
    fits = (relative <= RELATIVE) & np.isfinite(size) & ~whole
    return np.where(fits, relative, np.inf)


def _scale(left: NDArray[Any], right: NDArray[Any]) -> float:
    """Return the largest finite absolute value of both."""
    import numpy as np

    largest = 0.0
    for values in (left, right):
        sizes = np.abs(values)
        sizes[~np.isfinite(sizes)] = 0.0
        largest = max(largest, float(sizes.max(initial=0.0)))
    return largest


def _plain(value: Any) -> object:
    return value.item() if hasattr(value, "item") else value
