"""The map of a process's memory: it adds up to what is resident, and 200 MB stand in the row of who holds them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

HELD = 200_000_000
# a shell as in a kernel, without one
SCRIPT = """
import contextlib, dataclasses, io, json, sys
from IPython.core.interactiveshell import InteractiveShell
import numpy as np, pyarrow, pyarrow.compute
from memadvise.measure.holding.holders import kernel_map

shell = InteractiveShell.instance()
pyarrow.compute.add(pyarrow.array([1]), 1)  # what libraries take is no part of what is looked for
base = kernel_map(shell).bytes_of("rest")
def run(cell):
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        shell.run_cell(cell, store_history=True)
run("import numpy as np")
{cells}
found = kernel_map(shell, base)
answer = dataclasses.asdict(found)
answer["by_kind"] = {{one.kind: found.bytes_of(one.kind) for one in found.holders}}
print()
print(json.dumps(answer))
"""
CELLS = {
    "variable": "run('held = np.ones(25_000_000)')",
    "outputs": "run('np.ones(25_000_000)')",
    "traceback": "run('def fail():\\n    big = np.ones(25_000_000)\\n    1 / 0\\nfail()')",
    "exception": (
        "run('def fail():\\n    big = np.ones(25_000_000)\\n    1 / 0\\ntry:\\n    fail()\\n"
        "except Exception as error:\\n    mine = error')"
    ),
    "arrow": (
        "run('import pyarrow as pa, pyarrow.compute as pc')\n"
        "run('whole = pc.add(pa.array(np.arange(25_000_000)), 1)')\n"
        "run('few = whole.filter(pa.array(np.arange(25_000_000) % 1000 == 0)); del whole')"
    ),
    "heap": "run('parts = [np.ones(8_000) for _ in range(3_125)]; parts = parts[::125]')",
    "objects": "run('many = [(n, float(n)) for n in range(2_000_000)]; few = many[::4_000]; del many')",
    "shared": "run('import mmap; mine = mmap.mmap(-1, 200_000_000); mine[:] = bytes(200_000_000)')",
}
TRUTH = {"objects": 2_000_000 * (64 + 32 + 32)}  # tuples, ints, floats; the list itself is given back


@pytest.fixture
def mapped(fresh: Callable[[str], Any]) -> Callable[[str], Any]:
    """Give a function that runs cells in a shell in a fresh process and returns the map."""
    return lambda cells: fresh(SCRIPT.format(cells=cells))


@pytest.mark.parametrize("kind", CELLS)
def test_200_mb_are_found(kind: str, mapped: Callable[[str], Any]) -> None:
    """The row of who holds 200 MB has them within 5 %, little stays unexplained, and the rows add up to the byte."""
    found = mapped(CELLS[kind])
    truth = TRUTH.get(kind, HELD)

    assert found["by_kind"][kind] == pytest.approx(truth, rel=0.05)
    assert found["by_kind"].get("rest", 0) < 0.1 * HELD  # no row where nothing is left
    assert sum(one["nbytes"] for one in found["holders"]) == found["resident_bytes"]
    assert all(one["nbytes"] >= 0 for one in found["holders"])


def test_shared_memory_counts_once(mapped: Callable[[str], Any]) -> None:
    """A view that was displayed, a second name and a traceback that hold the same array add nothing to the variable."""
    found = mapped(
        "run('held = np.ones(25_000_000); also = held[10:]')\nrun('held[5:]')\n"
        "run('def fail(local):\\n    1 / 0\\nfail(held)')"
    )["by_kind"]

    assert found["variable"] == pytest.approx(HELD, rel=0.05)
    assert found.get("outputs", 0) < 0.01 * HELD
    assert found.get("traceback", 0) < 0.01 * HELD


@pytest.mark.parametrize(
    ("cell", "resident"),
    [
        ("held = np.zeros(25_000_000)", 0),
        ("held = np.zeros(25_000_000); held[:12_500_000] = 1", HELD // 2),
        ("held = np.zeros(25_000_000); held.sum()", 0),
    ],
)
def test_untouched_pages(cell: str, resident: int, mapped: Callable[[str], Any]) -> None:
    """An array has its resident bytes in the map, and beside them what it was allocated."""
    found = mapped(f"run('{cell}')")
    (held,) = [one for one in found["holders"] if one["what"] == "held"]

    # pages that were read before they were written are one and the same page of zeros, at the edges by single ones
    assert held["nbytes"] == pytest.approx(resident, abs=0.03 * HELD)
    assert held["allocated_bytes"] == pytest.approx(HELD, rel=0.01)
    assert sum(one["nbytes"] for one in found["holders"]) == found["resident_bytes"]


def test_mapped_file(mapped: Callable[[str], Any], tmp_path: Path) -> None:
    """The pages of a memory-mapped file stand among the files (of a file in memory: shared), not with the variable."""
    path = tmp_path / "numbers.bin"
    path.write_bytes(bytes(40_000_000))
    found = mapped(f"run('held = np.memmap(\"{path}\", dtype=float); total = held.sum()')")
    by_kind = found["by_kind"]

    assert by_kind.get("files", 0) + by_kind.get("shared", 0) == pytest.approx(40_000_000, rel=0.05)
    assert by_kind["variable"] < 1_000_000


def test_claims_beyond_what_is_resident(mapped: Callable[[str], Any]) -> None:
    """Where pages can't be looked at, what is claimed too much is cut off the largest; the rows add up still."""
    found = mapped(
        "from memadvise.measure.holding import pages\n"
        "pages.PAGEMAP = '/nowhere'\n"
        "run('held = np.zeros(25_000_000); small = np.ones(1_000_000)')"
    )
    sizes = {one["what"]: one["nbytes"] for one in found["holders"] if one["kind"] == "variable"}

    assert 0 < found["cut_bytes"] <= HELD
    assert sizes["small"] == pytest.approx(8_000_000, rel=0.01)
    assert sum(one["nbytes"] for one in found["holders"]) == found["resident_bytes"]
    assert all(one["nbytes"] >= 0 for one in found["holders"])


