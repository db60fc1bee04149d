"""`%memadvise`, `free`, `history` and `on` in a real kernel."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from live_kernel import Kernel

MIB = 2**20
UNITS = {"B": 1, "KiB": 2**10, "MiB": 2**20, "GiB": 2**30}
ROW = re.compile(r"^ +(\d+(?:\.\d)?) (B|KiB|MiB|GiB)  (.*)$", re.MULTILINE)
FAIL = "def load():\n    local = np.ones(25_000_000)\n    raise ValueError('wrong')\nload()"
HOSTILE = """
class Broken:
    def __init__(self):
        self.held = np.ones(1_000_000)
    def __sizeof__(self):
        raise RuntimeError
    __len__ = __repr__ = __iter__ = __eq__ = __getattr__ = __sizeof__
class Failed(Exception):
    @property
    def __traceback__(self):
        raise RuntimeError
    __context__ = __cause__ = __traceback__
broken = Broken()
try:
    raise Failed
except Failed as error:
    failed = error
globals()["\\x1b[31m<script>\\nname"] = np.ones(2_000_000)
globals()["_private"] = np.ones(3_000_000)
Out["key"] = broken
Out[-1] = failed
"""


@pytest.fixture(scope="module")
def own(folder: Path) -> Iterator[Kernel]:
    """A kernel for these tests: what was measured in it is theirs."""
    made = Kernel(folder)
    made.run("%load_ext memadvise")
    yield made
    made.shutdown()


@pytest.fixture
def kernel(own: Kernel) -> Kernel:
    """The kernel with an empty namespace and numpy in it."""
    own.start_again()
    own.run("import numpy as np")
    return own


def rows(text: str) -> dict[str, float]:
    """Return the bytes of each row by its words."""
    return {what: float(number) * UNITS[unit] for number, unit, what in ROW.findall(text)}


def row(text: str, word: str) -> float:
    """Return the bytes of the only row with a word in it."""
    (found,) = [nbytes for what, nbytes in rows(text).items() if word in what]
    return found


def resident(kernel: Kernel) -> int:
    """Return the kernel's resident bytes, read from outside."""
    status = Path(f"/proc/{kernel.pid}/status").read_text()
    return int(re.findall(r"VmRSS:\s+(\d+) kB", status)[0]) * 1024


def test_traceback_is_named_and_given_back(kernel: Kernel) -> None:
    """After a cell that raised with 200 MB in a local, the map names the traceback, and `free` gives it back."""
    kernel.run(FAIL)
    full = resident(kernel)
    found = kernel.run("%memadvise").text
    freed = kernel.run("%memadvise free").text
    low = resident(kernel)
    after = [kernel.run("%tb"), kernel.run("%debug"), kernel.run("%memadvise free")]

    assert row(found, "last traceback (most in load, line 3)") == pytest.approx(200e6, rel=0.05)
    assert "%memadvise free gives back up to " in found
    assert full - low > 190e6
    assert row(freed, "the last traceback: %tb and %debug have nothing to show") == pytest.approx(200e6, rel=0.05)
    assert all(ran.reply["status"] == "ok" for ran in after)
    assert "last traceback" not in after[2].text


def test_an_exception_of_the_person_stays_whole(kernel: Kernel) -> None:
    """The frames of an exception in a variable are named and not touched; `del` gives them back as the line says."""
    kernel.run(f"try:\n{FAIL}\nexcept ValueError as raised:\n    mine = raised".replace("\n", "\n    ", 4))
    freed = kernel.run("%memadvise free").text
    kept = kernel.ask("mine.__traceback__.tb_next.tb_frame.f_locals['local'].nbytes")
    full = resident(kernel)
    kernel.run("del mine")

    assert "in the frames of the exception mine; del mine drops them" in freed
    assert kept == "200000000"
    assert full - resident(kernel) > 190e6


def test_outputs_are_told_and_dropped_only_when_asked(kernel: Kernel) -> None:
    """What `Out[]` alone holds has a row; `free` leaves it, `free outputs` drops it and `_` goes on to work."""
    kernel.run("np.ones(12_500_000)")
    found, freed = kernel.run("%memadvise").text, kernel.run("%memadvise free").text
    held = kernel.ask("len(_)")
    full = resident(kernel)
    dropped = kernel.run("%memadvise free outputs").text
    gone = full - resident(kernel)
    kernel.run("41 + 1")

    assert row(found, ": displayed results, beyond the variables") == pytest.approx(100e6, rel=0.05)
    assert "%memadvise free outputs drops all results" in freed
    assert held == "12500000"
    assert row(dropped, "displayed results") == pytest.approx(100e6, rel=0.05)
    assert gone > 95e6
    assert kernel.ask("_") == "42"


def test_rows_add_up(kernel: Kernel) -> None:
    """The rows add up to the first line, as far as they are rounded."""
    kernel.run("held, untouched = np.ones(6_000_000), np.zeros(50_000_000)\nheld[:10]")
    text = kernel.run("%memadvise").text
    number, unit = text.split(" ")[:2]

    assert sum(rows(text).values()) == pytest.approx(float(number) * UNITS[unit], rel=0.02)
    assert row(text, "untouched (381 MiB allocated)") < MIB


def test_hostile_names_and_values(kernel: Kernel) -> None:
    """Values that raise at every question are sized all the same, and no name acts on the terminal."""
    ran = kernel.run(HOSTILE)
    before = kernel.state()
    found, freed = kernel.run("%memadvise"), kernel.run("%memadvise free")
    after = kernel.state()

    assert ran.error == ""
    assert row(found.text, "broken") == pytest.approx(8e6, rel=0.05)
    assert row(found.text, r"\x1b[31m<script>\nname") == pytest.approx(16e6, rel=0.05)
    assert row(found.text, "_private") == pytest.approx(24e6, rel=0.05)
    assert "\x1b" not in found.text
    assert "internal error" not in found.text + freed.text
    assert after["names"] == before["names"]
    assert after["Out"] == before["Out"]


