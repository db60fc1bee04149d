"""How far the kernel's mark may be off: what is claimed, and what it can be driven to."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from memadvise.measure.counters import batch_error_bytes
from memadvise.measure.counters.error import online_cpus, page_bytes

NEW, OLD = "6.18.0-1-generic", "5.15.0-91-generic"


def test_each_of_three_counters_waits_on_each_cpu() -> None:
    """Two CPUs keep up to 32 pages back of anonymous, of file and of shared memory."""
    assert batch_error_bytes(2, NEW) == 3 * 2 * 32 * page_bytes()


def test_more_than_16_cpus_keep_larger_batches() -> None:
    """The batch is twice the number of CPUs where that is more than 32 pages."""
    assert batch_error_bytes(16, NEW) == 3 * 16 * 32 * page_bytes()
    assert batch_error_bytes(64, NEW) == 3 * 64 * 128 * page_bytes()


@pytest.mark.parametrize("release", [OLD, "6.1.0-18-amd64", "5.14.0-427.el9.x86_64", "4.0", "unheard-of"])
def test_older_kernels_count_by_thread(release: str) -> None:
    """Before 6.2 each thread kept pages to itself: a hundred threads are further off than two CPUs."""
    assert batch_error_bytes(2, release, threads=100) == 100 * 66 * page_bytes()


@pytest.mark.parametrize("release", [NEW, "6.2", "7.0-rc1", OLD])
def test_the_larger_of_both_ways(release: str) -> None:
    """New kernels count by CPU whatever the threads; old ones may have been taught the new way."""
    threads = 10_000 if release != OLD else 1

    assert batch_error_bytes(2, release, threads) == 3 * 2 * 32 * page_bytes()


def machine(folder: Path, **files: str) -> str:
    """Make a /sys with these files about CPUs."""
    cpus = folder / "devices" / "system" / "cpu"
    cpus.mkdir(parents=True)
    for name, text in files.items():
        (cpus / name).write_text(text)
    return str(folder)


@pytest.mark.parametrize(("text", "count"), [("0\n", 1), ("0-3\n", 4), ("0-3,8,10-11\n", 7)])
def test_cpus_online(tmp_path: Path, text: str, count: int) -> None:
    """Those that are online are counted, not the hundreds that a virtual machine might get some day."""
    assert online_cpus(machine(tmp_path, online=text, possible="0-239\n", present="0-15\n")) == count


def test_cpus_that_a_container_hides(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that is mounted over the kernel's own (lxcfs) tells of the container; the kernel's batches do not."""
    folder = machine(tmp_path, online="0-1\n", present="0-63\n")
    usual = os.stat

    def stat(path: Any, *rest: Any, **more: Any) -> Any:
        found = usual(path, *rest, **more)
        if str(path).endswith("online"):
            return os.stat_result([*found[:2], found.st_dev + 1, *found[3:]])
        return found

    monkeypatch.setattr(os, "stat", stat)

    assert online_cpus(folder) == 64


@pytest.mark.parametrize("files", [{}, {"online": "none of your business"}])
def test_cpus_of_a_system_that_does_not_say(tmp_path: Path, files: dict[str, str]) -> None:
    """Without the kernel's own word it is Python's."""
    assert online_cpus(machine(tmp_path, **files)) == os.cpu_count()


DRIVEN = """
import json, mmap, os
from memadvise.measure.counters import HighWaterMark, batch_error_bytes
from memadvise.measure.counters.error import online_cpus

PAGE, BATCH = mmap.PAGESIZE, max(32, 2 * online_cpus())

if os.fork():  # a forked process has no ru_maxrss of the one that started it, which would hide a part of the error
    os.wait()
    os._exit(0)
mark = HighWaterMark()
rollup = os.open("/proc/self/smaps_rollup", os.O_RDONLY)

def off():
    text = os.pread(rollup, 4096, 0)
    true = int(text[text.index(b"Rss:") + 4 :].split()[0]) * 1024
    return true - mark.split()[1]

def touched(flags):
    room = mmap.mmap(-1, 2 * BATCH * PAGE, flags=flags | mmap.MAP_ANONYMOUS)
    room.madvise(mmap.MADV_NOHUGEPAGE)
    rooms.append(room)
    for at in range(0, len(room), PAGE):
        room[at] = 1
        yield off()

def drive(errors):
    # page by page until the CPU hands its pages over, and on to just before it does so again
    before = off()
    for now in errors:
        if now < before - BATCH // 2 * PAGE:
            break
        before = now
    return max([before, *(error for error, _ in zip(errors, range(BATCH - 2)))])

rooms, worst = [], 0
for cpu in sorted(os.sched_getaffinity(0))[:4]:
    os.sched_setaffinity(0, {cpu})
    worst = max(worst, drive(touched(mmap.MAP_PRIVATE)), drive(touched(mmap.MAP_SHARED)))
print(json.dumps([worst, batch_error_bytes(), BATCH * PAGE]), flush=True)
os._exit(0)
"""


def test_the_bound_holds_where_the_mark_is_driven_off(fresh: Callable[[str], Any]) -> None:
    """Pages touched one by one on each CPU, private and shared: the mark is off, and never by more than the bound."""
    worst, bound, batch = fresh(DRIVEN)

    assert batch // 2 < worst <= bound
