"""What libraries' allocators say, for real in fresh processes; libraries that are not here by stand-ins."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from memadvise.measure import allocators
from memadvise.measure.allocators import allocated_bytes, begin, end, registry
from memadvise.measure.allocators.registry import Level, allocator
from memadvise.model import AllocatorUse

MB = 10**6
SCRIPT = """
import dataclasses, json, os, sys
from memadvise.measure import allocators
{setup}
loaded = set(sys.modules)
state = allocators.begin()
new = sorted(set(sys.modules) - loaded)
exec({cell!r}, globals())
uses = {{use.name: dataclasses.asdict(use) for use in allocators.end(state)}}
print(json.dumps({{"uses": uses, "sum": allocators.allocated_bytes(allocators.end(state)), "new": new,
    "grown": globals().get("grown")}}))
"""

Told = Callable[..., Any]


@pytest.fixture(autouse=True)
def none_rests(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ask each allocator however long it takes: this process is old and large, its heap may be slow to tell."""
    monkeypatch.setattr(allocators, "_rests_until_s", {})
    monkeypatch.setattr(allocators, "QUICK_S", float("inf"))


@pytest.fixture
def told(fresh: Callable[[str], Any]) -> Told:
    """Give a function that runs a cell in a fresh process and returns what the allocators said of it."""
    return lambda cell, setup="": fresh(SCRIPT.format(cell=cell, setup=setup))


def arrow(answer: Any) -> Any:
    """Return the one pool of Arrow that was in use."""
    [use] = [use for name, use in answer["uses"].items() if name.startswith("Arrow")]
    return use


@pytest.mark.parametrize(
    "cell",
    [
        "x = np.ones(10 * MB)",
        "x = np.zeros(10 * MB)",
        "x = bytearray(80 * MB)",
        "x = [bytes(8000) for _ in range(10_000)]",
    ],
)
def test_the_heap_counts_what_it_hands_out(told: Told, cell: str) -> None:
    """Arrays and large objects count in the C heap, pages that were never touched too."""
    use = told(cell, "import numpy as np\nMB = 10**6")["uses"]["C heap"]

    assert use["end_bytes"] - use["start_bytes"] == pytest.approx(80 * MB, rel=0.01)
    assert use["reserved_bytes"] >= use["end_bytes"]
    assert use["peak_bytes"] is None


def test_the_heap_keeps_room(told: Told) -> None:
    """Blocks freed below one that stays are no longer handed out, and still reserved; so they are at the next start."""
    setup = "old = [bytes(8000) for _ in range(10_000)]\nstays = bytes(8000)\ndel old"
    use = told("pass", setup)["uses"]["C heap"]

    assert use["start_reserved_bytes"] - use["start_bytes"] == pytest.approx(80 * MB, rel=0.05)
    assert use["reserved_bytes"] == use["start_reserved_bytes"]


def test_small_objects(told: Told) -> None:
    """Python's own heap counts what it hands out: 2 million ints of 32 bytes each, their list is in the C heap."""
    uses = told("x = list(range(10**6, 3 * 10**6))")["uses"]
    use, heap = uses["Python object heap"], uses["C heap"]

    assert use["end_bytes"] - use["start_bytes"] == pytest.approx(64 * MB, rel=0.01)
    assert use["reserved_bytes"] - use["start_reserved_bytes"] == pytest.approx(64 * MB, rel=0.05)
    assert heap["end_bytes"] - heap["start_bytes"] == pytest.approx(16 * MB, rel=0.15)


