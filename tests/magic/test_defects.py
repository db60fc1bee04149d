"""A defect of memadvise is one line; the person's cell, its result and the next cells are untouched."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from live_kernel import Kernel

DEFECTS = {
    "begin": ("memadvise.measure.meter:CellMeter", "begin"),
    "end": ("memadvise.measure.meter:CellMeter", "end"),
    "lines begin": ("memadvise.compiled:CellCode", "follow"),
    "functions": ("memadvise.compiled", "functions_of_cells"),
    "lines end": ("memadvise.measure.lines.tracker:LineTracker", "lines"),
    "observe": ("memadvise.session", "observe"),
    "machine": ("memadvise.session", "machine"),
    "notebook": ("memadvise.session", "notebook_source"),
    "advise": ("memadvise.session", "advise"),
    "binds": ("memadvise.session", "binds"),
    "snapshot": ("memadvise.session", "snapshot"),
    "show": ("memadvise.view:NotebookView", "show"),
    "text": ("memadvise.view", "summary_text"),
    "html": ("memadvise.show.html", "summary_html"),
    "panel": ("memadvise.view:NotebookView", "_show_panel"),
    "json": ("memadvise.session", "to_json"),
    "error": ("memadvise.session", "error_of"),
}


@pytest.fixture
def kernel(loaded: Kernel) -> Iterator[Kernel]:
    """The loaded kernel, empty; what the test breaks in memadvise is mended after it."""
    loaded.start_again()
    yield loaded
    loaded.ask("__import__('kernel_state').mend()")


@pytest.mark.parametrize("defect", DEFECTS)
def test_defect_is_one_line(kernel: Kernel, defect: str) -> None:
    """Wherever memadvise fails, the cell's own outputs and names are right, and one line says what failed."""
    where, name = DEFECTS[defect]
    kernel.ask(f"__import__('kernel_state').plant({where!r}, {name!r})")

    ran = kernel.run("%%memadvise --json defect.json\nmade = 20\nprint('printed')\nmade + 1")
    said = [line for line in ran.text.splitlines() if line != "printed"]
    state = kernel.state()
    details = kernel.run("%memadvise details").text
    kernel.ask("__import__('kernel_state').mend()")
    after = kernel.run("%%memadvise\nnext_one = 1")

    assert ran.reply["status"] == "ok"
    assert "printed\n" in ran.text
    assert state["Out"] == {"1": "int: 21"}
    assert state["names"]["made"] == "int: 20"
    assert len(said) == 1
    assert said[0].startswith("memadvise: internal error while ")
    assert "(ZeroDivisionError)" in said[0]
    assert "%memadvise details" in said[0]
    assert f"planted in {where}.{name}" in details
    assert len(after.reports) == 1
    assert not after.text


@pytest.mark.parametrize("defect", ["begin", "end", "advise", "show"])
def test_defect_leaves_an_exception_alone(kernel: Kernel, defect: str) -> None:
    """A cell that raises keeps its exception and its traceback when memadvise fails as well."""
    kernel.ask("__import__('kernel_state').plant({!r}, {!r})".format(*DEFECTS[defect]))

    ran = kernel.run("%%memadvise\nraise LookupError('its own')")

    assert ran.error == "LookupError: its own"
    assert "ZeroDivisionError" not in "".join(ran.reply["traceback"])
    assert ran.text.count("internal error") == 1


def test_defect_in_settling_does_not_block_the_next_apply(kernel: Kernel) -> None:
    """When the comparison fails after an Apply, the next Apply is not refused for one that never ends."""
    kernel.run("import pandas as pd\norders = pd.read_csv('orders.csv')")
    kernel.run("%%memadvise\nby = orders.groupby('country')['amount'].sum()")
    kernel.ask("__import__('kernel_state').plant('memadvise.changes', 'compare')")
    broken = kernel.run("%memadvise apply 1 --run")
    kernel.ask("__import__('kernel_state').mend()")
    kernel.run("orders = pd.read_csv('orders.csv')")
    kernel.run("%%memadvise\nby = orders.groupby('country')['amount'].sum()")
    again = kernel.run("%memadvise apply 1 --run")

    assert broken.text.count("internal error while comparing the results") == 1
    assert "same result" in "".join(again.reports)


def test_helper_that_was_killed(kernel: Kernel) -> None:
    """Without its helper process a cell is measured still, and later cells have a helper again."""
    kernel.run("import os, signal")
    kernel.ask("os.kill(get_ipython()._memadvise.session.meter._sampler.pid, 9)")
    first = kernel.run("%%memadvise\nx = 1")
    later = (kernel.run("%%memadvise\nimport time\ntime.sleep(0.1)") for _ in range(50))
    watched = next((ran for ran in later if "no timeline" not in ran.reports[0]), None)

    assert first.reply["status"] == "ok"
    assert len(first.reports) == 1
    assert watched is not None
