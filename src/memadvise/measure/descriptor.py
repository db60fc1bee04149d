"""File descriptors that we keep open in the person's process, where a cell may close them or fork with them."""

from __future__ import annotations

import os


class Descriptor:
    """An open descriptor that knows which file it is.

    A cell may call ``os.closerange(3, 100)`` and then open its own files: their numbers are then ours, so the file
    behind the number is compared before anything is written to it, and before it is closed.
    """

    def __init__(self, fd: int) -> None:
        self.fd = fd
        self._pid = os.getpid()
        self._identity = _identity(fd)

    def is_valid(self) -> bool:
        """Tell whether the number still is our file (1 microsecond)."""
        return self.fd >= 0 and _identity(self.fd) == self._identity

    def is_ours(self) -> bool:
        """Tell whether this process opened it, not the one that it was forked from."""
        return self._pid == os.getpid()

    def close(self) -> None:
        """Close the file, unless its number belongs to somebody else by now."""
        if self.is_valid():
            os.close(self.fd)
        self.fd = -1


def _identity(fd: int) -> tuple[int, int] | None:
    """Return device and inode behind a descriptor, or None when it is closed."""
    try:
        found = os.fstat(fd)
    except OSError:
        return None
    return found.st_dev, found.st_ino
