"""The whole loop on the screen: a cell is measured, advice is clicked, the code changes, the result is the same."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from browser_harness import NotebookPage
from playwright.sync_api import expect
from report_panel import WAIT_MS, ReportPanel

from memadvise.demo import make_data
from memadvise.trial.landlock import landlock_abi

pytestmark = pytest.mark.browser

Open = Callable[[list[str]], NotebookPage]

LOAD = "import pandas as pd\n%load_ext memadvise"
READ = '%%memadvise\norders = pd.read_csv("orders.csv")  # every order\norders.head(3)'
TOTAL = 'by_country = orders.groupby("country")["quantity"].sum()\nprint(int(by_country.sum()))'
NARROW = "columns that are used"
PIECES = "keep only what comes out"
BOTH = ("Dark", "Light")  # ends as it began


@pytest.fixture(scope="session")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a file of 25 MB with 16 columns."""
    return make_data(tmp_path_factory.mktemp("data"), 25_000_000)


@pytest.fixture
def open_orders(data: Path, folder: Path, open_notebook: Open) -> Open:
    """Return a function that opens a notebook of these cells beside the data."""
    os.link(data, folder / data.name)
    return open_notebook


def test_apply_and_run_then_undo(open_orders: Open) -> None:
    """A click narrows the read, runs it, and shows the same result at a lower peak; every way back is exact."""
    notebook = open_orders([LOAD, READ, TOTAL])
    for n in range(3):
        notebook.run_cell(n)
    total = notebook.output(2)
    panel = ReportPanel(notebook, 1)
    notebook.show(1, "loop-1-report", BOTH)
    panel.click(NARROW, "diff")
    diff = panel.card(NARROW).locator(".memadvise-diff")
    expect(diff).to_be_visible()
    expect(diff).to_contain_text('+orders = pd.read_csv("orders.csv", usecols=["country", "quantity"])  # every order')
    notebook.show(1, "loop-2-diff", BOTH)
    unchanged = notebook.cell_source(1)
    panel.click(NARROW, "apply-run")
    before, after = panel.ends("Same result; a peek shows fewer columns")
    notebook.show(1, "loop-3-verdict", BOTH)
    narrowed = notebook.cell_source(1)
    expect(notebook.summary(1)).to_contain_text("Same result")
    notebook.run_cell(2)
    again = notebook.output(2)
    panel.undo()
    panel.says("The sources are as they were")
    undone = notebook.cell_source(1)
    notebook.show(1, "loop-4-undone")
    panel.click(NARROW, "apply-run")
    panel.ends("Same result")
    notebook.press(1, "Control+z")
    taken_back = notebook.cell_source(1)
    notebook.press(1, "Control+Shift+z")

    assert unchanged == undone == taken_back == READ
    assert narrowed == notebook.cell_source(1) == READ.replace('csv")', 'csv", usecols=["country", "quantity"])')
    assert after < before
    assert again == total


def test_pieces_across_two_cells(open_orders: Open) -> None:
    """A read and the reduction in a later cell are rewritten together, run in order, and compared after the last."""
    notebook = open_orders([LOAD, READ.replace("\norders.head(3)", ""), TOTAL])
    for n in range(3):
        notebook.run_cell(n)
    total, numbers = notebook.output(2), [notebook.prompt(n) for n in range(3)]
    panel = ReportPanel(notebook, 1)
    panel.click(PIECES, "apply-run")
    before, after = panel.ends("Same result")
    notebook.show(1, "pieces")
    sources = [notebook.cell_source(1), notebook.cell_source(2)]
    panel.undo()
    panel.says("The sources are as they were")
    notebook.shows(2, total)  # asserts it: far below a panel that shrinks, an output is not always drawn when asked

    assert "read_csv" not in sources[0]
    assert "chunksize" in sources[1]
    assert after < before
    assert numbers == ["[1]:", "[2]:", "[3]:"]
    assert [notebook.prompt(n) for n in range(3)] == ["[1]:", "[4]:", "[5]:"]
    assert [notebook.cell_source(n) for n in (1, 2)] == [READ.replace("\norders.head(3)", ""), TOTAL]


