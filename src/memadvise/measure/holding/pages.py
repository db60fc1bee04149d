"""Which pages of this process are resident, as the Linux kernel tells: in total, by mapping, and of a single buffer."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass

from memadvise.measure.spans import spans

KIB = 1024
PAGEMAP = "/proc/self/pagemap"
ENTRY = 8  # bytes of a page's entry; the flags are in the last of them
PRESENT, OF_A_FILE = 0x80, 0x20  # bits 63 and 61
NOT_OURS = bytes(flags for flags in range(256) if not flags & PRESENT or flags & OF_A_FILE)
BLOCK = 8192  # entries read at once
LEAST = 1 << 20  # bytes; smaller buffers count as resident, as nearly all of them are


@dataclass(frozen=True)
class Resident:
    """The resident bytes of this process: they are the sum of the other three, to the byte."""

    nbytes: int
    anonymous_bytes: int
    file_bytes: int
    shared_bytes: int


@dataclass(frozen=True)
class Area:
    """One mapping: where it lies, ``rw-p``, its file ("" for none), its resident and anonymous bytes."""

    start: int
    end: int
    permissions: str
    path: str
    resident_bytes: int
    anonymous_bytes: int


def resident() -> Resident:
    """Return where the process stands now; all of it is anonymous where the system does not say."""
    try:
        with open("/proc/self/status", "rb") as file:
            fields = dict(line.split(b":", 1) for line in file.read().splitlines() if line.startswith(b"Rss"))
        parts = [int(fields[name].split()[0]) * KIB for name in (b"RssAnon", b"RssFile", b"RssShmem")]
    except (OSError, KeyError, ValueError):
        total = spans().counter.read().resident_bytes
        return Resident(total, total, 0, 0)
    return Resident(sum(parts), *parts)


def areas() -> list[Area]:
    """Return the mappings of this process, in 10 to 40 ms; none where the system does not say."""
    try:
        with open("/proc/self/smaps", "rb") as file:
            return _areas(file.read())
    except OSError:
        return []


def _areas(text: bytes) -> list[Area]:
    """Read mappings: a line `START-END PERMISSIONS OFFSET DEVICE INODE PATH`, then lines `Name: 12 kB`."""
    found: list[Area] = []
    head: list[bytes] = []
    numbers: dict[bytes, int] = {}
    for line in (*text.splitlines(), b"0-0 end"):
        name, _, rest = line.partition(b":")
        if name in (b"Rss", b"Anonymous"):
            numbers[name] = int(rest.split()[0]) * KIB
        elif b"-" in line.split(b" ", 1)[0]:
            if head:
                found.append(_area(head, numbers))
            head, numbers = line.split(None, 5), {}
    return found


def _area(head: list[bytes], numbers: dict[bytes, int]) -> Area:
    start, end = (int(part, 16) for part in head[0].split(b"-"))
    path = os.fsdecode(head[5]) if len(head) > 5 else ""
    return Area(start, end, head[1].decode(), path, numbers.get(b"Rss", 0), numbers.get(b"Anonymous", 0))


def resident_of(address: int, nbytes: int) -> int:
    """Return how much of a buffer is resident in anonymous pages.

    That leaves out pages that were never written, were swapped out, or are those of a file or of shared memory, which
    the map counts there. Everything counts as resident where the system does not say, and in a small buffer.
    """
    if nbytes < LEAST or sys.platform != "linux":
        return nbytes
    size = os.sysconf("SC_PAGE_SIZE")
    first, last = -(-address // size), (address + nbytes) // size
    try:
        return nbytes - size * _absent(first, last)
    except OSError:
        return nbytes


def _absent(first: int, last: int) -> int:
    """Return how many of the pages ``first`` to ``last`` (left out) are not resident and anonymous."""
    absent = 0
    with open(PAGEMAP, "rb", buffering=0) as file:
        for at in range(first, last, BLOCK):
            count = min(BLOCK, last - at)
            flags = os.pread(file.fileno(), count * ENTRY, at * ENTRY)[ENTRY - 1 :: ENTRY]
            absent += len(flags) - len(flags.translate(None, NOT_OURS))
    return absent
