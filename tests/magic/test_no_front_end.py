"""A kernel that no front end speaks to: everything is done by `%memadvise` lines."""

from __future__ import annotations

import pytest
from live_kernel import Kernel

READ = "import pandas as pd\norders = pd.read_csv('orders.csv')"
WORK = "%%memadvise\nby = orders.groupby('country')['amount'].sum()\nby"
NEW_READ = 'orders = pd.read_csv(\'orders.csv\', usecols=["country", "amount"], dtype={"country": "category"})'


@pytest.fixture
def kernel(loaded: Kernel) -> Kernel:
    """The loaded kernel with a frame read in one cell and worked on in the next."""
    loaded.start_again()
    loaded.run(READ)
    report = loaded.run(WORK).reports[0]
    assert "1. compression: Read only the 2 of 4 columns that are used + country as category" in report
    return loaded


def test_apply_prints_the_new_source(kernel: Kernel) -> None:
    """`apply N` prints the new source of the cell, offers it as the next input, and runs nothing."""
    ran = kernel.run("%memadvise apply 1")

    assert f"import pandas as pd\n{NEW_READ}" in ran.text
    assert "replace its source by" in ran.text
    assert [payload["text"] for payload in ran.reply["payload"]] == [f"import pandas as pd\n{NEW_READ}"]
    assert kernel.ask("list(orders.columns)") == "['id', 'country', 'amount', 'text']"


def test_apply_and_run_shows_the_verdict(kernel: Kernel) -> None:
    """`apply N --run` runs the read and the cells after it through which it flows, and gives the verdict."""
    ran = kernel.run("%memadvise apply 1 --run")

    assert f"+{NEW_READ}" in ran.text
    assert ran.reports[0].startswith("applied 1 unused-columns + repeated-strings: peak ")
    assert "same result" in ran.reports[0]
    assert "compared: orders, by, Out" in ran.reports[0]
    assert kernel.ask("list(orders.columns)") == "['country', 'amount']"
    assert ran.reply["status"] == "ok"


def test_undo_prints_the_old_source_once(kernel: Kernel) -> None:
    """`undo` gives the old source back byte for byte; a second one says that there is nothing to undo."""
    while "its source was" in kernel.run("%memadvise undo").text:
        pass  # what other tests applied in this kernel
    kernel.run("%memadvise apply 1")
    first, second = kernel.run("%memadvise undo"), kernel.run("%memadvise undo")

    assert first.text == f"# --- cell 0: its source was ---\n{READ}\n"
    assert [payload["text"] for payload in first.reply["payload"]] == [READ]
    assert second.text == "memadvise: there is nothing to undo.\n"


def test_apply_of_a_missing_number_lists_those_there_are(kernel: Kernel) -> None:
    """A number that no card has is answered with those that there are."""
    ran = kernel.run("%memadvise apply 99")

    assert ran.reply["ename"] == "UsageError"
    assert "there is no recommendation 99. Hint: there are 1, " in ran.text


def test_apply_and_run_of_a_cell_that_raises_then(kernel: Kernel) -> None:
    """When a cell raises as it runs again, the report says so first and what was released is named."""
    kernel.run("import os\nos.rename('orders.csv', 'away.csv')")
    ran = kernel.run("%memadvise apply 1 --run")
    kernel.run("os.rename('away.csv', 'orders.csv')")

    assert "FileNotFoundError" in ran.error
    assert "DIFFERENT RESULT" in "".join(ran.reports)
    assert "Released: " in ran.text
    assert "orders" in ran.text.split("Released: ")[1]
    assert "%memadvise undo" in ran.text
    assert kernel.run("1").reply["status"] == "ok"


def test_on_and_off(kernel: Kernel) -> None:
    """Between `on` and `off` each cell gets one line; a cell with the magic still gets its whole report."""
    kernel.run("%memadvise on")
    bare, asked = kernel.run("x = 1"), kernel.run("%%memadvise\nx = 2")
    config = kernel.run("%memadvise config").text
    kernel.run("%memadvise off")
    after = kernel.run("x = 3")

    assert bare.text.startswith("memadvise: peak ")
    assert bare.text.count("\n") == 1
    assert not bare.reports
    assert len(asked.reports) == 1
    assert "every cell measured: on" in config
    assert not after.text


def test_history_is_worst_first(kernel: Kernel) -> None:
    """`history` lists each measured cell, the highest peak first."""
    # memory of its own: the heap might have room for it
    kernel.run("%%memadvise -q --name large\nimport mmap\nlarge = mmap.mmap(-1, 64 << 20)\nlarge[:] = bytes(64 << 20)")
    kernel.run("large.close()")
    kernel.run("%%memadvise -q --name small\nsmall = 1")
    lines = kernel.run("%memadvise history").text.splitlines()
    places = [next(n for n, line in enumerate(lines) if line.endswith(f" {name}")) for name in ("large", "small")]

    assert places == sorted(places), lines


def test_now_lists_what_holds_memory(kernel: Kernel) -> None:
    """Bare `%memadvise` says the resident size, the limit, and the person's variables by size."""
    kernel.run("held = b'x' * 50_000_000")
    text = kernel.run("%memadvise").text

    assert " resident of " in text.splitlines()[0]
    assert text.splitlines()[1].split() == ["48", "MiB", "held"]
    kernel.run("del held")


def test_free_says_how_much_came_back(kernel: Kernel) -> None:
    """`free` gives memory back and says how much."""
    assert " given back" in kernel.run("%memadvise free").text


def test_explain_prints_the_page(kernel: Kernel) -> None:
    """`explain RULE` prints the rule's page."""
    text = kernel.run("%memadvise explain unused-columns").text

    assert "## What it sees" in text
    assert "## When results change" in text


def test_dry_run_advises_and_runs_nothing(kernel: Kernel) -> None:
    """`--dry-run` advises on the cell without running it, measures nothing, and leaves no name."""
    ran = kernel.run("%%memadvise --dry-run\nmost = orders.groupby('country')['amount'].max()\nprint('ran')")

    assert "unused-columns" in ran.text or "Read only the 2 of 4 columns" in ran.text
    assert "ran\n" not in ran.text
    assert "most" not in kernel.state()["names"]
    assert not ran.reports


def test_lines_leave_nothing_behind(kernel: Kernel) -> None:
    """No line command binds a name or an output."""
    before = kernel.state()
    for line in ("", "history", "free", "config", "details", "explain unused-columns", "apply 1", "undo", "scan"):
        kernel.run(f"%memadvise {line}")
    after = kernel.state()

    assert after["names"] == before["names"]
    assert after["Out"] == before["Out"]
