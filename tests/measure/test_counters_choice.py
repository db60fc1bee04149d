"""Which way to find a peak is taken: on each system, and with each thing that can be missing there."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from fake_systems import Mac, Windows

from memadvise.measure.counters import counter
from memadvise.measure.counters.macos import footprint_reader, open_libproc
from memadvise.measure.counters.windows import open_memory_info

RESETTABLE = "kernel high-water mark"
LIFETIME = "lifetime high-water mark where the cell raised it, else sampled"
FOOTPRINT = "footprint interval (macOS): footprint, not resident memory"
WORKING_SET = "peak working set (Windows) where the cell raised it, else sampled"


def fails(error: Exception) -> Callable[[], Any]:
    """Return an opener of a library that is not there."""

    def open_it() -> Any:
        raise error

    return open_it


def test_linux() -> None:
    """Where everything works it is the mark that can be reset."""
    assert counter().method == RESETTABLE


@pytest.mark.parametrize("missing", ["missing", "read only", "no reset"])
def test_linux_whose_mark_cannot_be_reset(tmp_path: Path, missing: str) -> None:
    """No clear_refs, none that may be written, or one that takes no reset: the lifetime's mark, from status."""
    file = {"missing": tmp_path / "missing", "read only": Path("/"), "no reset": Path("/dev/full")}[missing]

    chosen = counter(str(file))

    assert chosen.method == LIFETIME
    assert chosen.begin().anonymous_bytes is not None  # only status tells


def test_linux_whose_status_has_no_mark(tmp_path: Path) -> None:
    """A kernel without VmHWM (gVisor): statm for the size now, getrusage for the mark."""
    status = tmp_path / "status"
    status.write_text("Name:\tpython\nVmSize:\t 900 kB\nVmRSS:\t 200 kB\n")

    chosen = counter(status=str(status))
    reading = chosen.begin()

    assert chosen.method == LIFETIME
    assert reading.anonymous_bytes is None
    assert reading.mark_bytes >= reading.resident_bytes > 10**6


def test_linux_without_proc(tmp_path: Path) -> None:
    """Without /proc only getrusage is left, and says that it is alone."""
    nowhere = str(tmp_path / "nowhere")

    assert counter(nowhere, status=nowhere, statm=nowhere).method == "lifetime high-water mark only (getrusage)"


@pytest.mark.parametrize("falls_to_zero", [False, True])
def test_macos(falls_to_zero: bool) -> None:
    """The footprint's interval; what was taken to try it is given back."""
    mac = Mac(falls_to_zero=falls_to_zero)
    usual = mac.rusage

    def rusage(pid: int, flavor: int, buffer: Any) -> int:
        mac.grow_to(mac.footprint + 1, mac.footprint)  # there is always somebody who takes a page
        return usual(pid, flavor, buffer)

    mac.rusage = rusage  # type: ignore[method-assign]

    assert counter(platform="darwin", libproc=lambda: mac).method == FOOTPRINT


@pytest.mark.parametrize("broken", ["broken_rusage", "broken_reset"])
def test_macos_whose_calls_fail(broken: str) -> None:
    """A call that is refused leads to psutil."""
    mac = Mac()
    setattr(mac, broken, True)

    assert counter(platform="darwin", libproc=lambda: mac).method == LIFETIME


def test_macos_whose_kernel_keeps_no_interval() -> None:
    """A kernel built without the interval shows 0 for it: no mark at all, and not a peak of 0."""
    assert counter(platform="darwin", libproc=lambda: Mac(keeps_interval=False)).method == LIFETIME


@pytest.mark.parametrize("error", [OSError("no library"), AttributeError("no symbol"), ImportError("no ctypes")])
@pytest.mark.parametrize("platform", ["darwin", "win32"])
def test_libraries_that_cannot_be_opened(platform: str, error: Exception) -> None:
    """An older system without the library or the symbol in it, a Python without ctypes: psutil."""
    opener = fails(error)

    assert counter(platform=platform, libproc=opener, memory_info=opener).method == LIFETIME


def test_windows() -> None:
    """The peak working set, which the process keeps for its life."""
    assert counter(platform="win32", memory_info=Windows).method == WORKING_SET


def test_windows_whose_call_fails() -> None:
    """A call that fails leads to psutil."""
    windows = Windows()
    windows.broken = True

    assert counter(platform="win32", memory_info=lambda: windows).method == LIFETIME


def test_another_system() -> None:
    """A system of which nothing is known is left to psutil."""
    assert counter(platform="freebsd14").method == LIFETIME


def test_another_system_without_psutil(monkeypatch: pytest.MonkeyPatch) -> None:
    """And where psutil does not know it either, getrusage."""
    monkeypatch.setitem(sys.modules, "psutil", None)

    assert counter(platform="freebsd14").method == "lifetime high-water mark only (getrusage)"


def test_the_real_libraries_are_not_here() -> None:
    """On this system there is no library of the other two, and the timeline samples resident memory."""
    for opener in (open_libproc, open_memory_info):
        with pytest.raises(OSError, match="no "):
            opener()

    assert footprint_reader(1) is None


def test_nothing_is_imported_for_methods_that_are_not_taken(fresh: Callable[[str], Any]) -> None:
    """On Linux neither ctypes nor psutil is loaded where no mark can be reset, whatever is missing in /proc."""
    script = """
import json, sys
import memadvise.measure
before = set(sys.modules)
from memadvise.measure.counters import counter
methods = [counter("/nowhere"), counter("/nowhere", status="/nowhere")]
methods += [counter("/nowhere", status="/nowhere", statm="/nowhere")]
for method in methods:
    method.begin(), method.split(), method.close()
print(json.dumps(sorted({"ctypes", "psutil", "numpy", "pandas", "memory_profiler"} & (set(sys.modules) - before))))
"""

    assert fresh(script) == []


@pytest.mark.parametrize("missing", ["clear_refs", "status"])
def test_no_descriptor_is_left_of_a_method_that_failed(fresh: Callable[[str], Any], missing: str) -> None:
    """What a method opened before it failed is closed again."""
    arguments = "'/dev/full'" if missing == "clear_refs" else "status='/dev/null'"
    script = f"""
import json, os
from memadvise.measure.counters import counter
before = len(os.listdir("/proc/self/fd"))
counter({arguments}).close()
print(json.dumps(len(os.listdir("/proc/self/fd")) - before))
"""

    assert fresh(script) == 0
