"""Takes the README's pictures: `python tests/browser/take_pictures.py` writes docs/images/panel-*.png (a minute)."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from browser_harness import NO_CHROMIUM, ROOT, NotebookPage, Server, launch
from playwright.sync_api import Browser, sync_playwright
from report_panel import ReportPanel

from memadvise.demo import make_data

CELLS = [
    "import pandas as pd\n%load_ext memadvise",
    '%%memadvise\norders = pd.read_csv("orders.csv")',
    'orders.groupby("product")["amount"].sum().nlargest(3)',
]


def take(browser: Browser, server: Server, data: Path) -> None:
    """Run the notebook, click, and keep a picture of the notebook's area in each theme."""
    folder = server.work / "orders"
    folder.mkdir()
    os.link(data, folder / data.name)
    page = browser.new_page(viewport={"width": 1300, "height": 1400})
    notebook = NotebookPage(page, server).open(server.write(CELLS, folder / "orders.ipynb"))
    page.evaluate("() => jupyterapp.commands.execute('application:toggle-left-area')")
    for n in range(len(CELLS)):
        notebook.run_cell(n)
    panel = ReportPanel(notebook, 1)
    panel.click("columns that are used", "apply-run")
    print(panel.ends("Same result"))
    notebook.run_cell(2)
    page.keyboard.press("Escape")
    page.mouse.move(0, 0)  # what is under it would be marked
    for theme in ("Light", "Dark"):
        notebook.theme(theme)
        notebook.cell(0).evaluate("cell => cell.scrollIntoView({block: 'start'})")
        top, bottom = notebook.cell(0).bounding_box(), notebook.cell(2).bounding_box()
        assert top is not None
        assert bottom is not None
        clip = {**top, "y": top["y"] - 1, "height": bottom["y"] + bottom["height"] - top["y"] + 12}
        page.screenshot(path=ROOT / "docs" / "images" / f"panel-{theme.lower()}.png", clip=clip)


def main() -> None:
    """Start everything that is needed."""
    (ROOT / "docs" / "images").mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch, sync_playwright() as playwright:
        browser = launch(playwright)
        if browser is None:
            raise SystemExit(NO_CHROMIUM)
        data = make_data(Path(scratch, "data"), 150_000_000)
        server = Server.start("lab", Path(scratch, "server"))
        try:
            take(browser, server, data)
        finally:
            server.stop()


if __name__ == "__main__":
    main()
