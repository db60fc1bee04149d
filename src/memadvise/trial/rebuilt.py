"""What the child makes values of, named in the pickle; the file and the namespace are set while one is read."""

from __future__ import annotations

import importlib
import io
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from memadvise.trial.mapped import Mapped

_now: list[tuple[Mapped, dict[str, Any]]] = []


@contextmanager
def reading(mapped: Mapped, namespace: dict[str, Any]) -> Iterator[None]:
    """Let what is loaded inside refer to this file, and functions of the notebook to this namespace."""
    _now.append((mapped, namespace))
    try:
        yield
    finally:
        _now.pop()


class Namespace:
    """Stands in the pickle for the globals of the notebook's functions: the child's own namespace."""

    def __reduce__(self) -> tuple[Any, ...]:
        return namespace, ()


def namespace() -> dict[str, Any]:
    """Return the namespace that is being filled."""
    return _now[-1][1]


def module(name: str, loaded: tuple[str, ...]) -> Any:
    """Import a module, and those of its submodules that the kernel has loaded: they are its attributes there."""
    found = importlib.import_module(name)
    for submodule in loaded:
        try:
            importlib.import_module(submodule)
        except Exception:  # noqa: BLE001 (an optional part that does not load on its own)
            continue
    return found


def strided(start: int, nbytes: int, dtype: Any, shape: tuple[int, ...], transposed: bool, writable: bool) -> Any:
    """Return an array that was no block of memory, as one."""
    import numpy as np

    view = _now[-1][0].part(start, nbytes, readonly=not writable)
    found = np.frombuffer(view, dtype=dtype) if nbytes else np.empty(0, dtype)
    found = found.reshape(shape[::-1] if transposed else shape)
    return found.T if transposed else found


def viewed(array: Any, dtype: Any) -> Any:
    """Return the array's memory as another dtype."""
    return array.view(dtype)


def set_attributes(value: Any, attributes: dict[str, Any]) -> None:
    """Give an instance the attributes that it had."""
    vars(value).update(attributes)


def arrow(start: int, nbytes: int, kind: str) -> Any:
    """Return an Arrow table, or its only column, from Arrow's stream format, without a copy."""
    import pyarrow as pa

    table = pa.ipc.open_stream(pa.py_buffer(_now[-1][0].part(start, nbytes, readonly=True))).read_all()
    if kind == "Table":
        return table
    if kind == "RecordBatch":
        return table.combine_chunks().to_batches()[0]
    return table.column(0) if kind == "ChunkedArray" else table.column(0).chunk(0)


def polars(pieces: tuple[tuple[int, int], ...], is_series: bool) -> Any:
    """Return a polars frame, or its only column, from Arrow's stream format."""
    import polars as pl

    mapped, frames = _now[-1][0], []
    for place in pieces:
        frames.append(pl.read_ipc_stream(io.BytesIO(mapped.part(*place))))  # polars reads files only, so it is copied
        mapped.forget(*place)
    frame = pl.concat(frames, rechunk=False)
    return frame.to_series(0) if is_series else frame


def file_map(filename: str, dtype: Any, offset: int, shape: tuple[int, ...], order: str) -> Any:
    """Map the person's file again, for reading only."""
    import numpy as np

    return np.memmap(filename, dtype=dtype, mode="r", offset=offset, shape=shape, order=order)  # type: ignore[call-overload]
