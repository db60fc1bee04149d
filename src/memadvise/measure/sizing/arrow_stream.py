"""The buffers of a column by the Arrow C stream interface, which polars and others offer: addresses, nothing copied.

https://arrow.apache.org/docs/format/CStreamInterface.html; pyarrow is not needed for it, and is not imported.
"""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from typing import Any

MOST_CHUNKS = 1000


class _Schema(ctypes.Structure):
    """struct ArrowSchema."""


class _Array(ctypes.Structure):
    """struct ArrowArray."""


_pointer_to = ctypes.POINTER
_release = ctypes.CFUNCTYPE(None, ctypes.c_void_p)
_get = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p)
_Schema._fields_ = [
    ("format", ctypes.c_char_p),
    ("name", ctypes.c_char_p),
    ("metadata", ctypes.c_void_p),
    ("flags", ctypes.c_int64),
    ("n_children", ctypes.c_int64),
    ("children", _pointer_to(_pointer_to(_Schema))),
    ("dictionary", _pointer_to(_Schema)),
    ("release", _release),
    ("private_data", ctypes.c_void_p),
]
_Array._fields_ = [
    *[(name, ctypes.c_int64) for name in ("length", "null_count", "offset", "n_buffers", "n_children")],
    ("buffers", _pointer_to(ctypes.c_void_p)),
    ("children", _pointer_to(_pointer_to(_Array))),
    ("dictionary", _pointer_to(_Array)),
    ("release", _release),
    ("private_data", ctypes.c_void_p),
]


class _Stream(ctypes.Structure):
    """struct ArrowArrayStream."""

    _fields_ = (
        ("get_schema", _get),
        ("get_next", _get),
        ("get_last_error", ctypes.c_void_p),
        ("release", ctypes.c_void_p),
        ("private_data", ctypes.c_void_p),
    )


_stream_of = ctypes.PYFUNCTYPE(ctypes.c_void_p, ctypes.py_object, ctypes.c_char_p)(
    ("PyCapsule_GetPointer", ctypes.pythonapi)
)
_WIDTHS = {"c": 1, "C": 1, "s": 2, "S": 2, "e": 2, "i": 4, "I": 4, "f": 4, "l": 8, "L": 8, "g": 8, "tdD": 4}
_WIDTHS |= {"tdm": 8, "tts": 4, "ttm": 4, "ttu": 8, "ttn": 8}
_OFFSETS = {"u": 4, "z": 4, "+l": 4, "+m": 4, "U": 8, "Z": 8, "+L": 8}


def buffers(capsule: Any) -> list[tuple[int, int]]:
    """Return (address, bytes) of all buffers of a stream; the capsule releases the stream when it goes."""
    stream = _Stream.from_address(_stream_of(capsule, b"arrow_array_stream"))
    schema = _Schema()
    found: list[tuple[int, int]] = []
    if stream.get_schema(ctypes.addressof(stream), ctypes.addressof(schema)):
        raise ValueError("the column has no schema")
    try:
        for _ in range(MOST_CHUNKS):
            array = _Array()
            if stream.get_next(ctypes.addressof(stream), ctypes.addressof(array)) or not array.release:
                break
            try:
                found += _of_array(array, schema)
            finally:
                array.release(ctypes.addressof(array))
    finally:
        schema.release(ctypes.addressof(schema))
    return found


def _of_array(array: Any, schema: Any) -> Iterator[tuple[int, int]]:
    rows, kind = array.offset + array.length, schema.format.decode()
    at = [array.buffers[place] or 0 for place in range(array.n_buffers)]
    yield from ((address, nbytes) for address, nbytes in zip(at, _sizes(kind, rows, at), strict=False) if address)
    for place in range(array.n_children):
        yield from _of_array(array.children[place].contents, schema.children[place].contents)
    if array.dictionary and schema.dictionary:
        yield from _of_array(array.dictionary.contents, schema.dictionary.contents)


def _sizes(kind: str, rows: int, at: list[int]) -> list[int]:
    """Return the bytes of the buffers of an array of that format, as far as its ``rows`` reach."""
    nulls = -(-rows // 8)
    if kind in ("vu", "vz"):  # text longer than 12 bytes is in buffers of its own, the sizes of which come last
        sizes: Any = (ctypes.c_int64 * (len(at) - 3)).from_address(at[-1]) if len(at) > 3 else []
        return [nulls, 16 * rows, *map(int, sizes), 8 * (len(at) - 3)]
    if kind in _OFFSETS:
        width = _OFFSETS[kind]
        number = ctypes.c_int64 if width == 8 else ctypes.c_int32
        end = number.from_address(at[1] + width * rows).value if at[1] else 0
        return [nulls, width * (rows + 1), end]  # the third is there for text only
    return [nulls, _data_bytes(kind, rows)]


def _data_bytes(kind: str, rows: int) -> int:
    if kind == "b":
        return -(-rows // 8)
    if kind.startswith("w:"):
        return rows * int(kind[2:])
    if kind.startswith("d:"):
        bits = kind[2:].split(",")[2:]
        return rows * (int(bits[0]) // 8 if bits else 16)
    return rows * (8 if kind.startswith(("ts", "tD")) else _WIDTHS.get(kind, 0))
