"""A process seen from outside, through its files in /proc: nothing that a tool in it does or forgets is trusted."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from measuring.wire import Wire

CHILDREN_EVERY_S = 0.025
LOOKS = 3  # one process is read after the other: a sum in the middle of a fork or an exit counts shared pages twice


@dataclass(frozen=True)
class Outside:
    """What was seen between two moments, in bytes.

    Of the children it is the highest sum that held for `LOOKS` looks: proportional (``children_bytes``) and resident.
    """

    start_bytes: int
    peak_bytes: int
    children_bytes: int = 0
    children_rss_bytes: int = 0

    @property
    def increment_bytes(self) -> int:
        """Peak above the start."""
        return self.peak_bytes - self.start_bytes


def sizes(text: bytes, *names: str) -> list[int]:
    """Return the fields ``Name:   123 kB`` of a text from /proc, in bytes; 0 where one is missing."""
    found = []
    for name in names:
        at = text.find(b"\n" + name.encode() + b":")
        found.append(int(text[at + len(name) + 2 : text.index(b"kB", at)]) * 1024 if at >= 0 else 0)
    return found


def watch(pid: int, wire: Wire, wait_s: float) -> Outside:
    """Reset the process's mark, let it go on, and look at it until it says the next thing.

    The mark is read again and again: whoever measures the lines of a cell resets it at each of them, and what it
    showed before is then gone for this side, too.

    Raises:
        TimeoutError: nothing came for ``wait_s``.
    """
    bystanders = set(descendants(pid))
    status = os.open(f"/proc/{pid}/status", os.O_RDONLY)
    try:
        Path(f"/proc/{pid}/clear_refs").write_text("5")
        [start] = sizes(os.pread(status, 4096, 0), "VmRSS")
        wire.go_on()
        until, next_children = time.monotonic() + wait_s, 0.0
        highest, looks = start, [(0, 0)]
        while True:
            is_last = wire.is_ready()
            highest = max(highest, *sizes(os.pread(status, 4096, 0), "VmHWM", "VmRSS"))
            if is_last:
                return Outside(start, highest, *held(looks))
            if (now := time.monotonic()) >= next_children:
                looks.append(memory_of(set(descendants(pid)) - bystanders))
                next_children = now + CHILDREN_EVERY_S
            if now > until:
                raise TimeoutError(f"the cell did not end within {wait_s:.0f} s")
    finally:
        os.close(status)


def held(looks: list[tuple[int, int]]) -> tuple[int, int]:
    """Return the highest proportional and the highest resident sum that held for `LOOKS` looks on end."""
    stretches = [looks[place : place + LOOKS] for place in range(max(1, len(looks) - LOOKS + 1))]
    shared = max(min(look[0] for look in stretch) for stretch in stretches)
    return shared, max(min(look[1] for look in stretch) for stretch in stretches)


def descendants(pid: int) -> Iterator[int]:
    """Give the children of a process and theirs."""
    for task in _entries(Path(f"/proc/{pid}/task")):
        with suppress(OSError):
            for child in (task / "children").read_bytes().split():
                yield int(child)
                yield from descendants(int(child))


def _entries(folder: Path) -> list[Path]:
    try:
        return list(folder.iterdir())
    except OSError:
        return []  # the process has ended


def memory_of(pids: set[int]) -> tuple[int, int]:
    """Return the summed proportional and the summed resident size of processes; those that have ended count as 0."""
    shared = resident = 0
    for pid in pids:
        with suppress(OSError):
            found = sizes(Path(f"/proc/{pid}/smaps_rollup").read_bytes(), "Pss", "Rss")
            shared, resident = shared + found[0], resident + found[1]
    return shared, resident
