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

pytestmark = pytest.mark.browser

Open = Callable[[list[str]], NotebookPage]

LOAD = "import pandas as pd\n%load_ext memadvise"
READ = '%%memadvise\norders = pd.read_csv("orders.csv")  # every order\norders.head(3)'
TOTAL = 'by_country = orders.groupby("country")["quantity"].sum()\nprint(int(by_country.sum()))'
NARROW = "columns that are used"
PIECES = "in pieces"


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
    """A click narrows the read, runs what depends on it, and says that the result is the same at a lower peak."""
    largest = 'orders.nlargest(3, "amount")["amount"].tolist()'
    notebook = open_orders([LOAD, READ, TOTAL, largest])
    for n in range(4):
        notebook.run_cell(n)
    panel = ReportPanel(notebook, 1)
    panel.card(NARROW)
    notebook.screenshot("loop-1-report")
    panel.click(NARROW, "diff")
    expect(panel.card(NARROW).locator(".memadvise-diff")).to_contain_text("usecols")
    notebook.screenshot("loop-2-diff")
    panel.click(NARROW, "apply-run")
    before, after = panel.ends()
    notebook.screenshot("loop-3-verdict")
