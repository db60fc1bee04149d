"""The pickler of a hand-over: large memory goes beside the pickle, what can't be handed soundly raises `Refused`."""

from __future__ import annotations

import copyreg
import sys
from functools import partial
from types import FunctionType, ModuleType
from typing import Any, BinaryIO

import cloudpickle

from memadvise.trial import rebuilt
from memadvise.trial.mapped import Refused, Sink
from memadvise.trial.of_arrays import Arrays
from memadvise.trial.refused import why_not

_PIECE = 8 * 2**20  # bytes of a polars frame that are written at once
_DRAGGED = 2**16  # bytes of an Arrow buffer that a slice does not show, beyond which it is written by itself


class Stream:
    """The file of the pickle itself, counted by the sink."""

    def __init__(self, file: BinaryIO | None, sink: Sink) -> None:
        self._file, self._sink = file, sink

    def write(self, data: Any) -> int:
        """Write, if there is a file."""
        self._sink.spend(len(data))
        return len(data) if self._file is None else self._file.write(data)


class Pickler(cloudpickle.Pickler):
    """cloudpickle with pickle protocol 5: functions of the notebook see the child's namespace."""

    def __init__(self, stream: Stream, sink: Sink) -> None:
        super().__init__(stream, protocol=5, buffer_callback=sink.add)
        self._sink = sink
        self._arrays = Arrays(sink)

    def reducer_override(self, value: Any) -> Any:
        """Say how a value is handed over; called for everything but plain containers and atoms."""
        self._sink.spend(0)
        if type(value) is rebuilt.Namespace:
            return value.__reduce__()
        reason = why_not(value)
        if reason:
            raise Refused(reason)
        if isinstance(value, ModuleType):
            return rebuilt.module, (value.__name__, _submodules(value.__name__))
        reduced = self._library(value)
        return super().reducer_override(value) if reduced is NotImplemented else reduced

    def _function_getnewargs(self, function: FunctionType) -> Any:
        if function.__globals__.get("__name__") == "__main__":
            self.globals_ref.setdefault(id(function.__globals__), rebuilt.Namespace())
        return super()._function_getnewargs(function)

    def _library(self, value: Any) -> Any:
        kind = type(value)
        package = kind.__module__.partition(".")[0] if type(kind.__module__) is str else ""
        if package == "pandas":
            self._arrays.note_pandas(value)
            if _is_arrow_backed(value):
                return _arrow_backed(value)
        elif package == "pyarrow":
            return self._arrow(value)
        elif package == "polars":
            return self._polars(value)
        numpy = sys.modules.get("numpy")
        if numpy is not None and isinstance(value, numpy.ndarray):
            return self._arrays.reduce(value)
        return NotImplemented

    def _arrow(self, value: Any) -> Any:
        """Write a slice by itself where its buffers hold much more than it shows."""
        import pyarrow as pa

        if isinstance(value, pa.Array):
            self._arrays.note_buffers(value.buffers())
        elif isinstance(value, pa.Table | pa.RecordBatch):
            columns = [part for column in value.columns for part in getattr(column, "chunks", [column])]
            self._arrays.note_buffers(buffer for part in columns for buffer in part.buffers())
        elif isinstance(value, pa.ChunkedArray):
            self._arrays.note_buffers(buffer for part in value.chunks for buffer in part.buffers())
        name = next((name for name in _ARROW if isinstance(value, getattr(pa, name))), "")
        if not name or len(value) == 0 or value.get_total_buffer_size() <= value.nbytes + _DRAGGED:
            return NotImplemented
        if name == "Table":
            table = value
        elif name == "RecordBatch":
            table = pa.Table.from_batches([value])
        else:
            table = pa.Table.from_arrays([value], names=["0"])

        def write(sink: Sink) -> None:
            with pa.ipc.new_stream(pa.PythonFile(sink, mode="w"), table.schema) as writer:
                writer.write_table(table)

        return rebuilt.arrow, (*self._sink.stretch(write), name)

    def _polars(self, value: Any) -> Any:
        import polars as pl

        if type(value) not in (pl.DataFrame, pl.Series):
            return NotImplemented
        is_series = type(value) is pl.Series
        frame = value.to_frame() if is_series else value
        if any(dtype == pl.Object for dtype in frame.dtypes) or not frame.width or not frame.height:
            return NotImplemented
        newest = pl.CompatLevel.newest()
        rows = max(1, frame.height * _PIECE // max(1, int(frame.estimated_size())))  # polars makes all of one in memory
        pieces = tuple(
            self._sink.stretch(partial(piece.write_ipc_stream, compat_level=newest))
            for piece in frame.iter_slices(rows)
        )
        return rebuilt.polars, (pieces, is_series)


_ARROW = ("Table", "RecordBatch", "ChunkedArray", "Array")


def _is_arrow_backed(value: Any) -> bool:
    pandas = sys.modules["pandas"]
    base = getattr(pandas.arrays, "ArrowExtensionArray", None)
    return base is not None and isinstance(value, base) and hasattr(base, "__setstate__")


def _arrow_backed(value: Any) -> Any:
    """Hand pandas' Arrow-backed text over as the chunks that it has: pandas itself would copy them into one first."""
    state = {name: {} if name == "_cache" else held for name, held in vars(value).items()}
    return copyreg.__newobj__, (type(value),), state, None, None, rebuilt.set_attributes  # type: ignore[attr-defined]


def _submodules(name: str) -> tuple[str, ...]:
    """Return the loaded public modules below a module: their names are attributes of it."""
    below = [loaded for loaded in list(sys.modules) if loaded.startswith(f"{name}.") and sys.modules.get(loaded)]
    return tuple(sorted(loaded for loaded in below if not any(part.startswith("_") for part in loaded.split("."))))
