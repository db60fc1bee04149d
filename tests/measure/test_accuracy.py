"""The increment against what is known to be the truth, in fresh processes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

MB = 10**6

CELLS = {
    "numpy spike": ("import numpy as np", "x = np.ones(25_000_000)\ndel x", 200 * MB),
    "numpy kept": ("import numpy as np", "x = np.ones(25_000_000)", 200 * MB),
    "one C call that holds the GIL": ("", "b'1' * 300_000_000", 300 * MB),
    "untouched zeros": ("import numpy as np", "x = np.zeros(50_000_000)", 0),
    "nothing": ("", "pass", 0),
    "a short cell": ("import numpy as np", "x = np.ones(2_500_000)", 20 * MB),
    "inside a thread": (
        "import threading",
        "t = threading.Thread(target=lambda: len(b'1' * 100_000_000))\nt.start()\nt.join()",
        100 * MB,
    ),
    "memory that was there before does not count": (
        "import numpy as np\nold = np.ones(25_000_000)",
        "x = np.ones(2_500_000)",
        20 * MB,
    ),
}


@pytest.mark.parametrize(("setup", "cell", "truth"), CELLS.values(), ids=CELLS.keys())
def test_increment(measured: Callable[..., Any], setup: str, cell: str, truth: int) -> None:
    """The increment is the truth within 1 % or 1 MB, and the method says that it is the kernel's."""
    actual = measured(cell, setup)

    assert actual["increment"] == pytest.approx(truth, rel=0.01, abs=MB)
    assert actual["method"] == "kernel high-water mark"


def test_memory_given_back_is_negative(measured: Callable[..., Any]) -> None:
    """A cell that frees a big array ends below its start; its peak is the start."""
    actual = measured("del x", "import numpy as np\nx = np.ones(25_000_000)")

    assert actual["end_bytes"] - actual["start_bytes"] == pytest.approx(-200 * MB, rel=0.01)
    assert actual["increment"] == pytest.approx(0, abs=MB)


def test_the_meter_does_not_keep_what_the_cell_replaces(measured: Callable[..., Any]) -> None:
    """The look at the variables before the cell holds no reference: a replaced array is freed in the cell."""
    cell = "x = None\nx = np.ones(25_000_000)"

    actual = measured(cell, "import numpy as np\nx = np.ones(25_000_000)", timeline=True)

    assert actual["increment"] == pytest.approx(0, abs=MB)


def test_an_exception_keeps_the_measurement(measured: Callable[..., Any]) -> None:
    """A cell that raises is measured up to where it raised."""
    actual = measured("len(b'1' * 100_000_000)\n1 / 0")

    assert actual["error"] == "ZeroDivisionError"
    assert actual["increment"] == pytest.approx(100 * MB, rel=0.01)


def test_heavy_libraries_are_not_imported(fresh: Callable[[str], Any]) -> None:
    """Measuring a cell loads neither numpy nor pandas nor Arrow nor the sampler into the person's process."""
    script = """
import json, sys
from memadvise.measure import CellMeter
meter = CellMeter()
meter.begin({})
meter.end({"x": [1, 2]})
print(json.dumps([name for name in ("numpy", "pandas", "pyarrow", "memory_profiler", "psutil") if name in sys.modules]))
"""

    assert fresh(script) == []


def test_allocations_of_libraries(measured: Callable[..., Any]) -> None:
    """What each library's allocator handed out is told once the person has loaded it, and the sum of all."""
    without = measured("pass")
    loaded = measured("x = pa.array(range(1_000_000))", "import pyarrow as pa")

    arrow = [use for use in loaded["allocators"] if use["name"].startswith("Arrow")]
    assert not [use for use in without["allocators"] if use["name"].startswith("Arrow")]
    assert [use["end_bytes"] - use["start_bytes"] for use in arrow] == [pytest.approx(8 * MB, rel=0.2)]
    assert loaded["allocated_bytes"] == sum(use["end_bytes"] for use in loaded["allocators"])


def test_imports_are_told_apart(measured: Callable[..., Any]) -> None:
    """A library that the cell imports first is part of the increment, and told with its bytes."""
    actual = measured("import numpy as np\nx = np.ones(5_000_000)")

    [numpy] = [use for use in actual["imports"] if use["name"] == "numpy"]
    assert numpy["retained_bytes"] + 40 * MB == pytest.approx(actual["increment"], rel=0.1)


def test_kinds_of_memory_that_disagree(measured: Callable[..., Any]) -> None:
    """Pages that were never touched are no resident memory; one sentence says so."""
    actual = measured("x = np.zeros(50_000_000)", "import numpy as np")

    assert actual["increment"] < MB
    assert [note for note in actual["notes"] if "touched" in note]
