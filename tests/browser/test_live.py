"""The live line below a running cell: there while it runs, gone after, and never in the notebook."""

from __future__ import annotations

import os
import re
import signal
from collections.abc import Callable
from pathlib import Path

import pytest
from browser_harness import NotebookPage
from playwright.sync_api import Locator, expect

pytestmark = pytest.mark.browser

Open = Callable[[list[str]], NotebookPage]

LOAD = "%load_ext memadvise\nimport os, time"
GROW = """%%memadvise --limit 200MB --no-guard
held = bytearray()
for part in range(40):
    held.extend(bytes(2_500_000))
    time.sleep(0.1)"""
# ends when it is told to, so that a picture can be taken meanwhile
WAITS = "%%memadvise\nheld = b'1' * 100_000_000\nwhile not os.path.exists('go'):\n    time.sleep(0.05)\nprint('done')"
TEXT = re.compile(r"^\d+ MiB of [\d.]+ [MGT]iB, \d+ s$")
WAIT_MS = 30_000


def live(notebook: NotebookPage) -> Locator:
    """Return every live line of the page."""
    return notebook.page.locator(".memadvise-live")


def test_it_appears_and_is_gone(open_notebook: Open, folder: Path) -> None:
    """It stands between a running cell's code and its outputs, changes, and goes; the saved file does not know it."""
    notebook = open_notebook([LOAD, GROW, "1 + 1"])
    notebook.run_cell(0)
    before = notebook.prompt(1)
    notebook.start_cell(1)
    line = notebook.cell(1).locator(".jp-Cell-inputWrapper + .memadvise-live[role=status]")
    expect(line).to_have_text(TEXT, timeout=WAIT_MS)
    first = line.inner_text()
    expect(line).not_to_have_text(first)
    expect(live(notebook)).to_have_count(1)
    notebook.save()
    notebook.wait_run(1, before)
    expect(live(notebook)).to_have_count(0)
    notebook.save()

    saved = (folder / "notebook.ipynb").read_text()
    assert "memadvise-live" not in saved
    assert first not in saved


def test_a_short_cell_and_a_plain_one_have_none(open_notebook: Open) -> None:
    """A measured cell of a moment, and a long one that was not asked to be measured, show nothing."""
    notebook = open_notebook([LOAD, "%%memadvise\n1", "for _ in range(20):\n    time.sleep(0.1)"])
    notebook.run_cell(0)
    notebook.page.evaluate(
        """() => {
            window.lines = 0;
            const count = () => { window.lines += document.querySelectorAll('.memadvise-live').length; };
            new MutationObserver(count).observe(document.body, {childList: true, subtree: true});
        }"""
    )
    notebook.run_cell(1)
    notebook.run_cell(2)

    assert notebook.page.evaluate("() => window.lines") == 0


@pytest.mark.parametrize("how", ["interrupt", "restart", "kill", "reload"])
def test_whatever_ends_the_cell_takes_it_away(open_notebook: Open, folder: Path, how: str) -> None:
    """Interrupt, restart and the kernel's death take the line away; a reloaded page shows it until the cell ends."""
    notebook = open_notebook([LOAD, WAITS, "print(os.getpid())"])
    notebook.run_cell(0)
    notebook.run_cell(2)
    pid = int(notebook.output(2))
    notebook.start_cell(1)
    expect(live(notebook)).to_have_text(TEXT, timeout=WAIT_MS)
    if how == "interrupt":
        notebook.page.evaluate("() => jupyterapp.shell.currentWidget.sessionContext.session.kernel.interrupt()")
    elif how == "restart":
        notebook.restart()
    elif how == "kill":
        os.kill(pid, signal.SIGKILL)
    else:
        notebook.page.reload()
        notebook.cell(0).wait_for()
        expect(live(notebook)).to_have_text(TEXT, timeout=WAIT_MS)
        (folder / "go").touch()

    expect(live(notebook)).to_have_count(0, timeout=WAIT_MS)


def test_it_reads_in_both_themes(open_notebook: Open, folder: Path) -> None:
    """Pictures of the line in both themes; its text has the theme's colour."""
    notebook = open_notebook([LOAD, WAITS.replace("%%memadvise", "%%memadvise --limit 200MB --no-guard"), "1 + 1"])
    notebook.run_cell(0)
    before = notebook.prompt(1)
    notebook.start_cell(1)
    tones = []
    for theme in ("Dark", "Light"):
        notebook.theme(theme)
        expect(live(notebook)).to_have_text(TEXT, timeout=WAIT_MS)
        notebook.screenshot(f"live-{theme.lower()}")
        tones.append(live(notebook).evaluate("line => getComputedStyle(line).color"))
    (folder / "go").touch()
    notebook.wait_run(1, before)

    assert tones[0] != tones[1]
    assert "done" in notebook.output(1)
