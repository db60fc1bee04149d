"""C functions that are called without letting go of the GIL, and several in a row: no Python thread runs in between.

``os.pwrite`` lets go of it. Between reading the mark and resetting it, another thread could then take memory and free
it, and the reset would wipe out the only trace of that. Imported only where a mark is reset: it loads ctypes (1 MB),
which every notebook's kernel has loaded.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from functools import partial
from operator import call
from typing import Any


def held(name: str, result: Any, *arguments: Any) -> Callable[..., Any]:
    """Return a function of the C library, with ctypes' types of its result and arguments."""
    return ctypes.PYFUNCTYPE(result, *arguments)((name, ctypes.PyDLL(None)))


def in_a_row(*calls: Callable[[], Any]) -> list[Any]:
    """Return what the calls return. Where all of them are C code, neither threads nor signal handlers run between."""
    return [*map(call, calls)]


def buffer(size: int) -> Any:
    """Return a buffer of so many bytes."""
    return ctypes.create_string_buffer(size)


def writing(fd: int, data: bytes) -> Callable[[], int]:
    """Return the call that writes at the beginning of a file; it returns the number of bytes, or -1."""
    types = (ctypes.c_int, ctypes.c_char_p, ctypes.c_size_t, ctypes.c_long)
    return partial(held("pwrite", ctypes.c_ssize_t, *types), fd, data, len(data), 0)


def reading(fd: int, into: Any) -> Callable[[], int]:
    """Return the call that fills a buffer from the beginning of a file; it returns the bytes read, or -1."""
    types = (ctypes.c_int, ctypes.c_void_p, ctypes.c_size_t, ctypes.c_long)
    return partial(held("pread", ctypes.c_ssize_t, *types), fd, into, ctypes.sizeof(into), 0)


def checked(count: int) -> int:
    """Return the count of a system call.

    Raises:
        OSError: it is -1.
    """
    if count < 0:
        raise OSError("memadvise: a file under /proc can't be used any more")
    return count
