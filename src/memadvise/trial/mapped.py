"""Buffers in one file: written straight from memory by the kernel, mapped privately by the child."""

from __future__ import annotations

import mmap
import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, BinaryIO

BUFFERS = "buffers.bin"
SMALL_ALIGNMENT = 64
_STEP = 16 * 2**20  # written at once: between two steps an end can be asked for


class Refused(Exception):  # noqa: N818 (no error: an answer)
    """Why a value is not handed over, in words that follow its name."""


class Sink:
    """Where buffers are written one behind the other. Without a file it only counts them.

    ``check`` is asked between steps and may raise; ``most_bytes`` bounds the buffers and what else is reported to
    ``spend``.
    """

    def __init__(self, file: BinaryIO | None, most_bytes: int | None, check: Callable[[], None]) -> None:
        self.nbytes = 0
        self.places: list[tuple[int, int, bool]] = []
        self._file, self._most, self._check = file, most_bytes, check
        self._at = 0

    closed = False

    def spend(self, nbytes: int) -> None:
        """Count bytes that are handed over.

        Raises:
            Refused: more than may be handed over.
        """
        self._check()
        self.nbytes += nbytes
        if self._most is not None and self.nbytes > self._most:
            raise Refused("is larger than may be handed over")

    def write(self, data: Any) -> int:
        """Write bytes behind the last ones; return how many."""
        view = memoryview(data).cast("B")
        for start in range(0, len(view), _STEP):
            part = view[start : start + _STEP]
            self.spend(len(part))
            self._at += len(part)
            if self._file is not None:
                self._file.write(part)
        return len(view)

    def flush(self) -> None:
        """Nothing is held back."""

    def align(self, nbytes: int) -> int:
        """Go on where a buffer of that size may start; return the place. Large ones start on a page."""
        alignment = mmap.PAGESIZE if nbytes >= mmap.PAGESIZE else SMALL_ALIGNMENT
        gap = -self._at % alignment
        if gap and self._file is not None:
            self._file.write(bytes(gap))
        self._at += gap
        return self._at

    def add(self, buffer: Any) -> None:
        """Write one of pickle's out-of-band buffers."""
        view = buffer.raw()
        self.places.append((self.align(len(view)), len(view), view.readonly))
        self.write(view)

    def region(self, parts: Iterable[Any]) -> tuple[int, int]:
        """Write parts as one stretch, each made when it is its turn; return (start, bytes)."""
        start = self.align(mmap.PAGESIZE)
        return start, sum(self.write(part) for part in parts)

    def stretch(self, write: Callable[[Sink], Any]) -> tuple[int, int]:
        """Let a library write its own format into the file; return (start, bytes)."""
        start = self.align(mmap.PAGESIZE)
        write(self)
        return start, self._at - start


class Mapped:
    """The file of buffers in the child: each page a copy of its own as soon as it is written to."""

    def __init__(self, path: Path) -> None:
        self._view = memoryview(bytearray())
        self._map: mmap.mmap | None = None
        if path.stat().st_size:
            with path.open("rb") as file:
                self._map = _map(file.fileno())
                self._view = memoryview(self._map)
            bytes(self._view[:: mmap.PAGESIZE])  # touched now, so that they are of this process's size from the start

    def part(self, start: int, nbytes: int, readonly: bool = False) -> memoryview:
        """Return a stretch of the file, writable unless ``readonly``."""
        view = self._view[start : start + nbytes]
        return view.toreadonly() if readonly else view

    def forget(self, start: int, nbytes: int) -> None:
        """Let the pages of a stretch go that has been copied: nothing refers to it any more."""
        if self._map is not None and hasattr(mmap, "MADV_DONTNEED") and nbytes >= mmap.PAGESIZE:
            self._map.madvise(mmap.MADV_DONTNEED, start, nbytes // mmap.PAGESIZE * mmap.PAGESIZE)


def _map(descriptor: int) -> mmap.mmap:
    return mmap.mmap(descriptor, os.fstat(descriptor).st_size, access=mmap.ACCESS_COPY)
