"""The lines of a cell in a real kernel: numbered as the person sees them, whatever stands around them."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from live_kernel import Kernel

SPIKE = "len(b'1' * 50_000_000)"
CELLS = {
    "plain": (f"%%memadvise OPTIONS\na = 1\n{SPIKE}\nb = 2", 3),
    "blank lines above": (f"\n\n   \n%%memadvise OPTIONS\n\n\na = 1\n{SPIKE}\n\n", 8),
    "comments": (f"%%memadvise OPTIONS\n# one\n# two\na = 1  # three\n{SPIKE}  # four", 5),
    "blank lines within": (f"%%memadvise OPTIONS\na = 1\n\n\n\n{SPIKE}\nb = 1", 6),
    "time below": (f"%%memadvise OPTIONS\n%%time\na = 1\n{SPIKE}\nb = 1", 4),
    "time below, one expression": (f"%%memadvise OPTIONS\n%%time\n{SPIKE}", 3),
    "time above": (f"%%time\n%%memadvise OPTIONS\na = 1\n{SPIKE}\nb = 1", 4),
    "capture below": (f"%%memadvise OPTIONS\n%%capture\na = 1\n\n{SPIKE}\nb = 1", 5),
    "capture and time": (f"%%memadvise OPTIONS\n%%capture\n%%time\na = 1\n{SPIKE}\nb = 1", 5),
    "shell and magic lines": (f"%%memadvise OPTIONS\n!true\n%time a = 1\n{SPIKE}\nb = !true", 4),
    "a magic's own expression": (f"%%memadvise OPTIONS\na = 1\n%time {SPIKE}\nb = 1", 3),
    "await": (f"%%memadvise OPTIONS\nimport asyncio\nawait asyncio.sleep(0)\n{SPIKE}\nawait asyncio.sleep(0)", 4),
    "async for": (
        "%%memadvise OPTIONS\nasync def made():\n    yield 1\n    yield 2\n"
        f"async for n in made():\n    a = n\n    {SPIKE}\nb = 1",
        7,
    ),
    "triple quotes": (f"%%memadvise OPTIONS\na = '''\nx\n\n  y\n'''\n{SPIKE}\nb = 1", 7),
    "raises later": (f"%%memadvise OPTIONS\na = 1\n{SPIKE}\n1 / 0\nb = 1", 3),
    "last expression shown": (f"%%memadvise OPTIONS\na = 1\nb = 2\n{SPIKE}", 4),
    "help": (f"%%memadvise OPTIONS\na = 1\n{SPIKE}\na?\nb = 1", 3),
    "within a loop": (f"%%memadvise OPTIONS\nfor i in range(3):\n    a = i\n    {SPIKE}\n    b = i", 4),
    "windows line ends": (f"%%memadvise OPTIONS\r\na = 1\r\n{SPIKE}\r\nb = 1", 3),
}


@pytest.fixture(scope="module")
def own(folder: Path) -> Iterator[Kernel]:
    """A kernel of this module's own: what other tests freed in theirs would be used again, and no line would grow."""
    kernel = Kernel(folder)
    kernel.run("%load_ext memadvise")
    yield kernel
    kernel.shutdown()


@pytest.fixture
def kernel(own: Kernel) -> Kernel:
    """That kernel, empty."""
    own.start_again()
    return own


def report_of(kernel: Kernel, folder: Path, cell: str) -> dict[str, Any]:
    """Run a cell and return what its JSON report says of it."""
    kernel.run(cell.replace("OPTIONS", "--json lines.json"))
    [found] = json.loads((folder / "lines.json").read_text())["cells"]
    assert isinstance(found, dict)
    return found


def culprit(report: dict[str, Any]) -> tuple[int, int]:
    """Return the line with the highest increment and that increment in MB."""
    use = max(report["measurement"]["lines"], key=lambda use: use["increment_bytes"])
    return use["line"], round(use["increment_bytes"] / 1e6)


@pytest.mark.parametrize(("cell", "line"), CELLS.values(), ids=CELLS.keys())
def test_culprit(kernel: Kernel, folder: Path, cell: str, line: int) -> None:
    """The line that took 50 MB is told by its number in the cell, the magic's line included."""
    report = report_of(kernel, folder, cell)

    assert culprit(report) == (line, 50)


