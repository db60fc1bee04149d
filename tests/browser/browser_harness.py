"""What the browser tests stand on: a real server, a real Chromium, and a notebook page with verbs."""

from __future__ import annotations

import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import nbformat
from playwright.sync_api import Browser, Locator, Page, Playwright, expect

import memadvise

App = Literal["lab", "notebook"]
ROOT = Path(__file__).parents[2]
ARTIFACTS = ROOT / "test-artifacts"
BUILT = ROOT / "src" / "memadvise" / "labextension"
# the indicator says "idle" also before there is a kernel, and a cell run then is not run at all
KERNEL_IS_READY = """() => {
    const kernel = window.jupyterapp?.shell.currentWidget?.sessionContext?.session?.kernel;
    return kernel?.connectionStatus === "connected" && kernel.status === "idle";
}"""
NO_CHROMIUM = (
    "the browser tests need Chromium: install it (Debian: apt-get install chromium; elsewhere: playwright install "
    "chromium), or set MEMADVISE_CHROMIUM to the program"
)
# what a test needs and a person would not: no calls home, no first-run questions
CHROMIUM_FLAGS = [
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def find_chromium(playwright: Playwright) -> str | None:
    """Return the first Chromium there is: the one asked for, the system's, or Playwright's own."""
    asked = os.environ.get("MEMADVISE_CHROMIUM")
    if asked:
        return shutil.which(asked)
    names = ["/usr/bin/chromium", "chromium", "chromium-browser", "google-chrome", "google-chrome-stable"]
    own = playwright.chromium.executable_path
    found = (shutil.which(name) for name in [*names, own])
    return next((path for path in found if path), None)


def launch(playwright: Playwright) -> Browser | None:
    """Start a headless Chromium, or return None if there is none."""
    chromium = find_chromium(playwright)
    if chromium is None:
        return None
    sandbox = os.name != "posix" or os.geteuid() != 0  # Chromium refuses its sandbox to root
    return playwright.chromium.launch(executable_path=chromium, args=CHROMIUM_FLAGS, chromium_sandbox=sandbox)


@dataclass
class Server:
    """A running JupyterLab or Notebook 7 that knows only its own folder; ``work`` in it is what a person sees."""

    app: App
    folder: Path
    url: str
    token: str
    process: subprocess.Popen[bytes]
    log: Path

    @classmethod
    def start(cls, app: App, folder: Path) -> Server:
        """Start the application on a free loopback port, with fresh settings, in ``folder / "work"``."""
        token, port = secrets.token_hex(16), _free_port()
        (folder / "work").mkdir(parents=True)
        command = [
            *(sys.executable, "-m", "jupyterlab" if app == "lab" else "notebook"),
            *("--no-browser", "--expose-app-in-browser", "--allow-root"),
            *("--ServerApp.ip=127.0.0.1", f"--ServerApp.port={port}", "--ServerApp.port_retries=0"),
            *(f"--IdentityProvider.token={token}", f"--ServerApp.root_dir={folder / 'work'}"),
        ]
        log = folder / "server.log"
        with log.open("wb") as out:
            process = subprocess.Popen(command, cwd=folder, env=_environment(folder), stdout=out, stderr=out)
        server = cls(app, folder, f"http://127.0.0.1:{port}", token, process, log)
        server._wait()
        return server

    def stop(self) -> None:
        """End the server, which ends its kernels."""
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    @property
    def work(self) -> Path:
        """The folder that the application shows."""
        return self.folder / "work"

    def write(self, cells: list[str], path: Path) -> Path:
        """Write a notebook of code cells with the ids ``cell-0``, ``cell-1`` …"""
        notebook = nbformat.v4.new_notebook()
        notebook.cells = [nbformat.v4.new_code_cell(source, id=f"cell-{n}") for n, source in enumerate(cells)]
        notebook.metadata.kernelspec = {"name": "python3", "display_name": "Python 3", "language": "python"}
        path.parent.mkdir(parents=True, exist_ok=True)
        nbformat.write(notebook, path)
        return path

    def address(self, path: Path) -> str:
        """Return the address that opens a notebook of the work folder, in a workspace of its folder's name."""
        name = path.relative_to(self.work).as_posix()
        place = f"lab/workspaces/{path.parent.name}/tree" if self.app == "lab" else "notebooks"
        return f"{self.url}/{place}/{name}?token={self.token}"

    def end_kernels(self) -> None:
        """End every session, so that the next test finds none."""
        for session in json.loads(self._call("sessions")):
            self._call(f"sessions/{session['id']}", "DELETE")

    def _call(self, what: str, method: str = "GET") -> bytes:
        headers = {"Authorization": f"token {self.token}"}
        request = urllib.request.Request(f"{self.url}/api/{what}", method=method, headers=headers)
        with urllib.request.urlopen(request, timeout=20) as reply:
            return bytes(reply.read())

    def _wait(self, seconds: float = 60) -> None:
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline and self.process.poll() is None:
            try:
                self._call("status")
                return
            except OSError:
                time.sleep(0.1)
        self.stop()
        raise RuntimeError(f"the server did not start:\n{self.log.read_text()[-3000:]}")


class NotebookPage:
    """One notebook in one browser tab; cells are counted from 0."""

    def __init__(self, page: Page, server: Server) -> None:
        self.page, self.server = page, server

    def open(self, path: Path) -> NotebookPage:
        """Open the notebook and wait until its kernel is idle."""
        self.page.goto(self.server.address(path))
        return self.ready()

    def reload(self) -> NotebookPage:
        """Reload the page, as a person would; the kernel goes on."""
        self.page.reload()
        return self.ready()

    def ready(self) -> NotebookPage:
        """Wait for the notebook on screen and its idle kernel."""
        self.cell(0).wait_for(timeout=60_000)
        self.page.wait_for_function(KERNEL_IS_READY, timeout=60_000)
        self.wait_idle()
        return self

    def cell(self, n: int) -> Locator:
        """Return the cell's element."""
        return self.page.locator(f'.jp-Notebook .jp-Cell[data-windowed-list-index="{n}"]')

    def wait_idle(self, seconds: float = 60) -> None:
        """Wait until the kernel is idle."""
        idle = self.page.locator('.jp-Notebook-ExecutionIndicator[data-status="idle"]')
        idle.first.wait_for(state="attached", timeout=seconds * 1000)

    def prompt(self, n: int) -> str:
        """Return the cell's prompt: ``[3]:``, ``[*]:`` or ``[ ]:``."""
        return self.cell(n).locator(".jp-InputPrompt").inner_text().strip()

    def run_cell(self, n: int, seconds: float = 60) -> None:
        """Run one cell with Ctrl+Enter and wait until it ended."""
        before = self.prompt(n)
        self.start_cell(n)
        self.wait_run(n, before, seconds)

    def start_cell(self, n: int) -> None:
        """Run one cell with Ctrl+Enter."""
        self.cell(n).locator(".jp-InputPrompt").click()
        self.page.keyboard.press("Control+Enter")

    def wait_run(self, n: int, before: str, seconds: float = 60) -> None:
        """Wait until the cell has a number that is not ``before``, and the kernel is idle."""
        prompt = self.cell(n).locator(".jp-InputPrompt")
        expect(prompt).not_to_have_text(before, timeout=seconds * 1000)
        expect(prompt).not_to_have_text("[*]:", timeout=seconds * 1000)
        self.wait_idle(seconds)

    def cell_source(self, n: int) -> str:
        """Return the cell's source, byte for byte, from the model and not from the editor's visible part."""
        return self.ask("model => model.cells.get(n).sharedModel.getSource()", n)

    def cell_ids(self) -> list[str]:
        """Return the ids of all cells, in order."""
        return self.ask("model => [...model.cells].map(cell => cell.id)")

    def output(self, n: int) -> str:
        """Return the text of the cell's outputs."""
        self.cell(n).scroll_into_view_if_needed()  # what is far away is not rendered
        return "\n".join(self.cell(n).locator(".jp-OutputArea-output").all_inner_texts()).strip()

    def shows(self, n: int, text: str) -> None:
        """Wait until an output of the cell holds that text: a page draws it some time after the kernel has sent it."""
        self.cell(n).scroll_into_view_if_needed()
        self.cell(n).locator(".jp-OutputArea-output", has_text=text).first.wait_for()

    def type_into(self, n: int, keys: str) -> None:
        """Type at the end of the cell's source."""
        self.press(n, "Control+End")
        self.page.keyboard.type(keys)

    def press(self, n: int, keys: str) -> None:
        """Press a key in the cell's editor."""
        self.cell(n).locator(".cm-content").click()
        self.page.keyboard.press(keys)

    def restart(self) -> None:
        """Restart the kernel without the question, and wait until it is idle again."""
        self.page.evaluate("async () => { await jupyterapp.shell.currentWidget.sessionContext.restartKernel(); }")
        self.ready()

    def ask(self, function: str, n: int = 0) -> Any:
        """Return what a JavaScript function says of the notebook's model."""
        call = f"n => ({function})(jupyterapp.shell.currentWidget.content.model)"
        return self.page.evaluate(call, n)

    def summary(self, n: int) -> Locator:
        """Return the cell's static report."""
        return (
            self.cell(n).locator(".jp-OutputArea-output.jp-RenderedHTMLCommon").filter(has_text="this kernel may use")
        )

    def save(self) -> None:
        """Save the notebook and wait until that is done."""
        self.page.evaluate("async () => { await jupyterapp.shell.currentWidget.context.save(); }")

    def run_all(self) -> None:
        """Run every cell and wait until the last one ended."""
        last = len(self.cell_ids()) - 1
        before = self.prompt(last)
        self.page.evaluate("() => void jupyterapp.commands.execute('notebook:run-all-cells')")
        self.wait_run(last, before)

    def theme(self, name: str) -> None:
        """Switch to ``Light`` or ``Dark``."""
        self.page.evaluate(
            "name => jupyterapp.commands.execute('apputils:change-theme', {theme: name})", f"JupyterLab {name}"
        )
        wanted = "false" if name == "Dark" else "true"
        self.page.locator(f'body[data-jp-theme-light="{wanted}"]').wait_for(state="attached")
        self.page.locator("#jupyterlab-splash").wait_for(state="detached")

    def show(self, n: int, name: str, themes: tuple[str, ...] = ("Light",)) -> None:
        """Keep pictures of a cell, from its top, in these themes."""
        self.page.set_viewport_size({"width": 1280, "height": 1600})
        for theme in themes:
            if themes != ("Light",):
                self.theme(theme)
            self.cell(n).evaluate("cell => cell.scrollIntoView({block: 'start'})")
            self.screenshot(f"{name}-{theme.lower()}")
        self.page.set_viewport_size({"width": 1280, "height": 900})

    def screenshot(self, name: str) -> Path:
        """Keep a picture of the page as an artefact of the run."""
        ARTIFACTS.mkdir(exist_ok=True)
        path = ARTIFACTS / f"{name}-{self.server.app}.png"
        self.page.screenshot(path=path)
        return path


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _environment(folder: Path) -> dict[str, str]:
    """Return an environment with its own Jupyter folders, this checkout's extension and this checkout's package."""
    environment = dict(os.environ)
    for name in ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "IPYTHONDIR"):
        environment[name] = str(folder / name.lower())
    environment["JUPYTERLAB_WORKSPACES_DIR"] = str(folder / "workspaces")
    environment["JUPYTERLAB_SETTINGS_DIR"] = str(folder / "settings")
    news = folder / "settings" / "@jupyterlab" / "apputils-extension" / "notification.jupyterlab-settings"
    news.parent.mkdir(parents=True)
    news.write_text('{"fetchNews": "false", "checkForUpdates": false}')
    if (BUILT / "package.json").is_file():  # else the one that is installed with the package
        share = folder / "share" / "labextensions"
        share.mkdir(parents=True)
        (share / "memadvise-labextension").symlink_to(BUILT, target_is_directory=True)
        environment["JUPYTER_PATH"] = str(share.parent)
    environment["PYTHONPATH"] = str(Path(memadvise.__file__).parents[1])
    return environment
