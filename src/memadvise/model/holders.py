"""What holds a process's memory, and what was given back of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal[
    "variable",  # one name of the person's
    "variables",  # all names that have no entry of their own
    "outputs",  # `Out[]`, `_`, `__`, `_N`
    "exception",  # the frames of an exception that a variable holds
    "traceback",  # the frames of the last exception, kept for `%tb` and `%debug`
    "arrow",  # handed out to nobody, but not given back to the system either: Arrow's pool,
    "heap",  # the C library's heap,
    "objects",  # the arenas of Python's own small objects
    "files",  # mapped files that are no code
    "code",  # Python and its libraries, mapped from their files
    "shared",  # shared memory
    "base",  # what was there when memadvise was loaded
    "rest",  # not explained
]


@dataclass(frozen=True)
class Holder:
    """One row of the map. ``nbytes`` are resident; ``what`` is a name of the person's, or which of its kind it is.

    ``allocated_bytes`` is what was asked for: more than is resident where pages were never touched, were swapped out,
    or belong to a mapped file.
    """

    kind: Kind
    what: str
    nbytes: int
    allocated_bytes: int
    detail: str = ""


@dataclass(frozen=True)
class KernelMap:
    """All that is resident in a process: the bytes of ``holders`` add up to ``resident_bytes``, to the byte.

    ``cut_bytes`` is what the holders claimed beyond what is resident where no page could be looked at; it was taken off
    the largest of them.
    """

    resident_bytes: int
    holders: tuple[Holder, ...]
    cut_bytes: int = 0

    def of(self, *kinds: Kind) -> tuple[Holder, ...]:
        """Return the rows of these kinds."""
        return tuple(holder for holder in self.holders if holder.kind in kinds)

    def bytes_of(self, *kinds: Kind) -> int:
        """Return the resident bytes of these kinds together."""
        return sum(holder.nbytes for holder in self.of(*kinds))


@dataclass(frozen=True)
class GivenBack:
    """What one step gave back, in bytes; ``device_bytes`` on another device (a GPU), no part of ``nbytes``."""

    what: str
    nbytes: int
    device_bytes: int = 0