@pytest.mark.parametrize(("cell", "line"), CELLS.values(), ids=CELLS.keys())
def test_lines_exist(kernel: Kernel, folder: Path, cell: str, line: int) -> None:
    """Every line that is told is one that stands in the cell and holds code."""
    report = report_of(kernel, folder, cell)

    text = cell.split("\n")
    for use in report["measurement"]["lines"]:
        assert 1 <= use["line"] <= len(text)
        assert text[use["line"] - 1].strip()
        assert not text[use["line"] - 1].strip().startswith(("#", "%%memadvise"))


def test_a_joined_magic_line_is_not_told_wrong(kernel: Kernel, folder: Path) -> None:
    """Where the shell joins lines before it runs them, numbers are right or there are none."""
    report = report_of(kernel, folder, f"%%memadvise OPTIONS\n!true \\\n  yes\na = 1\n{SPIKE}\nb = 1")

    assert report["measurement"]["lines"] == [] or culprit(report) == (5, 50)


def test_functions_of_other_cells(kernel: Kernel, folder: Path) -> None:
    """A function and a method of earlier cells are opened below the line that calls them, with their cell's number."""
    kernel.run("def take(n):\n    a = 1\n    return len(b'1' * n)")
    kernel.run("class Maker:\n    def make(self, n):\n        return b'1' * n")

    report = report_of(kernel, folder, "%%memadvise OPTIONS\nx = take(50_000_000)\ny = Maker().make(30_000_000)")

    lines = {use["line"]: use for use in report["measurement"]["lines"]}
    found = {
        (line, call["function"], call["line"], call["text"], round(call["increment_bytes"] / 1e6))
        for line, use in lines.items()
        for call in use["calls"]
        if call["increment_bytes"]
    }
    assert found == {
        (2, "take", 3, "return len(b'1' * n)", 50),
        (3, "Maker.make", 3, "return b'1' * n", 30),
    }
    assert {call["cell"] for use in lines.values() for call in use["calls"]} == {"In [1]", "In [2]"}
    assert round(lines[2]["increment_bytes"] / 1e6) == 50


def test_lines_of_the_summary(kernel: Kernel) -> None:
    """The text below the cell names the line, what it took, and its code."""
    ran = kernel.run(f"%%memadvise\na = 1\nb = {SPIKE}")

    told = [line for line in ran.reports[0].splitlines() if re.match(r"  line 3: \+4[78] MiB at its peak, ", line)]
    assert [line.partition(" | ")[2] for line in told] == [f"b = {SPIKE}"]


def test_no_lines_when_not_wanted(kernel: Kernel, folder: Path) -> None:
    """With --no-lines none are looked at, and the peak is the same."""
    report = report_of(kernel, folder, f"%%memadvise --no-lines OPTIONS\n{SPIKE}")

    assert report["measurement"]["lines"] == []
    assert round(report["measurement"]["increment_bytes"] / 1e6) == 50


def test_nothing_is_left_in_the_shell(kernel: Kernel) -> None:
    """After a measured cell, the compiler, the trace function and the monitoring tools are what they were."""
    asked = "(type(get_ipython().compile).__mro__[0].__module__, __import__('sys').gettrace()" + (
        ", __import__('sys').monitoring.get_tool(4))" if sys.version_info >= (3, 12) else ")"
    )
    before = kernel.ask(asked)
    kernel.run(f"%%memadvise\ndef f():\n    return {SPIKE}\nf()\n1 / 0")

    assert kernel.ask(asked) == before


def test_a_cell_run_by_the_cell_is_not_mixed_in(kernel: Kernel, folder: Path) -> None:
    """Text that the cell itself gives to the shell has lines of its own: the line that runs it has them all."""
    inside = f"b = 1\nc = 2\n{SPIKE}"
    cell = f"%%memadvise OPTIONS\na = 1\nget_ipython().run_cell({inside!r})\nd = 1"

    report = report_of(kernel, folder, cell)

    assert culprit(report) == (3, 50)


@pytest.mark.parametrize(
    ("where", "name"),
    [("memadvise.measure.lines.tracker", "_first_line"), ("memadvise.compiled:_Followed", "_lines")],
)
def test_defect_while_compiling_leaves_the_cell_alone(kernel: Kernel, where: str, name: str) -> None:
    """When following lines fails, the cell runs all the same, and no line is told."""
    kernel.ask(f"__import__('kernel_state').plant({where!r}, {name!r})")
    ran = kernel.run("%%memadvise\nmade = 20\nmade + 1")
    kernel.ask("__import__('kernel_state').mend()")

    assert ran.reply["status"] == "ok"
    assert kernel.state()["Out"] == {"1": "int: 21"}
    assert len(ran.reports) == 1
