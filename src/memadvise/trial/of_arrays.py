"""NumPy's arrays in a hand-over: their memory once, and no two that share memory come apart unnoticed."""

from __future__ import annotations

import array as py_array
import mmap
import sys
from bisect import bisect_left
from collections.abc import Iterator
from typing import Any

from memadvise.trial import rebuilt
from memadvise.trial.mapped import Refused, Sink

_BLOCK = 4 * 2**20  # bytes of a strided array that are copied at once
_FROZEN = 1  # the owner of what no one writes to
_WORK = 10_000  # candidates that NumPy may try for an exact answer


class Arrays:
    """The arrays of one pickle. Knows which are pandas' own: these are copied before they are written to."""

    def __init__(self, sink: Sink) -> None:
        self._sink = sink
        self._met: list[tuple[int, int, Any, int]] = []  # by where they start
        self._longest = 0
        self._pandas: dict[int, int] = {}  # whose: arrays of one owner are copied before one of them is written to
        self._passed: set[int] = set()
        self._kept: list[Any] = []  # so that an id stays its own

    def note_pandas(self, value: Any) -> None:
        """Remember the arrays inside a frame, a series or an index, before they are met by themselves."""
        pandas = sys.modules["pandas"]
        if not _copies_on_write(pandas):
            return
        if isinstance(value, pandas.DataFrame | pandas.Series):
            for block in value._mgr.blocks:
                self._note(block.values, id(getattr(block, "refs", block)))
            self._kept.append(value)
        elif isinstance(value, pandas.Index):
            # as it stands in the index: asking a RangeIndex would make, and keep, all its numbers
            held = getattr(value, "__dict__", {})
            for inner in (held.get("_data"), *(held.get("_codes") or ())):
                self._note(inner, _FROZEN)
        elif isinstance(value, pandas.api.extensions.ExtensionArray) and id(value) in self._pandas:
            self._note(value, self._pandas[id(value)])

    def _note(self, holder: Any, owner: int) -> None:
        """Remember an array, or an extension array with those inside, as what pandas copies before it is written to."""
        inside = [getattr(holder, "_ndarray", None), *getattr(holder, "__dict__", {}).values()]
        places = next((one for one in inside if type(one).__name__ in ("IntIndex", "BlockIndex")), None)
        inside += [getattr(places, name, None) for name in ("indices", "blocs", "blengths")]
        for inner in (holder, *inside):
            if inner is not None:
                self._pandas.setdefault(id(inner), owner)
                self._kept.append(inner)

    def reduce(self, array: Any) -> Any:
        """Say how an array is handed over.

        Raises:
            Refused: it shares memory with another, or with a file that it writes to.
        """
        import numpy as np

        mapped = self._of_file(array)
        if mapped is not None:
            return mapped
        self._check(array, self._pandas.get(id(array), 0))
        if type(array) is not np.ndarray or array.dtype.hasobject:
            return NotImplemented
        if array.size and _repeats(array):
            return self._broadcast(array)
        if not (array.flags.c_contiguous or array.flags.f_contiguous):
            return self._strided(array)
        if array.dtype.kind in "mM" and array.size:
            whole = array.view(array.dtype.str[0] + "i8")
            self._pass(whole)
            return rebuilt.viewed, (whole, array.dtype)
        return NotImplemented

    def _pass(self, array: Any) -> None:
        """Let an array of ours through that is a view of one that was checked."""
        self._kept.append(array)
        self._passed.add(id(array))

    def _check(self, array: Any, owner: int) -> None:
        import numpy as np

        if id(array) in self._passed or not array.size:
            return
        bounds = np.lib.array_utils.byte_bounds if hasattr(np.lib, "array_utils") else np.byte_bounds  # type: ignore[attr-defined]
        low, high = bounds(array)
        self._meet(low, high, array, owner)

    def note_buffers(self, buffers: Any) -> None:
        """Remember Arrow's buffers: they may lie in the memory of an array that can be written to."""
        for buffer in buffers:
            if buffer is not None and buffer.size:
                self._meet(buffer.address, buffer.address + buffer.size, None, _FROZEN)

    def _meet(self, low: int, high: int, array: Any, owner: int) -> None:
        first = bisect_left(self._met, low - self._longest, key=_low)
        last = bisect_left(self._met, high, key=_low)
        for _, end, other, of_other in self._met[first:last]:
            if low < end and not (owner and owner == of_other) and _writable(array, other):
                if array is None or other is None or _shares(array, other):
                    raise Refused("shares its memory with another value, and would not in a child process")
        self._met.insert(bisect_left(self._met, low, key=_low), (low, high, array, owner))
        self._longest = max(self._longest, high - low)

    def _of_file(self, array: Any) -> Any:
        import numpy as np

        base, seen = array, 0
        while isinstance(base, np.ndarray) and seen < 50:
            if isinstance(base, np.memmap) and base.flags.writeable and base.mode != "c":
                raise Refused("is mapped from a file that it can write to")
            base, seen = base.base, seen + 1
        held = base.obj if isinstance(base, memoryview) else base
        if type(held) in (bytearray, py_array.array, mmap.mmap) and array.flags.writeable and base is not array:
            if type(array) is not np.memmap:
                raise Refused("is a view of another object's memory")
        if type(array) is not np.memmap:
            return None
        if not isinstance(array.base, mmap.mmap) or array.mode != "r" or array.filename is None:
            raise Refused("is a part of a file that is mapped into memory")
        order = "C" if array.flags.c_contiguous else "F"
        return rebuilt.file_map, (str(array.filename), array.dtype, array.offset, array.shape, order)

    def _broadcast(self, array: Any) -> Any:
        import numpy as np

        if array.flags.writeable:
            raise Refused("overlaps itself")
        core = array[tuple(slice(0, 1) if stride == 0 else slice(None) for stride in array.strides)]
        self._pass(core)
        return np.broadcast_to, (core, array.shape)

    def _strided(self, array: Any) -> Any:
        transposed = array.ndim > 1 and abs(array.strides[0]) < abs(array.strides[-1])
        start, nbytes = self._sink.region(_blocks(array.T if transposed else array))
        return rebuilt.strided, (start, nbytes, array.dtype, array.shape, transposed, bool(array.flags.writeable))


def _copies_on_write(pandas: Any) -> bool:
    return int(pandas.__version__.partition(".")[0]) >= 3 or pandas.options.mode.copy_on_write is True


def _repeats(array: Any) -> bool:
    return any(stride == 0 and length > 1 for stride, length in zip(array.strides, array.shape, strict=True))


def _low(met: tuple[int, int, Any, int]) -> int:
    return met[0]


def _writable(one: Any, other: Any) -> bool:
    return any(array is not None and array.flags.writeable for array in (one, other))


def _shares(one: Any, other: Any) -> bool:
    import numpy as np

    try:
        return bool(np.shares_memory(one, other, max_work=_WORK))  # type: ignore[arg-type]
    except np.exceptions.TooHardError:
        return True


def _blocks(array: Any) -> Iterator[Any]:
    """Yield the array's elements in C order as bytes, a few megabytes at a time."""
    import numpy as np

    row_bytes = max(1, array.nbytes // max(1, len(array)))
    if row_bytes > _BLOCK and array.ndim > 1:
        for row in array:
            yield from _blocks(row)
        return
    step = max(1, _BLOCK // row_bytes)
    for start in range(0, len(array), step):
        yield np.ascontiguousarray(array[start : start + step]).reshape(-1).view("u1")
