"""Arrow arrays as blocks, whatever their chunks, offsets and layout; imported only for values that hold them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pyarrow as pa

from memadvise.trial.blocks import Block, bool_block, null_block, number_block, raw_block, time_block
from memadvise.trial.column import Source, columns_of, label_of
from memadvise.trial.encode import Context
from memadvise.trial.model import Label, Snapshot
from memadvise.trial.objects import object_block


def table_snapshot(table: Any, type_text: str, context: Context) -> Snapshot:
    """Return the snapshot of a Table or RecordBatch; the schema's metadata do not count."""
    names, columns = table.schema.names, table.columns
    sources = [
        chunked_source(as_chunked(column), label_of(name, context), context)
        for name, column in zip(names, columns, strict=True)
    ]
    return Snapshot("pyarrow.Table", type_text, columns_of(sources, context))


def array_snapshot(values: Any, type_text: str, context: Context) -> Snapshot:
    """Return the snapshot of an Array or ChunkedArray."""
    source = chunked_source(as_chunked(values), label_of(None, context), context)
    return Snapshot("pyarrow.Array", type_text, columns_of([source], context))


def as_chunked(values: Any) -> Any:
    """Return an Array or ChunkedArray as ChunkedArray, without copying."""
    return values if isinstance(values, pa.ChunkedArray) else pa.chunked_array([values], type=values.type)


def chunked_source(values: Any, label: Label, context: Context, dtype: str = "", signature: bytes = b"") -> Source:
    """Return the source of a ChunkedArray."""
    floating = pa.types.is_floating(values.type)
    return Source(
        dtype or str(values.type),
        len(values),
        lambda start, stop: arrow_block(values.slice(start, stop - start), context),
        lambda count: values.slice(0, count).to_pylist(),
        label,
        signature=signature or str(values.type).encode("utf-8", "replace"),
        number_bytes=8 if floating or pa.types.is_integer(values.type) else 0,
        floating=floating,
    )


def arrow_block(values: Any, context: Context) -> Block:
    """Return the block of a ChunkedArray of at most some ten thousand rows."""
    kind, types = values.type, pa.types
    if isinstance(kind, pa.BaseExtensionType):
        return arrow_block(pa.chunked_array([chunk.storage for chunk in values.chunks], kind.storage_type), context)
    if types.is_dictionary(kind):
        chunks = [chunk.dictionary_decode() for chunk in values.chunks]
        return arrow_block(pa.chunked_array(chunks, kind.value_type), context)
    if types.is_string_view(kind) or types.is_binary_view(kind):
        wide = pa.large_string() if types.is_string_view(kind) else pa.large_binary()
        return arrow_block(values.cast(wide), context)
    if types.is_null(kind):
        return null_block(len(values))
    if types.is_string(kind) or types.is_large_string(kind):
        return _text_block("text", values)
    if types.is_binary(kind) or types.is_large_binary(kind):
        return _text_block("bytes", values)
    return _fixed_block(values, context)


def taken_block(values: Any, codes: Any, context: Context) -> Block:
    """Return the block of an Array taken at ``codes`` (a NumPy array; -1 is missing)."""
    missing = codes < 0
    places = pa.array(codes, mask=missing if missing.any() else None)
    return arrow_block(as_chunked(values.take(places)), context)


def _fixed_block(values: Any, context: Context) -> Block:
    kind, types = values.type, pa.types
    one = _one(values)
    if types.is_integer(kind) or types.is_floating(kind):
        return number_block(_numpy(one), _nulls(one))
    if types.is_boolean(kind):
        return bool_block(one.fill_null(False).to_numpy(zero_copy_only=False), _nulls(one))
    if types.is_timestamp(kind) or types.is_duration(kind):
        name = "duration" if types.is_duration(kind) else f"instant {kind.tz or ''}"
        return time_block(name, _numpy(one.view(pa.int64())), kind.unit, _flags(one))
    if types.is_date32(kind):
        days = _numpy(one.view(pa.int32())).astype(np.int64)
        return raw_block("date", days, _nulls(one))
    if types.is_decimal128(kind):
        return raw_block(f"decimal {kind.scale}", _decimals(one), _nulls(one))
    return object_block(one.to_pylist(), context)


def _decimals(one: Any) -> Any:
    """Return the unscaled integers of a decimal array as 16 raw bytes each."""
    return np.frombuffer(one.buffers()[1], dtype="V16", count=len(one), offset=16 * one.offset)


def _one(values: Any) -> Any:
    """Return the chunks as one Array; copies where there are several."""
    if values.num_chunks == 1:
        return values.chunk(0)
    return pa.concat_arrays(values.chunks) if values.num_chunks else pa.array([], values.type)


def _nulls(one: Any) -> Any:
    return _flags(one) if one.null_count else None


def _flags(one: Any) -> Any:
    return one.is_null().to_numpy(zero_copy_only=False)


def _numpy(one: Any) -> Any:
    """Return numbers as an array, 0 where missing (Arrow leaves there what it likes)."""
    return (one.fill_null(0) if one.null_count else one).to_numpy(zero_copy_only=False)


def _text_block(kind: str, values: Any) -> Block:
    """Return the block of text or bytes: lengths, then the bytes as they lie in the chunks' buffers."""
    parts = [_text_parts(chunk) for chunk in values.chunks if len(chunk)]
    lengths = [part[0] for part in parts]
    nulls = [part[2] for part in parts]
    missing = np.concatenate(nulls) if values.null_count else None

    def payload() -> Iterator[Any]:
        yield from lengths
        for part in parts:
            yield part[1]

    return Block(kind, len(values), missing, payload())


def _text_parts(chunk: Any) -> tuple[Any, Any, Any]:
    """Return the lengths in bytes, the content and the missing flags of one chunk."""
    flags = _flags(chunk) if chunk.null_count else np.zeros(len(chunk), bool)
    lengths, content = _text_buffers(chunk)
    if chunk.null_count and lengths[flags].any():  # bytes behind a missing value are legal, and mean nothing
        lengths, content = _text_buffers(chunk.fill_null(b"" if pa.types.is_binary(chunk.type) else ""))
    return lengths, content, flags


def _text_buffers(chunk: Any) -> tuple[Any, Any]:
    _, offset_buffer, content = chunk.buffers()
    wide = pa.types.is_large_string(chunk.type) or pa.types.is_large_binary(chunk.type)
    kind = np.int64 if wide else np.int32
    width = np.dtype(kind).itemsize
    offsets = np.frombuffer(offset_buffer, kind, count=len(chunk) + 1, offset=chunk.offset * width)
    lengths = np.diff(offsets).astype(np.int64, copy=False)
    if content is None:
        return lengths, b""
    return lengths, memoryview(content)[int(offsets[0]) : int(offsets[-1])]
