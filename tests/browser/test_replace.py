"""The front end replaces and runs cells when the kernel asks for it, in JupyterLab and in Notebook 7."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from browser_harness import NotebookPage
from playwright.sync_api import expect

pytestmark = pytest.mark.browser

SETUP = """
from memadvise.apply.front_end import FrontEnd
from memadvise.model import Edit
heard, answers, runs = [], [], []
front_end = FrontEnd(lambda path, cells: heard.append([cell.source for cell in cells]))
""".strip()
BEFORE = "runs.append('🙂 before')\nprint(runs)"
AFTER = "runs.append('🙃 after')\nprint(runs)"
REPLACE = f"front_end.replace((Edit('cell-1', 1, {BEFORE!r}, {AFTER!r}),), ('cell-1',), answers.append)"
TELL = "print([(answer.ok, answer.problems, dict(answer.inserted)) for answer in answers])"

Open = Callable[[list[str]], NotebookPage]


def test_a_cell_is_replaced_in_place_and_run(open_notebook: Open) -> None:
    """The source changes where it stands, only that cell runs, and Ctrl+Z and redo are exact."""
    notebook = open_notebook([SETUP, BEFORE, REPLACE, TELL])
    notebook.run_cell(0)
    notebook.run_cell(2)
    notebook.wait_run(1, "[ ]:")
    notebook.screenshot("replaced")
    after = notebook.cell_source(1)
    notebook.run_cell(3)
    notebook.press(1, "Control+z")
    undone = notebook.cell_source(1)
    notebook.press(1, "Control+Shift+z")

    assert (after, undone, notebook.cell_source(1)) == (AFTER, BEFORE, AFTER)
    assert notebook.output(1) == "['🙃 after']"
    assert notebook.output(3) == "[(True, (), {})]"
    assert [notebook.prompt(n) for n in range(4)] == ["[1]:", "[3]:", "[2]:", "[4]:"]


def test_an_edited_cell_is_left_alone(open_notebook: Open) -> None:
    """A cell that is no longer what the advice was made for keeps what the person typed, and nothing is run."""
    notebook = open_notebook([SETUP, BEFORE, REPLACE, TELL])
    notebook.run_cell(0)
    notebook.type_into(1, "  # mine")
    notebook.run_cell(2)
    notebook.run_cell(3)

    assert notebook.output(3) == "[(False, ('edited',), {})]"
    assert notebook.cell_source(1) == BEFORE + "  # mine"
    assert notebook.prompt(1) == "[ ]:"


def test_all_or_none(open_notebook: Open) -> None:
    """One cell that is gone keeps the others from being changed."""
    replace = REPLACE.replace("),)", "), Edit('gone', 9, 'a', 'b'))", 1)
    notebook = open_notebook([SETUP, BEFORE, replace, TELL])
    notebook.run_cell(0)
    notebook.run_cell(2)
    notebook.run_cell(3)

    assert notebook.output(3) == "[(False, ('missing',), {})]"
    assert (notebook.cell_source(1), notebook.prompt(1)) == (BEFORE, "[ ]:")


def test_new_cells_stand_below_their_anchors_and_run_in_order(open_notebook: Open) -> None:
    """Inserted cells keep their given id unless it is taken, and `run` is followed to the letter."""
    insert = (
        "front_end.replace((Edit('new', 0, '', 'runs.append(1); print(runs)', True), "
        "Edit('cell-1', 0, '', 'runs.append(2); print(runs)', True)), ('cell-1', 'new'), answers.append, "
        "{'new': 'cell-0', 'cell-1': 'new'})"
    )
    notebook = open_notebook([SETUP, BEFORE, insert, TELL])
    notebook.run_cell(0)
    notebook.cell(2).locator(".jp-InputPrompt").click()
    notebook.page.keyboard.press("Control+Enter")
    expect(notebook.cell(5)).to_be_visible()
    notebook.wait_run(1, "[ ]:")
    notebook.run_cell(5)
    ids = notebook.cell_ids()

    assert (ids[0], ids[1], ids[3:]) == ("cell-0", "new", ["cell-1", "cell-2", "cell-3"])
    assert (notebook.output(2), notebook.output(1), notebook.prompt(3)) == ("[2]", "[2, 1]", "[ ]:")
    assert notebook.output(5) == str([(True, (), {"new": "new", "cell-1": ids[2]})])


def test_a_click_in_an_output_replaces(open_notebook: Open) -> None:
    """From a widget's click handler it works the same, and the handler of the answer ends before the cell runs."""
    button = (
        "import time, ipywidgets\n"
        "def answered(answer): time.sleep(1); runs.append('answered')\n"
        "button = ipywidgets.Button(description='Apply')\n"
        f"button.on_click(lambda _: {REPLACE.replace('answers.append', 'answered')})\n"
        "button"
    )
    notebook = open_notebook([SETUP, BEFORE, button])
    notebook.run_cell(0)
    notebook.run_cell(2)
    notebook.page.get_by_role("button", name="Apply").click()
    notebook.wait_run(1, "[ ]:")

    assert notebook.cell_source(1) == AFTER
    assert notebook.output(1) == "['answered', '🙃 after']"


