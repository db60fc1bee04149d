"""What the child processes of a kernel take together, so that memory which they share is counted once.

The sum is of proportional sizes (PSS): a page that three processes share counts a third with each. Children and their
children count, also forked ones; memadvise's own processes do not. Not seen are

- a child that lives shorter than the time between two looks (20 to 50 ms, longer where the children are large);
- a daemon that was forked twice: its parent is init then, not the kernel;
- the part of a page shared with the kernel that counts with the kernel.

A child that has ended takes nothing, waited for (no longer a child) or not (a zombie).
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from memadvise.measure.timeline import Timeline

EVERY_S = 0.02
MOST_OF_A_CORE = 0.05  # a gigabyte of children costs 6 ms a look
CHEAP_S = 0.005
KIB = 1024
OWN = "memadvise."  # `python -P -m memadvise.measure.helper`, `... -m memadvise.show.drawer`

Words = tuple[str, ...]
Seen = dict[int, tuple[Words, int]]


class ChildrenCurve:
    """The children's sum over time: bounded in number like the samples, and only where there are children."""

    def __init__(self, children: Children) -> None:
        self._children, self._timeline = children, Timeline()
        self._next_s = self._spent_s = 0.0
        self._none_at: float | None = None  # the last look that found none
        self._has_any = False
        self.peak_bytes = 0

    def look(self) -> None:
        """Look at the children when that is due."""
        began_s, worked_s = time.monotonic(), time.thread_time()
        if began_s < self._next_s:
            return
        self._take(time.time(), self._children.look())
        self._spent_s = time.thread_time() - worked_s  # of processor time: on a busy machine a look only waits
        self._next_s = began_s + max(EVERY_S, self._spent_s / MOST_OF_A_CORE)

    def last_look(self) -> None:
        """Look once more at the end of the cell, unless looking takes long: the person waits for the answer."""
        if self._spent_s < CHEAP_S:
            self._next_s = 0.0
            self.look()

    def _take(self, at_s: float, size: int) -> None:
        """Keep a size, and the zeros on both sides of each stretch with children."""
        if size and self._none_at is not None:
            self._timeline.add(self._none_at, 0)
        if size or self._has_any:
            self._timeline.add(at_s, size)
        self._has_any, self._none_at = size > 0, None if size else at_s
        self.peak_bytes = max(self.peak_bytes, size)

    def points(self) -> list[tuple[float, int]]:
        """Return (``time.time()``, bytes) in the order of time; empty when there never were children."""
        return self._timeline.points()


class Children:
    """Looks at the child processes of one process, by its pid."""

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self._ours = {os.getpid()}
        self._seen: Seen | None = None  # at the last look: command line, high-water mark

    def look(self) -> int:
        """Return the summed proportional size in bytes; 0 without children.

        Where a child's own high-water mark rose since the last look and stands above its size now, it was that much
        larger in between: the largest such spike counts as well, the others being as they are now.
        """
        before, self._seen = self._seen, {}
        total = spike = 0
        for pid, words in self._others():
            if self._is_half_born(pid, words, before):
                self._seen[pid] = words, sys.maxsize
                continue
            with suppress(OSError):  # it ended between the listing and the look
                size, resident, mark = _sizes(pid)
                total += size
                spike = max(spike, mark - resident if mark > _mark_before(pid, words, before) else 0)
                self._seen[pid] = words, mark
        return total + spike

    def _is_half_born(self, pid: int, words: Words, before: Seen | None) -> bool:
        """Tell whether a child may have been forked this moment: by vfork it *is* its parent until it runs a program.

        It then has its parent's command line; one that keeps it (a fork pool) counts from the second look on.
        """
        if before is not None and pid in before:
            return False
        return words == _words(self._pid) or words in {seen for seen, _ in (before or {}).values()}

    def _others(self) -> Iterator[tuple[int, Words]]:
        """Yield the children that are not ours, with their command lines."""
        for pid in self._pids():
            if pid in self._ours:
                continue
            words = _words(pid)
            if "-m" in words and any(word.startswith(OWN) for word in words):
                self._ours.add(pid)
            else:
                yield pid, words

    def _pids(self) -> list[int]:
        try:
            return list(_listed(self._pid))
        except OSError:
            return _searched(self._pid)


def _listed(parent: int) -> Iterator[int]:
    """Yield all descendants as Linux lists them for each thread, in some 20 microseconds a thread.

    Raises:
        OSError: the kernel was built without these lists.
    """
    for task in [entry.path for entry in os.scandir(f"/proc/{parent}/task")]:
        try:
            words = _read(f"{task}/children").split()
        except FileNotFoundError:
            if os.path.exists(task):
                raise
            continue  # the thread has ended
        for pid in map(int, words):
            yield pid
            with suppress(ProcessLookupError, FileNotFoundError):  # ended meanwhile: its children went to init
                yield from _listed(pid)


def _searched(parent: int) -> list[int]:
    """Return all descendants where they are not listed: this looks at every process of the machine."""
    import psutil

    with suppress(psutil.Error):
        return [child.pid for child in psutil.Process(parent).children(recursive=True)]
    return []


def _mark_before(pid: int, words: Words, before: Seen | None) -> int:
    """Return the mark above which a child's mark must stand to tell of a spike since the last look."""
    if before is None:
        return sys.maxsize  # whatever it was, it was before the cell
    words_before, mark = before.get(pid, (words, 0))  # a new one has only just begun its program
    return mark if words_before == words else 0


def _words(pid: int) -> Words:
    """Return the command line of a process; empty when it is gone or not to be seen."""
    with suppress(OSError):
        if sys.platform == "linux":
            return tuple(_read(f"/proc/{pid}/cmdline").decode(errors="replace").split("\0"))
        return tuple(_ask(pid, "cmdline"))
    return ()


def _sizes(pid: int) -> tuple[int, int, int]:
    """Return proportional size, resident size and high-water mark of one child, in bytes.

    Elsewhere than on Linux there is only the resident size, in which shared pages count with each process.

    Raises:
        OSError: it is gone.
    """
    if sys.platform == "linux":
        status = _read(f"/proc/{pid}/status")
        size = field(_read(f"/proc/{pid}/smaps_rollup"), b"Pss:")
        return size, field(status, b"VmRSS:"), field(status, b"VmHWM:")
    resident = int(_ask(pid, "memory_info").rss)
    return resident, resident, resident


def _ask(pid: int, what: str) -> Any:
    import psutil

    try:
        return getattr(psutil.Process(pid), what)()
    except psutil.Error as error:
        raise OSError(f"process {pid} is gone, or not to be seen") from error


def field(text: bytes, name: bytes) -> int:
    r"""Return the bytes of a ``Name:   123 kB`` line of a file in /proc; 0 where there is none (a zombie).

    >>> field(b"Rss:    8 kB\nPss:    2 kB\n", b"Pss:")
    2048
    """
    for line in text.splitlines():
        if line.startswith(name):
            return int(line.split()[1]) * KIB
    return 0


def _read(path: str) -> bytes:
    return Path(path).read_bytes()