def test_an_edited_cell_is_left_alone(open_orders: Open) -> None:
    """What the person typed since the advice stays, nothing runs, and the panel says which cell it was."""
    notebook = open_orders([LOAD, READ, TOTAL])
    for n in range(3):
        notebook.run_cell(n)
    notebook.type_into(1, "  # mine")
    panel = ReportPanel(notebook, 1)
    panel.click(NARROW, "apply-run")
    panel.says('cell 1 (orders = pd.read_csv("orders.csv")  # every order) was edited since the advice was made')
    notebook.show(1, "edited")

    assert notebook.cell_source(1) == READ + "  # mine"
    assert notebook.prompt(1) == "[2]:"


def test_advice_that_no_longer_holds_is_not_applied(open_orders: Open) -> None:
    """A cell that was written later and uses another column takes the advice back before anything is changed."""
    notebook = open_orders([LOAD, READ, TOTAL, "pass"])
    for n in range(3):
        notebook.run_cell(n)
    notebook.type_into(3, '\norders["channel"].nunique()')
    notebook.run_cell(3)
    panel = ReportPanel(notebook, 1)
    panel.click("the 2 of 16 columns", "apply-run")
    panel.says("other cells have changed since")
    untouched = notebook.cell_source(1)
    panel.click("the 3 of 16 columns", "apply-run")
    panel.ends("Same result")

    assert untouched == READ
    assert 'usecols=["country", "quantity", "channel"]' in notebook.cell_source(1)


def test_the_panel_works_after_a_reload(open_orders: Open) -> None:
    """A saved notebook that is opened again has its panel, and a click in it still does everything."""
    notebook = open_orders([LOAD, READ, TOTAL])
    for n in range(3):
        notebook.run_cell(n)
    ReportPanel(notebook, 1).card(NARROW)
    notebook.save()
    notebook.reload()
    panel = ReportPanel(notebook, 1)
    panel.click(NARROW, "apply-run")
    before, after = panel.ends("Same result")

    assert after < before


def test_two_panels_and_a_restart(open_orders: Open) -> None:
    """Panels act on their own cells, loading twice changes nothing, and a restarted kernel begins anew."""
    other = READ.replace("orders", "copies").replace("copies.csv", "orders.csv").replace("copy", "order")
    notebook = open_orders([f"{LOAD}\n%load_ext memadvise", READ, other, TOTAL, 'copies["amount"].max()'])
    for n in range(5):
        notebook.run_cell(n)
    first, second = ReportPanel(notebook, 1), ReportPanel(notebook, 2)
    first.card(NARROW)
    second.click(NARROW, "apply-run")
    second.ends("Same result")
    first.click(NARROW, "apply-run")
    first.ends("Same result")
    second.undo()
    second.says("The sources are as they were")
    sources = [notebook.cell_source(1), notebook.cell_source(2)]
    notebook.restart()
    notebook.run_cell(0)
    notebook.run_cell(1)
    panel = ReportPanel(notebook, 1)

    assert ("usecols" in sources[0], sources[1]) == (True, other)
    expect(panel.root).to_have_count(1)
    expect(panel.root).to_contain_text("this kernel may use")


def test_run_all_on_a_fresh_kernel(open_orders: Open) -> None:
    """The advice knows the cells below that have not run yet: it never drops a column that one of them uses."""
    notebook = open_orders([LOAD, READ, TOTAL, 'orders["channel"].nunique()'])
    notebook.run_all()
    panel = ReportPanel(notebook, 1)
    panel.click("the 3 of 16 columns", "apply-run")
    panel.ends("Same result")

    assert 'usecols=["country", "quantity", "channel"]' in notebook.cell_source(1)


