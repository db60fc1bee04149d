"""A process seen from outside, through its files in /proc: nothing that a tool in it does or forgets is trusted."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from measuring.gate import Gate
from measuring.wire import Wire

CHILDREN_EVERY_S = 0.025
PAUSE_S, PAUSE_AT_GATE_S = 20e-6, 1e-3  # between two looks; with a gate no reset goes unseen between them
LOOKS = 3  # one process is read after the other: a sum in the middle of a fork or an exit counts shared pages twice


@dataclass(frozen=True)
class Outside:
    """What was seen between two moments, in bytes.

    Of the children it is the highest sum that held for `LOOKS` looks: proportional (``children_bytes``) and resident.
    ``sees_resets``: no reset of the mark by the process itself went unseen (see ``gate``).
    """

    start_bytes: int
    peak_bytes: int
    children_bytes: int = 0
    children_rss_bytes: int = 0
    sees_resets: bool = False

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


class Lookout:
    """One process, looked at until it says that the cell has ended."""

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self._status = os.open(f"/proc/{pid}/status", os.O_RDONLY)
        self._gate: Gate | None = None
        self._highest = 0

    def guard(self, listener: int) -> None:
        """Look at each reset of the mark that the process makes, from now on."""
        self._gate = Gate(listener, self.look)

    def look(self) -> None:
        """Take the mark and the resident size, where they are higher than all before."""
        self._highest = max(self._highest, *sizes(os.pread(self._status, 4096, 0), "VmHWM", "VmRSS"))

    def watch(self, wire: Wire, wait_s: float) -> Outside:
        """Reset the process's mark, let it go on, and look at it until it says the next thing.

        Raises:
            TimeoutError: nothing came for ``wait_s``.
        """
        bystanders = set(descendants(self._pid))
        Path(f"/proc/{self._pid}/clear_refs").write_text("5")
        [start] = sizes(os.pread(self._status, 4096, 0), "VmRSS")
        self._highest = start
        wire.go_on()
        until, next_children = time.monotonic() + wait_s, 0.0
        children = [(0, 0)]
        while not wire.is_ready():
            self.look()
            if (now := time.monotonic()) >= next_children:
                children.append(memory_of(set(descendants(self._pid)) - bystanders))
                next_children = now + CHILDREN_EVERY_S
            if now > until:
                raise TimeoutError(f"the cell did not end within {wait_s:.0f} s")
            time.sleep(PAUSE_AT_GATE_S if self._gate else PAUSE_S)
        self.look()
        return Outside(start, self._highest, *held(children), sees_resets=self._gate is not None)

    def close(self) -> None:
        """Look no more."""
        os.close(self._status)


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
