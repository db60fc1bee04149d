"""Fixtures of the browser tests: each test gets JupyterLab and Notebook 7 in turn."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from browser_harness import NO_CHROMIUM, App, NotebookPage, Server, launch
from playwright.sync_api import Browser, BrowserContext, sync_playwright


@pytest.fixture(scope="module")  # not longer: Playwright keeps an event loop running, in which no other test can run
def browser() -> Iterator[Browser]:
    """Return a headless Chromium; without one the test fails, since a skipped test would prove nothing."""
    with sync_playwright() as playwright:
        started = launch(playwright)
        if started is None:
            pytest.fail(NO_CHROMIUM, pytrace=False)
        yield started
        started.close()


@pytest.fixture(scope="session", params=["lab", "notebook"])
def app(request: pytest.FixtureRequest) -> App:
    """Return the application's name."""
    return request.param


@pytest.fixture(scope="session")
def server(app: App, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Return a running application that serves all tests of this run, one after the other."""
    running = Server.start(app, tmp_path_factory.mktemp(app))
    yield running
    running.stop()


@pytest.fixture
def folder(server: Server, tmp_path: Path) -> Iterator[Path]:
    """Return this test's own empty folder, which the application can see; its kernels end with the test."""
    own = server.work / tmp_path.name
    own.mkdir()
    yield own
    server.end_kernels()


@pytest.fixture(scope="module")
def profile(browser: Browser) -> Iterator[BrowserContext]:
    """Return a browser profile; tests share it, since it keeps the application's 10 MB of scripts."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    context.set_default_timeout(30_000)
    yield context
    context.close()


@pytest.fixture
def new_tab(profile: BrowserContext, server: Server, folder: Path) -> Iterator[Callable[[], NotebookPage]]:
    """Return a function that gives one more empty tab; no tab outlives its test."""
    yield lambda: NotebookPage(profile.new_page(), server)
    for page in profile.pages:
        page.close()


@pytest.fixture
def open_notebook(
    server: Server, folder: Path, new_tab: Callable[[], NotebookPage]
) -> Callable[[list[str]], NotebookPage]:
    """Return a function that writes a notebook of these code cells into the folder and opens it."""

    def write_and_open(cells: list[str]) -> NotebookPage:
        return new_tab().open(server.write(cells, folder / "notebook.ipynb"))

    return write_and_open