def test_scroll_and_selection_stay(open_notebook: Open) -> None:
    """A run asked for from the bottom of a tall output leaves the page and the selected cell where they were."""
    button = (
        "import ipywidgets\n"
        "print('tall\\n' * 90)\n"
        "button = ipywidgets.Button(description='Apply')\n"
        f"button.on_click(lambda _: {REPLACE})\n"
        "button"
    )
    notebook = open_notebook([SETUP, BEFORE, button, *["pass"] * 30])
    notebook.run_cell(0)
    notebook.run_cell(2)
    where = "() => { const {outerNode, activeCellIndex, mode} = jupyterapp.shell.currentWidget.content;"
    where += " return [outerNode.scrollTop, activeCellIndex, mode]; }"
    apply = notebook.page.get_by_role("button", name="Apply")
    apply.click(trial=True)  # scrolls to it
    notebook.page.wait_for_timeout(500)
    before = notebook.page.evaluate(where)
    apply.click()
    notebook.page.wait_for_function("() => document.body.innerText.includes('🙃 after')")
    notebook.wait_idle()
    notebook.page.wait_for_timeout(500)
    after = notebook.page.evaluate(where)
    notebook.screenshot("scrolled")

    assert before[0] > 500
    assert after[1:] == [2, "command"]
    assert abs(after[0] - before[0]) < 60  # the cell above it grew by its one line of output


def test_two_edits_are_two_undo_steps(open_notebook: Open) -> None:
    """An edit and its undo in quick succession are undone one by one."""
    back = f"front_end.replace((Edit('cell-1', 1, {AFTER!r}, {BEFORE!r}),), (), answers.append)"
    notebook = open_notebook([SETUP, BEFORE, REPLACE.replace("('cell-1',), ", "(), ") + "\n" + back, TELL])
    notebook.run_cell(0)
    notebook.run_cell(2)
    notebook.run_cell(3)
    both = notebook.cell_source(1)
    notebook.press(1, "Control+z")

    assert notebook.output(3) == "[(True, (), {}), (True, (), {})]"
    assert (both, notebook.cell_source(1)) == (BEFORE, AFTER)


def test_the_kernel_hears_the_cells_before_each_run(open_notebook: Open) -> None:
    """What is on screen, saved or not, has arrived when a cell begins; after a reload it comes unasked."""
    notebook = open_notebook([SETUP, "print(heard[-1])", "print(len(heard))"])
    notebook.run_cell(0)
    notebook.type_into(2, "  # typed")
    notebook.run_cell(1)
    heard = notebook.output(1)
    notebook.run_cell(2)
    before = int(notebook.output(2))
    notebook.page.keyboard.press("Control+s")
    notebook.reload()
    notebook.run_cell(2)

    assert heard == str([SETUP, "print(heard[-1])", "print(len(heard))  # typed"])
    assert int(notebook.output(2)) >= before + 2


def test_it_goes_on_after_a_restart(open_notebook: Open) -> None:
    """A restarted kernel is served like a new one."""
    notebook = open_notebook([SETUP, BEFORE, REPLACE, TELL])
    notebook.run_cell(0)
    notebook.restart()
    notebook.run_cell(0)
    notebook.run_cell(2)
    notebook.wait_run(1, "[ ]:")

    assert (notebook.cell_source(1), notebook.output(1)) == (AFTER, "['🙃 after']")


def test_of_two_tabs_only_the_asking_one_acts(
    open_notebook: Open, new_tab: Callable[[], NotebookPage], folder: Path
) -> None:
    """The same notebook open twice: one tab changes and runs the cell, and it runs once."""
    notebook = open_notebook([SETUP, BEFORE, REPLACE, TELL])
    other = new_tab().open(folder / "notebook.ipynb")
    notebook.page.bring_to_front()  # a page in the background is slow
    notebook.run_cell(0)
    notebook.run_cell(2)
    notebook.wait_run(1, "[ ]:")
    notebook.run_cell(3)

    assert (notebook.cell_source(1), other.cell_source(1)) == (AFTER, BEFORE)
    assert notebook.output(1) == "['🙃 after']"
    assert notebook.output(3) == "[(True, (), {})]"


def test_interrupt(open_notebook: Open) -> None:
    """The front end interrupts a kernel that asks for it from a thread of its own."""
    wait = "import threading, time\nthreading.Timer(1, front_end.interrupt).start()\ntime.sleep(60)"
    notebook = open_notebook([SETUP, wait])
    notebook.run_cell(0)
    notebook.run_cell(1, seconds=20)

    assert "KeyboardInterrupt" in notebook.output(1)