def test_a_rewrite_that_raises(open_orders: Open, folder: Path) -> None:
    """A click waits for a running cell to end; a rewrite that raises is called different, and undone exactly."""
    waits = 'import os, time\nwhile not os.path.exists("go"):\n    time.sleep(0.05)'
    notebook = open_orders([LOAD, READ, TOTAL, waits])
    for n in range(3):
        notebook.run_cell(n)
    panel = ReportPanel(notebook, 1)
    panel.card(NARROW)
    notebook.start_cell(3)
    expect(notebook.cell(3).locator(".jp-InputPrompt")).to_have_text("[*]:")
    panel.click(NARROW, "apply-run")
    untouched = notebook.cell_source(1)
    (folder / "orders.csv").unlink()
    (folder / "go").touch()
    expect(panel.verdict).to_contain_text("DIFFERENT RESULT", timeout=WAIT_MS)
    expect(panel.verdict).to_contain_text("FileNotFoundError")
    panel.says("Released: orders")
    notebook.show(1, "raised")
    panel.undo()
    panel.says("The sources are as they were")

    assert untouched == notebook.cell_source(1) == READ


def test_a_bigger_machine(open_orders: Open, folder: Path) -> None:
    """Where a cell hardly fits, Apply writes the machine's file and a cell of commands that rents nothing by itself."""
    cells = [LOAD, "resident = __import__('psutil').Process().memory_info().rss // 2**20", ""]
    notebook = open_orders([*cells, TOTAL.replace("print", "")])
    notebook.run_cell(0)
    notebook.run_cell(1)
    notebook.type_into(2, "%%memadvise --no-guard --limit 200MB")
    notebook.page.keyboard.press("Enter")
    notebook.page.keyboard.type('orders = pd.read_csv("orders.csv")')
    notebook.run_cell(2)
    panel = ReportPanel(notebook, 2)
    panel.click("Rent", "diff")
    panel.click("Rent", "apply")
    panel.says("memadvise-sky.yaml is written")
    notebook.show(2, "machine")
    inserted = notebook.cell_source(3)

    assert all(line.startswith("#") for line in inserted.splitlines())
    assert "sky launch" in inserted
    assert "memory: " in (folder / "memadvise-sky.yaml").read_text()


def test_hostile_names_are_only_text(open_orders: Open, folder: Path) -> None:
    """A column whose name is markup is shown as text wherever it appears, and no dialog opens."""
    hostile = "<img src=x onerror=alert(1)>"
    rows = "".join(f"{n},{n % 7},{'text ' * 20}\n" for n in range(40_000))
    (folder / "hostile.csv").write_text(f"a,b,{hostile}\n{rows}")
    notebook = open_orders([LOAD, READ.replace("orders.csv", "hostile.csv"), 'orders["a"].sum()'])
    dialogs: list[str] = []
    notebook.page.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))
    for n in range(3):
        notebook.run_cell(n)
    panel = ReportPanel(notebook, 1)
    panel.click(NARROW, "diff")
    expect(panel.card(NARROW)).to_contain_text(hostile)
    notebook.show(1, "hostile")
    panel.click(NARROW, "apply-run")
    panel.ends("Same result")

    assert dialogs == []
    assert notebook.cell(1).locator("img[src=x]").count() == 0


@pytest.mark.skipif(landlock_abi() == 0, reason="this system has no Landlock: no trial runs, and the panel says so")
def test_try_turns_a_range_into_a_measurement(open_orders: Open) -> None:
    """A click on Try runs the candidate in a process of its own: the card then says `measured`, and nothing changed."""
    notebook = open_orders([LOAD, READ, TOTAL])
    for n in range(3):
        notebook.run_cell(n)
    panel = ReportPanel(notebook, 1)
    expect(panel.card(NARROW)).to_contain_text("model")
    panel.click(NARROW, "try")
    panel.says("Tried card")
    expect(panel.card(NARROW)).to_contain_text("measured")
    expect(panel.card(NARROW)).to_contain_text("tried:")
    notebook.show(1, "tried", BOTH)

    assert notebook.cell_source(1) == READ
    assert [notebook.prompt(n) for n in range(3)] == ["[1]:", "[2]:", "[3]:"]