def test_looking_leaves_nothing_behind(fresh: Callable[[str], Any]) -> None:
    """Twenty maps of a namespace with frames, an exception and outputs leave less than 2 MB and no reference."""
    found = fresh(
        SCRIPT.format(
            cells="run('import pandas as pd, sys; held = np.ones(5_000_000)\\n"
            'frame = pd.DataFrame({"a": range(100_000), "b": ["x"] * 100_000})\')\n'
            "run('frame')\nrun('def fail():\\n    local = np.ones(1_000_000)\\n    1 / 0\\nfail()')\n"
            "from memadvise.measure.holding.pages import resident\n"
            "kernel_map(shell, base)\n"
            "before, count = resident().nbytes, sys.getrefcount(shell.user_ns['held'])\n"
            "for _ in range(20): kernel_map(shell, base)\n"
            "grown, again = resident().nbytes - before, sys.getrefcount(shell.user_ns['held'])"
        ).replace("print(json.dumps(answer))", "print(json.dumps([grown, count, again]))")
    )
    grown, count, again = found

    assert grown < 2 << 20
    assert count == again


def test_a_running_measurement_is_not_disturbed(measured: Callable[..., Any]) -> None:
    """A map made within a measured cell resets nothing: the peak before it is still the cell's."""
    found = measured(
        "big = np.ones(25_000_000); del big; kernel_map(shell)",
        setup="import numpy as np\nfrom types import SimpleNamespace\n"
        "from memadvise.measure.holding.holders import kernel_map\n"
        "hook = SimpleNamespace(_='', __='', ___='')\n"
        "shell = SimpleNamespace(user_ns=globals(), user_ns_hidden={}, user_module=None, displayhook=hook,\n"
        "    history_manager=SimpleNamespace(output_hist={}))",
    )

    assert found["error"] is None
    assert found["increment"] == pytest.approx(HELD, abs=3_000_000)
