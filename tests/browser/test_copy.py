"""The copy button of a panel without a front end that could replace cells."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from browser_harness import NotebookPage
from playwright.sync_api import expect

pytestmark = pytest.mark.browser

CODE = "x = '</script>\"'  # ü\ny = 2"
CELL = f"import ipywidgets\nfrom memadvise.show.clipboard import copy_button\nipywidgets.VBox(copy_button({CODE!r}))"

COPIED = """async code => {
  for (let look = 0; look < 200; look++) {
    if (await navigator.clipboard.readText() === code) return true;
    await new Promise(done => setTimeout(done, 50));
  }
  return false;
}"""


def test_a_click_copies_the_code(open_notebook: Callable[[list[str]], NotebookPage]) -> None:
    """One click puts the code on the clipboard, to the letter; a second one does so again."""
    notebook = open_notebook([CELL])
    page = notebook.page
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    notebook.run_cell(0)
    button = page.locator(".memadvise-copy-button")
    expect(button).to_be_visible()

    for _ in range(2):
        page.evaluate("navigator.clipboard.writeText('nothing yet')")
        button.click()

        assert page.evaluate(COPIED, CODE)
