"""How far the kernel's own counters may be off."""

from __future__ import annotations

import os
import sys
import threading

from memadvise.measure.counters.reading import KIB

COUNTERS = 3  # resident memory is the sum of anonymous, file and shared pages, each counted apart
THREAD_PAGES = 66  # TASK_RSS_EVENTS_THRESH is 64, and looked at before the page in hand is counted
SYS = "/sys"


def batch_error_bytes(cpus: int | None = None, release: str | None = None, threads: int | None = None) -> int:
    """Return how far Linux's high-water mark may be off, in bytes (768 KiB on two CPUs with 4 KiB pages).

    Since Linux 6.2 each CPU keeps up to ``percpu_counter_batch = max(32, 2 * online CPUs)`` pages of each of three
    counters to itself, before it adds them to the number that the mark is made of (lib/percpu_counter.c, mm/memory.c).
    Before, each thread kept up to 64; enterprise kernels took the new way back to older versions, so there the larger
    of both counts.

    ``cpus`` are those online, ``release`` is as in ``os.uname``, ``threads`` are this process's; None: found out.
    """
    count = cpus or online_cpus()
    pages = COUNTERS * count * max(32, 2 * count)
    if _is_before_6_2(release or os.uname().release):
        pages = max(pages, (threads or _threads()) * THREAD_PAGES)
    return pages * page_bytes()


def system_error_bytes() -> int:
    """Return how far the resident sizes of this system may be off: no other than Linux is known to batch, so a page."""
    return batch_error_bytes() if sys.platform == "linux" else page_bytes()


def page_bytes() -> int:
    """Return the size of a page, in which all of this is counted."""
    return os.sysconf("SC_PAGE_SIZE") if hasattr(os, "sysconf") else 4 * KIB


def online_cpus(sys_folder: str = SYS) -> int:
    """Return how many CPUs the kernel runs on, or more where a container hides it.

    Pages can wait on online CPUs only: those of a CPU that goes offline are added up, and ``possible`` counts hundreds
    that were never there. ``os.cpu_count`` may be set by the person (PYTHON_CPU_COUNT), and counts on musl only the
    CPUs that this process may use.
    """
    folder = sys_folder + "/devices/system/cpu/"
    try:
        # lxcfs lays a file of its own over this one, with the CPUs of the container
        name = "online" if os.stat(folder + "online").st_dev == os.stat(sys_folder).st_dev else "present"
        with open(folder + name, "rb") as file:  # as bytes: no codec is loaded for it
            return _count(file.read())
    except (OSError, ValueError):
        return os.cpu_count() or 1


def _count(ranges: bytes) -> int:
    """Return how many numbers ``0-3,8`` holds."""
    pairs = [part.partition(b"-") for part in ranges.strip().split(b",")]
    return sum(int(last or first) - int(first) + 1 for first, _, last in pairs)


def _is_before_6_2(release: str) -> bool:
    numbers = release.split("-")[0].split(".")
    try:
        return (int(numbers[0]), int(numbers[1])) < (6, 2)
    except (IndexError, ValueError):
        return True  # unknown: the larger of both


def _threads() -> int:
    """Return the number of this process's threads, those of C code included where that is known."""
    try:
        return len(os.listdir("/proc/self/task"))
    except OSError:
        return threading.active_count()
