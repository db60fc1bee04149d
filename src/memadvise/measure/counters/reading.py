"""The nouns of measuring: one look at the process, and what every way to find a peak can do."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

KIB = 1024


@dataclass(frozen=True)
class Reading:
    """One look at the process, in bytes. ``mark_bytes`` is the high-water mark (since the last reset, where that is
    possible); ``anonymous_bytes`` is None where the system does not say.

    All three are one quantity: resident memory, or what the counter's ``method`` names instead (macOS: the footprint).
    """

    resident_bytes: int
    mark_bytes: int
    anonymous_bytes: int | None = None


class Counter(Protocol):
    """A way to find a cell's peak: ``begin`` just before it, ``read`` just after it, then ``peak``.

    ``method`` names the way in the report. ``exact_splits`` tells whether a split is the true peak since the last one;
    where it is not (no mark that can be reset), a split is a lower bound of it.
    """

    method: str
    exact_splits: bool

    def begin(self) -> Reading:
        """Reset the mark where that is possible and return the reading at the start."""

    def read(self) -> Reading:
        """Return a reading now."""

    def split(self) -> tuple[int, int]:
        """Return the highest resident size since the last split or ``begin``, and the size now, and begin anew.

        Fast: it is called at each line of a cell. Whoever needs the peak of a longer stretch keeps the highest of the
        splits in it (see ``spans``).
        """

    def peak(self, start: Reading, end: Reading, highest: int, sampled: Iterable[int]) -> tuple[int, int]:
        """Return the peak and the bound of its error, both in bytes.

        ``highest`` is the highest split since ``start``; ``sampled`` are resident sizes on the way.
        """

    def method_of(self, start: Reading, end: Reading) -> str:
        """Return how the peak between these two was found: ``method``, or which half of it."""

    def close(self) -> None:
        """Give the file descriptors back."""


def parse_status(text: bytes) -> Reading:
    """Return the reading that the text of a ``/proc/PID/status`` holds.

    Raises:
        OSError: the text has no resident size or no mark (a kernel thread, a process that is gone, another kernel).
    """
    resident, mark = _field(text, b"VmRSS:"), _field(text, b"VmHWM:")
    if resident is None or mark is None:
        raise OSError("/proc/PID/status shows no VmRSS or VmHWM")
    return Reading(resident, mark, _field(text, b"RssAnon:"))


def _field(text: bytes, name: bytes) -> int | None:
    """Return the bytes of a ``Name:   123 kB`` line, or None."""
    at = text.find(b"\n" + name)
    if at < 0:
        return None
    return int(text[at + 1 + len(name) : text.index(b"kB", at)]) * KIB