def test_small_objects_by_malloc(told: Told, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where Python was told to use malloc, its objects are in the C heap and its own heap is left out."""
    monkeypatch.setenv("PYTHONMALLOC", "malloc")
    uses = told("x = list(range(10**6, 3 * 10**6))")["uses"]

    assert list(uses) == ["C heap"]
    assert uses["C heap"]["end_bytes"] - uses["C heap"]["start_bytes"] > 80 * MB


def test_the_accounts_add_up(told: Told) -> None:
    """What a mixed cell made the process grow by is what its allocators handed out; Arrow's pool rounds up."""
    cell = """
before = spans().counter.read().anonymous_bytes
x, y = np.ones(5 * 10**6), list(range(10**6, 2 * 10**6))
z = pa.allocate_buffer(30 * 10**6)
np.frombuffer(z, dtype="uint8")[:] = 1
grown = spans().counter.read().anonymous_bytes - before
"""
    setup = "import numpy as np, pyarrow as pa\nfrom memadvise.measure.spans import spans\nspans()"
    answer = told(cell, setup)
    handed_out = sum(use["end_bytes"] - use["start_bytes"] for use in answer["uses"].values())

    assert handed_out == pytest.approx(answer["grown"], rel=0.05)


def test_arrow_and_its_mark(told: Told) -> None:
    """The cell raised the mark of Arrow's pool: it is the cell's peak."""
    use = arrow(
        told(
            "x = pa.allocate_buffer(50 * MB)\ny = pa.allocate_buffer(30 * MB)\ndel y", "import pyarrow as pa\nMB=10**6"
        )
    )

    assert use["start_bytes"] == 0
    assert use["end_bytes"] == pytest.approx(50 * MB, rel=0.01)
    assert use["peak_bytes"] == pytest.approx(80 * MB, rel=0.01)


def test_arrows_mark_of_an_earlier_cell(told: Told) -> None:
    """A mark that the cell did not raise says nothing of it: no peak is given."""
    setup = "import pyarrow as pa\nMB=10**6\nx = pa.allocate_buffer(50 * MB)\ny = pa.allocate_buffer(30 * MB)\ndel y"
    use = arrow(told("y = pa.allocate_buffer(20 * MB)", setup))

    assert use["end_bytes"] - use["start_bytes"] == pytest.approx(20 * MB, rel=0.01)
    assert use["peak_bytes"] is None


def test_arrow_loaded_in_the_cell(told: Told) -> None:
    """A library that the cell itself imports began with nothing."""
    use = arrow(told("import pyarrow as pa\nx = pa.allocate_buffer(50 * 10**6)"))

    assert use["start_bytes"] == 0
    assert use["end_bytes"] == pytest.approx(50 * MB, rel=0.01)


def test_a_pool_beside_the_default_one(told: Told) -> None:
    """Each of Arrow's pools counts for itself."""
    cell = (
        "x = pa.allocate_buffer(50 * 10**6, memory_pool=pa.jemalloc_memory_pool())\ny = pa.allocate_buffer(20 * 10**6)"
    )
    uses = told(cell, "import pyarrow as pa")["uses"]

    assert uses["Arrow pool (jemalloc)"]["end_bytes"] == pytest.approx(50 * MB, rel=0.01)
    assert uses["Arrow pool (mimalloc)"]["end_bytes"] == pytest.approx(20 * MB, rel=0.01)


def test_what_comes_from_the_heap_is_counted_once(told: Told) -> None:
    """Arrow's system pool takes from the C heap: the sum has it once."""
    before = told("pass", "import pyarrow as pa")["sum"]
    after = told("x = pa.allocate_buffer(50 * 10**6, memory_pool=pa.system_memory_pool())", "import pyarrow as pa")

    assert after["sum"] - before == pytest.approx(50 * MB, rel=0.02)
    assert [name for name in after["uses"] if "Arrow" in name] == []


def test_nothing_is_loaded(told: Told) -> None:
    """To ask loads no library into the person's process."""
    assert told("pass")["new"] == []


def test_many_threads(told: Told) -> None:
    """The heaps of other threads count too."""
    cell = """
import threading
kept, stop = [], threading.Event()
def work():
    kept.append([bytes(1000) for _ in range(100)])
    stop.wait(30)
threads = [threading.Thread(target=work) for _ in range(100)]
for thread in threads:
    thread.start()
stop.set()
for thread in threads:
    thread.join()
"""
    use = told(cell)["uses"]["C heap"]

    assert use["end_bytes"] - use["start_bytes"] == pytest.approx(10 * MB, rel=0.2)


def cuda(**answers: Any) -> SimpleNamespace:
    """Return a stand-in for ``torch.cuda`` with two devices that fails where it would have to start CUDA."""
    return SimpleNamespace(is_initialized=lambda: bool(answers), **answers)


def test_torch_before_cuda_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is asked that would start CUDA: the stand-in has only ``is_initialized``."""
    monkeypatch.setitem(sys.modules, "torch.cuda", cuda())

    assert [use.name for use in end(begin()) if use.name == "torch (GPU)"] == []


def test_torch_on_a_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    """Devices are summed; they are no part of what is allocated in this process's memory."""
    monkeypatch.setitem(sys.modules, "torch.cuda", cuda())
    state = begin()
    monkeypatch.setitem(
        sys.modules,
        "torch.cuda",
        cuda(
            device_count=lambda: 2,
            memory_allocated=lambda device: [3, 4][device],
            memory_reserved=lambda device: [10, 10][device],
            max_memory_allocated=lambda device: [5, 9][device],
        ),
    )
    uses = end(state)
    [use] = [use for use in uses if use.name == "torch (GPU)"]

    assert use == AllocatorUse("torch (GPU)", 0, 7, None, 20, 0)
    assert allocated_bytes(uses) == sum(use.end_bytes for use in uses) - 7
    assert allocated_bytes([use]) is None


def test_the_peak_of_one_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    """The mark of the only device is the cell's peak once the cell raises it."""
    marks = [5, 9]
    one = cuda(
        device_count=lambda: 1,
        memory_allocated=lambda device: 3,
        memory_reserved=lambda device: 10,
        max_memory_allocated=lambda device: marks.pop(0),
    )
    monkeypatch.setitem(sys.modules, "torch.cuda", one)

    assert [use.peak_bytes for use in end(begin()) if use.name == "torch (GPU)"] == [9]


@pytest.mark.parametrize("broken", [SimpleNamespace(), SimpleNamespace(mimalloc_memory_pool=lambda: 1 / 0), None])
def test_a_library_that_is_half_loaded(monkeypatch: pytest.MonkeyPatch, broken: Any) -> None:
    """A library that can't be asked is left out; the others are told."""
    monkeypatch.setitem(sys.modules, "pyarrow", broken)

    assert [use.name for use in end(begin())] == ["C heap", "Python object heap"]


def test_one_function_is_one_allocator(monkeypatch: pytest.MonkeyPatch) -> None:
    """A new allocator is one function under the decorator."""
    monkeypatch.setattr(registry, "REGISTERED", mine := {})
    monkeypatch.setattr(allocators, "REGISTERED", mine)
    levels = [Level(5, 50, 7), Level(6, 60, 8)]
    allocator("mine")(lambda: levels.pop(0))

    assert end(begin()) == (AllocatorUse("mine", 5, 6, 8, 60, 50),)


def test_a_slow_allocator_rests(monkeypatch: pytest.MonkeyPatch) -> None:
    """The cell in which it was slow is told to its end; the next cell does without, and a quick one is still asked."""
    monkeypatch.setattr(registry, "REGISTERED", mine := {})
    monkeypatch.setattr(allocators, "REGISTERED", mine)
    monkeypatch.setattr(allocators, "QUICK_S", 0.001)
    monkeypatch.setattr(allocators, "REST", 10**6)
    asked: list[str] = []

    @allocator("slow")
    def slow() -> Level:
        asked.append("slow")
        until = time.thread_time() + 2 * allocators.QUICK_S
        while time.thread_time() < until:
            pass
        return Level(1)

    @allocator("quick")
    def quick() -> Level:
        return Level(2)

    first, second = end(begin()), end(begin())

    assert [use.name for use in first] == ["slow", "quick"]
    assert [use.name for use in second] == ["quick"]
    assert asked == ["slow", "slow"]