def test_the_map_leaves_no_memory_behind(kernel: Kernel) -> None:
    """Ten maps in a row leave less than 2 MB in the kernel."""
    kernel.run("held = [np.ones(100_000) for _ in range(50)]\nwords = {str(n): [n] for n in range(50_000)}")
    kernel.run("%memadvise")
    before = resident(kernel)
    for _ in range(10):
        kernel.run("%memadvise")

    assert resident(kernel) - before < 2 * MIB


def test_a_map_inside_a_measured_cell(kernel: Kernel) -> None:
    """The map in the middle of a measured cell does not hide the peak that was before it."""
    kernel.run("%%memadvise -q --name inside\nbig = np.ones(25_000_000)\ndel big\n%memadvise\n%memadvise history")
    line = next(line for line in kernel.run("%memadvise history").text.splitlines() if line.endswith("inside"))
    above = re.findall(r"\+(\d+) MiB", line)[0]

    assert int(above) * MIB == pytest.approx(200e6, rel=0.03)


def test_history_ranks_cells(own: Kernel) -> None:
    """One row for each cell, the worst peak first, with its runs, its number and its name or first line of code."""
    own.start_again()
    for value in (20, 120, 40):  # a mapping: memory of its own, whatever the heap has free
        own.run(f"size = {value} << 20")
        own.run("%%memadvise -q\nimport mmap\nmade = mmap.mmap(-1, size); made[:] = bytes(size)", cell_id="large")
    own.run("made.close()")
    own.run("%%memadvise -q --name '\x1b[31mred'\n# note\nsmall = 1", cell_id="small")
    text = own.run("%memadvise history").text
    lines = text.splitlines()
    large, small = (next(line for line in lines if word in line) for word in ("import mmap", "red"))

    assert lines[0].split() == ["peak", "above", "start", "kept", "last", "time", "runs", "cell"]
    assert lines.index(large) < lines.index(small)
    assert re.search(r" 3  In \[6\] +import mmap$", large)
    assert re.search(r" 1  In \[8\] +\\x1b\[31mred$", small)
    assert len({line.find("  In [") for line in lines if "  In [" in line}) == 1


class TestEveryCell:
    """`%memadvise on` and `off`."""

    @pytest.fixture
    def on(self, kernel: Kernel) -> Iterator[Kernel]:
        """The kernel with every cell measured."""
        kernel.run("%memadvise on")
        yield kernel
        kernel.run("%memadvise off")

    @pytest.mark.parametrize("cell", ["x = 1", "%time x = 1", "import asyncio\nawait asyncio.sleep(0)", "%cd .\ny = 2"])
    def test_cells_with_work_give_a_line(self, cell: str, on: Kernel) -> None:
        """A cell that does anything gives exactly one line of ours and binds no name."""
        ran = on.run(cell)

        assert len(re.findall(r"^memadvise: peak ", ran.text, re.MULTILINE)) == 1
        assert not ran.reports
        assert not ran.widgets

    @pytest.mark.parametrize("cell", ["%cd .", "%memadvise", "# note", "%memadvise history", "%who\n\n# x"])
    def test_cells_of_magics_give_none(self, cell: str, on: Kernel) -> None:
        """Cells of magics alone are not measured."""
        assert "memadvise: peak" not in on.run(cell).text

    @pytest.mark.parametrize(("cell", "name"), [("1 / 0", "ZeroDivisionError"), ("def f(:", "SyntaxError")])
    def test_a_cell_that_raises_gives_its_line(self, cell: str, name: str, on: Kernel) -> None:
        """The exception is as ever, and the line says that there was one."""
        ran = on.run(cell)

        assert ran.error.startswith(name)
        assert len(re.findall(r"^memadvise \[error\]: peak ", ran.text, re.MULTILINE)) == 1

    def test_off_leaves_nothing_behind(self, kernel: Kernel) -> None:
        """After `on` and `off`, names, hooks and processes are as before, and cells run without a line."""
        what = (
            "([name for name in sorted(globals()) if not name[2:].isdigit()], "
            "[len(c) for c in get_ipython().events.callbacks.values()], "
            "len(get_ipython().input_transformers_cleanup), "
            "len(__import__('psutil').Process().children()))"
        )
        kernel.run("%%memadvise -q\nx = 1")  # the helper process starts with the first measured cell
        before = kernel.ask(what)
        kernel.run("%memadvise on")
        kernel.run("x = 1")
        kernel.run("%memadvise off")
        after, quiet = kernel.ask(what), kernel.run("x = 2")

        assert after == before
        assert not quiet.outputs

    def test_many_cells_keep_the_heap(self, on: Kernel) -> None:
        """A hundred measured cells, each of its own, leave less than 3 MB in the kernel, and old timelines are gone."""
        for number in range(30):
            on.run(f"x = {number}", cell_id=f"first-{number}")
        before = resident(on)
        for number in range(100):
            on.run(f"x = {number}", cell_id=f"then-{number}")
        records = "[r for r in get_ipython()._memadvise.session.records.values() if r.brief]"

        assert resident(on) - before < 3 * MIB
        assert on.ask(f"len({records})") == "100"
        assert on.ask(f"sum(1 for r in {records} if r.report.measurement.samples)") == "5"
