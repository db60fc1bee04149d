"""The kernel's map, what came back, and the history as text."""

from __future__ import annotations

from memadvise.model import MachineEvidence
from memadvise.model.history import HistoryRow
from memadvise.model.holders import GivenBack, Holder, KernelMap
from memadvise.show.history_text import history_text
from memadvise.show.map_text import free_text, map_text

MIB = 2**20
HERE = MachineEvidence(2**34, 2**32, "container, cgroup v2", 2**31)
FULL = KernelMap(
    1000 * MIB,
    (
        Holder("variable", "orders\x1b[2J", 300 * MIB, 300 * MIB),
        Holder("variable", "zeros", 0, 400 * MIB),
        Holder("variable", "n", 32, 32),
        Holder("variables", "3", 96, 96),
        Holder("outputs", "Out[5]", 48 * MIB, 48 * MIB),
        Holder("exception", "mine", 2 * MIB, 2 * MIB, "load, line 3"),
        Holder("traceback", "", 200 * MIB, 200 * MIB, "<module>, line 2"),
        Holder("arrow", "", 50 * MIB, 50 * MIB),
        Holder("files", "a.bin", 100 * MIB, 100 * MIB, "2"),
        Holder("rest", "", 300 * MIB - 128, 300 * MIB - 128),
    ),
)


def test_map() -> None:
    """Each holder is a line, small variables share one; what is not resident is said; names are harmless."""
    assert map_text(FULL, HERE).splitlines() == [
        "1000 MiB resident of 4.0 GiB (container, cgroup v2)",
        "       300 MiB  orders\\x1b[2J",
        "           0 B  zeros (400 MiB allocated)",
        "         128 B  4 more variables",
        "        48 MiB  Out[5]: displayed results, beyond the variables",
        "       2.0 MiB  mine: the frames of that exception (most in load, line 3)",
        "       200 MiB  last traceback (most in the cell, line 2): kept for %tb and %debug",
        "        50 MiB  Arrow's pool: free, not given back",
        "       100 MiB  mapped files: a.bin and 1 more",
        "       300 MiB  not explained: what was imported since, private data of libraries, fragments",
        "  %memadvise free gives back up to 250 MiB",
    ]


def test_what_was_cut_is_said() -> None:
    """Claims beyond what is resident are one line, and no row is negative."""
    text = map_text(KernelMap(MIB, (Holder("variable", "x", MIB, MIB),), cut_bytes=5 * MIB), HERE)

    assert "  5.0 MiB more is allocated than is resident: never touched, or swapped out" in text


def test_free() -> None:
    """Steps that brought something have a line, an emptied traceback always; what was left has the way out."""
    steps = (
        GivenBack("the C heap", 5 * MIB),
        GivenBack("garbage", -4096),
        GivenBack("PyTorch's GPU cache", 0, 300 * MIB),
        GivenBack("the last traceback", 0),
    )

    assert free_text(steps, "the last traceback", FULL).splitlines() == [
        "5.0 MiB given back, 1000 MiB resident now",
        "       5.0 MiB  the C heap",
        "           0 B  PyTorch's GPU cache and 300 MiB on the GPU",
        "           0 B  the last traceback: %tb and %debug have nothing to show until a cell raises again",
        "  not touched: 48 MiB in Out[5]; %memadvise free outputs drops all results",
        "  not touched: 2.0 MiB in the frames of the exception mine; del mine drops them",
    ]


def test_history() -> None:
    """Columns are aligned; a cell without a number is named by its place; nothing measured is said with a hint."""
    rows = [
        HistoryRow("a", 0, 12, "by\x1b = orders.groupby('x')", 3, 900 * MIB, 500 * MIB, -2 * MIB, 1.44),
        HistoryRow("b", 7, None, "x = 1", 1, 90 * MIB, 0, 0, 0.0004),
    ]

    assert history_text(rows).splitlines() == [
        "   peak  above start      kept  last time  runs  cell",
        "900 MiB     +500 MiB  -2.0 MiB      1.4 s     3  In [12]  by\\x1b = orders.groupby('x')",
        " 90 MiB          0 B       0 B      <1 ms     1  cell 7   x = 1",
    ]
    assert "no cell was measured yet" in history_text([])
